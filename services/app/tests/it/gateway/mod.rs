//! The gateway where there is a database: sessions, named attempts, limits, states of tenants, sockets.

mod attempts;
mod headers;
mod limits;
mod requests;
mod sessions;
pub mod sockets;
pub mod states;
mod stopping;

use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp, TestTenant, Visitor};

/// Does what no operation does.
async fn run(app: &TestApp, sql: &str) {
    app.db.superuser().await.batch(sql).await.expect(sql);
}

/// A program's access token for the owner.
async fn access_token(tenant: &TestTenant<'_>) -> String {
    let email = format!("owner@{}.example", tenant.tenant.slug());
    let body = json!({ "email": email, "password": PASSWORD });
    let visitor = tenant.visitor();
    let answer = visitor.post_json("/api/v1/auth/token", &body).await.is(200);
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.expect("a token")
}

/// What one needs to add an endpoint.
fn endpoint(n: u32) -> Value {
    json!({ "name": format!("Site {n}"), "url": format!("https://site-{n}.example/") })
}

/// Whether `visitor` is signed in.
async fn signed_in(visitor: &Visitor) -> bool {
    visitor.get("/api/v1/me").await.status == 200
}
