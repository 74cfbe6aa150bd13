//! A client that hangs up in the middle: nothing is half done, and nothing is left for the next.

use db::DbError;
use testkit::worker;
use tokio::sync::oneshot;

use crate::stage::{ACMES, ADD, GLOBEXS, PLACE, Place, Stage, WAIT, until};

/// Begins a write that stops at the lock, and drops it there. Answers the backend it ran on.
pub async fn hang_up(stage: &Stage) -> i32 {
    let (sender, receiver) = oneshot::channel();
    let mut write = Box::pin(
        stage
            .test
            .db
            .write(&stage.acme, worker(), None, async move |tx| {
                tx.execute(ADD, &[&"half"]).await?;
                let place = Place::of(&tx.query_one(PLACE, &[]).await?)?;
                let _ = sender.send(place.pid);
                tx.query(WAIT, &[]).await.map(drop)
            }),
    );
    let pid = tokio::select! {
        ended = &mut write => panic!("it did not wait: {ended:?}"),
        pid = receiver => pid.expect("a backend"),
    };
    tokio::select! {
        ended = &mut write => panic!("it did not wait: {ended:?}"),
        () = until("it waits for the lock", async || waits(stage, pid).await) => {}
    }
    pid
}

async fn waits(stage: &Stage, pid: i32) -> bool {
    let waiting = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'advisory'";
    exists(stage, waiting, pid).await
}

pub async fn lives(stage: &Stage, pid: i32) -> bool {
    exists(stage, "SELECT FROM pg_stat_activity WHERE pid = $1", pid).await
}

async fn exists(stage: &Stage, sql: &str, pid: i32) -> bool {
    let rows = stage.test.superuser().await.query(sql, &[&pid]).await;
    !rows.expect("the activity").is_empty()
}

#[tokio::test]
async fn a_write_that_was_hung_up_leaves_no_row_and_its_connection_never_comes_back() {
    let stage = Stage::with_connections(1).await;
    let superuser = stage.test.superuser().await;
    superuser
        .batch("SELECT pg_advisory_lock(1)")
        .await
        .expect("the lock");
    let pid = hang_up(&stage).await;
    assert_eq!(stage.test.db.pool_size(), (0, 0), "it is out of the pool");
    // The old backend still stands in the middle of its statement; nobody meets it again.
    for _ in 0..5 {
        let place = stage.platform_place().await;
        assert_ne!(place.pid, pid);
        stage.is_clean().await;
        assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
    }
    superuser
        .batch("SELECT pg_advisory_unlock(1)")
        .await
        .expect("the lock goes");
    until("the backend ends", async || !lives(&stage, pid).await).await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_backend_whose_client_hung_up_does_not_wait_for_its_statement() {
    let stage = Stage::set().await;
    let superuser = stage.test.superuser().await;
    superuser
        .batch("SELECT pg_advisory_lock(1)")
        .await
        .expect("the lock");
    let pid = hang_up(&stage).await;
    let hung_up = std::time::Instant::now();
    until("the backend ends", async || !lives(&stage, pid).await).await;
    assert!(
        hung_up.elapsed().as_secs() < 4,
        "it was the statement's own limit that ended it"
    );
}

#[tokio::test]
async fn nobody_waits_behind_a_statement_that_was_given_up() {
    let stage = Stage::with_connections(1).await;
    let superuser = stage.test.superuser().await;
    superuser
        .batch("SELECT pg_advisory_lock(1)")
        .await
        .expect("the lock");
    let mut busy = 0;
    let read = stage
        .test
        .db
        .read(&stage.acme, worker(), None, async |tx| {
            busy = Place::of(&tx.query_one(PLACE, &[]).await?)?.pid;
            tokio::select! {
                ended = tx.query(WAIT, &[]) => panic!("it did not wait: {ended:?}"),
                () = until("it waits for the lock", async || waits(&stage, busy).await) => {}
            }
            Ok::<_, DbError>(())
        })
        .await;
    assert!(matches!(read, Err(DbError::NotCommitted)), "{read:?}");
    assert_ne!(stage.platform_place().await.pid, busy);
}

#[tokio::test]
async fn a_panic_in_a_use_case_takes_its_connection_along() {
    let stage = Stage::with_connections(1).await;
    let (db, acme) = (stage.test.db.clone(), stage.acme.clone());
    let panicked = tokio::spawn(async move {
        db.write(&acme, worker(), None, async |tx| {
            tx.execute(ADD, &[&"half"]).await?;
            if tx.tenant().slug() == "acme" {
                panic!("a defect");
            }
            Ok::<_, DbError>(())
        })
        .await
    })
    .await;
    assert!(panicked.expect_err("a panic").is_panic());
    assert_eq!(stage.test.db.pool_size(), (0, 0));
    stage.is_clean().await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
}

#[tokio::test]
async fn a_transaction_that_was_dropped_before_its_first_statement_costs_no_connection() {
    let stage = Stage::with_connections(1).await;
    let before = stage.platform_place().await;
    let mut read = Box::pin(stage.test.db.read(&stage.acme, worker(), None, async |_| {
        std::future::pending::<Result<(), DbError>>().await
    }));
    assert!(futures_util::poll!(read.as_mut()).is_pending());
    assert_eq!(stage.test.db.pool_size(), (1, 1));
    drop(read);
    assert_eq!(stage.platform_place().await, before);
}
