//! What every answer says to browsers: of every operation, of every refusal, of every page.

use std::collections::BTreeMap;

use app::config::Command;
use reqwest::Method;
use serde_json::Value;
use testkit::{Answer, TestApp, Visitor};

use super::*;

/// What an answer of the API says. `Set-Cookie` and what tells of this one answer are looked at elsewhere.
const OF_THE_API: &str = "\
cache-control: no-store
content-security-policy: default-src 'none'; frame-ancestors 'none'
cross-origin-opener-policy: same-origin
cross-origin-resource-policy: same-origin
permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
referrer-policy: no-referrer
strict-transport-security: max-age=31536000; includeSubDomains
x-content-type-options: nosniff";

const LOOKED_AT: [&str; 11] = [
    "cache-control",
    "clear-site-data",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "server",
    "strict-transport-security",
    "x-content-type-options",
    "x-powered-by",
];

/// The headers that are policy, sorted; a page's nonce is another one each time.
fn policy(answer: &Answer) -> String {
    let nonce = regex::Regex::new("'nonce-[A-Za-z0-9+/=]+'").expect("a pattern");
    let shown = answer.headers.iter().filter(|(name, _)| {
        LOOKED_AT.contains(&name.as_str()) || name.as_str().starts_with("access-control-")
    });
    let mut lines: Vec<String> = shown
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
        .map(|line| nonce.replace_all(&line, "'nonce'").into_owned())
        .collect();
    lines.sort();
    lines.join("\n")
}

#[track_caller]
fn of_the_api(answer: &Answer, what: &str) {
    assert_eq!(policy(answer), OF_THE_API, "{what}: {}", answer.text);
    assert_eq!(answer.header("x-request-id").len(), 36, "{what}");
}

/// As browsers meet it: by https.
async fn house() -> TestApp {
    TestApp::start_with(|config| config.command = Command::Serve).await
}

/// Method and path of every operation, its host, and its name.
fn operations() -> Vec<(Method, String, String, String)> {
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = "0193ae5c-3f60-7000-8000-000000000001";
            all.push((
                method.to_uppercase().parse().expect("a method"),
                path.replace("{id}", id),
                operation["x-host"].as_str().expect("a host").to_owned(),
                operation["operationId"].as_str().expect("an id").to_owned(),
            ));
        }
    }
    all
}

#[tokio::test]
async fn every_operation_answers_under_the_same_policy_whoever_asks() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let owner = acme.owner().clone();
    let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
    for (method, path, host, id) in operations() {
        let root = app.root();
        let at_home = if host == "root" {
            &root
        } else {
            acme.visitor()
        };
        let elsewhere = app.visitor("nobody-is-here.localhost");
        // What ends a session says one thing more, and comes last.
        let signed = if id == "end_session" || id.starts_with("revoke_session") {
            at_home.clone()
        } else {
            owner.on(at_home.host())
        };
        for visitor in [at_home, &signed, &elsewhere] {
            for body in [None, Some("{}"), Some("{")] {
                let mut request = visitor.request(method.clone(), &path);
                if let Some(body) = body.filter(|_| method != Method::GET) {
                    request = request
                        .header("content-type", "application/json")
                        .body(body);
                }
                let answer = Answer::of(request).await;
                *statuses.entry(answer.status).or_default() += 1;
                of_the_api(&answer, &format!("{id} on {}", visitor.host()));
            }
        }
    }
    for status in [200, 400, 401, 404] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
}

/// One refusal of each kind that the wire knows.
async fn refusals(app: &TestApp, acme: &TestTenant<'_>) -> Vec<(u16, Answer)> {
    let owner = acme.owner();
    let write = |path: &str| owner.request(Method::POST, path);
    let endpoints = "/api/v1/endpoints";
    let id = acme.create_endpoint("https://site.example/").await;
    let of_it = format!("{endpoints}/{id}");
    let body = json!({ "name": "Site", "url": "https://other.example/" });
    let put = |tag: &'static str| {
        let request = owner.request(Method::PUT, &of_it).json(&body);
        Answer::of(match tag {
            "" => request,
            tag => request.header("if-match", tag),
        })
    };
    let large = write(endpoints).header("content-type", "application/json");
    let plain = write(endpoints)
        .header("content-type", "text/plain")
        .body("{}");
    vec![
        (404, owner.get("/api/v1/nothing").await),
        (404, owner.get("/api/nothing").await),
        (404, owner.get("/assets/nothing.js").await),
        (
            405,
            Answer::of(owner.request(Method::DELETE, "/api/v1/me")).await,
        ),
        (
            405,
            Answer::of(owner.request(Method::OPTIONS, "/api/v1/me")).await,
        ),
        (
            409,
            owner
                .post_json(
                    endpoints,
                    &json!({ "name": "S", "url": "https://site.example/" }),
                )
                .await,
        ),
        (412, put("\"9\"").await),
        (413, Answer::of(large.body("x".repeat(70 * 1024))).await),
        (415, Answer::of(plain).await),
        (428, put("").await),
        (
            403,
            acme.visitor()
                .with_cookie(owner.cookie().expect("one"))
                .post(format!("{of_it}/pause"))
                .await,
        ),
        (
            401,
            acme.visitor().with_bearer("a.b.c").get("/api/v1/me").await,
        ),
        (400, app.visitor("a b").get("/api/v1/me").await),
    ]
}

