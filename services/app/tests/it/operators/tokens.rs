//! Tokens of operators' programs: made by somebody who proves themselves again, used without a cookie, dead in time.

use jiff::SignedDuration;
use kernel::clock::Clock;
use operators::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestOperator, Visitor};

use super::acts;

/// A form that makes a token, with the code of the next half minute.
fn form(app: &TestApp, operator: &TestOperator, permissions: &Value) -> Value {
    app.advance(SignedDuration::from_secs(30));
    json!({
        "name": "nightly report", "permissions": permissions, "valid_days": 30, "password": PASSWORD,
        "code": operator.seed.code(app.clock.now()),
    })
}

async fn make(app: &TestApp, operator: &TestOperator, visitor: &Visitor) -> (String, Visitor) {
    let form = form(app, operator, &json!(["tenants_read", "tenants_manage"]));
    let made = visitor
        .post_json("/api/v1/tokens", &form)
        .await
        .is(201)
        .json();
    let id = made["token"]["id"].as_str().expect("an id").to_owned();
    let secret = made["secret"].as_str().expect("a token");
    (id, app.office().with_bearer(secret))
}

#[actix_web::test]
async fn a_token_is_shown_once_kept_as_a_hash_and_says_when_it_was_used() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Operator).await;
    let visitor = ada.sign_in(&app).await;
    let asked = form(
        &app,
        &ada,
        &json!(["tenants_read", "audit_read", "tenants_read"]),
    );
    let made = visitor
        .post_json("/api/v1/tokens", &asked)
        .await
        .is(201)
        .json();
    let secret = made["secret"].as_str().expect("a token");
    assert!(secret.starts_with("sbo_"), "{secret}");
    assert_eq!(
        made["token"]["permissions"],
        json!(["tenants_read", "audit_read"])
    );
    assert_eq!(made["token"]["last_used_at"], Value::Null);

    let program = app.office().with_bearer(secret);
    let me = program.get("/api/v1/session").await.is(200).json();
    assert_eq!(me["operator"]["email"], ada.email);
    assert_eq!(me["permissions"], json!(["tenants_read", "audit_read"]));
    assert_eq!(
        (&me["session_id"], &me["token_id"]),
        (&Value::Null, &made["token"]["id"])
    );
    let listed = visitor.get("/api/v1/tokens").await.is(200);
    assert!(!listed.text.contains(&secret[30..]), "{}", listed.text);
    let first = listed.json()["items"][0].clone();
    assert_eq!(
        (&first["name"], &first["last_address"]),
        (&json!("nightly report"), &json!("127.0.0.1"))
    );
    assert_eq!(first["last_used_at"], json!(app.clock.now()));

    let noted = acts(&app).await.pop().expect("a row");
    assert_eq!(
        (noted.action.as_str(), noted.subject.as_deref()),
        ("token.created", Some(ada.email.as_str()))
    );
    assert!(
        !noted.detail.to_string().contains(&secret[30..]),
        "{:?}",
        noted.detail
    );
}

#[actix_web::test]
async fn making_one_takes_password_and_code_and_no_more_than_the_role_has() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let visitor = ada.sign_in(&app).await;
    let good = form(&app, &ada, &json!(["tenants_read"]));
    let with = |field: &str, value: Value| {
        let mut form = good.clone();
        form[field] = value;
        form
    };
    for (field, wrong) in [
        ("password", json!("not the password")),
        ("code", json!("000000")),
    ] {
        let refused = visitor
            .post_json("/api/v1/tokens", &with(field, wrong))
            .await;
        refused.is_problem(403, "not_proven");
    }
    for (field, wrong) in [
        ("permissions", json!(["tenants_manage"])),
        ("permissions", json!([])),
        ("permissions", json!(["owner"])),
        ("valid_days", json!(0)),
        ("valid_days", json!(366)),
        ("name", json!("")),
        ("name", json!("a\u{7}b")),
        ("nonsense", json!(1)),
    ] {
        let refused = visitor
            .post_json("/api/v1/tokens", &with(field, wrong.clone()))
            .await;
        let refused = refused.is_problem(400, "validation_failed").json();
        let pointer = refused["errors"][0]["pointer"].to_string();
        assert!(pointer.contains(field), "{field} {wrong}: {refused}");
    }
    assert_eq!(
        visitor.get("/api/v1/tokens").await.is(200).json()["items"],
        json!([])
    );
    visitor.post_json("/api/v1/tokens", &good).await.is(201);
    let again = visitor.post_json("/api/v1/tokens", &good).await;
    again.is_problem(403, "not_proven");
    // Guessing codes behind the right password ends soon, and the right one comes too late then.
    for _ in 0..10 {
        visitor
            .post_json("/api/v1/tokens", &with("code", json!("000000")))
            .await;
    }
    let late = form(&app, &ada, &json!(["tenants_read"]));
    visitor
        .post_json("/api/v1/tokens", &late)
        .await
        .is_problem(429, "rate_limited");
}

