//! The audit log: sealed behind whoever writes, shown, exported, and found out when it was touched.

mod exporting;
mod reading;
mod sealing;
mod tampering;

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestApp, TestTenant};

use crate::rows::{schema, texts};

const AUDIT: &str = "/api/v1/audit";
const VERIFICATION: &str = "/api/v1/audit/verification";

/// Delivers what happened and lets the sealer do its work.
async fn seal(app: &TestApp) {
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(5));
    app.run_jobs().await;
}

/// What a look at the whole chain brings, by API.
async fn verification(acme: &TestTenant<'_>) -> Value {
    acme.owner().get(VERIFICATION).await.is(200).json()
}

/// An organisation in which something has happened, and all of it is sealed.
async fn busy<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let acme = app.tenant(slug).await;
    let room = format!("UPDATE {}.quotas SET max = 100", schema(app, slug).await);
    tamper(app, &room).await;
    for name in ["One", "Two", "Three"] {
        let url = format!("http://127.0.0.1:9/{name}");
        acme.create_endpoint_with(json!({"name": name, "url": url}))
            .await;
    }
    seal(app).await;
    acme
}

/// Changes rows as somebody with the whole database in their hands.
async fn tamper(app: &TestApp, statement: &str) {
    let hands = app.db.superuser().await;
    hands.batch(statement).await.expect("it is done");
}

/// How many rows a query over the whole database counts, as text.
async fn one(app: &TestApp, query: &str) -> String {
    texts(app, query).await.remove(0)
}
