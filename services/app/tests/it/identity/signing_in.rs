//! Signing in: what it answers, to whom, and what it writes down.

use std::time::{Duration, Instant};

use app::wiring::Furniture;
use insta::assert_json_snapshot;
use jiff::SignedDuration;
use kernel::roles::Role;
use passwords::Cost;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, PASSWORD, TestApp};

use super::{ME, SESSION, TOKEN, attempts, audit, credentials, program, text, unverified};
use crate::rows::{run, schema, texts};
use crate::stranger::visible;

#[actix_web::test]
async fn a_browser_gets_its_session_in_a_cookie() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let request = acme
        .visitor()
        .request(Method::POST, SESSION)
        .header("user-agent", "Firefox/130")
        .json(&credentials("Owner@ACME.example", PASSWORD));
    let answer = Answer::of(request).await.is(200);
    assert_json_snapshot!(answer.json(), { ".user.id" => "[id]" }, @r#"
    {
      "expires_at": "2026-12-04T12:00:00Z",
      "user": {
        "created_at": "2026-11-20T12:00:00Z",
        "email": "owner@acme.example",
        "id": "[id]",
        "role": "owner"
      }
    }
    "#);
    let set = answer.header("set-cookie");
    let (value, attributes) = set.split_once("; ").expect("attributes");
    assert_eq!(value.len(), "session=".len() + 64);
    assert_eq!(
        attributes,
        "HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let sessions = format!(
        "SELECT concat_ws(' ', kind, user_state, role, user_agent, address, length(secret_hash)) FROM {}.sessions
          WHERE user_agent IS NOT NULL",
        schema(&app, "acme").await
    );
    assert_eq!(
        texts(&app, &sessions).await,
        ["browser active owner Firefox/130 127.0.0.1 32"]
    );
}

#[actix_web::test]
async fn whoever_is_signed_in_is_told_who_they_are() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let me = acme.owner().get(ME).await.is(200).json();
    assert_json_snapshot!(me, { ".user.id" => "[id]", ".organization.id" => "[id]" }, @r#"
    {
      "organization": {
        "id": "[id]",
        "name": "acme",
        "purge_at": null,
        "slug": "acme",
        "state": "active",
        "state_reason": null,
        "url": "http://acme.localhost"
      },
      "ownership_offered": false,
      "permissions": [
        "endpoints_read",
        "checks_run",
        "endpoints_write",
        "members_read",
        "members_invite",
        "members_manage",
        "keys_manage",
        "audit_read",
        "organization_manage",
        "organization_own"
      ],
      "recovery_under_way": false,
      "second_factor_due": false,
      "support": null,
      "user": {
        "created_at": "2026-11-20T12:00:00Z",
        "email": "owner@acme.example",
        "id": "[id]",
        "role": "owner"
      }
    }
    "#);
    let viewer = acme.member(Role::Viewer).await.get(ME).await.is(200).json();
    assert_eq!(
        (&viewer["user"]["role"], &viewer["permissions"]),
        (&json!("viewer"), &json!(["endpoints_read", "members_read"]))
    );
}

#[actix_web::test]
async fn everybody_may_know_whose_host_this_is() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let card = acme
        .visitor()
        .get("/api/v1/organization")
        .await
        .is(200)
        .json();
    assert_json_snapshot!(card, @r#"
    {
      "name": "acme",
      "password_allowed": true,
      "sign_in_by": [
        "passkey"
      ],
      "slug": "acme",
      "state": "active",
      "url": "http://acme.localhost"
    }
    "#);
    app.root().get("/api/v1/organization").await.is(404);
    app.visitor("nobody.localhost")
        .get("/api/v1/organization")
        .await
        .is_problem(404, "unknown_host");
}

#[actix_web::test]
async fn nobody_learns_which_addresses_are_known() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let off = acme.member(Role::Member).await.get(ME).await.is(200).json();
    let off = text(&off["user"], "email").to_owned();
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.users SET state = 'deactivated' WHERE email = '{off}'"),
    )
    .await;
    for path in [SESSION, TOKEN] {
        let ask = async |email: &str, password: &str| {
            acme.visitor()
                .post_json(path, &credentials(email, password))
                .await
                .is_problem(401, "invalid_credentials")
        };
        let wrong = ask("owner@acme.example", "wrong").await;
        assert_eq!(
            visible(&ask("nobody@acme.example", "wrong").await),
            visible(&wrong)
        );
        assert_eq!(
            visible(&ask("nobody@acme.example", PASSWORD).await),
            visible(&wrong)
        );
        assert_eq!(
            visible(&ask(&off, PASSWORD).await),
            visible(&wrong),
            "right, but switched off"
        );
        assert_eq!(wrong.cookie(), None);
    }
    let attempts = attempts(&app, "acme").await;
    let tail: Vec<&str> = attempts.iter().rev().take(4).map(String::as_str).collect();
    assert_eq!(
        tail,
        [
            "deactivated",
            "wrong_password nobody",
            "wrong_password nobody",
            "wrong_password"
        ]
    );
}

#[actix_web::test]
async fn an_unproven_address_is_told_to_those_who_know_the_password() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    for path in [SESSION, TOKEN] {
        acme.post_json(path, &credentials(&email, "wrong"))
            .await
            .is_problem(401, "invalid_credentials");
        let refused = acme
            .post_json(path, &credentials(&email, PASSWORD))
            .await
            .is_problem(403, "email_unverified");
        assert_eq!(refused.cookie(), None);
    }
    let log = [
        "wrong_password",
        "unverified",
        "wrong_password",
        "unverified",
    ];
    assert_eq!(attempts(&app, "acme").await, log);
    assert_eq!(audit(&app, "acme").await, [""; 0]);
}

