//! How long somebody who waits for an answer waits for Postgres.

use std::time::{Duration, Instant};

use db::{Db, DbConfig, DbError, Sql, TenantRef, TenantTx, sql};
use kernel::error::{DomainError, ErrorKind};
use testkit::{SilentWire, worker};

use crate::stage::{ACMES, ADD, PLATFORM_PLACE, Stage, until};

/// A request's time in these tests; a statement's is half of it.
pub const TIME: Duration = Duration::from_secs(1);
/// Long enough for a machine that does other things as well, and less than anybody's five seconds.
const SOON: Duration = Duration::from_secs(4);
const SLEEP: Sql = sql!("SELECT pg_sleep($1)::text");

async fn hurried() -> (Stage, Db) {
    let stage = Stage::with(|config| DbConfig {
        max_connections: 1,
        acquire_timeout: TIME,
        ..config
    })
    .await;
    let db = stage.test.db.for_requests();
    (stage, db)
}

async fn sleep(tx: &TenantTx, seconds: f64) -> Result<(), DbError> {
    tx.query(SLEEP, &[&seconds]).await.map(drop)
}

/// Adds a row, and takes four times 0.3 seconds over it.
pub async fn dawdle(db: &Db, tenant: &TenantRef, key: &str) -> Result<(), DbError> {
    db.write(tenant, worker(), None, async |tx| {
        tx.execute(ADD, &[&key]).await?;
        for _ in 0..4 {
            sleep(tx, 0.3).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_statement_that_takes_long_is_ended_and_the_connection_stays() {
    let (stage, db) = hurried().await;
    let backend = stage.platform_place().await.pid;
    let slow = async |db: &Db| {
        db.read(&stage.acme, worker(), None, async |tx| sleep(tx, 0.8).await)
            .await
    };
    slow(&stage.test.db).await.expect("nobody waits for work");
    let ended = slow(&db).await.expect_err("somebody waits");
    assert!(matches!(ended, DbError::Postgres(_)), "{ended:?}");
    assert!(matches!(ended.kind(), ErrorKind::Unavailable { .. }));
    assert_eq!(stage.platform_place().await.pid, backend);
    stage.is_clean().await;
}

#[tokio::test]
async fn a_transaction_that_takes_long_is_given_up_with_its_connection_and_leaves_nothing() {
    let (stage, db) = hurried().await;
    let backend = stage.platform_place().await.pid;
    let late = dawdle(&db, &stage.acme, "late").await;
    let late = late.expect_err("somebody waits");
    assert!(matches!(late, DbError::Late), "{late:?}");
    assert!(matches!(late.kind(), ErrorKind::Unavailable { .. }));
    assert_ne!(stage.platform_place().await.pid, backend);
    assert_eq!(stage.keys(&stage.acme).await.expect("rows"), [ACMES]);

    let patient = dawdle(&stage.test.db, &stage.acme, "patient").await;
    patient.expect("nobody waits for work");
    let keys = stage.keys(&stage.acme).await.expect("rows");
    assert_eq!(keys, [ACMES, "patient"]);
}

#[tokio::test]
async fn whoever_may_have_long_statements_waits_for_them() {
    let (stage, db) = hurried().await;
    let allowed = "UPDATE platform.tenants SET statement_timeout_ms = 5000 WHERE slug = 'acme'";
    let superuser = stage.test.superuser().await;
    superuser.batch(allowed).await.expect("an exception");
    let found = db
        .read_platform(async |tx| tx.find_tenant_by_host("acme.localhost").await)
        .await;
    let acme = found.expect("an answer").expect("acme");
    let slept = db.read(&acme, worker(), None, async |tx| sleep(tx, 1.2).await);
    slept.await.expect("it may");
}

#[tokio::test]
async fn a_server_that_goes_silent_is_given_up_in_time_and_asked_again_when_it_speaks() {
    let stage = Stage::set().await;
    let wire = SilentWire::to(&stage.test.url("signalbox_app")).await;
    let config = DbConfig {
        acquire_timeout: TIME,
        max_connections: 2,
        ..DbConfig::new(wire.url())
    };
    let db = Db::connect(&config).await.expect("a handle").for_requests();
    let ask = async || {
        let began = Instant::now();
        let answer = db
            .read_platform(async |tx| tx.query(PLATFORM_PLACE, &[]).await)
            .await;
        (answer, began.elapsed())
    };
    ask().await.0.expect("it speaks");
    wire.set_silent(true);
    for what in ["said nothing", "did not greet"] {
        let (answer, took) = ask().await;
        let late = answer.expect_err("it is silent");
        assert!(matches!(late.kind(), ErrorKind::Unavailable { .. }));
        assert!(took < SOON, "{what}: {took:?}");
    }
    wire.set_silent(false);
    until("it speaks again", async || ask().await.0.is_ok()).await;
}
