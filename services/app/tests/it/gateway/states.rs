//! A tenant that is not active answers with its own code.

use super::*;
use jobs::Hint;

/// Puts the tenant into a state, and waits until the directory has heard of it: a write without content
/// is then refused for another reason than its content.
pub async fn set_state(app: &TestApp, tenant: &TestTenant<'_>, state: &str) {
    let id = tenant.tenant.id();
    run(
        app,
        &format!("UPDATE platform.tenants SET state = '{state}' WHERE id = '{id}'"),
    )
    .await;
    let host = tenant.tenant.host().to_owned();
    app.house.bus.publish(&[Hint::DirectoryChanged { host }]);
    for _ in 0..500 {
        let answer = tenant
            .owner()
            .post_json("/api/v1/endpoints", &json!({}))
            .await;
        if answer.status != 400 {
            return;
        }
    }
    panic!("the directory has not heard of it");
}

#[tokio::test]
async fn a_read_only_tenant_can_be_read() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    set_state(&app, &acme, "read_only").await;
    acme.owner().get("/api/v1/endpoints").await.is(200);
    // That somebody took a copy is written down.
    let copy = acme.owner().get("/api/v1/me/export").await;
    copy.is_problem(503, "read_only");
    let refused = acme
        .owner()
        .post_json("/api/v1/endpoints", &endpoint(1))
        .await;
    let refused = refused.is_problem(503, "read_only");
    assert_ne!(refused.header("retry-after"), "");
}

#[tokio::test]
async fn a_suspended_tenant_lets_people_sign_in_and_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    set_state(&app, &acme, "suspended").await;
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(403, "suspended");
    let again = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    again.get("/api/v1/me").await.is(200);
    again.post("/api/v1/auth/logout").await.is(204);
}

#[tokio::test]
async fn the_host_of_a_deleted_tenant_is_nobodys() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    run(
        &app,
        "DELETE FROM platform.hosts; UPDATE platform.tenants SET state = 'deleted', slug = NULL, name = NULL
          WHERE slug = 'acme'",
    )
    .await;
    app.forget_hosts();
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(404, "unknown_host");
}
