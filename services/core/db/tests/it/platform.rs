//! The platform's transaction and its stays inside tenants: one transaction, each statement in the scope it
//! belongs to and in no other.

use db::{DbError, PlatformSql, PlatformTx, TenantTx, platform_sql};
use futures_util::future::join;
use futures_util::poll;
use jiff::SignedDuration;
use kernel::event::Actor;
use testkit::worker;
use tokio::sync::oneshot;

use crate::stage::{ACMES, ADD, GLOBEXS, PLACE, PLATFORM_PLACE, Place, Stage, add, keys};

const COUNT: PlatformSql = platform_sql!("SELECT count(*) AS tenants FROM platform.tenants");
const USERS: PlatformSql = platform_sql!("SELECT id FROM users");

async fn platform_place(tx: &PlatformTx) -> Result<Place, DbError> {
    Place::of(&tx.query_one(PLATFORM_PLACE, &[]).await?)
}

async fn place(tx: &TenantTx) -> Result<Place, DbError> {
    Place::of(&tx.query_one(PLACE, &[]).await?)
}

#[track_caller]
fn is_outside(place: &Place) {
    assert_eq!(
        (place.role.as_str(), place.path.as_str()),
        ("signalbox_app", "signalbox_nowhere")
    );
}

/// Neither organisation has gained a row.
async fn is_untouched(stage: &Stage) {
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
}

#[tokio::test]
async fn two_tenants_are_written_together() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    db.write_platform(async |tx| {
        for tenant in [&stage.acme, &stage.globex] {
            tx.enter(tenant, worker(), async |inside| {
                place(inside).await?.is_in(tenant);
                add(inside, tenant.slug()).await
            })
            .await?;
        }
        Ok::<_, DbError>(())
    })
    .await
    .expect("both");
    assert_eq!(
        stage.keys(&stage.acme).await.expect("keys"),
        ["acme", ACMES]
    );
    assert_eq!(
        stage.keys(&stage.globex).await.expect("keys"),
        [GLOBEXS, "globex"]
    );
}

#[tokio::test]
async fn where_the_second_tenant_fails_the_first_keeps_nothing() {
    let stage = Stage::set().await;
    let both = async |careless: bool| {
        let db = &stage.test.db;
        db.write_platform(async |tx| {
            tx.enter(&stage.acme, worker(), async |inside| {
                add(inside, "half").await
            })
            .await?;
            let second = tx
                .enter(&stage.globex, worker(), async |inside| {
                    add(inside, GLOBEXS).await
                })
                .await;
            if careless { Ok(()) } else { second }
        })
        .await
    };
    let failed: DbError = both(false).await.expect_err("taken");
    assert_eq!(failed.constraint(), Some("quotas_pkey"));
    let swallowed = both(true).await;
    assert!(
        matches!(swallowed, Err(DbError::NotCommitted)),
        "{swallowed:?}"
    );
    is_untouched(&stage).await;
}

#[tokio::test]
async fn the_platforms_statements_run_as_the_login_before_between_and_after() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    db.write_platform(async |tx| {
        is_outside(&platform_place(tx).await?);
        for tenant in [&stage.acme, &stage.globex] {
            let inside = tx
                .enter(tenant, worker(), async |inside| place(inside).await)
                .await?;
            inside.is_in(tenant);
            is_outside(&platform_place(tx).await?);
        }
        // A stay that says nothing, one after the other.
        for _ in 0..2 {
            tx.enter(&stage.acme, worker(), async |_| Ok::<_, DbError>(()))
                .await?;
        }
        let tenants: i64 = tx.query_one(COUNT, &[]).await?.get("tenants")?;
        assert_eq!(tenants, 3);
        Ok::<_, DbError>(())
    })
    .await
    .expect("a walk");
    stage.is_clean().await;
}

#[tokio::test]
async fn the_platform_finds_no_table_of_a_tenant() {
    let stage = Stage::set().await;
    let refused = stage
        .test
        .db
        .read_platform(async |tx| {
            tx.enter(&stage.acme, worker(), async |inside| keys(inside).await)
                .await?;
            tx.query(USERS, &[]).await
        })
        .await
        .expect_err("no such table");
    assert!(refused.is_missing_schema(), "{refused}");
}

#[tokio::test]
async fn a_stay_inside_a_stay_is_refused() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    for outers in [true, false] {
        let nested = db
            .write_platform(async |tx| {
                tx.enter(&stage.acme, worker(), async |outer| {
                    tx.enter(&stage.globex, worker(), async |inner| {
                        add(if outers { outer } else { inner }, "mixed up").await
                    })
                    .await
                })
                .await
            })
            .await;
        assert!(matches!(nested, Err(DbError::OutOfScope)), "{nested:?}");
    }
    is_untouched(&stage).await;
}