#[tokio::test]
async fn every_refusal_is_under_the_same_policy() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    for (status, answer) in refusals(&app, &acme).await {
        assert_eq!(answer.status, status, "{}", answer.text);
        of_the_api(&answer, &status.to_string());
    }
    let schema = acme.tenant.schema();
    run(
        &app,
        &format!("ALTER TABLE {schema}.endpoints RENAME COLUMN name TO elsewhere"),
    )
    .await;
    let broken = acme.owner().get("/api/v1/endpoints").await;
    of_the_api(&broken.is_problem(500, "internal"), "500");
    run(
        &app,
        &format!("ALTER TABLE {schema}.sessions RENAME COLUMN role TO elsewhere"),
    )
    .await;
    let broken = acme.owner().get("/api/v1/me").await;
    of_the_api(
        &broken.is_problem(500, "internal"),
        "a gate that cannot be read",
    );
}

#[tokio::test]
async fn one_too_many_is_under_the_same_policy() {
    let app = TestApp::start_with(|config| {
        config.command = Command::Serve;
        config.limits.session_per_minute = 1;
    })
    .await;
    let acme = app.tenant("acme").await;
    let mut last = acme.owner().get("/api/v1/me").await;
    for _ in 0..200 {
        if last.status == 429 {
            break;
        }
        last = acme.owner().get("/api/v1/me").await;
    }
    of_the_api(&last.is_problem(429, "rate_limited"), "429");
}

#[tokio::test]
async fn what_the_state_of_a_workspace_refuses_is_under_the_same_policy() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let states = [("suspended", 403), ("read_only", 503)];
    for (state, status) in states {
        super::states::set_state(&app, &acme, state).await;
        let refused = acme
            .owner()
            .post_json("/api/v1/endpoints", &json!({}))
            .await;
        of_the_api(&refused.is(status), state);
        page(&acme.visitor().clone(), state).await;
    }
}

#[tokio::test]
async fn a_house_in_maintenance_answers_under_the_same_policy_pages_included() {
    let app = house().await;
    let set = app
        .house
        .db
        .write_platform(async |tx| tenancy::switches::set_maintenance(tx, true).await);
    set.await.expect("the switch is there");
    app.house.bus.publish(&[jobs::Hint::SwitchesChanged]);
    let root = app.root();
    let mut refused = root.get("/api/v1/notice").await;
    for _ in 0..500 {
        if refused.status == 503 {
            break;
        }
        refused = root.get("/api/v1/notice").await;
    }
    of_the_api(&refused.is_problem(503, "maintenance"), "maintenance");
    // The page says one thing and does nothing: it has the policy of what does nothing.
    let page = root.request(Method::GET, "/").header("accept", "text/html");
    let page = Answer::of(page).await.is(503);
    assert!(page.text.starts_with("<!doctype html>"), "{}", page.text);
    of_the_api(&page, "the page of a house in maintenance");
}

const OF_A_PAGE: &str = "\
cache-control: no-store
content-security-policy: [page]
cross-origin-opener-policy: same-origin
cross-origin-resource-policy: same-origin
permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
referrer-policy: no-referrer
strict-transport-security: max-age=31536000; includeSubDomains
x-content-type-options: nosniff";

/// What a page may do is in a policy that names a nonce, and nothing that is inline.
async fn page(visitor: &Visitor, what: &str) -> Answer {
    let answer = visitor
        .request(Method::GET, "/")
        .header("accept", "text/html");
    let answer = Answer::of(answer).await.is(200);
    let content = answer.header("content-security-policy").to_owned();
    for part in [
        "default-src 'none'",
        "script-src 'nonce-",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action",
    ] {
        assert!(content.contains(part), "{what}: {part} is not in {content}");
    }
    assert!(!content.contains("unsafe"), "{what}: {content}");
    let shown = policy(&answer);
    let shown = shown.lines().map(|line| match line.split_once(": ") {
        Some(("content-security-policy", _)) => "content-security-policy: [page]",
        _ => line,
    });
    assert_eq!(shown.collect::<Vec<_>>().join("\n"), OF_A_PAGE, "{what}");
    answer
}

#[tokio::test]
async fn every_page_has_a_policy_of_its_own_with_a_nonce_that_is_good_once() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let (root, visitor) = (app.root(), acme.visitor().clone());
    let first = page(&root, "the front page").await;
    page(&visitor, "a console").await;
    let again = page(&root, "the front page").await;
    let nonce = |answer: &Answer| answer.header("content-security-policy").to_owned();
    assert_ne!(nonce(&first), nonce(&again));
}

