//! Support access: only with consent, only for a while, only looking, and told of on both sides.

use db::{DbError, Sql, sql};
use jiff::SignedDuration;
use operators::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestTenant, Visitor, worker};

use super::acts;
use crate::isolation::table::TABLE;

const SETTINGS: &str = "/api/v1/settings/support";

async fn allow(acme: &TestTenant<'_>, allow: &str) -> Value {
    let body = json!({ "allow": allow });
    acme.owner()
        .send_json(Method::PUT, SETTINGS, None, &body)
        .await
        .is(200)
        .json()
}

async fn ask(ada: &Visitor, acme: &TestTenant<'_>) -> Answer {
    let path = format!("/api/v1/tenants/{}/support", acme.tenant.id());
    ada.post_json(
        path,
        &json!({ "reason": "checks are late", "ticket": "HELP-7" }),
    )
    .await
}

/// The code of a link that was just asked for.
async fn code(ada: &Visitor, acme: &TestTenant<'_>) -> String {
    let link = ask(ada, acme).await.is(201).json();
    let url = link["url"].as_str().expect("a link");
    let (page, code) = url
        .split_once("#code=")
        .expect("the code stands behind the hash");
    assert!(
        page.ends_with("/support") && page.contains(&format!("//{}.", acme.tenant.slug())),
        "{page}"
    );
    code.to_owned()
}

async fn exchange(visitor: &Visitor, code: &str) -> Answer {
    visitor
        .post_json("/api/v1/auth/support", &json!({ "code": code }))
        .await
}

async fn enter(ada: &Visitor, acme: &TestTenant<'_>) -> Visitor {
    let code = code(ada, acme).await;
    let begun = exchange(acme.visitor(), &code).await.is(200);
    acme.visitor().signed_in(&begun)
}

const LOG: Sql = sql!(
    "SELECT action, actor_kind, after FROM audit_log WHERE action LIKE 'support.%' ORDER BY ctid"
);

/// What the organisation's own log says.
async fn log(app: &TestApp, acme: &TestTenant<'_>) -> Vec<(String, String)> {
    let rows = app.house.db.read(&acme.tenant, worker(), None, async |tx| {
        let rows = tx.query(LOG, &[]).await?;
        rows.iter()
            .map(|row| Ok::<_, DbError>((row.get("action")?, row.get("actor_kind")?)))
            .collect()
    });
    let rows: Result<Vec<_>, DbError> = rows.await;
    rows.expect("the log")
}

async fn platform_log(app: &TestApp) -> Vec<String> {
    let all = acts(app).await.into_iter().map(|act| act.action);
    all.filter(|action| action.starts_with("support."))
        .collect()
}

#[actix_web::test]
async fn without_consent_nobody_looks_and_withdrawal_ends_a_look_at_once() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app.operator("ada", Role::Support).await.sign_in(&app).await;
    ask(&ada, &acme)
        .await
        .is_problem(409, "support_not_allowed");
    let of_acme = format!("/api/v1/tenants/{}", acme.tenant.id());
    let consent = async || {
        let shown = ada.get(&of_acme).await.is(200).json();
        (
            shown["support_allowed"].clone(),
            shown["support_until"].clone(),
        )
    };
    assert_eq!(consent().await, (json!(false), Value::Null));
    let shown = acme.owner().get(SETTINGS).await.is(200).json();
    assert_eq!(
        shown,
        json!({ "allowed": false, "until": null, "looks": [] })
    );

    let open = allow(&acme, "open").await;
    assert_eq!(
        (&open["allowed"], &open["until"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(consent().await, (json!(true), Value::Null));
    let unused = code(&ada, &acme).await;
    let support = enter(&ada, &acme).await;
    support.get("/api/v1/endpoints").await.is(200);
    let off = allow(&acme, "off").await;
    assert_eq!(off["looks"][0]["operator"], "ada");
    assert!(off["looks"][0]["ended_at"].is_string(), "{off}");
    support
        .get("/api/v1/endpoints")
        .await
        .is_problem(401, "unauthenticated");
    exchange(acme.visitor(), &unused)
        .await
        .is_problem(403, "support_not_allowed");
    ask(&ada, &acme)
        .await
        .is_problem(409, "support_not_allowed");

    // A consent that runs out is none.
    let day = allow(&acme, "day").await;
    assert_eq!(consent().await, (json!(true), day["until"].clone()));
    assert!(day["until"].is_string(), "{day}");
    app.advance(SignedDuration::from_hours(24) - SignedDuration::from_mins(5));
    let ada = app.operator("bob", Role::Support).await.sign_in(&app).await;
    let support = enter(&ada, &acme).await;
    app.advance(SignedDuration::from_mins(5));
    support
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    ask(&ada, &acme)
        .await
        .is_problem(409, "support_not_allowed");
}

#[actix_web::test]
async fn a_code_works_once_for_a_minute_and_on_its_own_host() {
    let app = TestApp::start_with_office().await;
    let (acme, bravo) = (app.tenant("acme").await, app.tenant("bravo").await);
    allow(&acme, "week").await;
    allow(&bravo, "week").await;
    let ada = app.operator("ada", Role::Support).await.sign_in(&app).await;
    let gone = "support_code_not_found";
    let first = code(&ada, &acme).await;
    exchange(bravo.visitor(), &first)
        .await
        .is_problem(404, gone);
    let answers =
        futures_util::future::join_all((0..6).map(|_| exchange(acme.visitor(), &first))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404, 404]);
    exchange(acme.visitor(), &first).await.is_problem(404, gone);
    let late = code(&ada, &acme).await;
    app.advance(SignedDuration::from_secs(60));
    exchange(acme.visitor(), &late).await.is_problem(404, gone);
    for wrong in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        exchange(acme.visitor(), wrong).await.is_problem(404, gone);
    }
    exchange(acme.visitor(), "")
        .await
        .is_problem(400, "validation_failed");
    // A link is worth nothing once its operator is switched off.
    let boss = app
        .operator("boss", Role::Administrator)
        .await
        .sign_in(&app)
        .await;
    let eve = app.operator("eve", Role::Support).await;
    let orphaned = code(&eve.sign_in(&app).await, &acme).await;
    boss.post(format!("/api/v1/operators/{}/disable", eve.id))
        .await
        .is(200);
    exchange(acme.visitor(), &orphaned)
        .await
        .is_problem(404, gone);
}

