//! How long somebody stays signed in, and how that ends.

use jiff::SignedDuration;
use jobs::{Hint, Signal};
use reqwest::Method;
use testkit::{Answer, TestApp};

use super::{LOGOUT, ME, attempts, audit, program, text};
use crate::rows::{run, schema};

#[actix_web::test]
async fn signing_out_ends_the_session_at_once_and_everywhere() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let elsewhere = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    let rows = acme.audit_rows().await;
    let answer = acme.owner().post(LOGOUT).await.is(204);
    assert_eq!(
        answer.header("set-cookie"),
        "session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
    );
    assert_eq!(answer.text, "");
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    acme.owner()
        .post(LOGOUT)
        .await
        .is_problem(401, "unauthenticated");
    elsewhere.get(ME).await.is(200);
    assert_eq!(acme.audit_rows().await, rows + 1);
    let last = audit(&app, "acme").await.pop().expect("a row");
    assert!(
        last.starts_with("session.ended user") && last.ends_with(r#"{"reason": "signed_out"}"#),
        "{last}"
    );
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("signed_out")
    );
}

#[actix_web::test]
async fn every_process_hears_that_a_session_is_over() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut hints = app.house.bus.subscribe();
    acme.owner().post(LOGOUT).await.is(204);
    app.run_jobs().await;
    loop {
        if let Some(Signal::Hint(Hint::SessionEnded { tenant, .. })) = hints.next().await {
            assert_eq!(tenant, acme.tenant.id());
            break;
        }
    }
}

#[actix_web::test]
async fn a_program_signs_out_with_its_access_token() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), "owner@acme.example").await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    bearer.post(LOGOUT).await.is(204);
    bearer.get(ME).await.is_problem(401, "unauthenticated");
    let refresh = serde_json::json!({ "refresh_token": tokens["refresh_token"] });
    acme.visitor()
        .post_json(super::REFRESH, &refresh)
        .await
        .is_problem(401, "invalid_token");
}

#[actix_web::test]
async fn a_browser_stays_signed_in_for_14_days() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.advance(SignedDuration::from_hours(14 * 24) - SignedDuration::from_secs(1));
    acme.owner().get(ME).await.is(200);
    app.advance(SignedDuration::from_secs(1));
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_cookie_is_worth_nothing_without_its_secret() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let cookie = acme.owner().cookie().expect("a cookie").to_owned();
    let last = if cookie.ends_with('A') { 'E' } else { 'A' };
    let forged = format!("{}{last}", &cookie[..cookie.len() - 1]);
    acme.visitor()
        .with_cookie(&forged)
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    for other in [
        "session=",
        "session=x",
        "session=' OR 1=1 --",
        "__Host-session=x",
    ] {
        acme.visitor()
            .with_cookie(other)
            .get(ME)
            .await
            .is_problem(401, "unauthenticated");
    }
}

#[actix_web::test]
async fn an_account_that_is_switched_off_is_signed_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.sessions SET user_state = 'deactivated'"),
    )
    .await;
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_sign_anybody_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let cookie = acme.owner().cookie().expect("a cookie").to_owned();
    for site in ["same-site", "cross-site", "none"] {
        let request = acme.visitor().request(Method::POST, LOGOUT);
        let request = request
            .header("cookie", &cookie)
            .header("sec-fetch-site", site);
        Answer::of(request).await.is_problem(403, "csrf_refused");
    }
    acme.owner().get(ME).await.is(200);
}
