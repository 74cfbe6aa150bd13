//! The sessions somebody has: listed, ended one by one and all at once, confirmed, and over when nobody is
//! there any more.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor, sign_in};

use super::{ME, attempts, audit, program, text};
use crate::rows::{run, schema};

const SESSIONS: &str = "/api/v1/auth/sessions";
const OTHERS: &str = "/api/v1/auth/sessions?except=current";
const CONFIRM: &str = "/api/v1/auth/reauthenticate";
const OWNER: &str = "owner@acme.example";

async fn listed(visitor: &Visitor) -> Vec<Value> {
    let list = visitor.get(SESSIONS).await.is(200).json();
    list["items"].as_array().expect("a list").clone()
}

/// The id of the session that `visitor` comes by.
async fn own_id(visitor: &Visitor) -> String {
    let all = listed(visitor).await;
    let own: Vec<&Value> = all.iter().filter(|it| it["current"] == true).collect();
    assert_eq!(own.len(), 1);
    text(own[0], "id").to_owned()
}

async fn confirm(visitor: &Visitor, password: &str) -> Answer {
    let body = json!({ "password": password });
    visitor.post_json(CONFIRM, &body).await
}

/// Another browser of the owner's.
async fn another(acme: &TestTenant<'_>) -> Visitor {
    sign_in(acme.visitor(), OWNER).await
}

#[tokio::test]
async fn somebody_sees_where_they_are_signed_in_and_nobody_elses() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.member(kernel::roles::Role::Admin).await;
    app.advance(SignedDuration::from_mins(5));
    let request = acme.visitor().request(Method::POST, "/api/v1/auth/session");
    let body = json!({ "email": OWNER, "password": PASSWORD });
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let signed = Answer::of(request.header("user-agent", agent).json(&body)).await;
    let firefox = acme.visitor().signed_in(&signed.is(200));
    assert_json_snapshot!(listed(&firefox).await, { "[].id" => "[id]" }, @r#"
    [
      {
        "address": "127.0.0.x",
        "browser": "Firefox",
        "created_at": "2026-11-20T12:05:00Z",
        "current": true,
        "expires_at": "2026-12-04T12:05:00Z",
        "id": "[id]",
        "kind": "browser",
        "last_seen_at": "2026-11-20T12:05:00Z",
        "method": "password",
        "system": "Linux"
      },
      {
        "address": "127.0.0.x",
        "browser": null,
        "created_at": "2026-11-20T12:00:00Z",
        "current": false,
        "expires_at": "2026-12-04T12:00:00Z",
        "id": "[id]",
        "kind": "browser",
        "last_seen_at": "2026-11-20T12:00:00Z",
        "method": "password",
        "system": null
      }
    ]
    "#);
    assert_ne!(own_id(&firefox).await, own_id(acme.owner()).await);
}

