//! Passkeys under the rules: as the second factor that is asked for, and as a way in that is not allowed.

use kernel::clock::Clock;
use kernel::roles::Role;
use passwords::totp::{STEP_S, Seed};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, Visitor};

use super::super::passkeys::{OWN, SESSION, add, device, shown};
use super::super::{ME, attempts, text};
use super::{DESK, OFFICE, another, behind_a_proxy, rules, set};

const ENDPOINTS: &str = "/api/v1/endpoints";
const CONFIRM: &str = "/api/v1/auth/reauthenticate";

fn required() -> Value {
    rules("second_factor_required", json!(true))
}

async fn due(person: &Visitor) -> Value {
    person.get(ME).await.is(200).json()["second_factor_due"].clone()
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_that_an_organisation_asks_for() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut own = device("acme");
    let path = format!("{OWN}/{}", add(acme.owner(), &mut own, "Phone").await);
    set(acme.owner(), &required()).await.is(200);
    assert_eq!(due(acme.owner()).await, json!(false));
    // A password alone is not enough, and does not make a second passkey.
    let held = another(&acme).await;
    assert_eq!(due(&held).await, json!(true));
    let refused = held.post(super::super::passkeys::ADD_OPTIONS).await;
    refused.is_problem(403, "second_factor_due");
    // Showing it does; and coming in by it owes nothing from the beginning.
    let proof = json!({ "passkey": shown(acme.visitor(), &mut own).await });
    let confirmed = held.post_json(CONFIRM, &proof).await.is(204);
    let held = acme.visitor().signed_in(&confirmed);
    assert_eq!(due(&held).await, json!(false));
    held.get(ENDPOINTS).await.is(200);
    let body = shown(acme.visitor(), &mut own).await;
    let session = acme.visitor().post_json(SESSION, &body).await.is(200);
    assert_eq!(due(&acme.visitor().signed_in(&session)).await, json!(false));
    // Whoever owes one and has none adds one.
    let newcomer = acme.member(Role::Member).await;
    assert_eq!(due(&newcomer).await, json!(true));
    add(&newcomer, &mut device("acme"), "Phone").await;
    assert_eq!(due(&newcomer).await, json!(false));
    let last = held.delete(&path).await;
    last.is_problem(409, "last_second_factor");
}

#[tokio::test]
async fn a_code_that_proves_is_a_second_factor_that_was_shown() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let early = another(&acme).await;
    let made = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let code = json!({ "code": seed.code(app.clock.now()) });
    let confirm = "/api/v1/me/totp/confirm";
    acme.owner().post_json(confirm, &code).await.is(200);
    set(acme.owner(), &required()).await.is(200);
    assert_eq!(due(&early).await, json!(true));
    let password = json!({ "password": testkit::PASSWORD });
    let confirmed = early.post_json(CONFIRM, &password).await.is(204);
    let early = acme.visitor().signed_in(&confirmed);
    assert_eq!(due(&early).await, json!(true));
    app.advance(jiff::SignedDuration::from_secs(STEP_S));
    let code = json!({ "code": seed.code(app.clock.now()) });
    let confirmed = early.post_json(CONFIRM, &code).await.is(204);
    let early = acme.visitor().signed_in(&confirmed);
    assert_eq!(due(&early).await, json!(false));
}

#[tokio::test]
async fn a_passkey_opens_nothing_where_it_is_not_allowed() {
    let app = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let mut phone = device("acme");
    add(acme.owner(), &mut phone, "Phone").await;
    let sign_in = async |body: &Value, from: &str| {
        let request = acme.visitor().request(Method::POST, SESSION);
        Answer::of(request.header("x-forwarded-for", from).json(body)).await
    };
    let methods = rules("methods", json!(["password", "discord"]));
    set(acme.owner(), &methods).await.is(200);
    let body = shown(acme.visitor(), &mut phone).await;
    let mut nobodys = body.clone();
    nobodys["credential"]["response"]["signature"] = json!("AAAA");
    // The answer tells of the rules, and of nobody's passkey.
    for body in [&body, &nobodys] {
        let refused = sign_in(body, DESK).await;
        refused.is_problem(403, "sign_in_method_off");
    }
    set(
        acme.owner(),
        &rules("console_networks", json!([OFFICE, "127.0.0.1/32"])),
    )
    .await
    .is(200);
    let refused = sign_in(&body, "198.51.100.1").await;
    refused.is_problem(403, "network_not_allowed");
    sign_in(&body, DESK).await.is(200);
    let log = attempts(&app, "acme").await;
    let told = [
        "method_refused nobody",
        "method_refused nobody",
        "network_refused nobody",
        "signed_in",
    ];
    assert_eq!(log[log.len() - 4..], told);
}
