//! What registering refuses, and that nothing is left of it.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp};

use super::{REGISTER, faults, form, organisations, with};
use crate::rows::number;

#[actix_web::test]
async fn every_fault_is_told_at_once_and_nothing_is_written() {
    let app = TestApp::start().await;
    let bad = json!({
        "organization_name": "https://acme.example", "email": "wile", "slug": "Acme!",
        "password": "short", "password_confirm": "other",
    });
    let refused = app
        .root()
        .post_json(REGISTER, &bad)
        .await
        .is_problem(400, "validation_failed");
    assert_json_snapshot!(refused.json(), { ".request_id" => "[id]" }, @r#"
    {
      "code": "validation_failed",
      "detail": "The request breaks a rule: see errors.",
      "errors": [
        {
          "code": "link",
          "message": "Enter a name, not a web address.",
          "pointer": "/organization_name"
        },
        {
          "code": "email",
          "message": "Enter an e-mail address, like name@example.com.",
          "pointer": "/email"
        },
        {
          "code": "too_short",
          "message": "Use at least 12 characters. A few words together are easy to keep in mind.",
          "pointer": "/password"
        },
        {
          "code": "guessable",
          "message": "A word by itself is easy to guess. Add another word or two, the less common the better.",
          "pointer": "/password"
        },
        {
          "code": "mismatch",
          "message": "The two passwords differ.",
          "pointer": "/password_confirm"
        },
        {
          "code": "slug",
          "message": "Use 3 to 40 letters a-z, digits and single hyphens inside.",
          "pointer": "/slug"
        }
      ],
      "request_id": "[id]",
      "status": 400,
      "title": "Bad Request",
      "type": "about:blank"
    }
    "#);
    assert_eq!(organisations(&app).await, 0);
    assert_eq!(number(&app, "SELECT count(*) FROM platform.work").await, 0);
}

#[actix_web::test]
async fn a_word_of_the_platform_is_reserved() {
    let app = TestApp::start().await;
    let derived = form("Status", "wile@acme.example");
    let refused = app
        .root()
        .post_json(REGISTER, &derived)
        .await
        .is_problem(400, "reserved_name");
    assert_json_snapshot!(refused.json(), { ".request_id" => "[id]" }, @r#"
    {
      "code": "reserved_name",
      "detail": "This word belongs to the service. Choose another address.",
      "errors": [
        {
          "code": "reserved_name",
          "message": "This word belongs to the service. Choose another address.",
          "pointer": "/organization_name"
        }
      ],
      "request_id": "[id]",
      "status": 400,
      "title": "Bad Request",
      "type": "about:blank"
    }
    "#);
    let chosen = with(&form("Acme", "wile@acme.example"), "slug", json!("log-in"));
    let refused = app
        .root()
        .post_json(REGISTER, &chosen)
        .await
        .is_problem(400, "reserved_name");
    assert_eq!(
        faults(&refused.json()),
        [("/slug".into(), "reserved_name".into())]
    );
    assert_eq!(organisations(&app).await, 0);
}

#[actix_web::test]
async fn every_field_keeps_its_rules() {
    let app = TestApp::start().await;
    let good = form("Acme", "wile@acme.example");
    let long = |n: usize| json!("x".repeat(n));
    for (field, value, code) in [
        ("organization_name", Value::Null, "required"),
        ("organization_name", json!(7), "type"),
        ("organization_name", json!(""), "required"),
        ("organization_name", json!("   "), "required"),
        ("organization_name", long(121), "too_long"),
        ("organization_name", json!("a\u{0}b"), "characters"),
        ("organization_name", json!("a\u{202e}b"), "characters"),
        ("organization_name", json!("www.evil.example"), "link"),
        ("organization_name", json!("!!!"), "slug"),
        ("email", Value::Null, "required"),
        ("email", json!([]), "type"),
        ("email", json!("wile@localhost"), "email"),
        (
            "email",
            json!("wile@acme.example\r\nBcc: x@y.example"),
            "email",
        ),
        (
            "email",
            json!(format!("{}@acme.example", "x".repeat(250))),
            "email",
        ),
        ("slug", json!("ab"), "slug"),
        ("slug", json!("xn--acme"), "slug"),
        ("slug", json!("acme.evil"), "slug"),
        ("slug", json!("ACME"), "slug"),
        ("slug", long(41), "slug"),
        ("slug", json!(1), "type"),
        ("password_confirm", Value::Null, "required"),
        ("password_confirm", json!("something else"), "mismatch"),
        ("extra", json!("field"), "unknown"),
    ] {
        let bad = with(&good, field, value.clone());
        let refused = app
            .root()
            .post_json(REGISTER, &bad)
            .await
            .is_problem(400, "validation_failed");
        let expected = [(format!("/{field}"), code.to_owned())];
        assert_eq!(faults(&refused.json()), expected, "{field} {value}");
    }
    assert_eq!(organisations(&app).await, 0);
}

#[actix_web::test]
async fn a_weak_password_is_refused_and_never_repeated() {
    let app = TestApp::start().await;
    for (password, codes) in [
        ("", &["required"][..]),
        ("qW7#pL9!xT2", &["too_short"]),
        ("passwordpassword", &["guessable"]),
        ("Acme Rockets tangerine plinth", &["contains_context"]),
        ("wile.coyote tangerine plinth", &["contains_context"]),
        (&"tangerine plinth ".repeat(8), &["too_long"]),
    ] {
        let mut form = form("Acme Rockets", "wile.coyote@acme.example");
        form["password"] = json!(password);
        form["password_confirm"] = json!(password);
        let refused = app
            .root()
            .post_json(REGISTER, &form)
            .await
            .is_problem(400, "validation_failed");
        let expected: Vec<_> = codes
            .iter()
            .map(|it| ("/password".to_owned(), (*it).to_owned()))
            .collect();
        assert_eq!(faults(&refused.json()), expected, "{password}");
        assert!(
            password.is_empty() || !refused.text.contains(password),
            "{}",
            refused.text
        );
    }
}

async fn raw(app: &TestApp, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = app.root().request(Method::POST, REGISTER);
    Answer::of(request.header("content-type", content_type).body(body)).await
}

#[actix_web::test]
async fn a_body_that_is_not_one_json_object_is_refused() {
    let app = TestApp::start().await;
    let json = "application/json";
    let good = form("Acme", "wile@acme.example").to_string();
    raw(&app, "text/plain", good.clone())
        .await
        .is_problem(415, "unsupported_media_type");
    raw(&app, json, vec![b' '; 70_000])
        .await
        .is_problem(413, "body_too_large");
    for bad in [
        "",
        "null",
        "[]",
        "{",
        "{\"email\":",
        &format!("{good}{good}"),
        &"[".repeat(10_000),
    ] {
        raw(&app, json, bad.to_owned())
            .await
            .is_problem(400, "validation_failed");
    }
    raw(&app, json, b"{\"email\": \"\xff\"}".to_vec())
        .await
        .is_problem(400, "validation_failed");
    let twice = good.replacen('{', "{\"email\": \"road@acme.example\", ", 1);
    let refused = raw(&app, json, twice)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(
        faults(&refused.json()),
        [("/email".into(), "duplicate".into())]
    );
    assert_eq!(organisations(&app).await, 0);
}

#[actix_web::test]
async fn five_an_hour_are_accepted_and_refused_ones_are_counted_apart() {
    let app = TestApp::start_with(|config| {
        config.limits.registrations_per_hour = 5;
        config.limits.refused_registrations_per_hour = 7;
    })
    .await;
    app.db.fill(6).await;
    let bad = with(&form("Acme", "wile@acme.example"), "email", json!("wile"));
    for _ in 0..6 {
        app.root()
            .post_json(REGISTER, &bad)
            .await
            .is_problem(400, "validation_failed");
    }
    for n in 0..5 {
        let form = form(&format!("Acme {n}"), "wile@acme.example");
        app.root().post_json(REGISTER, &form).await.is(201);
    }
    let sixth = app
        .root()
        .post_json(REGISTER, &form("Acme 5", "wile@acme.example"))
        .await;
    let sixth = sixth.is_problem(429, "rate_limited");
    assert_eq!(sixth.header("retry-after"), "720");
    assert_eq!(
        sixth.header("ratelimit-policy"),
        "\"registration\";q=5;w=3600"
    );
    assert_eq!(organisations(&app).await, 5);
    app.advance(jiff::SignedDuration::from_secs(720));
    app.root()
        .post_json(REGISTER, &form("Acme 5", "wile@acme.example"))
        .await
        .is(201);
}

#[actix_web::test]
async fn refused_registrations_have_an_end_as_well() {
    let app = TestApp::start_with(|config| {
        config.limits.registrations_per_hour = 5;
        config.limits.refused_registrations_per_hour = 7;
    })
    .await;
    let bad = with(
        &form("Acme", "wile@acme.example"),
        "password_confirm",
        json!(PASSWORD.to_uppercase()),
    );
    for _ in 0..7 {
        app.root()
            .post_json(REGISTER, &bad)
            .await
            .is_problem(400, "validation_failed");
    }
    app.root()
        .post_json(REGISTER, &bad)
        .await
        .is_problem(429, "rate_limited");
    let good = form("Acme", "wile@acme.example");
    app.root()
        .post_json(REGISTER, &good)
        .await
        .is_problem(429, "rate_limited");
    assert_eq!(organisations(&app).await, 0);
}
