//! The address of a name, while it is typed.

use insta::assert_json_snapshot;
use serde_json::Value;
use testkit::{Answer, TestApp};

async fn ask(app: &TestApp, name: &str) -> Answer {
    let url = reqwest::Url::parse_with_params("http://x/api/v1/auth/slug", [("name", name)])
        .expect("a URL");
    app.root()
        .get(format!("{}?{}", url.path(), url.query().expect("a query")))
        .await
}

async fn preview(app: &TestApp, name: &str) -> Value {
    ask(app, name).await.is(200).json()
}

#[actix_web::test]
async fn a_free_address_is_shown_as_it_will_be() {
    let app = TestApp::start().await;
    assert_json_snapshot!(preview(&app, "Bob's Bäckerei & Söhne").await, @r#"
    {
      "available": true,
      "reason": null,
      "slug": "bobs-backerei-sohne",
      "suggestion": null,
      "url": "http://bobs-backerei-sohne.localhost"
    }
    "#);
}

#[actix_web::test]
async fn a_taken_one_comes_with_the_next_that_is_free() {
    let app = TestApp::start().await;
    app.db.tenant("acme").await;
    app.db.tenant("acme-2").await;
    assert_json_snapshot!(preview(&app, "Acme").await, @r#"
    {
      "available": false,
      "reason": "taken",
      "slug": "acme",
      "suggestion": "acme-3",
      "url": "http://acme.localhost"
    }
    "#);
}

#[actix_web::test]
async fn a_reserved_one_comes_with_one_that_is_not() {
    let app = TestApp::start().await;
    assert_json_snapshot!(preview(&app, "Status!").await, @r#"
    {
      "available": false,
      "reason": "reserved",
      "slug": "status",
      "suggestion": "status-hq",
      "url": "http://status.localhost"
    }
    "#);
    app.db.tenant("status-hq").await;
    assert_eq!(preview(&app, "Status").await["suggestion"], "status-hq-2");
}

#[actix_web::test]
async fn a_name_without_letters_leads_nowhere() {
    let app = TestApp::start().await;
    assert_json_snapshot!(preview(&app, "!?").await, @r#"
    {
      "available": false,
      "reason": "invalid",
      "slug": "",
      "suggestion": null,
      "url": null
    }
    "#);
}

#[actix_web::test]
async fn the_suggestion_of_a_preview_can_be_registered() {
    let app = TestApp::start().await;
    app.db.tenant("acme").await;
    let suggestion = preview(&app, "acme").await["suggestion"].clone();
    let form = super::form("Acme", "wile@acme.example");
    let answer = app
        .root()
        .post_json(super::REGISTER, &super::with(&form, "slug", suggestion))
        .await;
    assert_eq!(answer.is(201).json()["organization"]["slug"], "acme-2");
}

#[actix_web::test]
async fn odd_questions_are_refused() {
    let app = TestApp::start().await;
    ask(&app, &"x".repeat(201))
        .await
        .is_problem(400, "validation_failed");
    for path in [
        "/api/v1/auth/slug",
        "/api/v1/auth/slug?name=a&name=b",
        "/api/v1/auth/slug?name=a&x=1",
    ] {
        app.root()
            .get(path)
            .await
            .is_problem(400, "validation_failed");
    }
    let acme = app.tenant("acme").await;
    acme.owner().get("/api/v1/auth/slug?name=x").await.is(404);
}
