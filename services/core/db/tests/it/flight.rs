//! How often a request waits for Postgres: scope, gate and first query travel together, and a reader does
//! not wait for its COMMIT.

use std::time::Duration;

use db::{Db, DbError, Gate, Sql, sql};
use kernel::event::Actor;
use testkit::worker;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::stage::{ACMES, GLOBEXS, Stage, add, keys};
use crate::wire::Wire;

const PASS: Sql = sql!("SELECT 1 AS one, $1::uuid AS id");

fn gate() -> Gate {
    Gate::new(PASS, Uuid::nil(), |row| {
        Ok(row.map(|_| Actor::Worker("gate")))
    })
}

/// A stage behind a wire, every statement prepared.
async fn behind_a_wire() -> (Stage, Wire) {
    let (wire, tapped) = Wire::tap().await;
    let stage = Stage::with(tapped).await;
    for tenant in [&stage.acme, &stage.globex] {
        let db = &stage.test.db;
        db.read(tenant, worker(), Some(gate()), async |tx| keys(tx).await)
            .await
            .expect("keys");
    }
    // Stays share a statement.
    let shared = stage.test.db.read_platform(async |tx| {
        tx.enter(&stage.acme, worker(), async |tx| keys(tx).await)
            .await
    });
    shared.await.expect("keys");
    (stage, wire)
}

/// What a task answers, where nothing it waits for is held back.
async fn in_time<T>(task: JoinHandle<T>) -> T {
    let answer = tokio::time::timeout(Duration::from_secs(10), task).await;
    answer.expect("it waits for an answer").expect("a task")
}

#[tokio::test]
async fn a_read_is_one_flight_and_does_not_wait_for_its_commit() {
    let (stage, wire) = behind_a_wire().await;
    wire.hold().await;
    let (db, acme) = (stage.test.db.clone(), stage.acme.clone());
    let reading = tokio::spawn(async move {
        db.read(&acme, worker(), Some(gate()), async |tx| keys(tx).await)
            .await
    });
    let role = format!("BEGIN READ ONLY; SET LOCAL ROLE {}", stage.acme.schema());
    let flight = [role.as_str(), "SELECT 1 AS one", "SELECT key FROM quotas"];
    wire.hears(&flight).await;
    // Three answers are all it needs; the one to COMMIT is never given.
    wire.answer(3);
    let read = in_time(reading).await.expect("keys");
    assert_eq!(read, [ACMES]);
    wire.hears(&[flight[0], flight[1], flight[2], "COMMIT"])
        .await;
}

#[tokio::test]
async fn the_next_tenant_is_clean_behind_a_commit_that_nobody_waited_for() {
    let (stage, wire) = behind_a_wire().await;
    wire.hold().await;
    wire.answer(3);
    let read = async |db: Db, tenant| {
        db.read(&tenant, worker(), Some(gate()), async |tx| keys(tx).await)
            .await
    };
    let first = tokio::spawn(read(stage.test.db.clone(), stage.acme.clone()));
    assert_eq!(in_time(first).await.expect("keys"), [ACMES]);
    let next = tokio::spawn(read(stage.test.db.clone(), stage.globex.clone()));
    // All of it is sent while the COMMIT before it is unanswered.
    let begin = format!("BEGIN READ ONLY; SET LOCAL ROLE {}", stage.globex.schema());
    let (one, query) = ("SELECT 1 AS one", "SELECT key FROM quotas");
    wire.hears(&["BEGIN", one, query, "COMMIT", &begin, one, query])
        .await;
    wire.release();
    assert_eq!(in_time(next).await.expect("keys"), [GLOBEXS]);
    stage.is_clean().await;
}

#[tokio::test]
async fn a_write_says_nothing_before_its_gate_has_opened() {
    let (stage, wire) = behind_a_wire().await;
    wire.hold().await;
    let (db, acme) = (stage.test.db.clone(), stage.acme.clone());
    let writing = tokio::spawn(async move {
        db.write(&acme, worker(), Some(gate()), async |tx| {
            add(tx, "written").await
        })
        .await
    });
    let (one, insert) = ("SELECT 1 AS one", "INSERT INTO quotas");
    wire.hears(&["BEGIN", one]).await;
    wire.answer(1);
    wire.hears(&["BEGIN", one]).await;
    wire.answer(1);
    wire.hears(&["BEGIN", one, insert]).await;
    wire.answer(1);
    wire.hears(&["BEGIN", one, insert, "COMMIT"]).await;
    assert!(!writing.is_finished(), "a write waits for its COMMIT");
    wire.answer(1);
    in_time(writing).await.expect("a row");
}

#[tokio::test]
async fn a_stay_costs_no_flight_of_its_own() {
    let (stage, wire) = behind_a_wire().await;
    wire.hold().await;
    let (db, acme, globex) = (
        stage.test.db.clone(),
        stage.acme.clone(),
        stage.globex.clone(),
    );
    let reading = tokio::spawn(async move {
        db.read_platform(async |tx| {
            let one = tx.enter(&acme, worker(), async |tx| keys(tx).await).await?;
            let two = tx
                .enter(&globex, worker(), async |tx| keys(tx).await)
                .await?;
            Ok::<_, DbError>((one, two))
        })
        .await
    });
    let query = "SELECT key FROM quotas";
    wire.hears(&["BEGIN READ ONLY", query]).await;
    wire.answer(2);
    wire.hears(&["BEGIN READ ONLY", query, "SET LOCAL ROLE NONE", query])
        .await;
    wire.answer(2);
    let (one, two) = in_time(reading).await.expect("keys");
    assert_eq!(
        (one, two),
        (vec![ACMES.to_owned()], vec![GLOBEXS.to_owned()])
    );
}
