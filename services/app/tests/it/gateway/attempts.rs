//! A named attempt happens once.

use super::*;
use kernel::roles::Role;
use reqwest::Method;
use testkit::Answer;

async fn create(visitor: &Visitor, key: &str, body: &Value) -> Answer {
    let request = visitor.request(Method::POST, "/api/v1/endpoints");
    Answer::of(request.header("idempotency-key", key).json(body)).await
}

async fn total(visitor: &Visitor) -> u64 {
    let list = visitor.get("/api/v1/endpoints").await.is(200);
    list.json()["total"].as_u64().expect("a number")
}

#[tokio::test]
async fn the_same_attempt_gets_the_same_answer() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json(), first.json());
    for header in ["location", "etag", "content-type"] {
        assert_ne!(first.header(header), "", "{header}");
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(total(acme.owner()).await, 1);
    assert_eq!(acme.audit_rows().await, {
        create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
        acme.audit_rows().await
    });
}

#[tokio::test]
async fn the_same_name_for_something_else_is_refused() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
    create(acme.owner(), "k-1", &endpoint(2))
        .await
        .is_problem(422, "idempotency_key_reused");
    assert_eq!(total(acme.owner()).await, 1);
}

#[tokio::test]
async fn a_name_belongs_to_one_person() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let manager = acme.member(Role::Manager).await;
    create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
    let other = create(&manager, "k-1", &endpoint(2)).await.is(201);
    assert_eq!(other.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn what_was_refused_can_be_tried_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let blocker = acme.create_endpoint("https://site-1.example/").await;
    create(acme.owner(), "k-1", &endpoint(1))
        .await
        .is_problem(409, "endpoint_exists");
    acme.owner()
        .delete(format!("/api/v1/endpoints/{blocker}"))
        .await
        .is(204);
    let second = create(acme.owner(), "k-1", &endpoint(1)).await.is(201);
    assert_eq!(second.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn of_many_at_once_one_happens_and_all_get_its_answer() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let body = endpoint(1);
    let attempts = (0..6).map(|_| create(acme.owner(), "k-1", &body));
    let answers = futures_util::future::join_all(attempts).await;
    let ids: Vec<Value> = answers
        .into_iter()
        .map(|answer| answer.is(201).json()["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(total(acme.owner()).await, 1);
}
