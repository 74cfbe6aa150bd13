//! Whoever has the whole database in their hands is still found out.

use serde_json::{Value, json};
use testkit::{TestApp, TestTenant};

use super::{busy, one, seal, tamper, verification};
use crate::operator::signalbox;
use crate::rows::schema;

/// What is found after `statement`, by API and by the program. Everything is as before afterwards.
async fn found(app: &TestApp, acme: &TestTenant<'_>, statement: &str) -> Vec<String> {
    let log = format!("{}.audit_log", schema(app, "acme").await);
    tamper(app, &format!("CREATE TABLE public.kept AS TABLE {log}")).await;
    tamper(app, &statement.replace("audit_log", &log)).await;
    let by_api = verification(acme).await;
    let said = signalbox(app, &["audit", "verify", "--slug", "acme", "--json"]).await;
    let by_program = said.is(1).json();
    tamper(
        app,
        &format!(
            "TRUNCATE {log}; INSERT INTO {log} SELECT * FROM public.kept; DROP TABLE public.kept"
        ),
    )
    .await;
    assert_eq!(by_api["intact"], false, "{statement}: {by_api}");
    assert_eq!(by_program["outcome"], "broken", "{statement}");
    assert_eq!(
        by_program["faults"].as_array().map(Vec::len),
        by_api["faults"].as_array().map(Vec::len)
    );
    let faults = by_api["faults"].as_array().expect("a list");
    let message = |fault: &Value| fault["message"].as_str().expect("words").to_owned();
    faults.iter().map(message).collect()
}

#[tokio::test]
async fn a_changed_removed_reordered_or_appended_row_is_found() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let last = acme.audit_rows().await;
    assert!(last >= 6);
    for change in [
        "after = '{\"name\": \"Innocent\"}'",
        "actor_id = gen_random_uuid()",
        "at = at + interval '1 us'",
        "action = 'endpoint.checked'",
        "address = '203.0.113.9'",
        "before = '{}'",
        "target_id = gen_random_uuid()",
        "hash = sha256('x')",
    ] {
        let statement = format!("UPDATE audit_log SET {change} WHERE seq = 3");
        let faults = found(&app, &acme, &statement).await;
        assert_eq!(
            faults.first().map(String::as_str),
            Some("row 3 is not the one that was sealed")
        );
    }
    let removed = found(&app, &acme, "DELETE FROM audit_log WHERE seq = 2").await;
    assert_eq!(removed, ["row 1 is followed by row 3: rows are missing"]);
    let swapped =
        "UPDATE audit_log SET seq = -1 WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = 3;
                   UPDATE audit_log SET seq = 3 WHERE seq = -1";
    assert_eq!(
        found(&app, &acme, swapped)
            .await
            .first()
            .map(String::as_str),
        Some("row 2 is not the one that was sealed")
    );
    let cut = found(
        &app,
        &acme,
        &format!("DELETE FROM audit_log WHERE seq > {}", last - 2),
    )
    .await;
    assert_eq!(
        cut,
        [format!(
            "the log ends at row {}, and was sealed to row {last}",
            last - 2
        )]
    );
    let emptied = found(&app, &acme, "DELETE FROM audit_log").await;
    assert_eq!(
        emptied,
        [format!(
            "the log ends at row 0, and was sealed to row {last}"
        )]
    );
    let appended = format!(
        "INSERT INTO audit_log (id, at, action, actor_kind, request_id, target_kind, target_id, seq, hash)
         SELECT gen_random_uuid(), at, 'user.verified', 'user', request_id, 'user', target_id, {}, sha256('y')
           FROM audit_log WHERE seq = 1",
        last + 1
    );
    let faults = found(&app, &acme, &appended).await;
    assert_eq!(
        faults,
        [
            format!("row {} is not the one that was sealed", last + 1),
            format!(
                "the log goes on to row {}, and was sealed to row {last}",
                last + 1
            ),
        ]
    );
    // All of this was taken back.
    assert_eq!(verification(&acme).await["intact"], true);
    let said = signalbox(&app, &["audit", "verify", "--slug", "acme"])
        .await
        .is(0);
    assert!(
        said.out
            .starts_with(&format!("acme: intact, {last} row(s), hash ")),
        "{}",
        said.out
    );
}

