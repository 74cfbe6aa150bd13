//! Passkeys: made by somebody who is signed in, and signing them in without a password; and everything that
//! must not.

use jiff::SignedDuration;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Authenticator, TestApp, Visitor};

use super::{ME, attempts, audit, text};
use crate::rows::{number, run, schema, texts};

pub const OPTIONS: &str = "/api/v1/auth/passkeys/options";
pub const SESSION: &str = "/api/v1/auth/passkeys/session";
pub const ADD_OPTIONS: &str = "/api/v1/me/passkeys/options";
pub const OWN: &str = "/api/v1/me/passkeys";
const OWNER: &str = "owner@acme.example";

/// A device in a browser on `slug`'s page.
pub fn device(slug: &str) -> Authenticator {
    Authenticator::on(&format!("http://{slug}.localhost"))
}

/// What a browser is asked.
pub fn public_key(asked: &Value) -> &Value {
    &asked["public_key"]
}

async fn offer(person: &Visitor, device: &mut Authenticator, name: &str) -> Answer {
    let asked = person.post(ADD_OPTIONS).await.is(200).json();
    let body = json!({
        "handle": asked["handle"],
        "name": name,
        "credential": device.make(public_key(&asked)),
    });
    person.post_json(OWN, &body).await
}

/// Adds a passkey of `person`'s. Answers its id.
pub async fn add(person: &Visitor, device: &mut Authenticator, name: &str) -> String {
    let added = offer(person, device, name).await.is(201).json();
    text(&added, "id").to_owned()
}

/// What the page sends after `device` answered.
pub async fn shown(visitor: &Visitor, device: &mut Authenticator) -> Value {
    let asked = visitor.post(OPTIONS).await.is(200).json();
    json!({ "handle": asked["handle"], "credential": device.show(public_key(&asked)) })
}

async fn sign_in(visitor: &Visitor, device: &mut Authenticator) -> Answer {
    let body = shown(visitor, device).await;
    visitor.post_json(SESSION, &body).await
}

async fn refused(visitor: &Visitor, device: &mut Authenticator) {
    let refused = sign_in(visitor, device).await;
    let refused = refused.is_problem(401, "invalid_passkey");
    assert_eq!(refused.cookie(), None);
}

/// Whether the log of attempts ends so.
async fn last_attempts(app: &TestApp, expected: &[&str]) {
    let log = attempts(app, "acme").await;
    assert_eq!(log[log.len() - expected.len()..], *expected);
}

#[tokio::test]
async fn a_passkey_signs_its_owner_in_without_a_password() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    let asked = acme.owner().post(ADD_OPTIONS).await.is(200).json();
    let options = public_key(&asked);
    assert_eq!(
        options["rp"],
        json!({ "id": "acme.localhost", "name": "acme" })
    );
    assert_eq!(options["user"]["name"], OWNER);
    let wanted = &options["authenticatorSelection"];
    assert_eq!(wanted["residentKey"], "required");
    assert_eq!(wanted["userVerification"], "required");
    let id = add(acme.owner(), &mut phone, "  Ann's phone ").await;
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert_eq!(mail.subject, "A passkey signs you in now (acme)");
    app.advance(SignedDuration::from_mins(1));
    let session = sign_in(acme.visitor(), &mut phone).await.is(200);
    assert_eq!(session.json()["user"]["email"], OWNER);
    let browser = acme.visitor().signed_in(&session);
    browser.get(ME).await.is(200);
    last_attempts(&app, &["signed_in"]).await;
    let own = browser.get(OWN).await.is(200).json();
    assert_eq!(
        own,
        json!({ "items": [{
            "id": id, "name": "Ann's phone", "host": "acme.localhost", "works_here": true,
            "created_at": "2026-11-20T12:00:00Z", "last_used_at": "2026-11-20T12:01:00Z",
        }] })
    );
    let sessions = browser.get("/api/v1/auth/sessions").await.is(200).json();
    assert_eq!(sessions["items"][0]["method"], "passkey");
}

#[tokio::test]
async fn no_code_is_asked_for_besides() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    let schema = schema(&app, "acme").await;
    let asks = format!("UPDATE {schema}.users SET totp_confirmed_at = now(), password_hash = NULL");
    run(&app, &asks).await;
    sign_in(acme.visitor(), &mut phone).await.is(200);
}

