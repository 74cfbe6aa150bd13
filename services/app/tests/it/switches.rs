//! What operators switch off is off for everybody, at once, with a clear word.

use std::future::Future;
use std::time::Duration;

use db::{DbError, PlatformTx};
use jiff::SignedDuration;
use jobs::Hint;
use serde_json::{Value, json};
use tenancy::switches::{self, Module, RegistrationSwitch};
use testkit::{Target, TestApp};

/// Throws a switch as a command in another process would, and waits until this house has heard of it.
async fn throw(
    app: &TestApp,
    switch: impl AsyncFnOnce(&PlatformTx) -> Result<bool, DbError>,
    heard: impl AsyncFn() -> bool,
) {
    let moved = app.house.db.write_platform(switch).await;
    assert!(moved.expect("the switch is there"), "it moves");
    app.house.bus.publish(&[Hint::SwitchesChanged]);
    soon(async {
        while !heard().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn soon(work: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it happens soon");
}

async fn notice(app: &TestApp) -> Value {
    app.root().get("/api/v1/notice").await.is(200).json()
}

fn application() -> Value {
    json!({
        "organization_name": "Latecomers", "email": "owner@latecomers.example",
        "password": testkit::PASSWORD, "password_confirm": testkit::PASSWORD,
    })
}

#[tokio::test]
async fn closed_registration_refuses_with_a_code_of_its_own_and_opens_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for position in [RegistrationSwitch::Closed, RegistrationSwitch::Invitation] {
        throw(
            &app,
            async |tx| switches::set_registration(tx, position).await,
            async || notice(&app).await["registration"] == position.as_str(),
        )
        .await;
        app.root()
            .post_json("/api/v1/auth/register", &application())
            .await
            .is_problem(403, "registration_closed");
        acme.owner().get("/api/v1/me").await.is(200);
    }
    throw(
        &app,
        async |tx| switches::set_registration(tx, RegistrationSwitch::Open).await,
        async || notice(&app).await["registration"] == "open",
    )
    .await;
    app.db.fill(1).await;
    app.root()
        .post_json("/api/v1/auth/register", &application())
        .await
        .is(201);
}

#[tokio::test]
async fn in_maintenance_people_see_a_page_programs_a_problem_and_balancers_health() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    throw(
        &app,
        async |tx| switches::set_maintenance(tx, true).await,
        async || app.root().get("/api/v1/notice").await.status == 503,
    )
    .await;
    for path in ["/api/v1/me", "/api/v1/endpoints", "/api/v1/live"] {
        let answer = acme.owner().get(path).await;
        let answer = answer.is_problem(503, "maintenance");
        assert_eq!(answer.header("retry-after"), "120");
    }
    app.root()
        .post_json("/api/v1/auth/register", &application())
        .await
        .is_problem(503, "maintenance");
    for visitor in [
        &app.root(),
        acme.visitor(),
        &app.visitor("nobody.localhost"),
    ] {
        let page = visitor.request(reqwest::Method::GET, "/login");
        let page = testkit::Answer::of(page.header("accept", "text/html")).await;
        let page = page.is(503);
        assert_eq!(page.header("retry-after"), "120");
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains("being worked on"), "{}", page.text);
    }
    for path in ["/health", "/health/ready", "/api/health"] {
        app.root().get(path).await.is(200);
    }
    throw(
        &app,
        async |tx| switches::set_maintenance(tx, false).await,
        async || app.root().get("/api/v1/notice").await.status == 200,
    )
    .await;
    acme.owner().get("/api/v1/me").await.is(200);
}

#[tokio::test]
async fn a_banner_is_told_on_every_host_until_it_is_taken_away() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let text = "Upgrades on Sunday <b>night</b>";
    assert_eq!(notice(&app).await["banner"], Value::Null);
    throw(
        &app,
        async |tx| switches::set_banner(tx, Some(text)).await,
        async || notice(&app).await["banner"] == text,
    )
    .await;
    let there = acme.visitor().get("/api/v1/notice").await.is(200).json();
    assert_eq!(there, json!({"banner": text, "registration": "open"}));
    throw(
        &app,
        async |tx| switches::set_banner(tx, None).await,
        async || notice(&app).await["banner"].is_null(),
    )
    .await;
}

#[tokio::test]
async fn a_module_that_is_off_answers_so_and_works_no_more_for_that_organisation_alone() {
    let app = TestApp::start().await;
    let (site, other) = (Target::start().await, Target::start().await);
    let (acme, rival) = (app.tenant("acme").await, app.tenant("rival").await);
    let id = acme.create_endpoint(site.url()).await;
    rival.create_endpoint(other.url()).await;
    let tenant = acme.tenant.id();
    let listed = async || acme.owner().get("/api/v1/endpoints").await.status;
    throw(
        &app,
        async |tx| switches::set_module(tx, tenant, Module::Endpoints, false).await,
        async || listed().await == 403,
    )
    .await;
    for path in [
        "/api/v1/endpoints".to_owned(),
        "/api/v1/endpoints/summary".to_owned(),
        format!("/api/v1/endpoints/{id}"),
    ] {
        acme.owner().get(&path).await.is_problem(403, "module_off");
    }
    acme.owner()
        .post_json(
            "/api/v1/endpoints",
            &json!({"name": "x", "url": site.url()}),
        )
        .await
        .is_problem(403, "module_off");
    // Who is not signed in is told that, and nothing about the organisation.
    acme.visitor()
        .get("/api/v1/endpoints")
        .await
        .is_problem(401, "unauthenticated");
    acme.owner().get("/api/v1/me").await.is(200);
    rival.owner().get("/api/v1/endpoints").await.is(200);
    assert_eq!(app.run_checks().await, 1);
    assert_eq!((site.hits(), other.hits()), (0, 1));

    throw(
        &app,
        async |tx| switches::set_module(tx, tenant, Module::Endpoints, true).await,
        async || listed().await == 200,
    )
    .await;
    app.advance(SignedDuration::from_mins(10));
    app.run_checks().await;
    assert_eq!(site.hits(), 1, "it is watched again");
}

/// The path decides what belongs to a module; the description says which operations do.
#[test]
fn every_operation_of_a_module_stands_below_its_path() {
    let described = serde_json::to_value(app::api::document()).expect("a description");
    let mut found = 0;
    for (path, item) in described["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for module in Module::ALL.map(Module::as_str) {
                let below = path == &format!("/api/v1/{module}")
                    || path.starts_with(&format!("/api/v1/{module}/"));
                let tagged = operation["tags"][0] == module;
                assert_eq!(below, tagged, "{path}");
                found += usize::from(tagged);
            }
        }
    }
    assert!(found > 5, "the modules have operations: {found}");
}
