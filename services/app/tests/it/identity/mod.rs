//! Identity through the router: proving an address, signing in and out, tokens of programs.

mod accounts;
mod addresses;
mod auth_log;
mod codes;
pub mod discord;
mod invitations;
mod keys;
mod limits;
mod members;
mod own_sessions;
pub mod passkeys;
mod passwords;
mod policy;
mod proofs;
mod protection;
mod refreshing;
mod sessions;
mod signing_in;
mod transfers;
mod verifying;

use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp, Visitor};

use crate::rows::{schema, texts};

const SESSION: &str = "/api/v1/auth/session";
const TOKEN: &str = "/api/v1/auth/token";
const REFRESH: &str = "/api/v1/auth/token/refresh";
const VERIFY: &str = "/api/v1/auth/verify-email";
const RESEND: &str = "/api/v1/auth/resend-verification";
const LOGOUT: &str = "/api/v1/auth/logout";
const ME: &str = "/api/v1/me";

/// An organisation whose owner has not proven their address, and who that is.
async fn unverified(app: &TestApp, slug: &str) -> (Visitor, String) {
    let email = format!("owner@{slug}.example");
    let form = json!({
        "organization_name": slug, "slug": slug, "email": email,
        "password": PASSWORD, "password_confirm": PASSWORD,
    });
    app.root()
        .post_json("/api/v1/auth/register", &form)
        .await
        .is(201);
    (app.visitor(&format!("{slug}.localhost")), email)
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// The log of attempts, oldest first: what became of each, and whether a person was named.
async fn attempts(app: &TestApp, slug: &str) -> Vec<String> {
    let log = format!(
        "SELECT concat_ws(' ', outcome, CASE WHEN user_id IS NULL THEN 'nobody' END)
           FROM {}.auth_log ORDER BY ctid",
        schema(app, slug).await
    );
    texts(app, &log).await
}

/// Every action in the audit log that is about people, oldest first.
async fn audit(app: &TestApp, slug: &str) -> Vec<String> {
    let log = format!(
        "SELECT concat_ws(' ', action, actor_kind, before, after) FROM {}.audit_log
          WHERE action NOT LIKE 'organization.%' ORDER BY ctid",
        schema(app, slug).await
    );
    texts(app, &log).await
}

/// The tokens of a program that signs in.
async fn program(visitor: &Visitor, email: &str) -> Value {
    visitor
        .post_json(TOKEN, &credentials(email, PASSWORD))
        .await
        .is(200)
        .json()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().expect("a text")
}