#[actix_web::test]
async fn whoever_looks_is_named_sees_a_viewers_view_and_is_out_in_time() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    allow(&acme, "week").await;
    let ada = app.operator("ada", Role::Support).await.sign_in(&app).await;
    let support = enter(&ada, &acme).await;
    let me = support.get("/api/v1/me").await.is(200);
    assert!(!me.text.contains('@'), "nobody's address: {}", me.text);
    let me = me.json();
    assert_eq!(me["user"]["role"], "viewer");
    assert_eq!(
        me["permissions"],
        json!(kernel::roles::Role::Viewer.permissions())
    );
    assert_eq!(
        (&me["support"]["operator"], &me["support"]["reason"]),
        (&json!("ada"), &json!("checks are late"))
    );
    assert_eq!(
        acme.owner().get("/api/v1/me").await.is(200).json()["support"],
        Value::Null
    );
    app.run_jobs().await;
    let mail = app.newest_mail("owner@acme.example").expect("a mail");
    for told in ["ada", "checks are late", "HELP-7", "/settings/support"] {
        assert!(mail.text.contains(told), "{}", mail.text);
    }

    // The owner's own proof is too old by then to change what they consented to.
    app.advance(SignedDuration::from_mins(15));
    acme.owner()
        .send_json(Method::PUT, SETTINGS, None, &json!({ "allow": "open" }))
        .await
        .is_problem(403, "reauthentication_required");
    support
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    // Its end is written down by whoever looks after organisations, once.
    for _ in 0..2 {
        let over = app
            .house
            .db
            .read_platform(async |tx| tenancy::support::list_over(tx, 20).await);
        for (host, session) in over.await.expect("a list") {
            let ended = app.house.db.write_platform(async |tx| {
                identity::end_support_that_is_over(tx, &host, session).await
            });
            ended.await.expect("an end");
        }
    }
    let pair = |action: &str, kind: &str| (action.to_owned(), kind.to_owned());
    assert_eq!(
        log(&app, &acme).await,
        [
            pair("support.allowed", "user"),
            pair("support.began", "operator"),
            pair("support.ended", "worker")
        ]
    );
    assert_eq!(
        platform_log(&app).await,
        [
            "support.allowed",
            "support.requested",
            "support.began",
            "support.ended"
        ]
    );

    let ada = app.operator("bob", Role::Support).await.sign_in(&app).await;
    let support = enter(&ada, &acme).await;
    support.post("/api/v1/auth/logout").await.is(204);
    support
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    assert_eq!(
        log(&app, &acme).await.pop(),
        Some(pair("support.ended", "operator"))
    );
    assert_eq!(
        platform_log(&app).await.pop().as_deref(),
        Some("support.ended")
    );
}

#[actix_web::test]
async fn whoever_looks_changes_nothing_by_any_operation() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    allow(&acme, "week").await;
    let ada = app
        .operator("ada", Role::Administrator)
        .await
        .sign_in(&app)
        .await;
    let support = enter(&ada, &acme).await;
    let rows = acme.audit_rows().await;
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let mut tried = 0;
    let parameter = regex::Regex::new(r"\{[^}]+\}").expect("a pattern");
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let signed_in = operation["security"]
                .as_array()
                .is_some_and(|it| !it.is_empty());
            if method == "get" || !signed_in || operation["operationId"] == "end_session" {
                continue;
            }
            let method: Method = method.to_uppercase().parse().expect("a method");
            let nobody = uuid::Uuid::nil().to_string();
            let path = parameter.replace_all(path, nobody.as_str());
            let row = TABLE
                .iter()
                .find(|row| operation["operationId"] == row.id)
                .expect("a row");
            let body: Value = serde_json::from_str(row.body.unwrap_or("{}")).expect("a body");
            let request = support
                .request(method, &path)
                .header("if-match", "\"1\"")
                .json(&body);
            let answer = Answer::of(request).await;
            assert_eq!(
                answer.status, 403,
                "{}: {}",
                operation["operationId"], answer.text
            );
            let code = answer.json()["code"].clone();
            assert!(
                ["support_read_only", "person_required"]
                    .map(Value::from)
                    .contains(&code),
                "{}",
                answer.text
            );
            tried += 1;
        }
    }
    assert!(tried >= 9, "{tried}");
    assert_eq!(acme.audit_rows().await, rows);
    support.get(SETTINGS).await.is_problem(403, "forbidden");
    support.get("/api/v1/endpoints").await.is(200);
}
