//! What registering writes, and what it answers.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp};

use super::{REGISTER, form, organisations, with};
use crate::rows::{number, schema, texts};

#[actix_web::test]
async fn registering_answers_with_the_organisation_and_signs_nobody_in() {
    let app = TestApp::start().await;
    let form = form("Acme Rockets", " Wile@ACME.example");
    let answer = app.root().post_json(REGISTER, &form).await.is(201);
    assert_json_snapshot!(answer.json(), { ".organization.id" => "[id]" }, @r#"
    {
      "email": "Wile@acme.example",
      "organization": {
        "id": "[id]",
        "name": "Acme Rockets",
        "slug": "acme-rockets",
        "url": "http://acme-rockets.localhost"
      },
      "status": "verification_sent"
    }
    "#);
    assert_eq!(answer.cookie(), None);
    let session = json!({ "email": "wile@acme.example", "password": PASSWORD });
    let acme = app.visitor("acme-rockets.localhost");
    acme.post_json("/api/v1/auth/session", &session)
        .await
        .is_problem(403, "email_unverified");
}

#[actix_web::test]
async fn registering_writes_everything_an_organisation_begins_with() {
    let app = TestApp::start().await;
    app.root()
        .post_json(REGISTER, &form("Acme", "wile@acme.example"))
        .await
        .is(201);
    let acme = schema(&app, "acme").await;

    let people =
        format!("SELECT concat_ws(' ', email, role, state, verified_at) FROM {acme}.users");
    assert_eq!(
        texts(&app, &people).await,
        ["wile@acme.example owner unverified"]
    );
    let hash = texts(&app, &format!("SELECT password_hash FROM {acme}.users")).await;
    assert!(hash[0].starts_with("$argon2id$"), "{hash:?}");
    let quotas = format!("SELECT concat_ws(' ', key, used, max) FROM {acme}.quotas ORDER BY key");
    assert_eq!(texts(&app, &quotas).await, ["endpoints 0 3", "users 1 5"]);
    let audit = format!(
        "SELECT concat_ws(' ', action, actor_kind, target_kind, after) FROM {acme}.audit_log"
    );
    assert_eq!(
        texts(&app, &audit).await,
        [r#"organization.registered user organization {"name": "Acme", "slug": "acme"}"#]
    );
    let tokens = format!("SELECT expires_at - created_at FROM {acme}.one_time_tokens");
    assert_eq!(texts(&app, &tokens).await, ["2 days"]);
    let hosts = "SELECT concat_ws(' ', host, canonical) FROM platform.hosts";
    assert_eq!(texts(&app, hosts).await, ["acme.localhost t"]);
    assert_eq!(
        number(&app, "SELECT count(*) FROM platform.address_hashes").await,
        1
    );
}

#[actix_web::test]
async fn the_owner_is_mailed_a_link_to_the_organisations_own_host() {
    let app = TestApp::start().await;
    app.root()
        .post_json(REGISTER, &form("Acme", "wile@acme.example"))
        .await
        .is(201);
    let token = app.mailed_token("wile@acme.example").await;
    let mail = app.newest_mail("wile@acme.example").expect("a mail");
    let link = format!("http://acme.localhost/verify-email#token={token}");
    assert!(mail.text.contains(&link), "{}", mail.text);
    let acme = schema(&app, "acme").await;
    let kept = format!("SELECT row_to_json(m)::text FROM {acme}.mails m");
    assert!(
        !texts(&app, &kept).await[0].contains(&token),
        "the secret is erased when the mail is sent"
    );
    let stored = format!("SELECT encode(token_hash, 'escape') FROM {acme}.one_time_tokens");
    assert_ne!(
        texts(&app, &stored).await,
        [token],
        "a token is stored as its hash"
    );
}

#[actix_web::test]
async fn organisations_of_one_name_get_the_next_number() {
    let app = TestApp::start().await;
    for slug in ["acme", "acme-2", "acme-3"] {
        let answer = app
            .root()
            .post_json(REGISTER, &form("ACME!", "wile@acme.example"))
            .await
            .is(201);
        assert_eq!(answer.json()["organization"]["slug"], slug);
    }
    assert_eq!(
        number(
            &app,
            "SELECT count(DISTINCT address_hash) FROM platform.address_hashes"
        )
        .await,
        1
    );
    for slug in ["acme", "acme-2", "acme-3"] {
        let users = format!("SELECT count(*) FROM {}.users", schema(&app, slug).await);
        assert_eq!(
            number(&app, &users).await,
            1,
            "the same address is a person of its own in each"
        );
    }
}

#[actix_web::test]
async fn a_chosen_address_is_that_one_or_none() {
    let app = TestApp::start().await;
    let chosen = with(
        &form("Acme Rockets", "wile@acme.example"),
        "slug",
        json!("rockets"),
    );
    let answer = app.root().post_json(REGISTER, &chosen).await.is(201);
    assert_eq!(
        answer.json()["organization"]["url"],
        "http://rockets.localhost"
    );
    let refused = app
        .root()
        .post_json(REGISTER, &chosen)
        .await
        .is_problem(409, "slug_taken");
    assert_json_snapshot!(refused.json(), { ".request_id" => "[id]" }, @r#"
    {
      "code": "slug_taken",
      "detail": "This address is taken. Choose another one.",
      "errors": [
        {
          "code": "taken",
          "message": "This address is taken. Choose another one.",
          "pointer": "/slug"
        }
      ],
      "request_id": "[id]",
      "status": 409,
      "title": "Conflict",
      "type": "about:blank"
    }
    "#);
    assert_eq!(organisations(&app).await, 1);
}

#[actix_web::test]
async fn what_looks_like_an_attack_is_a_name_like_any_other() {
    let app = TestApp::start().await;
    let name = "'); DROP TABLE users; --<script>alert(\"1\")</script>${7*7}";
    let answer = app
        .root()
        .post_json(REGISTER, &form(name, "wile+'x@acme.example"))
        .await
        .is(201);
    assert_eq!(answer.json()["organization"]["name"], name);
    assert_eq!(answer.json()["email"], "wile+'x@acme.example");
    app.run_jobs().await;
    let html = app
        .newest_mail("wile+'x@acme.example")
        .expect("a mail")
        .html
        .expect("HTML");
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_register_anybody() {
    let app = TestApp::start().await;
    let request = app
        .root()
        .request(Method::POST, REGISTER)
        .json(&form("Acme", "wile@acme.example"));
    let refused = Answer::of(request.header("origin", "https://evil.example")).await;
    refused.is_problem(403, "csrf_refused");
    assert_eq!(organisations(&app).await, 0);
}

#[actix_web::test]
async fn registering_is_for_the_root_host() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let form = form("Other", "wile@acme.example");
    acme.visitor().post_json(REGISTER, &form).await.is(404);
    app.visitor("nobody.localhost")
        .post_json(REGISTER, &form)
        .await
        .is(404);
    assert_eq!(organisations(&app).await, 1);
}

async fn named(app: &TestApp, key: &str, form: &Value) -> Answer {
    let request = app.root().request(Method::POST, REGISTER).json(form);
    Answer::of(request.header("idempotency-key", key)).await
}

#[actix_web::test]
async fn a_named_attempt_registers_once_however_often_it_is_sent() {
    let app = TestApp::start().await;
    let form = form("Acme", "wile@acme.example");
    let first = named(&app, "one", &form).await.is(201);
    let again = named(&app, "one", &form).await.is(201);
    assert_eq!(again.text, first.text);
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            again.header("idempotency-replayed")
        ),
        ("", "true")
    );
    assert_eq!(organisations(&app).await, 1);
    let other = with(&form, "email", json!("road.runner@acme.example"));
    named(&app, "one", &other)
        .await
        .is_problem(422, "idempotency_key_reused");
    named(&app, "", &form)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(organisations(&app).await, 1);
    assert_eq!(
        named(&app, "two", &form).await.is(201).json()["organization"]["slug"],
        "acme-2"
    );
    app.advance(SignedDuration::from_hours(24));
    assert_eq!(
        named(&app, "one", &form).await.is(201).json()["organization"]["slug"],
        "acme-3"
    );
}

#[actix_web::test]
async fn two_attempts_of_one_name_at_once_register_once() {
    let app = TestApp::start().await;
    let form = form("Acme", "wile@acme.example");
    let (a, b) = futures_util::join!(named(&app, "one", &form), named(&app, "one", &form));
    assert_eq!(a.is(201).text, b.is(201).text);
    assert_eq!(organisations(&app).await, 1);
}

#[actix_web::test]
async fn what_is_kept_of_a_named_attempt_gives_no_password_away() {
    let app = TestApp::start().await;
    let form = form("Acme", "wile@acme.example");
    named(&app, "one", &form).await.is(201);
    let kept = texts(
        &app,
        "SELECT row_to_json(k)::text FROM platform.idempotency_keys k",
    )
    .await;
    assert!(!kept[0].contains(PASSWORD), "{kept:?}");
    let plain = "SELECT count(*) FROM platform.idempotency_keys
                  WHERE body_hash = sha256(convert_to($body$BODY$body$, 'UTF8'))";
    let body = serde_json::to_string(&form).expect("JSON");
    let guessed = number(&app, &plain.replace("BODY", &body)).await;
    assert_eq!(
        guessed, 0,
        "the body's plain hash would be a way to guess the password"
    );
}