#[tokio::test]
async fn two_stays_at_once_are_refused() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    let committed = db
        .write_platform(async |tx| {
            let (one, two) = join(
                tx.enter(&stage.acme, worker(), async |inside| {
                    add(inside, "acme's").await
                }),
                tx.enter(&stage.globex, worker(), async |inside| {
                    add(inside, "globex's").await
                }),
            )
            .await;
            assert!(matches!(two, Err(DbError::OutOfScope)), "{two:?}");
            one
        })
        .await;
    committed.expect("the first alone");
    assert_eq!(
        stage.keys(&stage.acme).await.expect("keys"),
        ["acme's", ACMES]
    );
    assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
}

#[tokio::test]
async fn a_statement_of_the_platform_does_not_run_inside_a_stay() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    let during = db
        .write_platform(async |tx| {
            tx.enter(&stage.acme, worker(), async |inside| {
                add(inside, "half").await?;
                tx.query(COUNT, &[]).await
            })
            .await
        })
        .await;
    assert!(matches!(during, Err(DbError::OutOfScope)), "{during:?}");
    // One that was begun before, and is still being prepared.
    let beside = db
        .write_platform(async |tx| {
            let (count, stay) = join(
                tx.query(COUNT, &[]),
                tx.enter(&stage.acme, worker(), async |inside| {
                    add(inside, "half").await
                }),
            )
            .await;
            count?;
            stay
        })
        .await;
    assert!(matches!(beside, Err(DbError::OutOfScope)), "{beside:?}");
    is_untouched(&stage).await;
}

#[tokio::test]
async fn what_was_taken_out_of_a_stay_is_of_no_use_in_another() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    let smuggled = db
        .write_platform(async |tx| {
            let acmes = tx
                .enter(&stage.acme, worker(), async |inside| {
                    Ok::<_, DbError>(inside.acting_as(Actor::Anonymous))
                })
                .await?;
            let outside = add(&acmes, "smuggled").await;
            assert!(matches!(outside, Err(DbError::OutOfScope)), "{outside:?}");
            tx.enter(&stage.globex, worker(), async |_| {
                add(&acmes, "smuggled").await
            })
            .await
        })
        .await;
    assert!(matches!(smuggled, Err(DbError::OutOfScope)), "{smuggled:?}");
    is_untouched(&stage).await;
}

#[tokio::test]
async fn a_stay_that_was_given_up_ends_there() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    db.write_platform(async |tx| {
        let (sender, arrived) = oneshot::channel();
        let stay = tx.enter(&stage.acme, worker(), async move |inside| {
            place(inside).await?.is_in(inside.tenant());
            let _ = sender.send(());
            std::future::pending::<Result<(), DbError>>().await
        });
        tokio::select! {
            ended = stay => panic!("it did not stay: {ended:?}"),
            arrived = arrived => arrived.expect("an arrival"),
        }
        is_outside(&platform_place(tx).await?);
        Ok::<_, DbError>(())
    })
    .await
    .expect("a walk");
}

#[tokio::test]
async fn a_statement_given_up_in_a_stay_fails_the_whole() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    let committed = db
        .write_platform(async |tx| {
            tx.enter(&stage.acme, worker(), async |inside| {
                add(inside, "half").await
            })
            .await?;
            let mut stay = Box::pin(tx.enter(&stage.globex, worker(), async |inside| {
                inside.execute(ADD, &[&"half"]).await
            }));
            assert!(poll!(stay.as_mut()).is_pending());
            drop(stay);
            Ok::<_, DbError>(())
        })
        .await;
    assert!(
        matches!(committed, Err(DbError::NotCommitted)),
        "{committed:?}"
    );
    stage.is_clean().await;
    is_untouched(&stage).await;
}

#[tokio::test]
async fn a_stay_has_the_instant_of_its_transaction() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    db.read_platform(async |tx| {
        stage.test.clock.advance(SignedDuration::from_secs(1));
        let inside = tx
            .enter(&stage.acme, worker(), async |inside| {
                Ok::<_, DbError>(inside.now())
            })
            .await?;
        assert_eq!(inside, tx.now());
        Ok::<_, DbError>(())
    })
    .await
    .expect("instants");
}

#[tokio::test]
async fn a_tenant_that_is_gone_fails_the_whole() {
    let stage = Stage::set().await;
    let drop = format!("DROP SCHEMA {} CASCADE", stage.globex.schema());
    let owner = stage.test.owner().await;
    owner.batch(&drop).await.expect("the schema goes");
    let refused = stage
        .test
        .db
        .write_platform(async |tx| {
            for tenant in [&stage.acme, &stage.globex] {
                tx.enter(tenant, worker(), async |inside| add(inside, "half").await)
                    .await?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .expect_err("no schema");
    assert!(refused.is_missing_schema(), "{refused}");
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    stage.is_clean().await;
}