#[tokio::test]
async fn a_challenge_is_good_once_for_five_minutes_and_on_its_own_host() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    let body = shown(acme.visitor(), &mut phone).await;
    acme.visitor().post_json(SESSION, &body).await.is(200);
    let again = acme.visitor().post_json(SESSION, &body).await;
    again.is_problem(401, "invalid_passkey");
    // An answer that was no good uses the challenge up as well.
    let body = shown(acme.visitor(), &mut phone).await;
    let mut forged = body.clone();
    forged["credential"]["response"]["signature"] = json!("AAAA");
    for body in [&forged, &body] {
        let answer = acme.visitor().post_json(SESSION, body).await;
        answer.is_problem(401, "invalid_passkey");
    }
    // A challenge of another organisation's.
    let asked = globex.visitor().post(OPTIONS).await.is(200).json();
    let other = json!({ "handle": asked["handle"], "credential": phone.show(public_key(&asked)) });
    for visitor in [acme.visitor(), globex.visitor()] {
        let answer = visitor.post_json(SESSION, &other).await;
        answer.is_problem(401, "invalid_passkey");
    }
    let timely = shown(acme.visitor(), &mut phone).await;
    let late = shown(acme.visitor(), &mut phone).await;
    app.advance(SignedDuration::from_secs(299));
    acme.visitor().post_json(SESSION, &timely).await.is(200);
    app.advance(SignedDuration::from_secs(1));
    let answer = acme.visitor().post_json(SESSION, &late).await;
    answer.is_problem(401, "invalid_passkey");
    // What is over is swept away by the next one.
    acme.visitor().post(OPTIONS).await.is(200);
    let kept = format!(
        "SELECT count(*) FROM {}.one_time_tokens WHERE purpose = 'use_passkey'",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &kept).await, 1);
}

#[tokio::test]
async fn a_page_elsewhere_a_locked_device_and_a_copied_one_sign_nobody_in() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    sign_in(acme.visitor(), &mut phone).await.is(200);
    for elsewhere in [
        "http://acme.localhost.evil.example",
        "http://globex.localhost",
        "https://acme.localhost",
        "http://acme.localhost:1",
    ] {
        phone.origin = elsewhere.to_owned();
        refused(acme.visitor(), &mut phone).await;
    }
    phone.origin = "http://acme.localhost".to_owned();
    phone.rp_id = Some("localhost".to_owned());
    refused(acme.visitor(), &mut phone).await;
    phone.rp_id = None;
    phone.unlocked = false;
    refused(acme.visitor(), &mut phone).await;
    phone.unlocked = true;
    last_attempts(&app, &["passkey_refused"]).await;
    // What the row has seen is 1: the answer says 1 again, as a copy of the device would.
    phone.counter = 0;
    refused(acme.visitor(), &mut phone).await;
    last_attempts(&app, &["passkey_refused", "passkey_cloned"]).await;
    phone.counter = 100;
    sign_in(acme.visitor(), &mut phone).await.is(200);
    phone.counter = 50;
    refused(acme.visitor(), &mut phone).await;
}

#[tokio::test]
async fn a_device_that_does_not_count_is_no_copy() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut synced = device("acme");
    add(acme.owner(), &mut synced, "Synced").await;
    for _ in 0..2 {
        // It adds one before it answers, and answers 0.
        synced.counter = u32::MAX;
        sign_in(acme.visitor(), &mut synced).await.is(200);
    }
}

#[tokio::test]
async fn who_somebody_says_they_are_has_to_be_whose_passkey_it_is() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let mut phone = device("acme");
    add(&viewer, &mut phone, "Phone").await;
    let me = acme.owner().get(ME).await.is(200).json();
    let owner = text(&me["user"], "id").parse().expect("an id");
    phone.claim(owner);
    refused(acme.visitor(), &mut phone).await;
    let mut body = shown(acme.visitor(), &mut phone).await;
    body["credential"]["response"]["userHandle"] = json!(null);
    let answer = acme.visitor().post_json(SESSION, &body).await;
    answer.is_problem(401, "invalid_passkey");
    // A stranger's device is nobody's.
    let mut stranger = device("acme");
    stranger.claim(owner);
    refused(acme.visitor(), &mut stranger).await;
    last_attempts(&app, &["passkey_refused nobody"; 3]).await;
}

