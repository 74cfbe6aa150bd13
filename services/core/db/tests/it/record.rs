//! Recording a change: the event, its audit row and the pointer, all or none, and none of them to be
//! rewritten or signed with another's name.

use db::{DELIVER_EVENT, DbError, PlatformSql, Row, Sql, TenantRef, TenantTx, platform_sql, sql};
use jiff::Timestamp;
use kernel::event::{Actor, Audit, Event, Origin};
use kernel::id::UserId;
use serde::Serialize;
use serde_json::{Value, json};
use testkit::worker;
use uuid::Uuid;

use crate::stage::Stage;

#[derive(Serialize)]
struct DoorPainted {
    door: Uuid,
    colour: &'static str,
}

impl Event for DoorPainted {
    const KIND: &'static str = "door.painted";
    const VERSION: i16 = 3;

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "door",
            target_id: self.door,
            before: Some(json!({ "colour": "grey" })),
            after: Some(json!({ "colour": self.colour })),
        }
    }
}

const REQUEST: Uuid = Uuid::from_u128(11);
const DOOR: Uuid = Uuid::from_u128(5);
const RED: DoorPainted = DoorPainted {
    door: DOOR,
    colour: "red",
};

const EVENTS: Sql = sql!("SELECT id, kind, version, payload, occurred_at FROM events");
const AUDIT: Sql = sql!(
    "SELECT at, action, actor_kind, actor_id, host(address) AS address, request_id,
            target_kind, target_id, before, after, seq, hash
       FROM audit_log"
);
const POINTERS: PlatformSql =
    platform_sql!("SELECT tenant, kind, ref, due_at, attempts FROM platform.work ORDER BY tenant");

/// How many events, audit rows and pointers there are.
async fn counts(stage: &Stage, tenant: &TenantRef) -> (usize, usize, usize) {
    let db = &stage.test.db;
    let (events, audit) = db
        .read(tenant, worker(), None, async |tx| {
            let events = tx.query(EVENTS, &[]).await?.len();
            Ok::<_, DbError>((events, tx.query(AUDIT, &[]).await?.len()))
        })
        .await
        .expect("rows");
    let pointers = db
        .read_platform(async |tx| tx.query(POINTERS, &[]).await)
        .await
        .expect("pointers");
    (events, audit, pointers.len())
}

fn ann() -> UserId {
    UserId::from(Uuid::from_u128(9))
}

/// Records a change in the name of somebody who has just proven who they are. Answers when.
async fn record(stage: &Stage) -> Timestamp {
    let origin = Origin {
        actor: Actor::Anonymous,
        address: Some("192.0.2.7".parse().expect("an address")),
        request_id: REQUEST,
    };
    let db = &stage.test.db;
    db.write(&stage.acme, origin, None, async |tx| {
        let tx = tx.acting_as(Actor::User(ann()));
        tx.record(&RED).await?;
        Ok::<_, DbError>(tx.now())
    })
    .await
    .expect("a record")
}

