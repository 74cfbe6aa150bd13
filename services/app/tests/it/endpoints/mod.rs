//! Endpoints through the router, and the checker against real targets.

mod checker;
mod claims;
mod reading;
mod story;
mod trials;
mod writing;

use serde_json::{Value, json};
use testkit::{TestApp, TestTenant, Visitor};

/// What `GET` answers about an endpoint.
async fn fetch(visitor: &Visitor, id: &str) -> Value {
    visitor
        .get(format!("/api/v1/endpoints/{id}"))
        .await
        .is(200)
        .json()
}

async fn state(visitor: &Visitor, id: &str) -> String {
    fetch(visitor, id).await["state"]
        .as_str()
        .expect("a state")
        .to_owned()
}

/// An endpoint's results, newest first.
async fn results(visitor: &Visitor, id: &str) -> Vec<Value> {
    let page = visitor
        .get(format!("/api/v1/endpoints/{id}/results?limit=200"))
        .await
        .is(200)
        .json();
    page["items"].as_array().expect("items").clone()
}

async fn post(visitor: &Visitor, id: &str, action: &str) -> Value {
    visitor
        .post(format!("/api/v1/endpoints/{id}/{action}"))
        .await
        .is(200)
        .json()
}

/// Lets the plan allow `max` endpoints.
async fn allow(app: &TestApp, tenant: &TestTenant<'_>, max: i32) {
    run(
        app,
        &format!(
            "INSERT INTO {schema}.quotas (key, used, max) VALUES ('endpoints', 0, {max})
             ON CONFLICT (key) DO UPDATE SET max = excluded.max",
            schema = tenant.tenant.schema()
        ),
    )
    .await;
}

/// Does what no operation does.
async fn run(app: &TestApp, sql: &str) {
    app.db.superuser().await.batch(sql).await.expect(sql);
}

/// One number.
async fn number(app: &TestApp, sql: &str) -> i64 {
    let sql = format!("SELECT ({sql})::bigint AS number");
    let rows = app
        .db
        .superuser()
        .await
        .query(&sql, &[])
        .await
        .expect("an answer");
    rows[0].get("number").expect("a number")
}

/// Every action in the audit log, in the order in which they were written.
async fn actions(app: &TestApp, tenant: &TestTenant<'_>) -> Vec<String> {
    let sql = format!(
        "SELECT action FROM {}.audit_log WHERE action LIKE 'endpoint.%' ORDER BY ctid",
        tenant.tenant.schema()
    );
    let rows = app
        .db
        .superuser()
        .await
        .query(&sql, &[])
        .await
        .expect("rows");
    rows.iter()
        .map(|row| row.get("action").expect("an action"))
        .collect()
}

fn named(name: &str, url: &str) -> Value {
    json!({ "name": name, "url": url })
}
