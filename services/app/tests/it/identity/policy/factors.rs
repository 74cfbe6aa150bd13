//! A second factor for everybody: whoever owes one sets it up, and does nothing else before.

use jiff::SignedDuration;
use kernel::clock::Clock;
use kernel::roles::Role;
use passwords::totp::{STEP_S, Seed};
use serde_json::{Value, json};
use testkit::{TestApp, Visitor};

use super::super::{LOGOUT, ME, SESSION, TOKEN, text};
use super::{OWNER, PREVIEW, another, fault, locks, rules, set};
use crate::gateway::sockets::open;
use crate::rows::{run, schema};

const TOTP: &str = "/api/v1/me/totp";
const CONFIRM: &str = "/api/v1/me/totp/confirm";
const ENDPOINTS: &str = "/api/v1/endpoints";

fn required() -> Value {
    rules("second_factor_required", json!(true))
}

async fn set_up(app: &TestApp, person: &Visitor) -> Seed {
    let made = person.post(TOTP).await.is(200).json();
    let seed = Seed::parse(text(&made, "secret")).expect("a seed");
    let code = json!({ "code": seed.code(app.clock.now()) });
    person.post_json(CONFIRM, &code).await.is(200);
    seed
}

async fn due(person: &Visitor) -> Value {
    person.get(ME).await.is(200).json()["second_factor_due"].clone()
}

async fn with_code(visitor: &Visitor, path: &str, code: &str) -> testkit::Answer {
    let mut typed = super::credentials(OWNER, testkit::PASSWORD);
    typed["totp_code"] = json!(code);
    visitor.post_json(path, &typed).await
}

#[actix_web::test]
async fn whoever_owes_a_second_factor_sets_one_up_first() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let before = acme.member(Role::Admin).await;
    let refused = fault(set(acme.owner(), &required()).await);
    assert_eq!(refused, locks("second_factor_required", "locks_you_out"));
    set_up(&app, acme.owner()).await;
    let effects = acme
        .owner()
        .post_json(PREVIEW, &required())
        .await
        .is(200)
        .json();
    assert_eq!(effects["sessions_owing"], 1);
    assert_eq!(effects["people_without_second_factor"], 1);
    set(acme.owner(), &required()).await.is(200);
    // Whoever has shown one goes on, whoever has not is held from their next request on.
    assert_eq!(due(acme.owner()).await, json!(false));
    acme.owner().get(ENDPOINTS).await.is(200);
    let after = acme.member(Role::Admin).await;
    for held in [&before, &after] {
        assert_eq!(due(held).await, json!(true));
        for path in [
            ENDPOINTS,
            "/api/v1/members",
            "/api/v1/sign-in-policy",
            "/api/v1/auth/sessions",
            "/api/v1/me/identities",
        ] {
            let refused = held.get(path).await;
            refused.is_problem(403, "second_factor_due");
        }
        set(held, &rules("idle_minutes", json!(60)))
            .await
            .is_problem(403, "second_factor_due");
        let origin = format!("http://{}", held.host());
        assert_eq!(open(held, Some(&origin)).await.err(), Some(403));
    }
    held_by_token(&app, &acme).await;
    // What they may: see that, set one up, or go.
    after.get("/api/v1/me/security").await.is(200);
    after.post(LOGOUT).await.is(204);
    set_up(&app, &before).await;
    assert_eq!(due(&before).await, json!(false));
    before.get("/api/v1/members").await.is(200);
    globex.owner().get(ENDPOINTS).await.is(200);
}

async fn held_by_token(app: &TestApp, acme: &testkit::TestTenant<'_>) {
    let schema = schema(app, "acme").await;
    let invited = format!(
        "INSERT INTO {schema}.users (id, email, password_hash, role, state, created_at)
         SELECT gen_random_uuid(), 'bot@acme.example', password_hash, 'admin', 'active', now()
           FROM {schema}.users LIMIT 1"
    );
    run(app, &invited).await;
    let tokens = super::super::program(acme.visitor(), "bot@acme.example").await;
    let program = acme.visitor().with_bearer(text(&tokens, "access_token"));
    let refused = program.get(ENDPOINTS).await;
    refused.is_problem(403, "second_factor_due");
}

#[actix_web::test]
async fn signing_in_with_a_code_owes_nothing_by_cookie_and_by_token() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let seed = set_up(&app, acme.owner()).await;
    set(acme.owner(), &required()).await.is(200);
    app.advance(SignedDuration::from_secs(STEP_S));
    let code = seed.code(app.clock.now());
    let browser = with_code(acme.visitor(), SESSION, &code).await.is(200);
    let browser = acme.visitor().signed_in(&browser);
    assert_eq!(due(&browser).await, json!(false));
    app.advance(SignedDuration::from_secs(STEP_S));
    let code = seed.code(app.clock.now());
    let tokens = with_code(acme.visitor(), TOKEN, &code).await.is(200).json();
    let program = acme.visitor().with_bearer(text(&tokens, "access_token"));
    program.get(ENDPOINTS).await.is(200);
}

#[actix_web::test]
async fn the_last_second_factor_stays_while_it_is_asked_for() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    set_up(&app, acme.owner()).await;
    set(acme.owner(), &required()).await.is(200);
    let refused = acme.owner().delete(TOTP).await;
    refused.is_problem(409, "last_second_factor");
    let security = acme.owner().get("/api/v1/me/security").await.is(200).json();
    assert!(security["codes_since"].is_string(), "{security}");
    set(acme.owner(), &rules("idle_minutes", json!(60)))
        .await
        .is(200);
    acme.owner().delete(TOTP).await.is(204);
}

/// A password alone makes no second factor beside one that is there.
#[actix_web::test]
async fn whoever_has_one_shows_it_before_another_is_set_up() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    set_up(&app, acme.owner()).await;
    let early = acme.member(Role::Member).await;
    let schema = schema(&app, "acme").await;
    let passkey = format!(
        "INSERT INTO {schema}.passkeys
         SELECT (p.it).* FROM (SELECT json_populate_record(NULL::{schema}.passkeys, json_build_object(
                'id', gen_random_uuid(), 'user_id', id, 'name', 'a phone', 'credential_id', '\\x01',
                'credential', '{{}}'::json, 'created_at', now(), 'host', 'acme.localhost')) AS it
           FROM {schema}.users WHERE role = 'member') p"
    );
    run(&app, &passkey).await;
    set(acme.owner(), &required()).await.is(200);
    assert_eq!(due(&early).await, json!(true));
    let refused = early.post(TOTP).await;
    refused.is_problem(403, "second_factor_due");
    let refused = early.post_json(CONFIRM, &json!({ "code": "000000" })).await;
    refused.is_problem(403, "second_factor_due");
    // A session that owes nothing adds what its owner likes.
    let owner = another_with_nothing_due(&app, &acme).await;
    owner.post(TOTP).await.is_problem(409, "has_codes");
}

async fn another_with_nothing_due(app: &TestApp, acme: &testkit::TestTenant<'_>) -> Visitor {
    let schema = schema(app, "acme").await;
    run(
        app,
        &format!("UPDATE {schema}.users SET totp_confirmed_at = NULL WHERE role = 'owner'"),
    )
    .await;
    let owner = another(acme).await;
    run(
        app,
        &format!(
            "UPDATE {schema}.sessions SET second_factor = true;
             UPDATE {schema}.users SET totp_confirmed_at = now() WHERE role = 'owner'"
        ),
    )
    .await;
    owner
}