/// The one row of `sql` in acme.
async fn the_row(stage: &Stage, sql: Sql) -> Row {
    let db = &stage.test.db;
    let rows: Result<Vec<Row>, DbError> = db
        .read(&stage.acme, worker(), None, async |tx| {
            tx.query(sql, &[]).await
        })
        .await;
    let mut rows = rows.expect("rows");
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn a_recorded_change_is_an_event_with_a_pointer_to_it() {
    let stage = Stage::set().await;
    let now = record(&stage).await;
    let event = the_row(&stage, EVENTS).await;
    assert_eq!(event.get::<&str>("kind").expect("a kind"), "door.painted");
    assert_eq!(event.get::<i16>("version").expect("a version"), 3);
    assert_eq!(
        event.get::<Value>("payload").expect("a payload"),
        json!({ "door": DOOR, "colour": "red" })
    );
    assert_eq!(event.get::<Timestamp>("occurred_at").expect("a time"), now);

    let pointers = stage
        .test
        .db
        .read_platform(async |tx| tx.query(POINTERS, &[]).await)
        .await
        .expect("pointers");
    let [pointer] = pointers.as_slice() else {
        panic!("{pointers:?}")
    };
    let tenant: &str = pointer.get("tenant").expect("a tenant");
    assert_eq!(tenant, stage.acme.schema().as_str());
    assert_eq!(pointer.get::<&str>("kind").expect("a kind"), DELIVER_EVENT);
    assert_eq!(
        pointer.get::<Uuid>("ref").expect("a reference"),
        event.get::<Uuid>("id").expect("an id")
    );
    assert_eq!(pointer.get::<Timestamp>("due_at").expect("a time"), now);
}

#[tokio::test]
async fn a_recorded_change_says_who_did_what_from_where() {
    let stage = Stage::set().await;
    let now = record(&stage).await;
    let audit = the_row(&stage, AUDIT).await;
    assert_eq!(audit.get::<Timestamp>("at").expect("a time"), now);
    for (column, expected) in [
        ("action", "door.painted"),
        ("actor_kind", "user"),
        ("address", "192.0.2.7"),
        ("target_kind", "door"),
    ] {
        assert_eq!(audit.get::<&str>(column).expect(column), expected);
    }
    for (column, expected) in [
        ("actor_id", ann().uuid()),
        ("request_id", REQUEST),
        ("target_id", DOOR),
    ] {
        assert_eq!(audit.get::<Uuid>(column).expect(column), expected);
    }
    for (column, colour) in [("before", "grey"), ("after", "red")] {
        let value: Value = audit.get(column).expect(column);
        assert_eq!(value, json!({ "colour": colour }));
    }
    assert_eq!(audit.get::<Option<i64>>("seq").expect("unsealed"), None);
}

#[tokio::test]
async fn a_record_does_not_outlive_a_rollback() {
    let stage = Stage::set().await;
    let undone = stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            tx.record(&RED).await?;
            Err::<(), _>(DbError::Missing)
        })
        .await;
    undone.expect_err("undone");
    assert_eq!(counts(&stage, &stage.acme).await, (0, 0, 0));
}

#[tokio::test]
async fn where_one_of_the_three_is_refused_none_is_kept() {
    let stage = Stage::with_connections(1).await;
    let owner = stage.test.owner().await;
    let acme = stage.acme.schema();
    for (breaking, mending) in [
        (
            format!("REVOKE INSERT ON {acme}.events FROM {acme}"),
            format!("GRANT INSERT ON {acme}.events TO {acme}"),
        ),
        (
            format!("REVOKE INSERT ON {acme}.audit_log FROM {acme}"),
            format!("GRANT INSERT ON {acme}.audit_log TO {acme}"),
        ),
        (
            "REVOKE INSERT (kind) ON platform.work FROM signalbox_tenant".to_owned(),
            "GRANT INSERT (kind) ON platform.work TO signalbox_tenant".to_owned(),
        ),
    ] {
        owner.batch(&breaking).await.expect("broken");
        // First as it stands in the code, then by a use case that does not care.
        for careless in [false, true] {
            let outcome = stage
                .test
                .db
                .write(&stage.acme, worker(), None, async |tx| {
                    match tx.record(&RED).await {
                        Err(_) if careless => Ok(()),
                        other => other,
                    }
                })
                .await;
            outcome.expect_err(&breaking);
        }
        assert_eq!(counts(&stage, &stage.acme).await, (0, 0, 0), "{breaking}");
        stage.is_clean().await;
        owner.batch(&mending).await.expect("mended");
    }
    let whole = stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            tx.record(&RED).await
        })
        .await;
    whole.expect("a record");
    assert_eq!(counts(&stage, &stage.acme).await, (1, 1, 1));
}

