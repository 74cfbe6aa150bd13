//! How often somebody may try.

use jiff::SignedDuration;
use serde_json::json;
use testkit::{PASSWORD, TestApp};

use super::{RESEND, SESSION, TOKEN, attempts, credentials};
use crate::rows::number;

async fn limited() -> TestApp {
    TestApp::start_with(|config| {
        config.limits.login_failures_per_hour = 10;
        config.limits.sensitive_per_hour = 3;
    })
    .await
}

#[actix_web::test]
async fn ten_failures_an_hour_are_allowed_and_the_next_is_not_looked_at() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    for n in 0..10 {
        let path = if n % 2 == 0 { SESSION } else { TOKEN };
        let wrong = credentials(&format!("somebody-{n}@acme.example"), "wrong");
        acme.visitor()
            .post_json(path, &wrong)
            .await
            .is_problem(401, "invalid_credentials");
    }
    let right = credentials("owner@acme.example", PASSWORD);
    let refused = acme
        .visitor()
        .post_json(SESSION, &right)
        .await
        .is_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "360");
    assert_eq!(refused.header("ratelimit"), "\"login\";r=0;t=3600");
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("limited nobody")
    );
    app.advance(SignedDuration::from_secs(360));
    acme.visitor().post_json(SESSION, &right).await.is(200);
}

#[actix_web::test]
async fn whoever_knows_the_password_is_never_counted() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    for _ in 0..15 {
        let right = credentials("owner@acme.example", PASSWORD);
        acme.visitor().post_json(SESSION, &right).await.is(200);
    }
    let (globex, email) = super::unverified(&app, "globex").await;
    for _ in 0..15 {
        globex
            .post_json(SESSION, &credentials(&email, PASSWORD))
            .await
            .is_problem(403, "email_unverified");
    }
}

#[actix_web::test]
async fn three_mails_an_hour_go_to_one_address() {
    let app = limited().await;
    let (acme, email) = super::unverified(&app, "acme").await;
    for _ in 0..3 {
        acme.post_json(RESEND, &json!({ "email": email }))
            .await
            .is(202);
    }
    let refused = acme
        .post_json(RESEND, &json!({ "email": email }))
        .await
        .is_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "1200");
}

#[actix_web::test]
async fn what_is_counted_names_nobody() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    acme.visitor()
        .post_json(SESSION, &credentials("owner@acme.example", "wrong"))
        .await
        .is(401);
    let readable = "SELECT count(*) FROM platform.rate_limits
                     WHERE position('acme' IN encode(subject_hash, 'escape')) > 0
                        OR position('127.0.0.1' IN encode(subject_hash, 'escape')) > 0";
    assert_eq!(number(&app, readable).await, 0);
    assert!(
        number(
            &app,
            "SELECT count(*) FROM platform.rate_limits WHERE length(subject_hash) = 32"
        )
        .await
            >= 2
    );
}
