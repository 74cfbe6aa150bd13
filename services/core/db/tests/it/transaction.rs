//! What a tenant's transaction promises: all or nothing, and nothing left behind.

use std::sync::Arc;

use db::{DbError, Sql, TenantRef, TenantTx, sql};
use futures_util::{future::try_join, poll};
use jiff::SignedDuration;
use kernel::event::Actor;
use testkit::worker;

use crate::stage::{ACMES, ADD, GLOBEXS, KEYS, PLACE, Place, Stage, add, keys};

/// A use case's own failure.
#[derive(Debug)]
enum Failure {
    Mine,
    #[expect(dead_code, reason = "shown where a test fails")]
    Db(DbError),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

const BROKEN: Sql = sql!("SELECT 1 / 0");

#[tokio::test]
async fn an_error_rolls_back() {
    let stage = Stage::set().await;
    let failed = stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            add(tx, "undone").await?;
            Err::<(), _>(Failure::Mine)
        })
        .await;
    assert!(matches!(failed, Err(Failure::Mine)), "{failed:?}");
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_use_case_keeps_its_own_error_when_a_statement_failed_before_it() {
    let stage = Stage::set().await;
    let failed = stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            match add(tx, ACMES).await {
                Err(error) if error.constraint() == Some("quotas_pkey") => Err(Failure::Mine),
                other => Ok(other?),
            }
        })
        .await;
    assert!(matches!(failed, Err(Failure::Mine)), "{failed:?}");
}