#[tokio::test]
async fn an_account_that_is_off_or_not_proven_is_not_signed_in_to() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let mut phone = device("acme");
    add(&viewer, &mut phone, "Phone").await;
    let schema = schema(&app, "acme").await;
    let set = async |state: &str| {
        let state = format!("UPDATE {schema}.users SET state = '{state}' WHERE role = 'viewer'");
        run(&app, &state).await;
    };
    set("deactivated").await;
    refused(acme.visitor(), &mut phone).await;
    set("unverified").await;
    let refused = sign_in(acme.visitor(), &mut phone).await;
    refused.is_problem(403, "email_unverified");
    last_attempts(&app, &["deactivated", "unverified"]).await;
    set("active").await;
    sign_in(acme.visitor(), &mut phone).await.is(200);
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut phone, mut key) = (device("acme"), device("acme"));
    let first = format!("{OWN}/{}", add(acme.owner(), &mut phone, "Phone").await);
    let second = format!("{OWN}/{}", add(acme.owner(), &mut key, "Key").await);
    let schema = schema(&app, "acme").await;
    // Discord is not set up here: being linked to it lets nobody in.
    let only_passkeys = format!(
        "UPDATE {schema}.users SET password_hash = NULL;
         INSERT INTO {schema}.identities (id, user_id, provider, subject, name, created_at)
         SELECT id, id, 'discord', '1', 'Ann', now() FROM {schema}.users"
    );
    run(&app, &only_passkeys).await;
    let elsewhere =
        format!("UPDATE {schema}.passkeys SET host = 'old.localhost' WHERE name = 'Key'");
    run(&app, &elsewhere).await;
    app.run_jobs().await;
    let refused = acme.owner().delete(&first).await;
    refused.is_problem(409, "last_way_in");
    // One of another host opens nothing here, so it can go.
    acme.owner().delete(&second).await.is(204);
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert_eq!(mail.subject, "A passkey was removed (acme)");
    let set = json!({ "password": "marmalade gantry flute 4" });
    acme.owner()
        .post_json("/api/v1/me/password", &set)
        .await
        .is(204);
    acme.owner().delete(&first).await.is(204);
    let again = acme.owner().delete(&first).await;
    again.is_problem(404, "passkey_not_found");
    let gone = sign_in(acme.visitor(), &mut phone).await;
    gone.is_problem(401, "invalid_passkey");
}

#[tokio::test]
async fn one_person_has_ten_and_nobody_has_anothers() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let mut first = device("acme");
    let id = add(acme.owner(), &mut first, "Phone").await;
    // Browsers leave out those it has; one that does not is told.
    let asked = acme.owner().post(ADD_OPTIONS).await.is(200).json();
    let left_out = &public_key(&asked)["excludeCredentials"];
    assert_eq!(left_out.as_array().map(Vec::len), Some(1));
    let again = offer(acme.owner(), &mut first, "Again").await;
    again.is_problem(400, "passkey_not_added");
    let known = offer(&viewer, &mut first, "Mine").await;
    known.is_problem(409, "passkey_known");
    let path = format!("{OWN}/{id}");
    let name = json!({ "name": "Mine" });
    let renamed = viewer.send_json(Method::PATCH, &path, None, &name).await;
    renamed.is_problem(404, "passkey_not_found");
    let removed = viewer.delete(&path).await;
    removed.is_problem(404, "passkey_not_found");
    let renamed = acme.owner().send_json(Method::PATCH, &path, None, &name);
    assert_eq!(renamed.await.is(200).json()["name"], "Mine");
    assert_eq!(viewer.get(OWN).await.is(200).json(), json!({ "items": [] }));
    for n in 1..10 {
        add(acme.owner(), &mut device("acme"), &format!("Key {n}")).await;
    }
    let full = acme.owner().post(ADD_OPTIONS).await;
    full.is_problem(409, "passkey_limit");
    let log = audit(&app, "acme").await;
    let told: Vec<&String> = log
        .iter()
        .filter(|it| it.starts_with("passkey.changed"))
        .collect();
    assert_eq!(told.len(), 11);
    assert!(told[1].contains(r#""change": "renamed""#), "{}", told[1]);
}

#[tokio::test]
async fn adding_wants_a_recent_proof_and_an_answer_to_what_was_asked() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let mut phone = device("acme");
    let not_added = async |person: &Visitor, body: &Value| {
        let answer = person.post_json(OWN, body).await;
        answer.is_problem(400, "passkey_not_added");
    };
    let asked = acme.owner().post(ADD_OPTIONS).await.is(200).json();
    let offered = |phone: &mut Authenticator, asked: &Value| json!({ "handle": asked["handle"], "name": "Phone", "credential": phone.make(public_key(asked)) });
    // Somebody else's challenge is left to them.
    not_added(&viewer, &offered(&mut phone, &asked)).await;
    phone.unlocked = false;
    not_added(acme.owner(), &offered(&mut phone, &asked)).await;
    phone.unlocked = true;
    // That one is used up; and the next makes the one before worth nothing.
    not_added(acme.owner(), &offered(&mut phone, &asked)).await;
    let before = acme.owner().post(ADD_OPTIONS).await.is(200).json();
    let late = acme.owner().post(ADD_OPTIONS).await.is(200).json();
    not_added(acme.owner(), &offered(&mut phone, &before)).await;
    app.advance(SignedDuration::from_mins(5));
    not_added(acme.owner(), &offered(&mut phone, &late)).await;
    // A challenge of signing in makes none, and one of making signs nobody in.
    let other = acme.visitor().post(OPTIONS).await.is(200).json();
    let mut body = offered(
        &mut phone,
        &acme.owner().post(ADD_OPTIONS).await.is(200).json(),
    );
    body["handle"] = other["handle"].clone();
    not_added(acme.owner(), &body).await;
    app.advance(SignedDuration::from_mins(5));
    for answer in [
        acme.owner().post(ADD_OPTIONS).await,
        acme.owner().post_json(OWN, &body).await,
        acme.owner()
            .delete(format!("{OWN}/00000000-0000-7000-8000-000000000000"))
            .await,
    ] {
        answer.is_problem(403, "reauthentication_required");
    }
    let kept = format!("SELECT name FROM {}.passkeys", schema(&app, "acme").await);
    assert_eq!(texts(&app, &kept).await, [""; 0]);
}

