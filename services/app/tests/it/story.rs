//! The main job of the house, from an empty database to a site that is watched.

use jiff::SignedDuration;
use serde_json::json;
use testkit::{Target, TestApp};

#[tokio::test]
async fn an_organisation_registers_and_sees_its_site_watched() {
    let app = TestApp::start().await;
    let site = Target::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint(site.url()).await;

    let me = acme.owner().get("/api/v1/me").await.is(200).json();
    assert_eq!(me["user"]["role"], "owner");
    assert_eq!(me["organization"]["slug"], "acme");

    let pending = acme
        .owner()
        .get(format!("/api/v1/endpoints/{id}"))
        .await
        .is(200)
        .json();
    assert_eq!(pending["state"], "pending");
    app.run_checks().await;
    let up = acme
        .owner()
        .get(format!("/api/v1/endpoints/{id}"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&up["state"], &up["last_result"]["reason_code"]),
        (&json!("up"), &json!("ok"))
    );
    assert_eq!(site.hits(), 1);

    acme.owner().post("/api/v1/auth/logout").await.is(204);
    acme.owner()
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn pausing_an_endpoint_stops_its_checks() {
    let app = TestApp::start().await;
    let site = Target::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint(site.url()).await;
    acme.owner()
        .post(format!("/api/v1/endpoints/{id}/pause"))
        .await
        .is(200);
    app.advance(SignedDuration::from_mins(10));
    app.run_checks().await;
    assert_eq!(site.hits(), 0);
}