#[tokio::test]
async fn a_log_written_anew_from_its_first_row_is_found() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let last = acme.audit_rows().await;
    let log = format!("{}.audit_log", schema(&app, "acme").await);
    // The house's own sealer chains the changed rows: every hash fits the one before it.
    tamper(
        &app,
        &format!(
            "CREATE TABLE public.kept AS TABLE platform.audit_anchors;
             DELETE FROM platform.audit_anchors;
             UPDATE {log} SET seq = NULL, hash = NULL;
             UPDATE {log} SET actor_id = gen_random_uuid() WHERE action = 'endpoint.created'"
        ),
    )
    .await;
    acme.create_endpoint("http://127.0.0.1:9/four").await;
    seal(&app).await;
    assert_eq!(
        verification(&acme).await["intact"],
        true,
        "without its anchor nobody could tell"
    );
    tamper(
        &app,
        "DELETE FROM platform.audit_anchors;
         INSERT INTO platform.audit_anchors SELECT * FROM public.kept",
    )
    .await;
    let faults = verification(&acme).await["faults"].clone();
    let message = format!("row {last} fits, but its hash is not the one that was sealed");
    assert_eq!(faults[0]["message"], message, "{faults}");
}

#[tokio::test]
async fn what_happens_after_rows_were_cut_off_does_not_cover_it_up() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let last = acme.audit_rows().await;
    let log = format!("{}.audit_log", schema(&app, "acme").await);
    tamper(&app, &format!("DELETE FROM {log} WHERE seq = {last}")).await;
    acme.create_endpoint("http://127.0.0.1:9/four").await;
    seal(&app).await;
    let faults = verification(&acme).await["faults"].clone();
    let message = format!(
        "row {} is followed by row {}: rows are missing",
        last - 1,
        last + 1
    );
    assert_eq!(faults, json!([{ "message": message }]));
}

#[tokio::test]
async fn the_organisations_own_role_cannot_touch_what_is_written() {
    let app = TestApp::start().await;
    busy(&app, "acme").await;
    let schema = schema(&app, "acme").await;
    for attempt in [
        "UPDATE audit_log SET after = NULL",
        "DELETE FROM audit_log",
        "UPDATE platform.audit_anchors SET seq = 1",
        "DELETE FROM platform.audit_anchors",
    ] {
        let hands = app.db.superuser().await;
        let error = hands
            .batch(&format!(
                "SET ROLE {schema}; SET search_path = {schema}; {attempt}"
            ))
            .await
            .expect_err(attempt);
        assert!(
            error.to_string().contains("permission denied")
                || format!("{error:?}").contains("42501"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn clones_hold_masked_ones_by_a_chain_of_their_own() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    for (slug, mask) in [("acme-two", None), ("acme-three", Some("--mask"))] {
        app.db.fill(1).await;
        let mut arguments = vec!["tenant", "clone", "acme", "--as", slug];
        arguments.extend(mask);
        signalbox(&app, &arguments).await.is(0);
        let said = signalbox(&app, &["audit", "verify", "--slug", slug, "--json"]).await;
        let report = said.is(0).json();
        let rows = if mask.is_some() {
            0
        } else {
            acme.audit_rows().await
        };
        assert_eq!(report["last_seq"], rows, "{report}");
    }
    let clone = app.tenant_ref("acme-three").await;
    let fact = events::identity::UserVerified {
        user_id: uuid::Uuid::from_u128(7).into(),
        role: kernel::roles::Role::Viewer,
    };
    let told = app
        .house
        .db
        .write(&clone, testkit::worker(), None, async |tx| {
            tx.record(&fact).await
        });
    told.await.expect("a row");
    seal(&app).await;
    let said = signalbox(&app, &["audit", "verify", "--slug", "acme-three", "--json"]).await;
    let report = said.is(0).json();
    assert_eq!(report["last_seq"], app.audit_rows(&clone).await, "{report}");
    assert_eq!(
        one(&app, "SELECT count(*)::text FROM platform.audit_anchors").await,
        "3"
    );
    signalbox(&app, &["audit", "verify", "--slug", "nobody"])
        .await
        .is(4);
}
