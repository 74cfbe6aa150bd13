//! How long a connection lives, how many there are, and what happens where there is none.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use db::{Db, DbConfig, DbError, NoConnection, TenantRef};
use kernel::error::{DomainError, ErrorKind};
use secrecy::ExposeSecret;
use testkit::{SilentWire, TestDb, worker};

use crate::stage::{PLACE, PLATFORM_PLACE, Place, Stage, until};

async fn backend(db: &Db, tenant: &TenantRef) -> i32 {
    let place = db
        .read(tenant, worker(), None, async |tx| {
            Place::of(&tx.query_one(PLACE, &[]).await?)
        })
        .await;
    place.expect("a place").pid
}

async fn one_connection(change: impl FnOnce(DbConfig) -> DbConfig) -> Stage {
    Stage::with(|config| {
        change(DbConfig {
            max_connections: 1,
            ..config
        })
    })
    .await
}

#[tokio::test]
async fn a_connection_ends_when_it_has_served_too_many_organisations() {
    let stage = one_connection(|config| DbConfig {
        max_tenants: 1,
        ..config
    })
    .await;
    let db = &stage.test.db;
    let first = backend(db, &stage.acme).await;
    assert_eq!(backend(db, &stage.acme).await, first, "acme alone may stay");
    assert_eq!(backend(db, &stage.globex).await, first);
    let second = backend(db, &stage.acme).await;
    assert_ne!(second, first, "it knew two");
    // A stay inside a transaction of the platform counts as well.
    db.write_platform(async |tx| {
        tx.enter(&stage.globex, worker(), async |tx| {
            tx.query(PLACE, &[]).await
        })
        .await
    })
    .await
    .expect("a stay");
    assert_ne!(stage.platform_place().await.pid, second);
}

#[tokio::test]
async fn an_old_connection_is_not_handed_out_again() {
    let stage = one_connection(|config| config).await;
    let first = stage.platform_place().await.pid;
    assert_eq!(stage.platform_place().await.pid, first);
    let stage = one_connection(|config| DbConfig {
        max_age: Duration::ZERO,
        ..config
    })
    .await;
    let first = stage.platform_place().await.pid;
    assert_ne!(stage.platform_place().await.pid, first);
}

#[tokio::test]
async fn upkeep_opens_what_is_to_be_kept_and_ends_what_is_old() {
    let test = TestDb::with(|config| DbConfig {
        min_connections: 3,
        ..config
    })
    .await;
    assert_eq!(test.db.pool_size(), (0, 1));
    test.db.tend().await.expect("upkeep");
    assert_eq!(test.db.pool_size(), (0, 3));

    let test = TestDb::with(|config| DbConfig {
        min_connections: 0,
        max_age: Duration::ZERO,
        ..config
    })
    .await;
    assert_eq!(test.db.pool_size(), (0, 1));
    test.db.tend().await.expect("upkeep");
    assert_eq!(test.db.pool_size(), (0, 0), "nobody has to ask for it");
}

#[tokio::test]
async fn whoever_finds_every_connection_busy_is_told_to_come_back() {
    let stage = one_connection(|config| DbConfig {
        acquire_timeout: Duration::from_millis(50),
        ..config
    })
    .await;
    let db = &stage.test.db;
    let busy = db
        .read_platform(async |tx| {
            tx.query(PLATFORM_PLACE, &[]).await?;
            let second = db
                .read_platform(async |tx| tx.query(PLATFORM_PLACE, &[]).await)
                .await;
            Ok::<_, DbError>(second.expect_err("nothing came free"))
        })
        .await
        .expect("the first");
    assert!(
        matches!(busy, DbError::Pool(NoConnection::Late)),
        "{busy:?}"
    );
    assert!(matches!(busy.kind(), ErrorKind::Unavailable { .. }));
    stage.is_clean().await;
}

#[tokio::test]
async fn a_slow_greeting_is_waited_for_by_the_next_and_not_begun_again() {
    let test = TestDb::start().await;
    let wire = SilentWire::to(&test.url("signalbox_app")).await;
    wire.set_silent(true);
    let config = DbConfig {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(50),
        ..DbConfig::new(wire.url())
    };
    let pulse = test.db.pulse().clone();
    let db = Db::connect_unchecked(&config, pulse).expect("a handle");
    let ask = async || {
        db.read_platform(async |tx| tx.query(PLATFORM_PLACE, &[]).await)
            .await
    };
    for _ in 0..3 {
        let late = ask().await.expect_err("nobody greets");
        assert!(
            matches!(late, DbError::Pool(NoConnection::Late)),
            "{late:?}"
        );
    }
    assert_eq!(wire.knocks(), 1);
    wire.set_silent(false);
    until("somebody is served", async || ask().await.is_ok()).await;
    assert_eq!(wire.knocks(), 1, "by the connection begun first");
}

/// A folder for a socket that is not there yet, and the URL that leads to it.
fn nowhere(test: &TestDb, name: &str) -> (PathBuf, PathBuf, String) {
    let url = test.url("signalbox_app");
    let (address, folder) = url
        .expose_secret()
        .split_once("?host=")
        .expect("a socket's folder");
    let socket = PathBuf::from(folder).join(".s.PGSQL.5432");
    let elsewhere = std::env::temp_dir().join(format!("sbx-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&elsewhere).expect("a folder");
    let url = format!("{address}?host={}", elsewhere.display());
    (socket, elsewhere, url)
}

#[tokio::test]
async fn a_start_waits_for_postgres() {
    let test = TestDb::start().await;
    let (socket, folder, url) = nowhere(&test, "start");
    let config = DbConfig {
        start_patience: Duration::from_secs(60),
        ..DbConfig::new(url)
    };
    let starting = tokio::spawn(async move { Db::connect(&config).await });
    // The first try and its three repetitions find nothing.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!starting.is_finished(), "it waits");
    symlink(socket, folder.join(".s.PGSQL.5432")).expect("Postgres is there");
    let started = starting.await.expect("a task");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert!(started.is_ok(), "{:?}", started.err());
}

#[tokio::test]
async fn a_connection_is_tried_again_before_anybody_is_turned_away() {
    let test = TestDb::start().await;
    let (socket, folder, url) = nowhere(&test, "again");
    let db = Db::connect_unchecked(&DbConfig::new(url), test.db.pulse().clone());
    let db = db.expect("a handle");
    let ask = db.read_platform(async |tx| tx.query(PLATFORM_PLACE, &[]).await);
    let appear = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        symlink(socket, folder.join(".s.PGSQL.5432")).expect("Postgres is there");
    };
    let (asked, ()) = tokio::join!(ask, appear);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert!(asked.is_ok(), "{asked:?}");
}

#[tokio::test]
async fn a_refusal_is_not_waited_out() {
    let test = TestDb::start().await;
    let config = DbConfig {
        start_patience: Duration::from_secs(600),
        ..DbConfig::new(test.url("nobody_at_all"))
    };
    let told = tokio::time::timeout(Duration::from_secs(20), Db::connect(&config)).await;
    let refused = told.expect("at once").err().expect("no such login");
    assert!(
        matches!(refused, DbError::Pool(NoConnection::Refused(_))),
        "{refused:?}"
    );
}
