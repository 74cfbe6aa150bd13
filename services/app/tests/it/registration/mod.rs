//! Registration through the router: organisations coming into being, and being found again.

mod finding;
mod lapsing;
mod preview;
mod racing;
mod refusing;
mod registering;

use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp};

use crate::rows::number;

const REGISTER: &str = "/api/v1/auth/register";

/// A form without a fault.
fn form(name: &str, email: &str) -> Value {
    json!({
        "organization_name": name, "email": email,
        "password": PASSWORD, "password_confirm": PASSWORD,
    })
}

/// The same form with one field changed; `null` takes it away.
fn with(form: &Value, field: &str, value: Value) -> Value {
    let mut form = form.clone();
    let fields = form.as_object_mut().expect("an object");
    match value {
        Value::Null => fields.remove(field),
        value => fields.insert(field.to_owned(), value),
    };
    form
}

/// How many organisations there are.
async fn organisations(app: &TestApp) -> i64 {
    number(
        app,
        "SELECT count(*) FROM platform.tenants WHERE state <> 'pooled'",
    )
    .await
}

/// Every pointer and code of a refusal's faults.
fn faults(problem: &Value) -> Vec<(String, String)> {
    let text = |fault: &Value, member: &str| fault[member].as_str().expect("a text").to_owned();
    let faults = problem["errors"].as_array().expect("faults");
    faults
        .iter()
        .map(|fault| (text(fault, "pointer"), text(fault, "code")))
        .collect()
}
