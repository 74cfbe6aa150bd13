//! Proving again who one is without a password: by a one-time code, by a passkey.

use jiff::SignedDuration;
use kernel::clock::Clock;
use kernel::roles::Role;
use passwords::totp::{STEP_S, Seed};
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use super::passkeys::{SESSION, add, device, shown};
use super::{attempts, text};
use crate::rows::{run, schema};

const CONFIRM: &str = "/api/v1/auth/reauthenticate";
const SECURITY: &str = "/api/v1/me/security";
/// Wants a recent proof.
const SENSITIVE: &str = "/api/v1/me/passkeys/options";

async fn prove(person: &Visitor, proof: &Value) -> Answer {
    person.post_json(CONFIRM, proof).await
}

/// Switches the owner's codes on, and takes their password away.
async fn codes_only(app: &TestApp, acme: &TestTenant<'_>) -> Seed {
    let made = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let code = json!({ "code": seed.code(app.clock.now()) });
    let confirm = "/api/v1/me/totp/confirm";
    acme.owner().post_json(confirm, &code).await.is(200);
    without_password(app).await;
    seed
}

async fn without_password(app: &TestApp) {
    let none = format!(
        "UPDATE {}.users SET password_hash = NULL WHERE role = 'owner'",
        schema(app, "acme").await
    );
    run(app, &none).await;
}

async fn prove_by(person: &Visitor) -> Value {
    person.get(SECURITY).await.is(200).json()["prove_by"].clone()
}

#[tokio::test]
async fn a_code_proves_once_who_has_no_password() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let seed = codes_only(&app, &acme).await;
    assert_eq!(prove_by(acme.owner()).await, json!(["code"]));
    app.advance(SignedDuration::from_mins(10));
    let refused = acme.owner().post(SENSITIVE).await;
    refused.is_problem(403, "reauthentication_required");
    let password = prove(acme.owner(), &json!({ "password": PASSWORD })).await;
    password.is_problem(403, "wrong_password");
    let wrong = prove(acme.owner(), &json!({ "code": "000000" })).await;
    wrong.is_problem(403, "wrong_code");
    let code = json!({ "code": seed.code(app.clock.now()) });
    let confirmed = prove(acme.owner(), &code).await.is(204);
    let owner = acme.visitor().signed_in(&confirmed);
    owner.post(SENSITIVE).await.is(200);
    let again = prove(&owner, &code).await;
    again.is_problem(403, "wrong_code");
    app.advance(SignedDuration::from_secs(STEP_S));
    let next = json!({ "code": seed.code(app.clock.now()) });
    prove(&owner, &next).await.is(204);
    let log = attempts(&app, "acme").await;
    let told = [
        "confirmation_refused",
        "confirmation_refused",
        "confirmed",
        "confirmation_refused",
        "confirmed",
    ];
    assert_eq!(log[log.len() - 5..], told);
}

#[tokio::test]
async fn codes_that_prove_nothing_are_counted() {
    let app = TestApp::start_with(|config| config.limits.login_failures_per_hour = 3).await;
    let acme = app.tenant("acme").await;
    let seed = codes_only(&app, &acme).await;
    app.advance(SignedDuration::from_mins(10));
    // One was tried when they were switched on.
    for _ in 0..2 {
        let wrong = prove(acme.owner(), &json!({ "code": "000000" })).await;
        wrong.is_problem(403, "wrong_code");
        // Longer than whoever guesses waits for the next try.
        app.advance(SignedDuration::from_mins(2));
    }
    let code = json!({ "code": seed.code(app.clock.now()) });
    let limited = prove(acme.owner(), &code).await;
    limited.is_problem(429, "rate_limited");
}

#[tokio::test]
async fn whoever_has_no_codes_proves_nothing_by_one() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    assert_eq!(prove_by(acme.owner()).await, json!(["password"]));
    let none = prove(acme.owner(), &json!({ "code": "000000" })).await;
    none.is_problem(409, "no_codes");
    // A seed that was never shown to work proves nothing either.
    let made = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let code = json!({ "code": seed.code(app.clock.now()) });
    prove(acme.owner(), &code).await.is_problem(409, "no_codes");
    without_password(&app).await;
    assert_eq!(prove_by(acme.owner()).await, json!([]));
}

#[tokio::test]
async fn a_passkey_proves_its_owner_and_nobody_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let (mut own, mut other) = (device("acme"), device("acme"));
    add(acme.owner(), &mut own, "Phone").await;
    add(&viewer, &mut other, "Phone").await;
    assert_eq!(prove_by(acme.owner()).await, json!(["passkey", "password"]));
    app.advance(SignedDuration::from_mins(10));
    let theirs = json!({ "passkey": shown(acme.visitor(), &mut other).await });
    let refused = prove(acme.owner(), &theirs).await;
    refused.is_problem(403, "wrong_passkey");
    own.unlocked = false;
    let locked = json!({ "passkey": shown(acme.visitor(), &mut own).await });
    let refused = prove(acme.owner(), &locked).await;
    refused.is_problem(403, "wrong_passkey");
    own.unlocked = true;
    let refused = acme.owner().post(SENSITIVE).await;
    refused.is_problem(403, "reauthentication_required");
    let proof = json!({ "passkey": shown(acme.visitor(), &mut own).await });
    let confirmed = prove(acme.owner(), &proof).await.is(204);
    let owner = acme.visitor().signed_in(&confirmed);
    owner.post(SENSITIVE).await.is(200);
    let again = prove(&owner, &proof).await;
    again.is_problem(403, "wrong_passkey");
    // What proved does not sign in as well.
    let session = acme.visitor().post_json(SESSION, &proof["passkey"]).await;
    session.is_problem(401, "invalid_passkey");
    // A copy of the device is written down as one.
    own.counter = 0;
    let copied = json!({ "passkey": shown(acme.visitor(), &mut own).await });
    prove(&owner, &copied)
        .await
        .is_problem(403, "wrong_passkey");
    let log = attempts(&app, "acme").await;
    assert_eq!(
        log[log.len() - 2..],
        ["passkey_cloned", "confirmation_refused"]
    );
}

#[tokio::test]
async fn one_proof_is_sent_and_a_bad_one_is_named() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    let passkey = shown(acme.visitor(), &mut phone).await;
    let mut headless = passkey.clone();
    headless["handle"] = json!("short");
    for (proof, pointer) in [
        (json!({ "password": PASSWORD, "code": "000000" }), "/code"),
        (
            json!({ "password": PASSWORD, "passkey": passkey }),
            "/passkey",
        ),
        (json!({ "code": "" }), "/code"),
        (json!({ "code": "1".repeat(33) }), "/code"),
        (json!({ "passkey": headless }), "/passkey/handle"),
        (json!({}), "/password"),
    ] {
        let answer = prove(acme.owner(), &proof).await;
        let answer = answer.is_problem(400, "validation_failed").json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{answer}");
    }
}
