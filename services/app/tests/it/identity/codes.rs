//! One-time codes: switching them on, signing in with them, and the day the app is lost.

use jiff::SignedDuration;
use kernel::clock::Clock;
use passwords::totp::{STEP_S, Seed};
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use super::{SESSION, TOKEN, attempts, credentials, text};
use crate::rows::{run, schema, texts};

const TOTP: &str = "/api/v1/me/totp";
const CONFIRM: &str = "/api/v1/me/totp/confirm";
const RECOVERY: &str = "/api/v1/me/recovery-codes";
const SECURITY: &str = "/api/v1/me/security";
const OWNER: &str = "owner@acme.example";

async fn confirm(person: &Visitor, code: &str) -> Answer {
    person.post_json(CONFIRM, &json!({ "code": code })).await
}

/// Switches codes on for the owner. Answers the seed and the recovery codes.
async fn switch_on(app: &TestApp, acme: &TestTenant<'_>) -> (Seed, Vec<String>) {
    let made = acme.owner().post(TOTP).await.is(200).json();
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let code = seed.code(app.clock.now());
    let confirmed = confirm(acme.owner(), &code).await.is(200).json();
    let codes = confirmed["recovery_codes"]
        .as_array()
        .expect("codes")
        .clone();
    let codes = codes
        .iter()
        .map(|it| it.as_str().expect("a code").to_owned());
    (seed, codes.collect())
}

async fn sign_in(visitor: &Visitor, path: &str, code: &str) -> Answer {
    let mut body = credentials(OWNER, PASSWORD);
    body["totp_code"] = json!(code);
    visitor.post_json(path, &body).await
}

#[actix_web::test]
async fn signing_in_asks_for_a_code_once_one_was_shown() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let made = acme.owner().post(TOTP).await.is(200).json();
    // Nothing asks for it yet: its owner may have lost the picture.
    let plain = credentials(OWNER, PASSWORD);
    acme.visitor().post_json(SESSION, &plain).await.is(200);
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let wrong = confirm(acme.owner(), "000000")
        .await
        .is_problem(400, "validation_failed")
        .json();
    assert_eq!(wrong["errors"][0]["pointer"], "/code");
    let code = seed.code(app.clock.now());
    confirm(acme.owner(), &code).await.is(200);
    for path in [SESSION, TOKEN] {
        acme.visitor()
            .post_json(path, &plain)
            .await
            .is_problem(401, "second_factor_required");
        sign_in(acme.visitor(), path, &code)
            .await
            .is_problem(401, "invalid_code");
        app.advance(SignedDuration::from_secs(STEP_S));
        sign_in(acme.visitor(), path, &seed.code(app.clock.now()))
            .await
            .is(200);
    }
    let wrong = json!({ "email": OWNER, "password": "not my password at all" });
    acme.visitor()
        .post_json(SESSION, &wrong)
        .await
        .is_problem(401, "invalid_credentials");
    let log = attempts(&app, "acme").await;
    assert_eq!(
        log[log.len() - 4..],
        ["code_missing", "wrong_code", "signed_in", "wrong_password"]
    );
}

#[actix_web::test]
async fn a_code_is_good_once_and_for_a_step_before_and_after() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (seed, _) = switch_on(&app, &acme).await;
    app.advance(SignedDuration::from_mins(5));
    let step = SignedDuration::from_secs(STEP_S);
    let at = |steps: i32| seed.code(app.clock.now() + step * steps);
    for far in [-2, 2] {
        sign_in(acme.visitor(), SESSION, &at(far))
            .await
            .is_problem(401, "invalid_code");
    }
    sign_in(acme.visitor(), SESSION, &at(1)).await.is(200);
    for used in [-1, 0, 1] {
        sign_in(acme.visitor(), SESSION, &at(used))
            .await
            .is_problem(401, "invalid_code");
    }
}

#[actix_web::test]
async fn codes_cannot_be_guessed() {
    let app = TestApp::start_with(|config| config.limits.login_failures_per_hour = 3).await;
    let acme = app.tenant("acme").await;
    let (seed, _) = switch_on(&app, &acme).await;
    app.advance(SignedDuration::from_mins(1));
    // One was tried when they were switched on.
    for _ in 0..2 {
        sign_in(acme.visitor(), SESSION, "000000")
            .await
            .is_problem(401, "invalid_code");
    }
    sign_in(acme.visitor(), SESSION, &seed.code(app.clock.now()))
        .await
        .is_problem(429, "rate_limited");
}

