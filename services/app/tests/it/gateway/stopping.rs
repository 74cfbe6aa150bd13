//! A stop in good order loses no request: balancers see it coming, and what is in flight is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use super::*;

const CLIENTS: usize = 16;
/// Requests before the stop begins.
const BEFORE: usize = 500;

#[actix_web::test]
async fn no_request_fails_while_the_gateway_stops() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let answered = Arc::new(AtomicUsize::new(0));
    // Each is a balancer with a connection that it keeps: it asks whether the house is ready, sends a
    // request, and goes elsewhere for good once it is not.
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (visitor, answered) = (acme.owner().clone(), Arc::clone(&answered));
            actix_web::rt::spawn(async move {
                while visitor.get("/health/ready").await.status == 200 {
                    visitor.get("/api/v1/endpoints").await.is(200);
                    answered.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    while answered.load(Relaxed) < BEFORE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = answered.load(Relaxed);
    app.stop(Duration::from_millis(500)).await;
    for client in clients {
        client.await.expect("every request was answered");
    }
    assert!(answered.load(Relaxed) >= before);
    let refused = reqwest::get(format!("http://{}/health", acme.owner().address())).await;
    refused.expect_err("nobody listens any more");
}
