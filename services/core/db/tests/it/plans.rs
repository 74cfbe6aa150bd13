//! Tables change under prepared statements: "cached plan must not change result type" (0A000).

use db::{DbConfig, DbError, Gate, Row, Sql, TenantRef, TenantTx, sql};
use futures_util::future::join;
use kernel::event::Actor;
use testkit::worker;
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::stage::{ACMES, ADD, GLOBEXS, PLACE, Stage};
use crate::wire::Wire;

pub const USED: Sql = sql!("SELECT used FROM quotas");
const SEEN: Sql =
    sql!("SELECT count(*) AS outcome, max(version) AS version FROM events WHERE id <> $1");

const ANYBODY: Sql = sql!("SELECT 1 AS one, $1::uuid AS id");

/// `used` and `version` become wider in one tenant.
pub async fn migrate(stage: &Stage, tenant: &TenantRef) {
    let schema = tenant.schema();
    let wider = format!(
        "ALTER TABLE {schema}.quotas ALTER COLUMN used TYPE bigint;
         ALTER TABLE {schema}.events ALTER COLUMN version TYPE bigint"
    );
    stage.test.owner().await.batch(&wider).await.expect("wider");
}

async fn used(tx: &TenantTx) -> Result<Row, DbError> {
    tx.query_one(USED, &[]).await
}

/// The failing statement is not the transaction's first.
async fn used_later(stage: &Stage, tenant: &TenantRef) -> Result<Row, DbError> {
    let db = &stage.test.db;
    db.read(tenant, worker(), None, async |tx| {
        tx.query(PLACE, &[]).await?;
        used(tx).await
    })
    .await
}

pub fn is_wide(row: &Row) -> bool {
    row.get::<i64>("used").is_ok()
}

#[tokio::test]
async fn a_stale_plan_in_the_first_flight_is_not_noticed() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    let read = async || {
        db.read(&stage.acme, worker(), None, async |tx| used(tx).await)
            .await
            .expect("a row")
    };
    assert!(!is_wide(&read().await));
    migrate(&stage, &stage.acme).await;
    assert!(is_wide(&read().await));
    stage.is_clean().await;
}

#[tokio::test]
async fn the_same_in_a_write_and_in_a_stay() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    for migrated in [false, true] {
        if migrated {
            migrate(&stage, &stage.acme).await;
        }
        let key = if migrated { "after" } else { "before" };
        let row = db
            .write(&stage.acme, worker(), None, async |tx| {
                let row = tx.query(USED, &[]).await?;
                tx.execute(ADD, &[&key]).await?;
                Ok::<_, DbError>(row)
            })
            .await
            .expect("a row");
        assert_eq!(row.first().is_some_and(is_wide), migrated);
    }
    let keys = stage.keys(&stage.acme).await.expect("keys");
    assert!(keys.contains(&"after".to_owned()), "{keys:?}");

    let inside = async || {
        db.write_platform(async |tx| {
            tx.enter(&stage.globex, worker(), async |tx| used(tx).await)
                .await
        })
        .await
        .expect("a row")
    };
    assert!(!is_wide(&inside().await));
    migrate(&stage, &stage.globex).await;
    assert!(is_wide(&inside().await));
    stage.is_clean().await;
}

#[tokio::test]
async fn a_stale_gate_is_read_again() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    let gate = || {
        Gate::new(SEEN, Uuid::nil(), |row| {
            Ok(row.map(|_| Actor::Worker("gate")))
        })
    };
    for migrated in [false, true, true] {
        if migrated {
            migrate(&stage, &stage.acme).await;
        }
        let row = db
            .read(&stage.acme, worker(), Some(gate()), async |tx| {
                let row = used(tx).await?;
                assert_eq!(tx.actor(), Actor::Worker("gate"));
                Ok::<_, DbError>(row)
            })
            .await
            .expect("a row");
        assert_eq!(is_wide(&row), migrated);
        // Behind its gate, a write's first statement is still one that may be sent again.
        let row = db
            .write(&stage.acme, worker(), Some(gate()), async |tx| {
                used(tx).await
            })
            .await
            .expect("a row");
        assert_eq!(is_wide(&row), migrated);
    }
}