#[tokio::test]
async fn a_read_refuses_to_write() {
    let stage = Stage::set().await;
    let refused = stage
        .test
        .db
        .read(&stage.acme, worker(), None, async |tx| {
            add(tx, "written").await
        })
        .await
        .expect_err("read only");
    assert!(refused.to_string().contains("25006"), "{refused}");
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_swallowed_failure_is_not_committed() {
    let stage = Stage::set().await;
    let first = async |tx: &TenantTx| {
        let _ = tx.query(BROKEN, &[]).await;
        Ok(())
    };
    let later = async |tx: &TenantTx| {
        add(tx, "kept?").await?;
        let _ = add(tx, ACMES).await;
        Ok(())
    };
    let last_words = async |tx: &TenantTx| {
        let _ = add(tx, ACMES).await;
        let refused = add(tx, "after").await.expect_err("only ROLLBACK is left");
        assert!(matches!(refused, DbError::NotCommitted), "{refused}");
        Ok(())
    };
    let db = &stage.test.db;
    let outcomes = [
        db.write(&stage.acme, worker(), None, first).await,
        db.write(&stage.acme, worker(), None, later).await,
        db.write(&stage.acme, worker(), None, last_words).await,
        db.read(&stage.acme, worker(), None, first).await,
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(DbError::NotCommitted)), "{outcome:?}");
    }
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_scope_that_was_refused_is_not_committed_either() {
    let stage = Stage::set().await;
    let ghost = ghost(&stage).await;
    let swallowing = async |tx: &TenantTx| {
        let _ = add(tx, "kept?").await;
        Ok::<_, DbError>(())
    };
    let db = &stage.test.db;
    for outcome in [
        db.write(&ghost, worker(), None, swallowing).await,
        db.read(&ghost, worker(), None, swallowing).await,
    ] {
        assert!(matches!(outcome, Err(DbError::NotCommitted)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_statement_that_was_given_up_is_not_committed() {
    let stage = Stage::with_connections(1).await;
    let give_up = async |tx: &TenantTx| {
        let mut statement = Box::pin(tx.execute(ADD, &[&ACMES]));
        assert!(poll!(statement.as_mut()).is_pending());
    };
    let db = &stage.test.db;
    let first = db
        .write(&stage.acme, worker(), None, async |tx| {
            give_up(tx).await;
            Ok::<_, DbError>(())
        })
        .await;
    let later = db
        .write(&stage.acme, worker(), None, async |tx| {
            add(tx, "kept?").await?;
            give_up(tx).await;
            Ok::<_, DbError>(())
        })
        .await;
    for outcome in [first, later] {
        assert!(matches!(outcome, Err(DbError::NotCommitted)), "{outcome:?}");
    }
    stage.is_clean().await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_missing_schema_is_an_error_and_the_next_tenant_is_served() {
    let stage = Stage::with_connections(1).await;
    let owner = stage.test.owner().await;
    // The statements are prepared by now: a plan that outlived its tables must not answer either.
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    let drop = format!("DROP SCHEMA {} CASCADE", stage.acme.schema());
    owner.batch(&drop).await.expect("the schema goes");
    for _ in 0..20 {
        let refused = stage.keys(&stage.acme).await.expect_err("no schema");
        assert!(refused.is_missing_schema(), "{refused}");
        let refused = stage.add(&stage.acme, "x").await.expect_err("no schema");
        assert!(refused.is_missing_schema(), "{refused}");
        assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
    }
}

#[tokio::test]
async fn a_refused_scope_does_not_poison_the_next() {
    let stage = Stage::with_connections(1).await;
    let ghost = ghost(&stage).await;
    for _ in 0..20 {
        let refused = stage.keys(&ghost).await.expect_err("no role");
        assert!(refused.is_denied(), "{refused}");
        let refused = stage.add(&ghost, "x").await.expect_err("no role");
        assert!(refused.is_denied(), "{refused}");
        assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
        stage.is_clean().await;
    }
}

/// A tenant whose role refuses the login. Its schema is this database's own: roles belong to all databases,
/// and the ready schemas of a test are everybody's.
async fn ghost(stage: &Stage) -> TenantRef {
    stage.test.fill(2).await;
    stage.test.tenant("initech").await;
    let ghost = stage.test.tenant("ghost").await;
    let revoke = format!("REVOKE {} FROM signalbox_app", ghost.schema());
    let owner = stage.test.owner().await;
    owner.batch(&revoke).await.expect("the role goes");
    ghost
}

#[tokio::test]
async fn two_first_queries_at_once_are_both_in_scope() {
    let stage = Stage::with_connections(1).await;
    // The first round prepares, the second finds everything prepared.
    for _ in 0..2 {
        for tenant in [&stage.acme, &stage.globex] {
            let (place, rows) = stage
                .test
                .db
                .read(tenant, worker(), None, async |tx| {
                    try_join(tx.query_one(PLACE, &[]), tx.query(KEYS, &[])).await
                })
                .await
                .expect("both");
            Place::of(&place).expect("a place").is_in(tenant);
            assert_eq!(rows.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_transaction_leaves_nothing_on_its_connection() {
    let stage = Stage::with_connections(1).await;
    let before = stage.platform_place().await;
    let db = &stage.test.db;
    stage.add(&stage.acme, "one more").await.expect("a row");
    stage.is_clean().await;
    let _ = stage.add(&stage.acme, ACMES).await.expect_err("taken");
    stage.is_clean().await;
    let _ = stage.keys(&stage.acme).await.expect("keys");
    stage.is_clean().await;
    let broken: Result<Vec<_>, _> = db
        .read(&stage.acme, worker(), None, async |tx| {
            tx.query(BROKEN, &[]).await
        })
        .await;
    broken.expect_err("broken");
    stage.is_clean().await;
    db.write(&stage.acme, worker(), None, async |_| Ok::<_, DbError>(()))
        .await
        .expect("nothing to do");
    assert_eq!(
        stage.platform_place().await,
        before,
        "it is still the same connection"
    );
}

#[tokio::test]
async fn a_transaction_that_leaves_its_closure_is_not_committed() {
    let stage = Stage::with_connections(1).await;
    let kept: Result<Arc<TenantTx>, DbError> = stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            add(tx, "kept?").await?;
            Ok(Arc::new(tx.acting_as(Actor::Anonymous)))
        })
        .await;
    assert!(matches!(kept, Err(DbError::NotCommitted)));
    stage.is_clean().await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_transaction_has_one_instant() {
    let stage = Stage::set().await;
    let clock = &stage.test.clock;
    let (first, second) = stage
        .test
        .db
        .read(&stage.acme, worker(), None, async |tx| {
            let first = tx.now();
            clock.advance(SignedDuration::from_secs(1));
            let _ = keys(tx).await?;
            Ok::<_, DbError>((first, tx.now()))
        })
        .await
        .expect("two instants");
    assert_eq!(first, second);
}
