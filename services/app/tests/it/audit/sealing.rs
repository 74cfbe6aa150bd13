//! Places are given in order and without gaps, afterwards, and nobody waits for it.

use std::time::Duration;

use db::DbError;
use events::identity::UserVerified;
use jiff::SignedDuration;
use kernel::id::UserId;
use kernel::roles::Role;
use testkit::{TestApp, worker};
use uuid::Uuid;

use super::{busy, one, seal, verification};
use crate::rows::{schema, texts};

fn fact() -> UserVerified {
    UserVerified {
        user_id: UserId::from(Uuid::from_u128(7)),
        role: Role::Viewer,
    }
}

const POINTERS: &str = "SELECT count(*)::text FROM platform.work WHERE kind = 'seal_audit'";

#[tokio::test]
async fn rows_are_sealed_some_seconds_later_in_order_and_without_gaps() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.create_endpoint("http://127.0.0.1:9/").await;
    app.run_jobs().await;
    let log = format!("{}.audit_log", schema(&app, "acme").await);
    let unsealed = format!("SELECT count(*)::text FROM {log} WHERE seq IS NULL AND hash IS NULL");
    let all = acme.audit_rows().await;
    assert!(all >= 3);
    assert_eq!(one(&app, &unsealed).await, all.to_string());
    assert_eq!(one(&app, POINTERS).await, "1", "one for all of them");

    app.advance(SignedDuration::from_secs(5));
    app.run_jobs().await;
    assert_eq!(one(&app, POINTERS).await, "0");
    let places = texts(&app, &format!("SELECT seq::text FROM {log} ORDER BY id")).await;
    let expected: Vec<String> = (1..=all).map(|seq| seq.to_string()).collect();
    assert_eq!(places, expected);
    let anchor = format!(
        "SELECT (a.seq = {all} AND a.hash = l.hash)::text
           FROM platform.audit_anchors a JOIN {log} l ON l.seq = a.seq"
    );
    assert_eq!(texts(&app, &anchor).await, ["true"]);
    let found = verification(&acme).await;
    assert_eq!(found["intact"], true, "{found}");
    assert_eq!(
        (&found["last_seq"], &found["waiting"]),
        (&all.into(), &0.into())
    );
}

#[tokio::test]
async fn nobody_waits_for_the_sealer_and_a_late_commit_is_sealed_behind_what_came_before() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let before = acme.audit_rows().await;
    app.house
        .db
        .write(&acme.tenant, worker(), None, async |tx| {
            // This row is older than the next one, and not committed while that one is sealed.
            tx.record(&fact()).await?;
            app.advance(SignedDuration::from_secs(1));
            acme.create_endpoint("http://127.0.0.1:9/late").await;
            seal(&app).await;
            Ok::<_, DbError>(())
        })
        .await
        .expect("it commits");
    let log = format!("{}.audit_log", schema(&app, "acme").await);
    let last =
        format!("SELECT action || ' ' || seq FROM {log} ORDER BY seq DESC NULLS LAST LIMIT 1");
    assert_eq!(
        one(&app, &last).await,
        format!("endpoint.created {}", before + 1)
    );
    seal(&app).await;
    assert_eq!(
        one(&app, &last).await,
        format!("user.verified {}", before + 2)
    );
    assert_eq!(verification(&acme).await["intact"], true);
}

#[tokio::test]
async fn only_organisations_in_which_something_happened_cost_anything() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    busy(&app, "globex").await;
    seal(&app).await;
    assert_eq!(
        one(&app, POINTERS).await,
        "0",
        "where nothing happens, nobody looks"
    );
    acme.create_endpoint("http://127.0.0.1:9/four").await;
    app.run_jobs().await;
    let whose =
        "SELECT t.slug FROM platform.work w JOIN platform.tenants t ON t.schema_name = w.tenant
                  WHERE w.kind = 'seal_audit'";
    assert_eq!(texts(&app, whose).await, ["acme"]);
}

#[tokio::test]
async fn more_than_a_batch_is_sealed_batch_by_batch() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let before = acme.audit_rows().await;
    super::tamper(&app, &many(&schema(&app, "acme").await, 2_500)).await;
    acme.create_endpoint("http://127.0.0.1:9/four").await;
    seal(&app).await;
    let found = verification(&acme).await;
    assert_eq!(found["last_seq"], before + 2_501, "{found}");
    assert_eq!(found["intact"], true, "{found}");
    let log = format!("{}.audit_log", schema(&app, "acme").await);
    // `xmin` is the transaction that wrote the row: three of them for what came last.
    let written =
        format!("SELECT count(DISTINCT xmin::text)::text FROM {log} WHERE seq > {before}");
    assert_eq!(one(&app, &written).await, "3");
}

/// Rows that nobody has sealed yet.
pub fn many(schema: &str, rows: u32) -> String {
    format!(
        "INSERT INTO {schema}.audit_log (id, at, action, actor_kind, request_id, target_kind, target_id, after)
         SELECT gen_random_uuid(), '2026-11-20T11:00:00Z'::timestamptz + n * interval '1 ms', 'endpoint.checked',
                'worker', gen_random_uuid(), 'endpoint', gen_random_uuid(), jsonb_build_object('n', n)
           FROM generate_series(1, {rows}) AS n"
    )
}

#[tokio::test]
async fn an_event_that_comes_while_the_sealer_ends_leaves_a_pointer_of_its_own() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.run_jobs().await;
    assert_eq!(one(&app, POINTERS).await, "1");
    // The sealer's transaction: it has taken its pointer away and not committed.
    let sealer = app.db.superuser().await;
    let begun = "BEGIN; DELETE FROM platform.work WHERE kind = 'seal_audit'";
    sealer.batch(begun).await.expect("it begins");
    acme.create_endpoint("http://127.0.0.1:9/").await;
    let house = app.house.clone();
    let delivery = tokio::spawn(async move { house.runner.run_due().await });
    let waits = format!(
        "SELECT count(*)::text FROM pg_stat_activity
          WHERE datname = '{}' AND wait_event_type = 'Lock'",
        app.db.name()
    );
    while one(&app, &waits).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sealer.batch("COMMIT").await.expect("it ends");
    delivery.await.expect("no panic").expect("work");
    assert_eq!(one(&app, POINTERS).await, "1");
    app.advance(SignedDuration::from_secs(5));
    app.run_jobs().await;
    let found = verification(&acme).await;
    assert_eq!(
        (&found["intact"], &found["waiting"]),
        (&true.into(), &0.into()),
        "{found}"
    );
}
