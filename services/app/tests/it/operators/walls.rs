//! What keeps operators and organisations apart: listeners, hosts, cookies, and the role of a tenant.

use db::{Sql, sql};
use operators::Role;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, TestApp, worker};

use super::described::described;

#[actix_web::test]
async fn the_public_listener_has_none_of_the_operators_routes() {
    let app = TestApp::start_with_office().await;
    app.tenant("acme").await;
    let ada = app.operator("ada", Role::Administrator).await;
    let cookie = ada
        .sign_in(&app)
        .await
        .cookie()
        .expect("a cookie")
        .to_owned();
    let public = app::api::document();
    for operation in described() {
        // Organisations have a log of their own there, which an operator's cookie does not open.
        let shared = operation.path == "/api/v1/audit";
        assert_eq!(
            public.paths.paths.contains_key(&operation.path),
            shared,
            "{}",
            operation.path
        );
        let path = operation
            .path
            .replace("{id}", &uuid::Uuid::nil().to_string());
        for host in ["localhost", "acme.localhost"] {
            let visitor = app.visitor(host).with_cookie(&cookie);
            let request = visitor
                .request(operation.method.clone(), &path)
                .json(&json!({}));
            let answer = Answer::of(request).await;
            let refused = match (shared, host) {
                (true, "acme.localhost") => 401,
                _ => 404,
            };
            assert_eq!(
                answer.status, refused,
                "{} on {host}: {}",
                operation.id, answer.text
            );
        }
    }
}

#[actix_web::test]
async fn credentials_of_one_side_are_nothing_on_the_other() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app.operator("ada", Role::Administrator).await;
    let operator = ada.sign_in(&app).await;
    let of_operator = operator.cookie().expect("a cookie");
    let of_owner = acme.owner().cookie().expect("a cookie");
    let value = |cookie: &str| cookie.split_once('=').expect("a pair").1.to_owned();

    let office = app.office();
    for cookie in [of_owner.to_owned(), format!("operator={}", value(of_owner))] {
        office
            .with_cookie(&cookie)
            .get("/api/v1/session")
            .await
            .is(401);
    }
    let tenants = app.visitor("acme.localhost");
    for cookie in [
        of_operator.to_owned(),
        format!("session={}", value(of_operator)),
    ] {
        tenants.with_cookie(&cookie).get("/api/v1/me").await.is(401);
    }
    let typed =
        json!({ "email": "owner@acme.example", "password": testkit::PASSWORD, "code": "123456" });
    office
        .post_json("/api/v1/session", &typed)
        .await
        .is_problem(401, "invalid_credentials");
    let typed = json!({ "email": ada.email, "password": testkit::PASSWORD });
    tenants
        .post_json("/api/v1/auth/session", &typed)
        .await
        .is_problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn the_listener_answers_to_its_own_names_only() {
    let app = TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.operator_host = Some("operators.example".to_owned());
    })
    .await;
    app.tenant("acme").await;
    let port = app.office().address().port();
    for own in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "operators.example",
        &format!("LOCALHOST:{port}"),
    ] {
        app.office().on(own).get("/api/v1/session").await.is(401);
    }
    for foreign in [
        "acme.localhost",
        "evil.example",
        "x.operators.example",
        "192.0.2.1",
    ] {
        for path in ["/api/v1/session", "/", "/health", "/csp"] {
            let answer = app.office().on(foreign).get(path).await;
            answer.is_problem(404, "unknown_host");
        }
    }
}

#[actix_web::test]
async fn answers_are_dressed_and_a_write_from_elsewhere_is_refused() {
    let app = TestApp::start_with_office().await;
    let ada = app
        .operator("ada", Role::Operator)
        .await
        .sign_in(&app)
        .await;
    let page = app.office().get("/").await.is(200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let answer = ada.get("/api/v1/session").await.is(200);
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let allow = app
        .office()
        .get("/api/v1/session/password")
        .await
        .is_problem(405, "method_not_allowed");
    assert_eq!(allow.header("allow"), "POST");
    app.office()
        .get("/api/v1/nothing")
        .await
        .is_problem(404, "not_found");

    let foreign = |site: &'static str| {
        let address = format!("http://{}/api/v1/session", ada.address());
        reqwest::Client::new()
            .request(Method::DELETE, address)
            .header("host", "localhost")
            .header("cookie", ada.cookie().expect("a cookie"))
            .header("x-csrf-token", ada.page_token().expect("a token"))
            .header("sec-fetch-site", site)
    };
    for site in ["cross-site", "same-site", "none"] {
        Answer::of(foreign(site))
            .await
            .is_problem(403, "csrf_refused");
    }
    ada.get("/api/v1/session").await.is(200);
    Answer::of(foreign("same-origin")).await.is(204);
}

#[actix_web::test]
async fn the_cookie_is_strict_and_bound_to_its_host_where_there_is_tls() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Operator).await;
    let plain = app
        .office()
        .post_json("/api/v1/session", &ada.credentials(&app))
        .await
        .is(200);
    let set = plain.header("set-cookie");
    assert!(set.starts_with("operator="), "{set}");
    assert!(
        set.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=28800"),
        "{set}"
    );

    let secure = TestApp::start_with(|config| {
        config.command = app::config::Command::Serve;
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.operator_host = Some("operators.example".to_owned());
    })
    .await;
    let ada = secure.operator("ada", Role::Operator).await;
    let office = secure.office().on("operators.example");
    let answer = office
        .post_json("/api/v1/session", &ada.credentials(&secure))
        .await
        .is(200);
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-operator="), "{set}");
    assert!(
        set.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=28800"),
        "{set}"
    );
    let set = answer.headers.get_all("set-cookie").iter().nth(1);
    let set = set.expect("the token's").to_str().expect("text");
    assert!(set.starts_with("__Host-operator-csrf="), "{set}");
    assert!(
        set.ends_with("; SameSite=Strict; Secure; Path=/; Max-Age=28800"),
        "{set}"
    );
    assert!(!answer.header("strict-transport-security").is_empty());
}

const ACCOUNTS: Sql = sql!("SELECT id FROM platform.operators");
const SESSIONS: Sql = sql!("SELECT id FROM platform.operator_sessions");
const TOKENS: Sql = sql!("SELECT id FROM platform.operator_tokens");
const APPROVALS: Sql = sql!("SELECT id FROM platform.operator_approvals");
const SUPPORT: Sql = sql!("SELECT id FROM platform.support_accesses");
const AUDIT: Sql = sql!("SELECT id FROM platform.operator_audit");

#[actix_web::test]
async fn the_role_of_a_tenant_sees_none_of_it() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    for table in [ACCOUNTS, SESSIONS, TOKENS, APPROVALS, SUPPORT, AUDIT] {
        let seen = app.house.db.read(&acme.tenant, worker(), None, async |tx| {
            tx.query(table, &[]).await.map(drop)
        });
        let refused = seen.await.expect_err("the role has no grant");
        assert!(refused.is_denied(), "{refused}");
    }
}