#[tokio::test]
async fn a_write_behind_an_open_gate_may_be_sent_again() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    let gate = || Gate::new(ANYBODY, Uuid::nil(), |_| Ok(Some(Actor::Worker("gate"))));
    for (migrated, key) in [(false, "before"), (true, "after")] {
        if migrated {
            migrate(&stage, &stage.acme).await;
        }
        let row = db
            .write(&stage.acme, worker(), Some(gate()), async |tx| {
                let row = tx.query(USED, &[]).await?;
                tx.execute(ADD, &[&key]).await?;
                Ok::<_, DbError>(row)
            })
            .await
            .expect("a row");
        assert_eq!(row.first().is_some_and(is_wide), migrated);
    }
    let keys = stage.keys(&stage.acme).await.expect("keys");
    assert_eq!(keys, [ACMES, "after", "before"]);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let stage = Stage::with_connections(1).await;
    let db = &stage.test.db;
    let shut = || Gate::new(SEEN, Uuid::nil(), |_| Ok(None));
    for migrated in [false, true] {
        if migrated {
            migrate(&stage, &stage.acme).await;
        }
        let refused = db
            .read(&stage.acme, worker(), Some(shut()), async |tx| {
                used(tx).await
            })
            .await;
        assert!(matches!(refused, Err(DbError::Refused)), "{refused:?}");
        stage.is_clean().await;
    }
}

#[tokio::test]
async fn a_later_stale_plan_fails_its_transaction_and_heals_every_connection() {
    let stage = Stage::with_connections(2).await;
    let db = &stage.test.db;
    // Both connections have prepared it.
    let barrier = Barrier::new(2);
    let warm = async || {
        db.read(&stage.acme, worker(), None, async |tx| {
            tx.query(PLACE, &[]).await?;
            let row = used(tx).await;
            barrier.wait().await;
            row
        })
        .await
    };
    let (one, two) = join(warm(), warm()).await;
    assert!(!is_wide(&one.expect("a row")) && !is_wide(&two.expect("a row")));
    migrate(&stage, &stage.acme).await;
    let failed = used_later(&stage, &stage.acme).await.expect_err("stale");
    assert!(failed.to_string().contains("0A000"), "{failed}");
    assert!(failed.is_transient(), "{failed}");
    let (one, two) = join(warm(), warm()).await;
    assert!(is_wide(&one.expect("a row")) && is_wide(&two.expect("a row")));
}

#[tokio::test]
async fn tenants_of_two_versions_share_a_connection() {
    let stage = Stage::with_connections(1).await;
    migrate(&stage, &stage.globex).await;
    for _ in 0..5 {
        for (tenant, wide) in [(&stage.acme, false), (&stage.globex, true)] {
            let row = stage
                .test
                .db
                .read(tenant, worker(), None, async |tx| used(tx).await)
                .await
                .expect("a row");
            assert_eq!(is_wide(&row), wide);
        }
    }
}

#[tokio::test]
async fn with_a_second_statement_on_its_way_nothing_is_sent_again() {
    let (wire, tapped) = Wire::tap().await;
    let stage = Stage::with(tapped).await;
    let db = &stage.test.db;
    let row = db
        .read(&stage.acme, worker(), None, async |tx| used(tx).await)
        .await;
    assert!(!is_wide(&row.expect("a row")));
    migrate(&stage, &stage.acme).await;
    wire.hold().await;
    wire.release();
    let careless = db
        .write(&stage.acme, worker(), None, async |tx| {
            let _ = join(used(tx), tx.execute(ADD, &[&"beside"])).await;
            Ok::<_, DbError>(())
        })
        .await;
    assert!(
        matches!(careless, Err(DbError::NotCommitted)),
        "{careless:?}"
    );
    wire.hears(&["BEGIN", "SELECT used", "INSERT INTO quotas", "ROLLBACK"])
        .await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    stage.is_clean().await;
}

pub const PREPARED: &str = "SELECT count(*) AS statements FROM pg_prepared_statements WHERE statement LIKE 'SELECT used FROM quotas%'";

#[tokio::test]
async fn the_first_tenants_of_a_connection_have_statements_of_their_own_and_the_others_share_one() {
    let stage = Stage::with(|config| DbConfig {
        max_connections: 1,
        own_statements: 1,
        ..config
    })
    .await;
    let db = &stage.test.db;
    let third = stage.test.tenant("initech").await;
    let everybody = [&stage.acme, &stage.globex, &third];
    for tenant in everybody.iter().chain(&everybody) {
        let rows = db.read(tenant, worker(), None, async |tx| {
            tx.query(PLACE, &[]).await?;
            tx.query(USED, &[]).await
        });
        let rows = rows.await.expect("rows");
        assert_eq!(rows.is_empty(), tenant.slug() == "initech");
        let keys = stage.keys(tenant).await.expect("keys");
        let own = match tenant.slug() {
            "acme" => vec![ACMES],
            "globex" => vec![GLOBEXS],
            _ => vec![],
        };
        assert_eq!(keys, own);
    }
    let prepared = db
        .read_platform(async |tx| tx.query_unchecked(PREPARED).await)
        .await
        .expect("a count");
    // One for the first tenant, one for all others.
    assert_eq!(prepared[0].get::<i64>("statements").expect("a count"), 2);
    stage.is_clean().await;
}