#[actix_web::test]
async fn one_organisations_account_is_nothing_to_another() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let owner = credentials("owner@acme.example", PASSWORD);
    globex
        .visitor()
        .post_json(SESSION, &owner)
        .await
        .is_problem(401, "invalid_credentials");
    acme.owner()
        .on("globex.localhost")
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    let tokens = program(acme.visitor(), "owner@acme.example").await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    bearer.get(ME).await.is(200);
    bearer
        .on("globex.localhost")
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_program_gets_a_pair_of_tokens() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), "owner@acme.example").await;
    assert_json_snapshot!(tokens, {
        ".user.id" => "[id]", ".access_token" => "[token]", ".refresh_token" => "[token]",
    }, @r#"
    {
      "access_token": "[token]",
      "expires_in": 600,
      "refresh_token": "[token]",
      "token_type": "Bearer",
      "user": {
        "created_at": "2026-11-20T12:00:00Z",
        "email": "owner@acme.example",
        "id": "[id]",
        "role": "owner"
      }
    }
    "#);
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    assert_eq!(bearer.get(ME).await.is(200).json()["user"]["role"], "owner");
    app.advance(SignedDuration::from_secs(600));
    bearer.get(ME).await.is_problem(401, "unauthenticated");
    let forged = format!("{}x", text(&tokens, "access_token"));
    acme.visitor()
        .with_bearer(&forged)
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
}

#[actix_web::test]
async fn every_sign_in_leaves_one_audit_row() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let before = acme.audit_rows().await;
    acme.visitor()
        .post_json(SESSION, &credentials("owner@acme.example", PASSWORD))
        .await
        .is(200);
    assert_eq!(acme.audit_rows().await, before + 1);
    program(acme.visitor(), "owner@acme.example").await;
    assert_eq!(acme.audit_rows().await, before + 2);
    acme.visitor()
        .post_json(SESSION, &credentials("owner@acme.example", "wrong"))
        .await
        .is(401);
    acme.owner().get(ME).await.is(200);
    acme.visitor().get("/api/v1/organization").await.is(200);
    assert_eq!(
        acme.audit_rows().await,
        before + 2,
        "refusals and reads leave none"
    );
    let last = audit(&app, "acme").await.pop().expect("a row");
    assert!(
        last.starts_with("session.created user {") && last.contains(r#""kind": "program""#),
        "{last}"
    );
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_sign_anybody_in() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for (name, value) in [
        ("origin", "http://globex.localhost"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = acme
            .visitor()
            .request(Method::POST, SESSION)
            .header(name, value);
        let request = request.json(&credentials("owner@acme.example", PASSWORD));
        Answer::of(request).await.is_problem(403, "csrf_refused");
    }
}

#[actix_web::test]
async fn the_same_password_typed_on_another_keyboard_is_the_same() {
    let app = TestApp::start().await;
    let form = json!({
        "organization_name": "acme", "email": "owner@acme.example",
        "password": "Café tangerine plinth", "password_confirm": "Cafe\u{301} tangerine plinth",
    });
    app.root()
        .post_json("/api/v1/auth/register", &form)
        .await
        .is(201);
    let acme = app.visitor("acme.localhost");
    let typed = credentials("owner@acme.example", "Cafe\u{301} tangerine plinth");
    acme.post_json(SESSION, &typed)
        .await
        .is_problem(403, "email_unverified");
    let lower = credentials("owner@acme.example", "café tangerine plinth");
    acme.post_json(SESSION, &lower)
        .await
        .is_problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn odd_credentials_are_refused_before_anything_is_looked_up() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let before = attempts(&app, "acme").await.len();
    for body in [
        json!({}),
        json!({ "email": "owner@acme.example" }),
        json!({ "email": "owner@acme.example", "password": "" }),
        json!({ "email": "owner@acme.example", "password": 1 }),
        json!({ "email": "' OR 1=1 --", "password": PASSWORD }),
        json!({ "email": "owner@acme.example", "password": PASSWORD, "role": "owner" }),
        json!(null),
    ] {
        for path in [SESSION, TOKEN] {
            acme.visitor()
                .post_json(path, &body)
                .await
                .is_problem(400, "validation_failed");
        }
    }
    app.root()
        .post_json(SESSION, &credentials("owner@acme.example", PASSWORD))
        .await
        .is(404);
    assert_eq!(attempts(&app, "acme").await.len(), before);
}

#[actix_web::test]
async fn an_unknown_address_takes_as_long_as_a_known_one() {
    let real = Furniture {
        password_cost: Cost::OWASP,
        ..Furniture::default()
    };
    let app = TestApp::furnished(|_| {}, real).await;
    let (acme, email) = unverified(&app, "acme").await;
    // The least of several: what the machine does besides only ever adds.
    let least = async |email: &str| {
        let mut least = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            acme.post_json(SESSION, &credentials(email, "wrong"))
                .await
                .is(401);
            least = least.min(started.elapsed());
        }
        least
    };
    // A busy machine can only make the known one look slow: then it is asked again.
    let mut rounds = Vec::new();
    for _ in 0..5 {
        let (known, unknown) = (least(&email).await, least("nobody@acme.example").await);
        if unknown > known / 2 {
            return;
        }
        rounds.push((known, unknown));
    }
    panic!("an unknown address is answered sooner, (known, unknown): {rounds:?}");
}
