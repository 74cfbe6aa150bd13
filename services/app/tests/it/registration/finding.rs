//! "Find my workspace": one answer for every address, and a mail for those who are known.

use serde_json::json;
use testkit::{Answer, TestApp};

use super::{REGISTER, form};
use crate::rows::{number, run, texts};
use crate::stranger::visible;

const FIND: &str = "/api/v1/auth/find-workspaces";
/// What waits for a day to come is not due.
const DUE: &str = "SELECT count(*) FROM platform.work WHERE kind NOT IN ('call_last', 'seal_audit', 'forget_addresses')";

async fn find(app: &TestApp, email: &str) -> Answer {
    app.root().post_json(FIND, &json!({ "email": email })).await
}

#[actix_web::test]
async fn the_answer_is_the_same_for_every_address() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    app.root()
        .post_json(REGISTER, &form("Globex", "hank@globex.example"))
        .await
        .is(201);
    let known = find(&app, "owner@acme.example").await.is(202);
    assert_eq!(known.text, r#"{"status":"accepted"}"#);
    for other in ["hank@globex.example", "nobody@acme.example"] {
        assert_eq!(
            visible(&find(&app, other).await),
            visible(&known),
            "{other}"
        );
    }
    let work =
        "SELECT concat_ws(' ', kind, tenant) FROM platform.work WHERE kind = 'find_workspaces'";
    assert_eq!(
        texts(&app, work).await,
        ["find_workspaces"; 3],
        "the same work is left for every address"
    );
}

#[actix_web::test]
async fn the_mail_lists_every_workspace_of_the_person() {
    let app = TestApp::start().await;
    for name in ["Acme", "Globex"] {
        app.root()
            .post_json(REGISTER, &form(name, "Wile@acme.example"))
            .await
            .is(201);
        let token = app.mailed_token("Wile@acme.example").await;
        let host = format!("{}.localhost", name.to_lowercase());
        let body = json!({ "token": token });
        app.visitor(&host)
            .post_json("/api/v1/auth/verify-email", &body)
            .await
            .is(200);
        app.run_jobs().await;
    }
    app.root()
        .post_json(REGISTER, &form("Unproven", "wile@acme.example"))
        .await
        .is(201);
    app.run_jobs().await;
    let before = app.mail.messages().len();
    find(&app, "WILE@acme.example").await.is(202);
    app.run_jobs().await;
    assert_eq!(
        app.mail.messages().len(),
        before + 1,
        "one mail, whatever the number of workspaces"
    );
    let mail = app.newest_mail("Wile@acme.example").expect("a mail");
    assert!(mail.text.contains("http://acme.localhost"), "{}", mail.text);
    assert!(
        mail.text.contains("http://globex.localhost"),
        "{}",
        mail.text
    );
    assert!(
        !mail.text.contains("Unproven"),
        "an address that nobody has proven there: {}",
        mail.text
    );
    assert_eq!(
        number(&app, "SELECT count(*) FROM platform.workspace_searches").await,
        0
    );
    assert_eq!(number(&app, DUE).await, 0);
}

#[actix_web::test]
async fn nobody_is_written_to_who_is_not_known() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let before = app.mail.messages().len();
    find(&app, "nobody@acme.example").await.is(202);
    app.root()
        .post_json(REGISTER, &form("Globex", "hank@globex.example"))
        .await
        .is(201);
    app.run_jobs().await;
    find(&app, "hank@globex.example").await.is(202);
    app.run_jobs().await;
    assert_eq!(
        app.mail.messages().len(),
        before + 1,
        "only the mail that asks Hank for proof"
    );
    assert_eq!(number(&app, DUE).await, 0);
}

#[actix_web::test]
async fn an_organisation_that_is_gone_is_not_listed() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    run(
        &app,
        "DELETE FROM platform.hosts; UPDATE platform.tenants SET state = 'deleted', slug = NULL, name = NULL WHERE slug = 'acme'",
    )
    .await;
    let before = app.mail.messages().len();
    find(&app, "owner@acme.example").await.is(202);
    app.run_jobs().await;
    assert_eq!(app.mail.messages().len(), before);
}

#[actix_web::test]
async fn the_platform_never_holds_an_address() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    find(&app, "owner@acme.example").await.is(202);
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'platform'";
    let mut seen = 0;
    for table in texts(&app, tables).await {
        for row in texts(
            &app,
            &format!("SELECT row_to_json(it)::text FROM platform.{table} it"),
        )
        .await
        {
            assert!(
                !row.contains("owner@") && !row.contains("acme.example"),
                "{table}: {row}"
            );
            seen += 1;
        }
    }
    assert!(seen > 3);
}

#[actix_web::test]
async fn three_an_hour_for_an_address_and_for_a_network() {
    let app = TestApp::start_with(|config| config.limits.sensitive_per_hour = 3).await;
    for email in ["a@acme.example", "b@acme.example", "A@acme.example"] {
        find(&app, email).await.is(202);
    }
    let refused = find(&app, "c@acme.example")
        .await
        .is_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "1200");
}

#[actix_web::test]
async fn what_is_no_address_is_refused() {
    let app = TestApp::start().await;
    for email in ["", "wile", "wile@localhost", "' OR 1=1 --", "a@b.example\0"] {
        find(&app, email).await.is_problem(400, "validation_failed");
    }
    let acme = app.tenant("acme").await;
    acme.visitor()
        .post_json(FIND, &json!({ "email": "a@b.example" }))
        .await
        .is(404);
}

#[actix_web::test]
async fn an_organisation_is_confirmed_when_its_owner_is() {
    let app = TestApp::start().await;
    app.root()
        .post_json(REGISTER, &form("Acme", "wile@acme.example"))
        .await
        .is(201);
    let token = app.mailed_token("wile@acme.example").await;
    let confirmed = "SELECT count(verified_at) FROM platform.tenants";
    assert_eq!(number(&app, confirmed).await, 0);
    let acme = app.visitor("acme.localhost");
    acme.post_json("/api/v1/auth/verify-email", &json!({ "token": token }))
        .await
        .is(200);
    app.run_jobs().await;
    let verified_at =
        "SELECT verified_at AT TIME ZONE 'UTC' FROM platform.tenants WHERE slug = 'acme'";
    assert_eq!(texts(&app, verified_at).await, ["2026-11-20 12:00:00"]);
}