#[actix_web::test]
async fn a_token_ends_with_its_time_its_revocation_and_its_operator() {
    let app = TestApp::start_with_office().await;
    let boss = app.operator("boss", Role::Administrator).await;
    let ada = app.operator("ada", Role::Operator).await;
    let visitor = ada.sign_in(&app).await;
    let dead = async |program: &Visitor| {
        program
            .get("/api/v1/tenants")
            .await
            .is_problem(401, "unauthenticated");
    };

    let (id, program) = make(&app, &ada, &visitor).await;
    let (_, stays) = make(&app, &ada, &visitor).await;
    program.get("/api/v1/tenants").await.is(200);
    let eve = app
        .operator("eve", Role::Operator)
        .await
        .sign_in(&app)
        .await;
    let path = format!("/api/v1/tokens/{id}");
    eve.delete(&path).await.is_problem(404, "token_not_found");
    program.get("/api/v1/tenants").await.is(200);
    visitor.delete(&path).await.is(204);
    visitor
        .delete(&path)
        .await
        .is_problem(404, "token_not_found");
    dead(&program).await;
    stays.get("/api/v1/tenants").await.is(200);

    // A weaker role weakens the token at once.
    let office = boss.sign_in(&app).await;
    let role = async |role: &str| {
        let path = format!("/api/v1/operators/{}/role", ada.id);
        office
            .send_json(Method::PUT, path, None, &json!({ "role": role }))
            .await
            .is(200);
    };
    role("support").await;
    let bulk = json!({ "verb": "resume", "ids": [uuid::Uuid::nil()] });
    let refused = stays.post_json("/api/v1/tenants/bulk", &bulk).await;
    assert_eq!(
        refused.is_problem(403, "forbidden").json()["permission"],
        "tenants_manage"
    );
    role("operator").await;
    stays.post_json("/api/v1/tenants/bulk", &bulk).await.is(200);

    // Its operator switched off, it is dead, and stays so when they come back.
    for verb in ["disable", "enable"] {
        office
            .post(format!("/api/v1/operators/{}/{verb}", ada.id))
            .await
            .is(200);
        dead(&stays).await;
    }
    app.advance(SignedDuration::from_secs(30));
    let visitor = ada.sign_in(&app).await;
    let (_, program) = make(&app, &ada, &visitor).await;
    app.advance(SignedDuration::from_hours(30 * 24) - SignedDuration::from_secs(1));
    program.get("/api/v1/tenants").await.is(200);
    app.advance(SignedDuration::from_secs(1));
    dead(&program).await;
}

#[actix_web::test]
async fn beside_a_token_the_cookie_is_not_looked_at_and_no_page_is_asked_for() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Operator).await;
    let visitor = ada.sign_in(&app).await;
    let (_, program) = make(&app, &ada, &visitor).await;
    let cookie = visitor.cookie().expect("a cookie");
    let bulk = json!({ "verb": "resume", "ids": [uuid::Uuid::nil()] });
    let send = |authorization: &str, site: &str| {
        let request = app.office().request(Method::POST, "/api/v1/tenants/bulk");
        let request = request
            .header("cookie", cookie)
            .header("sec-fetch-site", site.to_owned());
        Answer::of(
            request
                .header("authorization", authorization.to_owned())
                .json(&bulk),
        )
    };
    send("Bearer sbo_wrong", "same-origin")
        .await
        .is_problem(401, "unauthenticated");
    send("Basic YTpi", "same-origin")
        .await
        .is_problem(401, "unauthenticated");
    send("Basic YTpi", "cross-site")
        .await
        .is_problem(403, "csrf_refused");
    let token = program
        .request(Method::GET, "/")
        .build()
        .expect("a request");
    let token = token.headers()["authorization"]
        .to_str()
        .expect("text")
        .to_owned();
    send(&token, "cross-site").await.is(200);
    // One letter off is no token of ours: nobody is asked.
    let slipped = format!("{}x", &token[..token.len() - 1]);
    send(&slipped, "same-origin")
        .await
        .is_problem(401, "unauthenticated");
}
