//! Signing in: password and code in one form, one answer for whatever was wrong, and what a session is.

use jiff::SignedDuration;
use kernel::clock::Clock;
use operators::Role;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp};

use super::acts;

/// The body without what differs from request to request.
fn body(answer: &Answer) -> Value {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    body
}

#[actix_web::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Operator).await;
    let off = app.operator("off", Role::Operator).await;
    app.operator("boss", Role::Administrator).await;
    let boss = app
        .operator("chief", Role::Administrator)
        .await
        .sign_in(&app)
        .await;
    boss.post(format!("/api/v1/operators/{}/disable", off.id))
        .await
        .is(200);

    let code = |seconds| {
        let at = app.clock.now() + SignedDuration::from_secs(seconds);
        ada.seed.code(at)
    };
    let used = code(0);
    ada.sign_in(&app).await;
    let attempt = |email: &str, password: &str, code: &str| json!({ "email": email, "password": password, "code": code });
    let cases = [
        (
            "wrong_password",
            attempt(&ada.email, "not the password", &code(30)),
        ),
        ("wrong_code", attempt(&ada.email, PASSWORD, "000000")),
        ("wrong_code", attempt(&ada.email, PASSWORD, "no code")),
        ("wrong_code", attempt(&ada.email, PASSWORD, &used)),
        ("wrong_code", attempt(&ada.email, PASSWORD, &code(-30))),
        ("wrong_code", attempt(&ada.email, PASSWORD, &code(90))),
        ("disabled", off.credentials(&app)),
        ("unknown", attempt("nobody@example.com", PASSWORD, &used)),
        ("unknown", attempt("no address", PASSWORD, &used)),
    ];
    let mut bodies = Vec::new();
    for (why, credentials) in cases {
        let before = acts(&app).await.len();
        let answer = app
            .office()
            .post_json("/api/v1/session", &credentials)
            .await;
        let answer = answer.is_problem(401, "invalid_credentials");
        assert_eq!(answer.cookie(), None, "{why}");
        bodies.push(body(&answer));
        let noted = acts(&app).await.split_off(before);
        assert_eq!(noted.len(), 1, "{why}");
        let noted = &noted[0];
        assert_eq!(noted.action, "operator.sign_in_refused");
        assert_eq!(
            (noted.actor.as_str(), &noted.detail["why"]),
            ("stranger", &json!(why))
        );
        assert_eq!(noted.subject.is_none(), why == "unknown");
    }
    assert!(
        bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "{bodies:?}"
    );

    let spaced = code(30);
    let (left, right) = spaced.split_at(3);
    let typed = attempt(
        &ada.email.to_uppercase(),
        PASSWORD,
        &format!("{left} {right}"),
    );
    let let_in = app
        .office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(200);
    assert_eq!(let_in.json()["operator"]["email"], ada.email);
    assert_eq!(
        let_in.json()["permissions"],
        json!([
            "tenants_read",
            "audit_read",
            "support_access",
            "tenants_manage",
            "networks_manage"
        ])
    );
}

#[actix_web::test]
async fn a_session_ends_after_half_an_hour_of_nothing_and_after_eight_hours_in_any_case() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let minutes = SignedDuration::from_mins;
    let idle = ada.sign_in(&app).await;
    app.advance(minutes(29));
    idle.get("/api/v1/session").await.is(200);
    app.advance(minutes(29));
    idle.get("/api/v1/session").await.is(200);
    app.advance(minutes(30));
    idle.get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");

    let busy = ada.sign_in(&app).await;
    for _ in 0..19 {
        app.advance(minutes(25));
        busy.get("/api/v1/session").await.is(200);
    }
    app.advance(minutes(5));
    busy.get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");
}

#[actix_web::test]
async fn one_lists_and_ends_ones_own_sessions_only() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let first = ada.sign_in(&app).await;
    app.advance(SignedDuration::from_secs(30));
    let second = ada.sign_in(&app).await;
    let bob = app
        .operator("bob", Role::Administrator)
        .await
        .sign_in(&app)
        .await;

    let listed = second.get("/api/v1/sessions").await.is(200).json();
    let items = listed["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["current"], &items[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(items[1]["address"], "127.0.0.1");
    let path = format!(
        "/api/v1/sessions/{}",
        items[1]["id"].as_str().expect("an id")
    );
    bob.delete(&path).await.is_problem(404, "session_not_found");
    first.get("/api/v1/session").await.is(200);
    second.delete(&path).await.is(204);
    first.get("/api/v1/session").await.is(401);
    second
        .delete(&path)
        .await
        .is_problem(404, "session_not_found");

    let over = second.delete("/api/v1/session").await.is(204);
    assert!(
        over.header("set-cookie").contains("Max-Age=0"),
        "{:?}",
        over.headers
    );
    second.get("/api/v1/session").await.is(401);
}

#[actix_web::test]
async fn a_new_password_ends_the_other_sessions_and_the_old_one_is_of_no_use() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let other = ada.sign_in(&app).await;
    app.advance(SignedDuration::from_secs(30));
    let here = ada.sign_in(&app).await;
    let change = |current: &str, new: &str| json!({ "current_password": current, "password": new });
    let path = "/api/v1/session/password";
    let refused = here
        .post_json(path, &change("wrong", "tangerine plinth oboe"))
        .await;
    let refused = refused.is_problem(400, "validation_failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/current_password");
    let refused = here
        .post_json(path, &change(PASSWORD, "password1234"))
        .await;
    let refused = refused.is_problem(400, "validation_failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/password");
    other.get("/api/v1/session").await.is(200);

    here.post_json(path, &change(PASSWORD, "tangerine plinth oboe"))
        .await
        .is(204);
    other.get("/api/v1/session").await.is(401);
    here.get("/api/v1/session").await.is(200);
    app.advance(SignedDuration::from_secs(30));
    let old = app
        .office()
        .post_json("/api/v1/session", &ada.credentials(&app))
        .await;
    old.is_problem(401, "invalid_credentials");
    let mut new = ada.credentials(&app);
    new["password"] = json!("tangerine plinth oboe");
    app.office()
        .post_json("/api/v1/session", &new)
        .await
        .is(200);
}

#[actix_web::test]
async fn a_network_has_so_many_failures_and_whoever_has_the_password_few_codes() {
    let app = TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.limits.login_failures_per_hour = 14;
    })
    .await;
    let ada = app.operator("ada", Role::Support).await;
    for n in 0..12 {
        let typed =
            json!({ "email": ada.email, "password": PASSWORD, "code": format!("00000{}", n % 10) });
        app.office()
            .post_json("/api/v1/session", &typed)
            .await
            .is(401);
    }
    // Not even the right code: ten wrong ones are enough for an hour.
    let right = ada.credentials(&app);
    app.office()
        .post_json("/api/v1/session", &right)
        .await
        .is_problem(401, "invalid_credentials");
    app.office()
        .post_json("/api/v1/session", &right)
        .await
        .is(401);
    let limited = app.office().post_json("/api/v1/session", &right).await;
    let limited = limited.is_problem(429, "rate_limited");
    assert!(!limited.header("retry-after").is_empty());
    app.advance(SignedDuration::from_hours(1));
    app.office()
        .post_json("/api/v1/session", &ada.credentials(&app))
        .await
        .is(200);
}
