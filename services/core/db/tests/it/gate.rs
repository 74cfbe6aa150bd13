//! The gate: nothing of a refused transaction reaches anybody, and a failure to read it is no refusal.

use std::sync::Mutex;

use db::{DbError, Gate, Sql, TenantTx, sql};
use futures_util::future::join;
use kernel::event::Actor;
use kernel::id::UserId;
use testkit::worker;
use uuid::Uuid;

use crate::stage::{ACMES, KEYS, PLACE, Stage, add, column, keys};

const PASS: Sql = sql!("SELECT user_id, outcome FROM auth_log WHERE id = $1");
const GRANT: Sql =
    sql!("INSERT INTO auth_log (id, at, outcome, user_id, request_id) VALUES ($1, $2, $3, $4, $1)");

const GOOD: Uuid = Uuid::from_u128(1);
const BAD: Uuid = Uuid::from_u128(2);
const UNKNOWN: Uuid = Uuid::from_u128(3);
const SPOILT: Uuid = Uuid::from_u128(4);

fn ann() -> Actor {
    Actor::User(UserId::from(Uuid::from_u128(77)))
}

fn gate(key: Uuid) -> Gate {
    Gate::new(PASS, key, |row| {
        let Some(row) = row else { return Ok(None) };
        match row.get::<&str>("outcome")? {
            "in" => Ok(Some(Actor::User(row.id("user_id")?))),
            "spoilt" => Err(DbError::Corrupt {
                table: "auth_log",
                column: "outcome",
            }),
            _ => Ok(None),
        }
    })
}