/// What the tenant's role is told about `text`, a statement no type has seen.
async fn attempt(stage: &Stage, text: &str) -> Result<(), DbError> {
    let db = &stage.test.db;
    db.write(&stage.acme, worker(), None, async |tx| {
        tx.query_unchecked(text).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn what_was_recorded_is_not_rewritten() {
    let stage = Stage::set().await;
    let recorded = async |tx: &TenantTx| tx.record(&RED).await;
    let db = &stage.test.db;
    db.write(&stage.acme, worker(), None, recorded)
        .await
        .expect("a record");
    for text in [
        "UPDATE events SET kind = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE audit_log SET action = 'x'",
        "UPDATE audit_log SET actor_id = NULL, seq = 1",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "UPDATE auth_log SET outcome = 'x'",
        "UPDATE auth_log SET user_id = NULL",
        "DELETE FROM auth_log",
    ] {
        let refused = attempt(&stage, text).await.expect_err(text);
        assert!(refused.is_denied(), "{text}: {refused}");
    }
    assert_eq!(counts(&stage, &stage.acme).await, (1, 1, 1));
    // The sealer's two columns are the exception.
    attempt(&stage, "UPDATE audit_log SET seq = 1, hash = '\\x00'")
        .await
        .expect("a seal");
    // And so is forgetting from where somebody came.
    attempt(&stage, "UPDATE auth_log SET address = NULL")
        .await
        .expect("an address less");
}

#[tokio::test]
async fn a_pointer_is_always_in_the_name_of_whoever_leaves_it() {
    let stage = Stage::set().await;
    let globex = stage.globex.schema();
    let values = "'00000000-0000-7000-8000-000000000001', 'event',
                  '00000000-0000-7000-8000-000000000002', '2026-11-20'";
    for text in [
        format!(
            "INSERT INTO platform.work (tenant, id, kind, ref, due_at) VALUES ('{globex}', {values})"
        ),
        // NULL is the platform's own work.
        format!(
            "INSERT INTO platform.work (tenant, id, kind, ref, due_at) VALUES (NULL, {values})"
        ),
        format!(
            "INSERT INTO platform.work (tenant, id, kind, ref, due_at) VALUES (DEFAULT, {values})"
        ),
        format!("UPDATE platform.work SET tenant = '{globex}'"),
        "UPDATE platform.work SET attempts = 0".to_owned(),
        "DELETE FROM platform.work".to_owned(),
    ] {
        let refused = attempt(&stage, &text).await.expect_err(&text);
        assert!(refused.is_denied(), "{text}: {refused}");
    }
    // The default follows the path, and a tenant may set its own path. It has no USAGE on another's schema,
    // so that is not the current one however it is named, and row security refuses the row.
    for path in [globex.as_str(), "nowhere"] {
        let refused = stage
            .test
            .db
            .write(&stage.acme, worker(), None, async |tx| {
                tx.query_unchecked(&format!("SELECT set_config('search_path', '{path}', true)"))
                    .await?;
                tx.enqueue("forged", DOOR, tx.now()).await
            })
            .await
            .expect_err(path);
        assert!(refused.is_denied(), "{path}: {refused}");
    }
    assert_eq!(counts(&stage, &stage.globex).await, (0, 0, 0));
}

const SCHEDULE: Sql = sql!(
    "INSERT INTO platform.check_schedule (endpoint_id, interval_ms, next_due_at) VALUES ($1, 60000, $2)"
);
const SCHEDULED: Sql = sql!("SELECT tenant, endpoint_id FROM platform.check_schedule");
const PUSH: Sql = sql!("UPDATE platform.check_schedule SET next_due_at = $1");
const CANCEL: Sql = sql!("DELETE FROM platform.check_schedule");

#[tokio::test]
async fn a_tenant_sees_and_changes_its_own_schedule_only() {
    let stage = Stage::set().await;
    let db = &stage.test.db;
    for (tenant, endpoint) in [(&stage.acme, 1), (&stage.globex, 1), (&stage.globex, 2)] {
        db.write(tenant, worker(), None, async |tx| {
            let endpoint = Uuid::from_u128(endpoint);
            tx.execute(SCHEDULE, &[&endpoint, &tx.now()]).await
        })
        .await
        .expect("a check");
    }
    let (seen, pushed, cancelled) = db
        .write(&stage.acme, worker(), None, async |tx| {
            let seen = tx.query(SCHEDULED, &[]).await?;
            let pushed = tx.execute(PUSH, &[&tx.now()]).await?;
            Ok::<_, DbError>((seen, pushed, tx.execute(CANCEL, &[]).await?))
        })
        .await
        .expect("its own");
    assert_eq!((seen.len(), pushed, cancelled), (1, 1, 1));
    let theirs = db
        .read(&stage.globex, worker(), None, async |tx| {
            tx.query(SCHEDULED, &[]).await
        })
        .await
        .expect("globex's");
    assert_eq!(theirs.len(), 2);

    let globex = stage.globex.schema();
    for text in [
        format!(
            "INSERT INTO platform.check_schedule (tenant, endpoint_id, interval_ms, next_due_at)
             VALUES ('{globex}', '00000000-0000-7000-8000-000000000003', 60000, '2026-11-20')"
        ),
        format!("UPDATE platform.check_schedule SET tenant = '{globex}'"),
        "UPDATE platform.check_schedule SET endpoint_id = endpoint_id".to_owned(),
        "TRUNCATE platform.check_schedule".to_owned(),
    ] {
        let refused = attempt(&stage, &text).await.expect_err(&text);
        assert!(refused.is_denied(), "{text}: {refused}");
    }
}
