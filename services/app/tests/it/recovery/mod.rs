//! Owners who lost access: asked for by operators, told to everybody, stopped by whoever objects, and over with
//! one link.

mod beginning;
mod ending;
mod stopping;
mod story;

use jiff::SignedDuration;
use operators::Role;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use crate::rows::{run, schema, texts};

const OWNER: &str = "owner@acme.example";
const NEW: &str = "ann@elsewhere.example";
const CHOSEN: &str = "marmalade gantry flute 4";
/// What was shown. It may stand nowhere but in the operators' audit.
const PROOF: &str = "canary-proof: a register extract, and a call back";
const STATUS: &str = "/api/v1/ownership/recovery";
const REDEEM: &str = "/api/v1/auth/recovery";
const WAIT: SignedDuration = SignedDuration::from_hours(72);
const LINK: SignedDuration = SignedDuration::from_hours(24);

fn path(acme: &TestTenant<'_>) -> String {
    format!("/api/v1/tenants/{}/recovery", acme.tenant.id())
}

fn wish(email: &str) -> Value {
    json!({ "email": email, "proof": PROOF, "reason": "HELP-412", "confirm": "acme" })
}

/// An operator at the office; nobody by this name was there before.
async fn operator(app: &TestApp, name: &str) -> Visitor {
    app.operator(name, Role::Operator).await.sign_in(app).await
}

async fn ask(ada: &Visitor, acme: &TestTenant<'_>, email: &str) -> Answer {
    ada.post_json(path(acme), &wish(email)).await
}

async fn redeem(visitor: &Visitor, token: &str) -> Answer {
    let body = json!({ "token": token, "password": CHOSEN });
    visitor.post_json(REDEEM, &body).await
}

/// The token of the link, once it has left for [`NEW`].
async fn link(app: &TestApp) -> String {
    app.advance(WAIT);
    app.mailed_token(NEW).await
}

/// The organisation and the link to its owner's new password.
async fn sent<'a>(app: &'a TestApp) -> (TestTenant<'a>, String) {
    let acme = app.tenant("acme").await;
    let ada = operator(app, "ada").await;
    ask(&ada, &acme, NEW).await.is(201);
    let token = link(app).await;
    (acme, token)
}

async fn fresh_owner(acme: &TestTenant<'_>) -> Visitor {
    testkit::sign_in(acme.visitor(), OWNER).await
}

/// Puts the organisation where an operator's deletion does.
async fn delete(app: &TestApp, acme: &TestTenant<'_>) {
    let boss = app
        .operator("boss", Role::Administrator)
        .await
        .sign_in(app)
        .await;
    let path = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    boss.post_json(path, &json!({ "confirm": "acme" }))
        .await
        .is(200);
    app.forget_hosts();
    app.run_jobs().await;
}

/// Where the newest recovery stands.
async fn state(app: &TestApp) -> String {
    let newest =
        "SELECT state FROM platform.recoveries ORDER BY created_at DESC, ctid DESC LIMIT 1";
    texts(app, newest).await.pop().unwrap_or_default()
}

/// What the operators' audit says about recoveries.
async fn deeds(app: &TestApp) -> Vec<String> {
    let log = "SELECT concat_ws(' ', action, split_part(actor, ':', 1), detail ->> 'why')
                 FROM platform.operator_audit WHERE action LIKE 'recovery.%' ORDER BY ctid";
    texts(app, log).await
}

/// What the organisation's log says about them.
async fn facts(app: &TestApp) -> Vec<String> {
    let schema = schema(app, "acme").await;
    let log = format!(
        "SELECT concat_ws(' ', action, actor_kind, after ->> 'why')
           FROM {schema}.audit_log WHERE action LIKE 'recovery.%' ORDER BY at"
    );
    texts(app, &log).await
}

/// Subjects of the newest mail to each.
async fn told(app: &TestApp, people: &[&str]) -> Vec<String> {
    app.run_jobs().await;
    let newest = people
        .iter()
        .map(|it| app.newest_mail(it).expect("a mail").subject);
    newest.collect()
}

async fn email_of(person: &Visitor) -> String {
    let me = person.get("/api/v1/me").await.is(200).json();
    me["user"]["email"].as_str().expect("an address").to_owned()
}

/// Makes somebody else an owner as well, as no operation does.
async fn second_owner(app: &TestApp) {
    let schema = schema(app, "acme").await;
    let add = format!(
        "INSERT INTO {schema}.users (id, email, password_hash, role, state, created_at, verified_at)
         SELECT gen_random_uuid(), 'bea@acme.example', password_hash, 'owner', 'active', created_at, created_at
           FROM {schema}.users WHERE email = '{OWNER}'"
    );
    run(app, &add).await;
}

/// Whether the owner comes in as they always did.
async fn owner_is_as_before(acme: &TestTenant<'_>) {
    let me = fresh_owner(acme).await;
    assert_eq!(email_of(&me).await, OWNER);
    let other = json!({ "email": NEW, "password": CHOSEN });
    let refused = acme
        .visitor()
        .post_json("/api/v1/auth/session", &other)
        .await;
    refused.is_problem(401, "invalid_credentials");
    let own = json!({ "email": OWNER, "password": PASSWORD });
    let answer = acme.visitor().post_json("/api/v1/auth/token", &own).await;
    answer.is(200);
}