#[tokio::test]
async fn a_session_that_is_ended_is_over_on_the_next_request() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let lost = another(&acme).await;
    let tokens = program(acme.visitor(), OWNER).await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    for gone in [&lost, &bearer] {
        let path = format!("{SESSIONS}/{}", own_id(gone).await);
        acme.owner().delete(&path).await.is(204);
        gone.get(ME).await.is_problem(401, "unauthenticated");
        let again = acme.owner().delete(&path).await;
        again.is_problem(404, "session_not_found");
    }
    acme.visitor()
        .post_json(
            super::REFRESH,
            &json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await
        .is_problem(401, "invalid_token");
    assert_eq!(listed(acme.owner()).await.len(), 1);
    let ended = audit(&app, "acme").await;
    let ended = ended
        .iter()
        .filter(|row| row.ends_with(r#"{"reason": "revoked"}"#));
    assert_eq!(ended.count(), 2);
}

#[tokio::test]
async fn another_persons_session_cannot_be_ended() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let admin = acme.member(kernel::roles::Role::Admin).await;
    let path = format!("{SESSIONS}/{}", own_id(acme.owner()).await);
    admin
        .delete(&path)
        .await
        .is_problem(404, "session_not_found");
    acme.owner().get(ME).await.is(200);
    admin.delete(SESSIONS).await.is(200);
    admin.get(ME).await.is_problem(401, "unauthenticated");
    acme.owner().get(ME).await.is(200);
}

#[tokio::test]
async fn ending_one_own_session_signs_this_browser_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let path = format!("{SESSIONS}/{}", own_id(acme.owner()).await);
    let answer = acme.owner().delete(&path).await.is(204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    acme.owner().get(ME).await.is(401);
}

#[tokio::test]
async fn all_others_end_at_once_or_all() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let others = [another(&acme).await, another(&acme).await];
    let rows = acme.audit_rows().await;
    let ended = acme.owner().delete(OTHERS).await.is(200);
    assert_eq!(ended.json(), json!({ "ended": 2 }));
    assert_eq!(ended.header("set-cookie"), "");
    assert_eq!(acme.audit_rows().await, rows + 1);
    for other in &others {
        other.get(ME).await.is(401);
    }
    let none = acme.owner().delete(OTHERS).await.is(200);
    assert_eq!(none.json(), json!({ "ended": 0 }));
    let other = another(&acme).await;
    let all = acme.owner().delete(SESSIONS).await.is(200);
    assert_eq!(all.json(), json!({ "ended": 2 }));
    assert!(all.header("set-cookie").contains("Max-Age=0"));
    for gone in [&other, acme.owner()] {
        gone.get(ME).await.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn what_is_not_asked_well_ends_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for query in [
        "?except=",
        "?except=all",
        "?exept=current",
        "?except=current&except=current",
    ] {
        let answer = acme.owner().delete(format!("{SESSIONS}{query}")).await;
        let answer = answer.is_problem(400, "validation_failed");
        assert!(
            answer.json()["errors"][0]["pointer"]
                .as_str()
                .is_some_and(|it| it.len() > 1)
        );
    }
    let path = format!("{SESSIONS}/not-an-id");
    acme.owner().delete(path).await.is(404);
    for body in [
        json!({}),
        json!({ "password": "" }),
        json!({ "password": null }),
    ] {
        let answer = acme.owner().post_json(CONFIRM, &body).await;
        let answer = answer.is_problem(400, "validation_failed");
        assert_eq!(answer.json()["errors"][0]["pointer"], "/password");
    }
    let unknown = json!({ "password": PASSWORD, "x": 1 });
    acme.owner().post_json(CONFIRM, &unknown).await.is(400);
    acme.owner().get(ME).await.is(200);
}

#[tokio::test]
async fn ending_sessions_wants_a_recent_proof() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let other = another(&acme).await;
    app.advance(SignedDuration::from_mins(10));
    let path = format!("{SESSIONS}/{}", own_id(&other).await);
    for path in [&*path, OTHERS, SESSIONS] {
        let refused = acme.owner().delete(path).await;
        refused.is_problem(403, "reauthentication_required");
    }
    other.get(ME).await.is(200);
    listed(acme.owner()).await;
    let confirmed = confirm(acme.owner(), PASSWORD).await.is(204);
    let owner = acme.visitor().signed_in(&confirmed);
    owner.delete(OTHERS).await.is(200);
    other.get(ME).await.is(401);
}

#[tokio::test]
async fn a_confirmed_session_has_another_secret_and_the_old_one_is_worth_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = own_id(acme.owner()).await;
    let confirmed = confirm(acme.owner(), PASSWORD).await.is(204);
    let owner = acme.visitor().signed_in(&confirmed);
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    assert_eq!(own_id(&owner).await, id);
    // The page's token is that of the new cookie.
    assert_ne!(owner.page_token(), acme.owner().page_token());
    owner.post("/api/v1/auth/logout").await.is(204);
    let kept = attempts(&app, "acme").await;
    assert!(kept.contains(&"confirmed".to_owned()), "{kept:?}");
}