#[actix_web::test]
async fn a_recovery_code_lets_its_owner_in_once_and_tells_them() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (_, codes) = switch_on(&app, &acme).await;
    assert_eq!(codes.len(), 10);
    app.run_jobs().await;
    let typed = codes[0].replace('-', " ").to_uppercase();
    sign_in(acme.visitor(), SESSION, &typed).await.is(200);
    sign_in(acme.visitor(), SESSION, &codes[0])
        .await
        .is_problem(401, "invalid_code");
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert_eq!(mail.subject, "A recovery code was used (acme)");
    let security = acme.owner().get(SECURITY).await.is(200).json();
    assert_eq!(security["recovery_codes_left"], 9);
    let next = acme.owner().post(RECOVERY).await.is(200).json();
    assert_eq!(next["recovery_codes"].as_array().map(Vec::len), Some(10));
    sign_in(acme.visitor(), SESSION, &codes[1])
        .await
        .is_problem(401, "invalid_code");
    sign_in(
        acme.visitor(),
        SESSION,
        next["recovery_codes"][0].as_str().expect("a code"),
    )
    .await
    .is(200);
}

#[actix_web::test]
async fn a_new_password_does_not_go_round_the_code() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    switch_on(&app, &acme).await;
    let asked = json!({ "email": OWNER });
    acme.visitor()
        .post_json("/api/v1/auth/forgot-password", &asked)
        .await
        .is(202);
    let token = app.mailed_token(OWNER).await;
    let chosen = json!({ "token": token, "password": "marmalade gantry flute 4" });
    acme.visitor()
        .post_json("/api/v1/auth/reset-password", &chosen)
        .await
        .is(200);
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, "marmalade gantry flute 4"))
        .await
        .is_problem(401, "second_factor_required");
}

#[actix_web::test]
async fn switching_codes_on_and_off_wants_a_recent_proof_and_an_order() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    confirm(acme.owner(), "000000")
        .await
        .is_problem(409, "no_codes");
    acme.owner().delete(TOTP).await.is_problem(409, "no_codes");
    acme.owner()
        .post(RECOVERY)
        .await
        .is_problem(409, "no_codes");
    switch_on(&app, &acme).await;
    acme.owner().post(TOTP).await.is_problem(409, "has_codes");
    confirm(acme.owner(), "000000")
        .await
        .is_problem(409, "has_codes");
    let security: Value = acme.owner().get(SECURITY).await.is(200).json();
    assert_eq!(
        security,
        json!({ "has_password": true, "password_changed_at": null,
                "codes_since": "2026-11-20T12:00:00Z", "recovery_codes_left": 10,
                "prove_by": ["password", "code"] })
    );
    app.advance(SignedDuration::from_mins(10));
    for answer in [
        acme.owner().delete(TOTP).await,
        acme.owner().post(RECOVERY).await,
        acme.owner().post(TOTP).await,
    ] {
        answer.is_problem(403, "reauthentication_required");
    }
    app.advance(SignedDuration::from_secs(-1));
    acme.owner().delete(TOTP).await.is(204);
    acme.visitor()
        .post_json(SESSION, &credentials(OWNER, PASSWORD))
        .await
        .is(200);
}

#[actix_web::test]
async fn a_seed_is_sealed_for_its_row() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (seed, _) = switch_on(&app, &acme).await;
    let schema = schema(&app, "acme").await;
    let kept =
        format!("SELECT encode(totp_secret, 'hex') FROM {schema}.users WHERE role = 'owner'");
    let kept = texts(&app, &kept).await.remove(0);
    let bare: String = seed
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(!kept.contains(&bare), "it is not in clear");
    acme.member(kernel::roles::Role::Viewer).await;
    let moved = format!(
        "UPDATE {schema}.users SET totp_confirmed_at = now(), totp_secret =
                (SELECT totp_secret FROM {schema}.users WHERE role = 'owner')
          WHERE role = 'viewer'"
    );
    run(&app, &moved).await;
    let email = format!("SELECT email FROM {schema}.users WHERE role = 'viewer'");
    let email = texts(&app, &email).await.remove(0);
    app.advance(SignedDuration::from_mins(1));
    let mut body = credentials(&email, PASSWORD);
    body["totp_code"] = json!(seed.code(app.clock.now()));
    acme.visitor()
        .post_json(SESSION, &body)
        .await
        .is_problem(500, "internal");
}
