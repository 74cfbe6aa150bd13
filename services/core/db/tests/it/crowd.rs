//! One organisation that asks for everything at once, and the others beside it.

use std::time::Duration;

use db::{Db, DbConfig, DbError, Sql, TenantRef, sql};
use kernel::error::{DomainError, ErrorKind};
use testkit::worker;

use crate::stage::{PLACE, Stage, WAIT};

const TIMEOUT: Sql = sql!("SELECT current_setting('statement_timeout') AS timeout");

async fn stage() -> Stage {
    Stage::with(|config| DbConfig {
        max_connections: 4,
        max_tenant_transactions: 2,
        acquire_timeout: Duration::from_millis(100),
        ..config
    })
    .await
}

async fn place(db: &Db, tenant: &TenantRef) -> Result<(), DbError> {
    let read = db.read(tenant, worker(), None, async |tx| {
        tx.query(PLACE, &[]).await.map(drop)
    });
    read.await
}

/// Holds two of acme's transactions open while `meanwhile` runs.
async fn with_acme_busy(stage: &Stage, acme: &TenantRef, meanwhile: impl Future<Output = ()>) {
    let superuser = stage.test.superuser().await;
    superuser
        .batch("SELECT pg_advisory_lock(1)")
        .await
        .expect("the lock");
    let db = &stage.test.db;
    let wait = async || {
        db.read(acme, worker(), None, async |tx| {
            tx.query(WAIT, &[]).await.map(drop)
        })
        .await
    };
    let ended = async {
        crate::stage::until("both wait", async || {
            let waiting = "SELECT FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event = 'advisory'";
            let rows = superuser.query(waiting, &[]).await;
            rows.expect("the activity").len() == 2
        })
        .await;
        meanwhile.await;
        superuser
            .batch("SELECT pg_advisory_unlock(1)")
            .await
            .expect("the lock goes");
    };
    let (one, two, ()) = tokio::join!(wait(), wait(), ended);
    one.and(two).expect("both end well");
}

#[tokio::test]
async fn one_organisation_does_not_get_every_connection() {
    let stage = stage().await;
    let db = &stage.test.db;
    with_acme_busy(&stage, &stage.acme, async {
        let busy = place(db, &stage.acme).await.expect_err("a third");
        assert!(matches!(busy, DbError::Busy), "{busy:?}");
        assert_eq!(busy.code(), "busy");
        assert!(matches!(busy.kind(), ErrorKind::Unavailable { .. }));
        place(db, &stage.globex).await.expect("the other is served");
    })
    .await;
    place(db, &stage.acme).await.expect("its leave is back");
}

#[tokio::test]
async fn leave_comes_back_however_a_transaction_ends() {
    let stage = stage().await;
    let db = &stage.test.db;
    for _ in 0..3 {
        let failed = db.write(&stage.acme, worker(), None, async |tx| {
            tx.query(PLACE, &[]).await?;
            Err::<(), _>(DbError::Missing)
        });
        assert!(failed.await.is_err());
        let hung_up = db.write(&stage.acme, worker(), None, async |tx| {
            tx.query(PLACE, &[]).await?;
            std::future::pending::<Result<(), DbError>>().await
        });
        let hung_up = tokio::time::timeout(Duration::from_millis(50), hung_up).await;
        assert!(hung_up.is_err());
    }
    place(db, &stage.acme).await.expect("nothing is held");
}

#[tokio::test]
async fn an_organisations_row_says_how_much_and_how_long() {
    let stage = stage().await;
    let db = &stage.test.db;
    let timeout = async |tenant: &TenantRef| {
        db.read(tenant, worker(), None, async |tx| {
            tx.query_one(TIMEOUT, &[]).await?.get::<String>("timeout")
        })
        .await
        .expect("a time")
    };
    assert_eq!(timeout(&stage.acme).await, "5s");
    stage
        .test
        .owner()
        .await
        .batch("UPDATE platform.tenants SET max_transactions = 3, statement_timeout_ms = 700")
        .await
        .expect("more, and shorter");
    let acme = db
        .read_platform(async |tx| tx.find_tenant_by_host("acme.localhost").await)
        .await
        .expect("an answer")
        .expect("acme");
    assert_eq!(timeout(&acme).await, "700ms");
    with_acme_busy(&stage, &acme, async {
        place(db, &acme).await.expect("a third");
    })
    .await;
}
