//! What happens to an endpoint from its first day on.

use jiff::SignedDuration;
use jobs::{Hint, Signal, Subscription};
use serde_json::json;
use testkit::{Target, TestApp};

use super::{actions, fetch, post, results, state};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn a_new_endpoint_is_pending_checked_at_once_and_up() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;

    let answer = acme
        .owner()
        .post_json(
            "/api/v1/endpoints",
            &json!({ "name": " Shop ", "url": site.url() }),
        )
        .await
        .is(201);
    let new = answer.json();
    let id = new["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), format!("/api/v1/endpoints/{id}"));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(
        new,
        json!({
            "id": id, "name": "Shop", "url": site.url(), "kind": "http", "state": "pending",
            "interval_seconds": 60, "timeout_ms": 10_000, "method": "GET", "expected_codes": "200-299",
            "last_checked_at": null, "last_result": null, "state_changed_at": "2026-11-20T12:00:00Z",
            "created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z",
            "paused_at": null, "deleted_at": null,
        })
    );

    app.advance(SECOND);
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(site.hits(), 1);
    let mut now = fetch(acme.owner(), id).await;
    assert_eq!(now["state"], "up");
    assert_eq!(now["state_changed_at"], "2026-11-20T12:00:01Z");
    assert_eq!(now["last_checked_at"], "2026-11-20T12:00:01Z");
    let result = now["last_result"].take();
    assert_eq!(result["outcome"], "up");
    assert_eq!(result["reason_code"], "ok");
    assert_eq!(result["status_code"], 200);
    assert_eq!(result["checked_at"], "2026-11-20T12:00:01Z");
    assert!(result["duration_ms"].as_f64().expect("a duration") > 0.0);
    assert!(result["timings"]["wait_us"].as_u64().is_some());
    assert_eq!(result["timings"]["tls_us"], json!(null));
    assert_eq!(results(acme.owner(), id).await, [result]);
    assert_eq!(
        actions(&app, &acme).await,
        ["endpoint.created"],
        "a check is no deed of anybody's"
    );
}

#[tokio::test]
async fn checks_keep_to_their_slots() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    acme.create_endpoint(site.url()).await;
    app.run_checks().await;
    assert_eq!(app.run_checks().await, 0, "nothing is due twice");
    let mut checked = 0;
    for _ in 0..(10 * 60) {
        app.advance(SECOND);
        checked += app.run_checks().await;
    }
    assert_eq!(checked, 10, "one check a minute");
}

#[tokio::test]
async fn an_outage_is_confirmed_before_it_is_believed_and_so_is_its_end() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    app.run_checks().await;
    assert_eq!(state(acme.owner(), &id).await, "up");

    site.answer(500);
    app.advance(MINUTE);
    app.run_checks().await;
    let failed_at = fetch(acme.owner(), &id).await["last_checked_at"].clone();
    assert_eq!(
        state(acme.owner(), &id).await,
        "up",
        "one failure is not believed"
    );
    app.advance(SECOND * 2);
    assert_eq!(app.run_checks().await, 1, "checked again after two seconds");
    assert_eq!(state(acme.owner(), &id).await, "up");
    app.advance(SECOND * 3);
    assert_eq!(app.run_checks().await, 1, "and after five");
    let down = fetch(acme.owner(), &id).await;
    assert_eq!(down["state"], "down");
    assert_eq!(
        down["state_changed_at"], failed_at,
        "the outage began with its first failure"
    );
    assert_eq!(down["last_result"]["reason_code"], "status");

    site.answer(200);
    app.advance(MINUTE);
    app.run_checks().await;
    assert_eq!(
        state(acme.owner(), &id).await,
        "down",
        "one success is not believed"
    );
    app.advance(SECOND * 2);
    app.run_checks().await;
    assert_eq!(state(acme.owner(), &id).await, "up");
    let outcomes: Vec<_> = results(acme.owner(), &id)
        .await
        .iter()
        .map(|result| result["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["up", "up", "down", "down", "down", "up"]);
}

#[tokio::test]
async fn pausing_stops_the_checks_and_resuming_goes_on_at_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    app.run_checks().await;

    let paused = post(acme.owner(), &id, "pause").await;
    assert_eq!(
        (&paused["state"], &paused["paused_at"]),
        (&json!("paused"), &paused["updated_at"])
    );
    assert_eq!(
        post(acme.owner(), &id, "pause").await,
        paused,
        "a second time changes nothing"
    );
    app.advance(MINUTE * 10);
    assert_eq!(app.run_checks().await, 0);
    assert_eq!(site.hits(), 1);

    assert_eq!(post(acme.owner(), &id, "resume").await["state"], "pending");
    post(acme.owner(), &id, "resume").await;
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(state(acme.owner(), &id).await, "up");
    assert_eq!(
        actions(&app, &acme).await,
        ["endpoint.created", "endpoint.paused", "endpoint.resumed"]
    );
}

#[tokio::test]
async fn open_pages_hear_of_deeds_and_of_results() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let mut bus = app.house.bus.subscribe();
    let id = acme.create_endpoint(site.url()).await;
    let room = format!("endpoint:{id}");
    app.run_jobs().await;
    assert_eq!(
        heard(&mut bus).await,
        ("org".to_owned(), "endpoint.created".to_owned())
    );
    assert_eq!(
        heard(&mut bus).await,
        (room.clone(), "endpoint.created".to_owned())
    );
    app.run_checks().await;
    for kind in ["endpoint.changed", "result.recorded"] {
        assert_eq!(heard(&mut bus).await, ("org".to_owned(), kind.to_owned()));
        assert_eq!(heard(&mut bus).await, (room.clone(), kind.to_owned()));
    }
    app.advance(MINUTE);
    app.run_checks().await;
    assert_eq!(
        heard(&mut bus).await.1,
        "result.recorded",
        "the state is as it was"
    );
    heard(&mut bus).await;
    acme.owner()
        .delete(format!("/api/v1/endpoints/{id}"))
        .await
        .is(204);
    app.run_jobs().await;
    assert_eq!(heard(&mut bus).await.1, "endpoint.deleted");
}

/// Room and kind of the next live hint.
async fn heard(bus: &mut Subscription) -> (String, String) {
    loop {
        if let Some(Signal::Hint(Hint::Live { room, kind, .. })) = bus.next().await {
            return (room, kind);
        }
    }
}