#[tokio::test]
async fn a_program_proves_again_who_it_acts_for() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), OWNER).await;
    app.advance(SignedDuration::from_mins(9));
    let tokens = acme
        .visitor()
        .post_json(
            super::REFRESH,
            &json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await
        .is(200)
        .json();
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    app.advance(SignedDuration::from_mins(1));
    let refused = bearer.delete(OTHERS).await;
    refused.is_problem(403, "reauthentication_required");
    let confirmed = confirm(&bearer, PASSWORD).await.is(204);
    assert_eq!(confirmed.cookie(), None);
    bearer.delete(OTHERS).await.is(200);
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_is_counted() {
    let limited = |config: &mut app::config::Config| config.limits.login_failures_per_hour = 3;
    let app = TestApp::start_with(limited).await;
    let acme = app.tenant("acme").await;
    app.advance(SignedDuration::from_mins(10));
    for _ in 0..3 {
        let refused = confirm(acme.owner(), "not the password at all").await;
        let refused = refused.is_problem(403, "wrong_password");
        assert_eq!(refused.cookie(), None);
        let early = confirm(acme.owner(), PASSWORD).await;
        early.is_problem(429, "rate_limited");
        app.advance(SignedDuration::from_secs(10));
    }
    let limited = confirm(acme.owner(), PASSWORD).await;
    limited.is_problem(429, "rate_limited");
    let refused = acme.owner().delete(OTHERS).await;
    refused.is_problem(403, "reauthentication_required");
    acme.owner().get(ME).await.is(200);
    let kept = attempts(&app, "acme").await;
    let refusals = kept.iter().filter(|it| *it == "confirmation_refused");
    assert_eq!(refusals.count(), 3, "{kept:?}");
}

#[tokio::test]
async fn a_browser_that_nobody_touches_is_signed_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let rule = format!(
        "INSERT INTO {schema}.sign_in_policy (idle_s, second_factor_required, methods, mail_domains,
                console_networks, key_networks, updated_at)
         VALUES (900, false, '{{password}}', '{{}}', '{{}}', '{{}}', now())"
    );
    run(&app, &rule).await;
    let busy = another(&acme).await;
    let idle = another(&acme).await;
    let asking = another(&acme).await;
    for _ in 0..3 {
        app.advance(SignedDuration::from_mins(5));
        busy.get(ME).await.is(200);
        // A page that asks on its own is no sign of anybody.
        let own = asking.request(Method::GET, ME).header("x-unattended", "1");
        Answer::of(own).await.is(200);
        app.house.gateway.write_seen().await;
    }
    // Known to the minute, in favour of whoever was there.
    app.advance(SignedDuration::from_secs(59));
    app.advance(SignedDuration::from_secs(1));
    for over in [&idle, &asking] {
        over.get(ME).await.is_problem(401, "unauthenticated");
    }
    let seen = listed(&busy).await;
    // The owner's own session began before the rule.
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0]["last_seen_at"], "2026-11-20T12:15:00Z");
}

#[tokio::test]
async fn many_requests_of_a_minute_leave_one_note_and_nothing_is_lost_where_none_can_be_written() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for _ in 0..5 {
        acme.owner().get(ME).await.is(200);
    }
    assert_eq!(app.house.gateway.write_seen().await, 0, "the row is fresh");
    app.advance(SignedDuration::from_mins(2));
    for _ in 0..5 {
        acme.owner().get(ME).await.is(200);
    }
    assert_eq!(app.house.gateway.write_seen().await, 1);
    assert_eq!(
        listed(acme.owner()).await[0]["last_seen_at"],
        "2026-11-20T12:02:00Z"
    );
    // A note that cannot be written down is left again by the next request.
    let schema = schema(&app, "acme").await;
    app.advance(SignedDuration::from_mins(2));
    run(
        &app,
        &format!("ALTER TABLE {schema}.sessions RENAME COLUMN last_address TO elsewhere"),
    )
    .await;
    acme.owner().get(ME).await.is(200);
    assert_eq!(app.house.gateway.write_seen().await, 1);
    run(
        &app,
        &format!("ALTER TABLE {schema}.sessions RENAME COLUMN elsewhere TO last_address"),
    )
    .await;
    acme.owner().get(ME).await.is(200);
    assert_eq!(app.house.gateway.write_seen().await, 1);
    assert_eq!(
        listed(acme.owner()).await[0]["last_seen_at"],
        "2026-11-20T12:04:00Z"
    );
}
