//! Checks that people ask for.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use testkit::{Target, TestApp};
use tokio::net::TcpListener;

use super::{actions, fetch, number, post, results};

const TRY: &str = "/api/v1/endpoints/try";

#[tokio::test]
async fn a_trial_tells_all_and_keeps_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let audit = acme.audit_rows().await;
    let result = acme
        .owner()
        .post_json(TRY, &json!({ "url": site.url() }))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&result["outcome"], &result["status_code"]),
        (&json!("up"), &json!(200))
    );
    assert_eq!(result["addresses"], json!(["127.0.0.1"]));
    assert_eq!(result.get("id"), None);
    site.answer(503);
    let result = acme
        .owner()
        .post_json(TRY, &json!({ "url": site.url() }))
        .await
        .is(200)
        .json();
    assert_eq!(result["reason_code"], "status");
    let body = json!({ "url": site.url(), "expected_codes": "503" });
    assert_eq!(
        acme.owner().post_json(TRY, &body).await.is(200).json()["outcome"],
        "up"
    );
    let schema = acme.tenant.schema();
    assert_eq!(
        number(&app, &format!("SELECT count(*) FROM {schema}.results")).await,
        0
    );
    assert_eq!(acme.audit_rows().await, audit);
}

#[tokio::test]
async fn a_trial_refuses_what_an_endpoint_would_be_refused() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for (body, pointer, code) in [
        (
            json!({ "url": "http://169.254.169.254/" }),
            "/url",
            "blocked_target",
        ),
        (
            json!({ "url": "ftp://a.example" }),
            "/url",
            "unsupported_scheme",
        ),
        (
            json!({ "url": "http://a.example", "timeout_ms": 10_001 }),
            "/timeout_ms",
            "range",
        ),
        (
            json!({ "url": "http://a.example", "expected_codes": "" }),
            "/expected_codes",
            "expected_codes",
        ),
        (
            json!({ "url": "http://a.example", "name": "x" }),
            "/name",
            "unknown",
        ),
    ] {
        let problem = acme
            .owner()
            .post_json(TRY, &body)
            .await
            .is_problem(400, "validation_failed")
            .json();
        let fault = &problem["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!(pointer), &json!(code)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn four_trials_run_at_once_and_the_fifth_is_told_to_wait() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    // Takes connections and never answers. Five hosts: the prober's own limit is by host.
    let silent = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let answers = join_all((1..=5).map(async |host| {
        let body = json!({ "url": format!("http://127.0.0.{host}:{port}/"), "timeout_ms": 1_000 });
        acme.owner().post_json(TRY, &body).await
    }))
    .await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].json()["code"], "rate_limited");
    assert!(!refused[0].header("retry-after").is_empty());
    let body = json!({ "url": format!("http://127.0.0.1:{port}/"), "timeout_ms": 100 });
    acme.owner().post_json(TRY, &body).await.is(200);
}

#[tokio::test]
async fn checking_now_is_recorded_like_any_check_and_moves_the_schedule() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    let result = post(acme.owner(), &id, "check").await;
    assert_eq!(result["outcome"], "up");
    assert_eq!(result["addresses"], json!(["127.0.0.1"]));
    let now = fetch(acme.owner(), &id).await;
    assert_eq!(
        (&now["state"], &now["last_result"]["id"]),
        (&json!("up"), &result["id"])
    );
    assert_eq!(results(acme.owner(), &id).await.len(), 1);
    assert_eq!(app.run_checks().await, 0, "its first check was this one");
    assert_eq!(
        actions(&app, &acme).await,
        ["endpoint.created", "endpoint.checked"]
    );

    site.answer(500);
    post(acme.owner(), &id, "check").await;
    app.advance(SignedDuration::from_secs(2));
    assert_eq!(app.run_checks().await, 1, "a failure is checked again soon");
    app.advance(SignedDuration::from_secs(3));
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(fetch(acme.owner(), &id).await["state"], "down");
}

#[tokio::test]
async fn a_paused_endpoint_can_be_checked_and_stays_paused() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    post(acme.owner(), &id, "pause").await;
    assert_eq!(post(acme.owner(), &id, "check").await["outcome"], "up");
    assert_eq!(fetch(acme.owner(), &id).await["state"], "paused");
    app.advance(SignedDuration::from_hours(1));
    assert_eq!(app.run_checks().await, 0);
}

#[tokio::test]
async fn a_target_changed_while_it_was_checked_is_not_judged_by_the_old_one() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let id = acme
        .create_endpoint_with(json!({ "name": "x", "url": url, "timeout_ms": 1_000 }))
        .await;
    let path = format!("/api/v1/endpoints/{id}");
    let site = Target::start().await;
    let (checked, ()) = tokio::join!(acme.owner().post(format!("{path}/check")), async {
        let asked = silent.accept().await;
        let moved = json!({ "url": site.url() });
        acme.owner()
            .send_json(Method::PATCH, &path, None, &moved)
            .await
            .is(200);
        drop(asked);
    });
    checked.is_problem(412, "precondition_failed");
    assert_eq!(fetch(acme.owner(), &id).await["state"], "pending");
    tokio::time::timeout(Duration::from_secs(5), app.run_checks())
        .await
        .expect("a check");
    assert_eq!(fetch(acme.owner(), &id).await["state"], "up");
}