#[actix_web::test]
async fn the_explorer_is_on_the_platforms_own_host_with_and_without_the_slash() {
    let app = house().await;
    let moved = app.root().get("/api/docs").await.is(307);
    assert_eq!(moved.header("location"), "/api/docs/");
    app.root().get("/api/docs/").await.is(200);
    let acme = app.tenant("acme").await;
    for path in ["/api/docs", "/api/docs/"] {
        let there = acme.visitor().get(path).await;
        there.is_problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_a_page_keeps_goes_with_its_session_and_no_other_hosts_cookie_does() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let before = acme.owner().get("/api/v1/me").await.is(200);
    assert_eq!(before.header("clear-site-data"), "");
    let over = acme.owner().post("/api/v1/auth/logout").await.is(204);
    assert_eq!(over.header("clear-site-data"), "\"storage\"");
    let cookies: Vec<&str> = over
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().expect("text"))
        .collect();
    assert_eq!(
        cookies,
        [
            "__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0",
            "__Host-csrf=; SameSite=Strict; Secure; Path=/; Max-Age=0",
        ]
    );
}

const APP: &str = "https://app.example.com";

async fn with_origins() -> TestApp {
    TestApp::start_with(|config| config.cors_origins = vec![APP.parse().expect("an origin")]).await
}

async fn from(visitor: &Visitor, method: Method, path: &str, origin: &str) -> Answer {
    let request = visitor.request(method, path).header("origin", origin);
    Answer::of(request.header("access-control-request-method", "DELETE")).await
}

#[tokio::test]
async fn a_named_origin_may_read_with_credentials_and_is_told_for_two_hours() {
    let app = with_origins().await;
    let acme = app.tenant("acme").await;
    let asked = from(acme.visitor(), Method::OPTIONS, "/api/v1/endpoints", APP)
        .await
        .is(204);
    assert_eq!(asked.header("access-control-allow-origin"), APP);
    assert_eq!(asked.header("access-control-allow-credentials"), "true");
    assert_eq!(asked.header("access-control-max-age"), "7200");
    assert_eq!(
        asked.header("access-control-allow-methods"),
        "GET, POST, PUT, PATCH, DELETE"
    );
    assert!(
        asked
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    assert_eq!(asked.text, "");
    let read = from(acme.owner(), Method::GET, "/api/v1/me", APP)
        .await
        .is(200);
    assert_eq!(read.header("access-control-allow-origin"), APP);
    assert_eq!(read.header("vary"), "Origin");
    let refused = from(acme.visitor(), Method::GET, "/api/v1/me", APP).await;
    let refused = refused.is_problem(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), APP);
}

#[tokio::test]
async fn no_other_origin_is_told_anything() {
    let app = with_origins().await;
    let acme = app.tenant("acme").await;
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://sub.app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "null",
        "*",
        "",
    ] {
        for method in [Method::OPTIONS, Method::GET] {
            let answer = from(acme.owner(), method, "/api/v1/me", origin).await;
            let told = answer
                .headers
                .keys()
                .find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(told, None, "{origin}");
            assert_eq!(answer.header("vary"), "Origin", "{origin}");
        }
    }
    // Where none is named, none is told, and the answer is the same for all.
    let plain = TestApp::start().await;
    let answer = from(&plain.root(), Method::OPTIONS, "/api/v1/notice", APP).await;
    let answer = answer.is_problem(405, "method_not_allowed");
    assert_eq!(answer.header("vary"), "");
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_named_origin_signs_in_by_token_and_never_writes_by_cookie() {
    let app = with_origins().await;
    let acme = app.tenant("acme").await;
    let signed = |path: &str| {
        let request = acme.visitor().request(Method::POST, path);
        let request = request
            .header("origin", APP)
            .header("sec-fetch-site", "cross-site");
        let body = json!({ "email": "owner@acme.example", "password": PASSWORD });
        Answer::of(request.json(&body))
    };
    let tokens: Value = signed("/api/v1/auth/token").await.is(200).json();
    let bearer = tokens["access_token"].as_str().expect("a token");
    let program = acme.visitor().with_bearer(bearer);
    let request = program.request(Method::POST, "/api/v1/endpoints");
    let request = request
        .header("origin", APP)
        .header("sec-fetch-site", "cross-site");
    Answer::of(request.json(&endpoint(1))).await.is(201);

    let owner = acme.owner();
    let request = acme.visitor().request(Method::POST, "/api/v1/endpoints");
    let request = request
        .header("cookie", owner.cookie().expect("a cookie"))
        .header("x-csrf-token", owner.page_token().expect("a token"))
        .header("origin", APP)
        .header("sec-fetch-site", "same-site");
    let refused = Answer::of(request.json(&endpoint(2))).await;
    refused.is_problem(403, "csrf_refused");
}
