//! Forgetting a password, choosing another, and saying that it was somebody else.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use kernel::clock::Clock;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, SESSION, attempts, audit, credentials, program, text, unverified};
use crate::rows::{number, run, schema};

const FORGOT: &str = "/api/v1/auth/forgot-password";
const RESET: &str = "/api/v1/auth/reset-password";
const NOT_ME: &str = "/api/v1/auth/not-me";
const PASSWORD_OF_MINE: &str = "/api/v1/me/password";
const OWNER: &str = "owner@acme.example";
const OTHER: &str = "marmalade gantry flute 4";

async fn forget(visitor: &Visitor, email: &str) -> Answer {
    visitor.post_json(FORGOT, &json!({ "email": email })).await
}

async fn reset(visitor: &Visitor, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    visitor.post_json(RESET, &body).await
}

async fn change(person: &Visitor, present: &str, next: &str) -> Answer {
    let body = json!({ "current_password": present, "password": next });
    Answer::of(person.request(Method::PUT, PASSWORD_OF_MINE).json(&body)).await
}

#[actix_web::test]
async fn the_link_of_the_mail_leads_to_another_password_once_and_ends_every_session() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), OWNER).await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    forget(acme.visitor(), "OWNER@acme.example").await.is(202);
    let token = app.mailed_token(OWNER).await;
    let answer = reset(acme.visitor(), &token, OTHER).await.is(200);
    assert_json_snapshot!(answer.json(), @r#"
    {
      "email": "owner@acme.example",
      "status": "changed"
    }
    "#);
    assert_eq!(answer.cookie(), None, "a link signs nobody in");
    for gone in [acme.owner(), &bearer] {
        gone.get(ME).await.is_problem(401, "unauthenticated");
    }
    reset(acme.visitor(), &token, PASSWORD)
        .await
        .is_problem(404, "token_not_found");
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, PASSWORD))
        .await
        .is_problem(401, "invalid_credentials");
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, OTHER))
        .await
        .is(200);
    let log = attempts(&app, "acme").await;
    assert_eq!(
        log[log.len() - 4..],
        [
            "password_reset",
            "reset_refused nobody",
            "wrong_password",
            "signed_in"
        ]
    );
    let rows = audit(&app, "acme").await;
    let row = rows.iter().find(|row| row.starts_with("password.changed"));
    let row = row.expect("a row");
    assert!(
        row.contains(r#""change": "reset""#) && row.contains(r#""sessions_ended": 2"#),
        "{row}"
    );
}

#[actix_web::test]
async fn asking_answers_the_same_for_every_address_and_mails_only_people() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let known = forget(acme.visitor(), OWNER).await.is(202);
    let unknown = forget(acme.visitor(), "nobody@acme.example").await.is(202);
    assert_eq!(known.text, unknown.text);
    let switched_off = format!(
        "UPDATE {}.users SET state = 'deactivated'",
        schema(&app, "acme").await
    );
    app.run_jobs().await;
    assert!(
        app.newest_mail(OWNER)
            .expect("a mail")
            .subject
            .contains("new password")
    );
    assert_eq!(app.newest_mail("nobody@acme.example"), None);
    run(&app, &switched_off).await;
    let token = app.mailed_token(OWNER).await;
    reset(acme.visitor(), &token, OTHER)
        .await
        .is_problem(404, "token_not_found");
}

#[actix_web::test]
async fn whoever_has_not_proven_their_address_gets_that_link_instead() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    forget(&acme, &email).await.is(202);
    app.run_jobs().await;
    let mail = app.newest_mail(&email).expect("a mail");
    assert_eq!(mail.subject, "Confirm your address for acme");
}

#[actix_web::test]
async fn a_link_to_a_new_password_is_good_for_an_hour_here_and_for_nothing_else() {
    let app = TestApp::start().await;
    let (acme, globex) = (app.tenant("acme").await, app.tenant("globex").await);
    forget(acme.visitor(), OWNER).await.is(202);
    let older = app.mailed_token(OWNER).await;
    forget(acme.visitor(), OWNER).await.is(202);
    let token = app.mailed_token(OWNER).await;
    reset(acme.visitor(), &older, OTHER)
        .await
        .is_problem(404, "token_not_found");
    reset(globex.visitor(), &token, OTHER)
        .await
        .is_problem(404, "token_not_found");
    for path in [
        "/api/v1/auth/verify-email",
        "/api/v1/auth/confirm-email",
        NOT_ME,
    ] {
        acme.visitor()
            .post_json(path, &json!({ "token": token }))
            .await
            .is_problem(404, "token_not_found");
    }
    app.advance(SignedDuration::from_hours(1));
    reset(acme.visitor(), &token, OTHER)
        .await
        .is_problem(404, "token_not_found");
    app.advance(SignedDuration::from_secs(-1));
    reset(acme.visitor(), &token, OTHER).await.is(200);
}

#[actix_web::test]
async fn a_password_that_is_easy_to_guess_leaves_the_link_as_it_is() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    forget(acme.visitor(), OWNER).await.is(202);
    let token = app.mailed_token(OWNER).await;
    let weak = reset(acme.visitor(), &token, "owner@acme.example")
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(weak.json()["errors"][0]["pointer"], "/password");
    assert_eq!(weak.json()["errors"][0]["code"], "contains_context");
    acme.owner().get(ME).await.is(200);
    reset(acme.visitor(), &token, OTHER).await.is(200);
}

