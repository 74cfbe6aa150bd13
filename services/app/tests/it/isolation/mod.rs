//! Isolation: every operation of the description, called by everybody who must not get through.
//!
//! Anonymously 401, without the permission 403, with another organisation's ids 404, with another
//! organisation's credentials 401, on another kind of host and on an unknown host 404. No answer holds a
//! byte of the other organisation. An operation without a row in `table.rs` fails.

mod audit;
mod fixture;
pub mod table;

use std::collections::BTreeSet;

use fixture::{CANARY, House};
use kernel::roles::Role;
use reqwest::Method;
use serde_json::Value;
use table::{Access, Operation, TABLE};
use testkit::{Answer, TestApp, Visitor};

/// An operation as the description has it.
struct Described {
    id: String,
    method: Method,
    path: String,
    host: String,
    signed_in: bool,
    /// Whether a program with a key may call it.
    by_key: bool,
}

/// Every operation, in the order of the table: it ends with what ends a session.
fn described() -> Vec<Described> {
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            all.push(Described {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                host: operation["x-host"].as_str().unwrap_or_default().to_owned(),
                signed_in: operation["security"]
                    .as_array()
                    .is_some_and(|schemes| !schemes.is_empty()),
                by_key: operation["security"].to_string().contains("api_key"),
            });
        }
    }
    all.sort_by_key(|operation| TABLE.iter().position(|row| row.id == operation.id));
    all
}

fn row(id: &str) -> &'static Operation {
    TABLE
        .iter()
        .find(|row| row.id == id)
        .unwrap_or_else(|| panic!("{id} has no row in the isolation table"))
}

impl Described {
    /// Its path, with the first organisation's ids.
    fn path(&self, house: &House<'_>) -> String {
        let id = if self.path.contains("/api-keys/") {
            &house.api_key
        } else {
            &house.endpoint
        };
        let path = self.path.replace("{id}", id);
        assert!(
            !path.contains('{'),
            "{} has a parameter that the suite does not know",
            self.id
        );
        format!("{path}{}", row(&self.id).query)
    }

    async fn call(&self, visitor: &Visitor, house: &House<'_>) -> Answer {
        let mut request = visitor.request(self.method.clone(), &self.path(house));
        if self.id == "open_live" {
            request = request
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
                .header("origin", format!("http://{}", visitor.host()));
        }
        if self.id == "replace_endpoint" || self.id == "replace_sign_in_policy" {
            request = request.header("if-match", "\"1\"");
        }
        if let Some(body) = row(&self.id).body {
            let body: Value = serde_json::from_str(body).expect("a body");
            request = request.json(&body);
        }
        Answer::of(request).await
    }
}

#[track_caller]
fn refused(answer: Answer, status: u16, who: &str, operation: &Described) {
    assert_eq!(
        answer.status, status,
        "{}, {who}: {}",
        operation.id, answer.text
    );
    silent(&answer, who, operation);
}

#[track_caller]
fn silent(answer: &Answer, who: &str, operation: &Described) {
    let headers = format!("{:?}", answer.headers);
    let leaks = answer.text.contains(CANARY) || headers.contains(CANARY);
    assert!(
        !leaks,
        "{}, {who}, tells of the other organisation: {}",
        operation.id, answer.text
    );
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations = described();
    let described: BTreeSet<&str> = operations
        .iter()
        .map(|operation| operation.id.as_str())
        .collect();
    let listed: BTreeSet<&str> = TABLE.iter().map(|row| row.id).collect();
    assert_eq!(described, listed);
    for operation in &operations {
        assert!(
            ["root", "tenant", "any"].contains(&operation.host.as_str()),
            "{} lacks x-host",
            operation.id
        );
        let open = matches!(row(&operation.id).access, Access::Anyone);
        assert_eq!(
            operation.signed_in, !open,
            "{}: security and the table differ",
            operation.id
        );
    }
}

#[tokio::test]
async fn nobody_gets_through_to_another_organisation() {
    let app = TestApp::start().await;
    let house = House::build(&app).await;
    let before = house.state().await;
    for operation in described() {
        let access = row(&operation.id).access;
        if !matches!(access, Access::Anyone) {
            let anonymous = operation.call(house.acme.visitor(), &house).await;
            refused(anonymous, 401, "anonymously", &operation);
        }
        if let Access::Needs(role) = access {
            let answer = operation.call(house.person(role), &house).await;
            refused(answer, 403, "without the permission", &operation);
            let answer = operation.call(&house.key_for_little, &house).await;
            refused(answer, 403, "with a key that is not for it", &operation);
        }
        if !operation.by_key && !matches!(access, Access::Anyone) {
            let answer = operation.call(&house.key_for_all, &house).await;
            refused(answer, 403, "with a key, for a person", &operation);
        }
        if operation.host == "tenant" {
            for stranger in house.strangers() {
                let there = operation.call(stranger, &house).await;
                let by_key = std::ptr::eq(stranger, &raw const house.stranger_by_key);
                if by_key && !operation.by_key && !matches!(access, Access::Anyone) {
                    refused(there, 403, "with a key, for a person", &operation);
                } else if operation.path.contains("{id}") {
                    refused(there, 404, "with another organisation's ids", &operation);
                } else {
                    silent(&there, "on the own host", &operation);
                }
                let here = operation
                    .call(&stranger.on(house.acme.visitor().host()), &house)
                    .await;
                if matches!(access, Access::Anyone) {
                    silent_but_for_the_name(&here, &operation);
                } else {
                    refused(
                        here,
                        401,
                        "with another organisation's credentials",
                        &operation,
                    );
                }
            }
        }
        let elsewhere = match operation.host.as_str() {
            "tenant" => house.acme.owner().on("localhost"),
            "root" => house.acme.owner().clone(),
            _ => continue,
        };
        refused(
            operation.call(&elsewhere, &house).await,
            404,
            "on another kind of host",
            &operation,
        );
        let nowhere = house.acme.owner().on("nobody-is-here.localhost");
        refused(
            operation.call(&nowhere, &house).await,
            404,
            "on an unknown host",
            &operation,
        );
    }
    assert_eq!(
        house.state().await,
        before,
        "a refused call has changed something"
    );
}

/// Whoever signs in may know what the organisation is called, and nothing else.
#[track_caller]
fn silent_but_for_the_name(answer: &Answer, operation: &Described) {
    let text = answer.text.replace(fixture::NAME, "");
    assert!(
        !text.contains(CANARY),
        "{} tells: {}",
        operation.id,
        answer.text
    );
}

#[tokio::test]
async fn the_suite_would_see_a_leak() {
    let app = TestApp::start().await;
    let house = House::build(&app).await;
    let own = house.acme.owner().get("/api/v1/endpoints").await.is(200);
    assert!(
        own.text.contains(CANARY),
        "the canary sits where a leak would show it"
    );
    let me = house.acme.owner().get("/api/v1/me").await.is(200);
    assert!(me.text.contains(CANARY));
    assert!(
        house
            .person(Role::Viewer)
            .get("/api/v1/endpoints")
            .await
            .is(200)
            .text
            .contains(CANARY)
    );
}
