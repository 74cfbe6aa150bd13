//! The organisation's rules for signing in: changing them, and each of them in each way in.

mod changing;
mod factors;
mod methods;
mod networks;
mod passkeys;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use super::{SESSION, credentials};

const POLICY: &str = "/api/v1/sign-in-policy";
const PREVIEW: &str = "/api/v1/sign-in-policy/preview";
const OWNER: &str = "owner@acme.example";

/// A network that nobody here is in, and one address of it.
const OFFICE: &str = "203.0.113.0/24";
const DESK: &str = "203.0.113.9";

/// A house behind a proxy of its own machine: tests say where their requests come from.
async fn behind_a_proxy() -> TestApp {
    TestApp::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await
}

/// The rules of the beginning, changed in one way.
fn rules(field: &str, value: Value) -> Value {
    let mut rules = json!({
        "idle_minutes": 20_160, "second_factor_required": false, "methods": ["password", "passkey", "discord"],
        "mail_domains": [], "console_networks": [], "key_networks": [],
    });
    rules[field] = value;
    rules
}

async fn replace(person: &Visitor, tag: &str, rules: &Value) -> Answer {
    let request = person.request(Method::PUT, POLICY).header("if-match", tag);
    Answer::of(request.json(rules)).await
}

/// Makes `rules` those of the organisation, whatever they are now.
async fn set(person: &Visitor, rules: &Value) -> Answer {
    replace(person, "*", rules).await
}

/// The first fault of a change that is refused.
fn fault(refused: Answer) -> (String, String) {
    let refused = refused.is_problem(400, "validation_failed").json();
    let text = |name: &str| {
        refused["errors"][0][name]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    (text("pointer"), text("code"))
}

fn locks(field: &str, code: &str) -> (String, String) {
    (format!("/{field}"), code.to_owned())
}

async fn sign_in(visitor: &Visitor, email: &str) -> Answer {
    let typed = credentials(email, PASSWORD);
    visitor.post_json(SESSION, &typed).await
}

/// Another session of the owner's.
async fn another(acme: &TestTenant<'_>) -> Visitor {
    let answer = sign_in(acme.visitor(), OWNER).await.is(200);
    acme.visitor().signed_in(&answer)
}