#[actix_web::test]
async fn the_link_of_a_mail_points_to_the_host_of_the_organisation_whatever_was_asked() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let request = acme
        .visitor()
        .request(Method::POST, FORGOT)
        .header("x-forwarded-host", "evil.example")
        .json(&json!({ "email": OWNER }));
    Answer::of(request).await.is(202);
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert!(
        mail.text
            .contains("http://acme.localhost/reset-password#token="),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("evil"), "{}", mail.text);
}

#[actix_web::test]
async fn whoever_knows_the_password_changes_it_and_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let elsewhere = testkit::sign_in(acme.visitor(), OWNER).await;
    let wrong = change(acme.owner(), "not my password at all", OTHER)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/current_password");
    let weak = change(acme.owner(), PASSWORD, "short")
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(weak.json()["errors"][0]["pointer"], "/password");
    elsewhere.get(ME).await.is(200);
    change(acme.owner(), PASSWORD, OTHER).await.is(204);
    acme.owner().get(ME).await.is(200);
    elsewhere.get(ME).await.is_problem(401, "unauthenticated");
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert_eq!(mail.subject, "Your password was changed (acme)");
    assert!(
        mail.text.contains("20 November 2026 at 12:00"),
        "{}",
        mail.text
    );
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, OTHER))
        .await
        .is(200);
}

#[actix_web::test]
async fn wrong_passwords_of_whoever_is_signed_in_are_counted() {
    let app = TestApp::start_with(|config| config.limits.login_failures_per_hour = 2).await;
    let acme = app.tenant("acme").await;
    for _ in 0..2 {
        change(acme.owner(), "not my password at all", OTHER)
            .await
            .is_problem(400, "validation_failed");
    }
    change(acme.owner(), PASSWORD, OTHER)
        .await
        .is_problem(429, "rate_limited");
}

#[actix_web::test]
async fn a_first_password_is_set_by_whoever_has_none_and_proved_who_they_are() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let chosen = json!({ "password": OTHER });
    acme.owner()
        .post_json(PASSWORD_OF_MINE, &chosen)
        .await
        .is_problem(409, "has_password");
    let none = format!(
        "UPDATE {}.users SET password_hash = NULL",
        schema(&app, "acme").await
    );
    run(&app, &none).await;
    change(acme.owner(), PASSWORD, OTHER)
        .await
        .is_problem(409, "no_password");
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, PASSWORD))
        .await
        .is_problem(401, "invalid_credentials");
    app.advance(SignedDuration::from_mins(10));
    acme.owner()
        .post_json(PASSWORD_OF_MINE, &chosen)
        .await
        .is_problem(403, "reauthentication_required");
    app.advance(SignedDuration::from_secs(-1));
    acme.owner()
        .post_json(PASSWORD_OF_MINE, &chosen)
        .await
        .is(204);
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, OTHER))
        .await
        .is(200);
}

#[actix_web::test]
async fn whoever_did_not_change_it_takes_the_account_back() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    // Somebody else, at the owner's browser, changes the password and adds an app of their own.
    change(acme.owner(), PASSWORD, OTHER).await.is(204);
    let secret = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = passwords::totp::Seed::parse(text(&secret, "secret")).expect("a seed");
    let code = json!({ "code": seed.code(app.clock.now()) });
    acme.owner()
        .post_json("/api/v1/me/totp/confirm", &code)
        .await
        .is(200);
    let token = app.mailed_token(OWNER).await;
    // Of either mail.
    let body = json!({ "token": token });
    acme.visitor().post_json(NOT_ME, &body).await.is(202);
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    for password in [OTHER, PASSWORD] {
        acme.visitor()
            .post_json(SESSION, &credentials(OWNER, password))
            .await
            .is_problem(401, "invalid_credentials");
    }
    acme.visitor()
        .post_json(NOT_ME, &body)
        .await
        .is_problem(404, "token_not_found");
    let token = app.mailed_token(OWNER).await;
    reset(acme.visitor(), &token, PASSWORD).await.is(200);
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, PASSWORD))
        .await
        .is(200);
    let sessions = format!(
        "SELECT count(*) FROM {}.sessions WHERE revoked_at IS NULL",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &sessions).await, 1);
}

#[actix_web::test]
async fn an_app_that_was_there_for_long_stays_when_a_change_is_disowned() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let long_ago = format!(
        "UPDATE {}.users SET totp_confirmed_at = '2026-01-01', totp_secret = '\\x00'",
        schema(&app, "acme").await
    );
    run(&app, &long_ago).await;
    change(acme.owner(), PASSWORD, OTHER).await.is(204);
    let token = app.mailed_token(OWNER).await;
    acme.visitor()
        .post_json(NOT_ME, &json!({ "token": token }))
        .await
        .is(202);
    let asks = format!(
        "SELECT count(*) FROM {}.users WHERE totp_confirmed_at IS NOT NULL",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &asks).await, 1);
}

#[actix_web::test]
async fn every_role_may_change_its_own_password_and_nobody_signed_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    change(&viewer, PASSWORD, OTHER).await.is(204);
    let nobody: Value = change(acme.visitor(), PASSWORD, OTHER)
        .await
        .is_problem(401, "unauthenticated")
        .json();
    assert_eq!(nobody["status"], 401);
}