#[tokio::test]
async fn what_is_not_sent_well_is_named() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    let id = add(acme.owner(), &mut phone, "Phone").await;
    let body = shown(acme.visitor(), &mut phone).await;
    let with = |pointer: &str, value: Value| {
        let mut body = body.clone();
        *body.pointer_mut(pointer).expect("a member") = value;
        body
    };
    for (body, pointer) in [
        (with("/handle", json!("short")), "/handle"),
        (with("/credential", json!("no object")), "/credential"),
        (with("/credential/rawId", json!("%")), "/credential/rawId"),
        (json!({ "handle": "x" }), "/credential"),
    ] {
        let answer = acme.visitor().post_json(SESSION, &body).await;
        let answer = answer.is_problem(400, "validation_failed").json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{answer}");
    }
    for name in ["", "  ", "a\u{202e}b", &"x".repeat(121)] {
        let path = format!("{OWN}/{id}");
        let body = json!({ "name": name });
        let answer = acme.owner().send_json(Method::PATCH, &path, None, &body);
        let answer = answer.await.is_problem(400, "validation_failed").json();
        assert_eq!(answer["errors"][0]["pointer"], "/name");
    }
}

#[tokio::test]
async fn passkeys_that_open_nothing_are_counted_and_written_down() {
    let app = TestApp::start_with(|config| config.limits.login_failures_per_hour = 3).await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    for _ in 0..5 {
        sign_in(acme.visitor(), &mut phone).await.is(200);
    }
    let mut stranger = device("acme");
    stranger.claim(uuid::Uuid::nil());
    for _ in 0..3 {
        refused(acme.visitor(), &mut stranger).await;
    }
    let limited = sign_in(acme.visitor(), &mut phone).await;
    limited.is_problem(429, "rate_limited");
    last_attempts(&app, &["passkey_refused nobody", "limited nobody"]).await;
}

#[tokio::test]
async fn a_passkey_works_on_the_host_it_was_made_on() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.passkeys SET host = 'old.localhost'"),
    )
    .await;
    refused(acme.visitor(), &mut phone).await;
    let own = acme.owner().get(OWN).await.is(200).json();
    assert_eq!(own["items"][0]["host"], "old.localhost");
    assert_eq!(own["items"][0]["works_here"], false);
    let security = acme.owner().get("/api/v1/me/security").await.is(200).json();
    assert_eq!(security["prove_by"], json!(["password"]));
}