async fn with_passes() -> Stage {
    let stage = Stage::with_connections(1).await;
    stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            let user = ann().user().map(UserId::uuid);
            for (id, outcome) in [(GOOD, "in"), (BAD, "out"), (SPOILT, "spoilt")] {
                tx.execute(GRANT, &[&id, &tx.now(), &outcome, &user])
                    .await?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .expect("the passes");
    stage
}

#[tokio::test]
async fn an_open_gate_says_who_is_acting() {
    let stage = with_passes().await;
    let db = &stage.test.db;
    let read = db
        .read(&stage.acme, worker(), Some(gate(GOOD)), async |tx| {
            assert_eq!(keys(tx).await?, [ACMES]);
            Ok::<_, DbError>(tx.actor())
        })
        .await;
    assert_eq!(read.expect("an actor"), ann());
    let written = db
        .write(&stage.acme, worker(), Some(gate(GOOD)), async |tx| {
            Ok::<_, DbError>((tx.actor(), tx.origin().actor))
        })
        .await;
    assert_eq!(written.expect("an actor"), (ann(), ann()));
}

#[tokio::test]
async fn a_refused_read_hands_out_nothing_of_what_its_query_answered() {
    let stage = with_passes().await;
    let db = &stage.test.db;
    // The second round finds every statement prepared, and all of it in one flight.
    for pass in [BAD, UNKNOWN, BAD, UNKNOWN] {
        let seen = Mutex::new(Vec::new());
        let answer = db
            .read(&stage.acme, worker(), Some(gate(pass)), async |tx| {
                for _ in 0..2 {
                    match tx.query(KEYS, &[]).await {
                        Err(DbError::Refused) => {}
                        other => seen.lock().expect("a list").push(other),
                    }
                }
                Ok::<_, DbError>("an answer of its own")
            })
            .await;
        assert!(matches!(answer, Err(DbError::Refused)), "{answer:?}");
        let seen = seen.into_inner().expect("a list");
        assert!(seen.is_empty(), "{seen:?}");
    }
}

#[tokio::test]
async fn a_read_without_a_statement_is_refused_all_the_same() {
    let stage = with_passes().await;
    let db = &stage.test.db;
    let before = stage.platform_place().await;
    let answer = db
        .read(&stage.acme, worker(), Some(gate(BAD)), async |_| {
            Ok::<_, DbError>(())
        })
        .await;
    assert!(matches!(answer, Err(DbError::Refused)), "{answer:?}");
    let own_error = db
        .read(&stage.acme, worker(), Some(gate(BAD)), async |_| {
            Err::<(), _>(DbError::Missing)
        })
        .await;
    assert!(matches!(own_error, Err(DbError::Refused)), "{own_error:?}");
    let open = db
        .read(&stage.acme, worker(), Some(gate(GOOD)), async |_| {
            Ok::<_, DbError>("in")
        })
        .await;
    assert_eq!(open.expect("an answer"), "in");
    assert_eq!(
        stage.platform_place().await,
        before,
        "a refusal costs no connection"
    );
}

#[tokio::test]
async fn a_refused_write_never_runs() {
    let stage = with_passes().await;
    let before = stage.platform_place().await;
    for pass in [BAD, UNKNOWN] {
        let ran = Mutex::new(false);
        let answer = stage
            .test
            .db
            .write(&stage.acme, worker(), Some(gate(pass)), async |tx| {
                *ran.lock().expect("a flag") = true;
                add(tx, "written").await
            })
            .await;
        assert!(matches!(answer, Err(DbError::Refused)), "{answer:?}");
        assert!(!ran.into_inner().expect("a flag"));
    }
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    assert_eq!(
        stage.platform_place().await,
        before,
        "a refusal costs no connection"
    );
}

#[tokio::test]
async fn two_first_queries_at_once_wait_for_the_gate() {
    let stage = with_passes().await;
    let db = &stage.test.db;
    let both = async |tx: &TenantTx| {
        let (one, two) = join(tx.query(KEYS, &[]), tx.query_one(PLACE, &[])).await;
        Ok::<_, DbError>((one, two))
    };
    for _ in 0..2 {
        let (one, two) = db
            .read(&stage.acme, worker(), Some(gate(GOOD)), both)
            .await
            .expect("both");
        assert_eq!(column(&one.expect("rows"), "key").expect("keys"), [ACMES]);
        two.expect("a place");

        let seen = Mutex::new(None);
        let refused = db
            .read(&stage.acme, worker(), Some(gate(BAD)), async |tx| {
                *seen.lock().expect("a slot") = Some(both(tx).await?);
                Ok::<_, DbError>(())
            })
            .await;
        assert!(matches!(refused, Err(DbError::Refused)), "{refused:?}");
        let seen = seen.into_inner().expect("a slot");
        assert!(
            matches!(seen, Some((Err(DbError::Refused), Err(DbError::Refused)))),
            "{seen:?}"
        );
    }
}

#[tokio::test]
async fn a_gate_that_cannot_be_read_is_no_refusal() {
    let stage = with_passes().await;
    let db = &stage.test.db;
    let spoilt = db
        .read(&stage.acme, worker(), Some(gate(SPOILT)), async |tx| {
            keys(tx).await
        })
        .await;
    assert!(matches!(spoilt, Err(DbError::Corrupt { .. })), "{spoilt:?}");
    let swallowed = db
        .read(&stage.acme, worker(), Some(gate(SPOILT)), async |tx| {
            let _ = keys(tx).await;
            Ok::<_, DbError>(())
        })
        .await;
    assert!(
        matches!(swallowed, Err(DbError::NotCommitted)),
        "{swallowed:?}"
    );

    let drop = format!("DROP TABLE {}.auth_log", stage.acme.schema());
    stage.test.owner().await.batch(&drop).await.expect("gone");
    let read = db
        .read(&stage.acme, worker(), Some(gate(GOOD)), async |tx| {
            keys(tx).await
        })
        .await
        .expect_err("no table");
    assert!(read.is_missing_schema(), "{read}");
    let silent = db
        .read(&stage.acme, worker(), Some(gate(GOOD)), async |_| {
            Ok::<_, DbError>(())
        })
        .await
        .expect_err("no table");
    assert!(silent.is_missing_schema(), "{silent}");
    let written = db
        .write(&stage.acme, worker(), Some(gate(GOOD)), async |tx| {
            add(tx, "written").await
        })
        .await
        .expect_err("no table");
    assert!(written.is_missing_schema(), "{written}");
}

#[tokio::test]
async fn a_connection_that_broke_is_no_refusal() {
    let stage = with_passes().await;
    let pid = stage.platform_place().await.pid;
    let superuser = stage.test.superuser().await;
    let broken = stage
        .test
        .db
        .read(&stage.acme, worker(), Some(gate(GOOD)), async |tx| {
            superuser
                .query("SELECT pg_terminate_backend($1, 5000)", &[&pid])
                .await?;
            keys(tx).await
        })
        .await
        .expect_err("a broken connection");
    assert!(broken.is_transient(), "{broken}");
    stage.is_clean().await;
}
