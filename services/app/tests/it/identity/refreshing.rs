//! Refresh tokens: each works once, a lost answer is given again, a theft ends the session.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestTenant};

use super::{ME, REFRESH, attempts, audit, program, text};
use crate::rows::{run, schema};

async fn exchange(acme: &TestTenant<'_>, tokens: &Value) -> Answer {
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    acme.visitor().post_json(REFRESH, &body).await
}

async fn next(acme: &TestTenant<'_>, tokens: &Value) -> Value {
    exchange(acme, tokens).await.is(200).json()
}

async fn works(acme: &TestTenant<'_>, tokens: &Value) -> bool {
    let bearer = acme.visitor().with_bearer(text(tokens, "access_token"));
    bearer.get(ME).await.status == 200
}

#[actix_web::test]
async fn a_refresh_token_is_exchanged_for_the_next_pair() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    app.advance(SignedDuration::from_hours(1));
    assert!(!works(&acme, &first).await);
    let rows = acme.audit_rows().await;
    let second = next(&acme, &first).await;
    assert_json_snapshot!(second, {
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
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert!(works(&acme, &second).await);
    assert_eq!(acme.audit_rows().await, rows + 1);
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("refreshed")
    );
}

#[actix_web::test]
async fn a_lost_answer_is_given_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let lost = next(&acme, &first).await;
    app.advance(SignedDuration::from_secs(60));
    let again = next(&acme, &first).await;
    assert_ne!(lost["refresh_token"], again["refresh_token"]);
    let third = next(&acme, &again).await;
    assert!(works(&acme, &third).await);
}

/// Neither token of the family nor its access tokens are worth anything any more.
async fn assert_revoked(app: &TestApp, acme: &TestTenant<'_>, family: &[&Value]) {
    for tokens in family {
        assert!(!works(acme, tokens).await);
        exchange(acme, tokens)
            .await
            .is_problem(401, "invalid_token");
    }
    let ended = audit(app, "acme").await;
    let ended: Vec<_> = ended
        .iter()
        .filter(|row| row.starts_with("session.ended"))
        .collect();
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert!(
        ended[0].ends_with(r#"{"reason": "token_reused"}"#),
        "{ended:?}"
    );
    assert!(
        attempts(app, "acme")
            .await
            .contains(&"refresh_reused".to_owned())
    );
    app.run_jobs().await;
    let told = app.mail.messages().into_iter();
    let told = told.filter(|mail| mail.subject.starts_with("A program was signed out"));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 1, "once, whoever tries again");
    assert_eq!(told[0].to, "owner@acme.example");
    assert!(told[0].text.contains("#token="), "{}", told[0].text);
}

#[actix_web::test]
async fn a_token_that_comes_back_after_a_minute_was_stolen() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let second = next(&acme, &first).await;
    app.advance(SignedDuration::from_secs(61));
    exchange(&acme, &first)
        .await
        .is_problem(401, "invalid_token");
    assert_revoked(&app, &acme, &[&first, &second]).await;
    acme.owner().get(ME).await.is(200);
}

#[actix_web::test]
async fn a_token_that_comes_back_after_its_child_was_used_was_stolen() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let second = next(&acme, &first).await;
    let third = next(&acme, &second).await;
    exchange(&acme, &first)
        .await
        .is_problem(401, "invalid_token");
    assert_revoked(&app, &acme, &[&second, &third]).await;
}

#[actix_web::test]
async fn of_two_answers_to_one_token_only_one_can_be_used() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let owners = next(&acme, &first).await;
    let thiefs = next(&acme, &first).await;
    let stolen = next(&acme, &thiefs).await;
    exchange(&acme, &owners)
        .await
        .is_problem(401, "invalid_token");
    assert_revoked(&app, &acme, &[&owners, &stolen]).await;
}

#[actix_web::test]
async fn many_exchanges_of_one_token_at_once_make_one_family() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let answers = futures_util::future::join_all((0..20).map(|_| exchange(&acme, &first))).await;
    let children: Vec<Value> = answers
        .into_iter()
        .map(|answer| answer.is(200).json())
        .collect();
    next(&acme, &children[3]).await;
    exchange(&acme, &children[5])
        .await
        .is_problem(401, "invalid_token");
    assert!(!works(&acme, &children[3]).await);
}

#[actix_web::test]
async fn after_signing_out_no_token_of_the_family_is_good() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    let second = next(&acme, &first).await;
    let bearer = acme.visitor().with_bearer(text(&second, "access_token"));
    bearer.post(super::LOGOUT).await.is(204);
    for tokens in [&first, &second] {
        assert!(!works(&acme, tokens).await);
        exchange(&acme, tokens)
            .await
            .is_problem(401, "invalid_token");
    }
    acme.owner().get(ME).await.is(200);
}

#[actix_web::test]
async fn a_program_may_be_silent_for_14_days() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = program(acme.visitor(), "owner@acme.example").await;
    app.advance(SignedDuration::from_hours(14 * 24) - SignedDuration::from_secs(1));
    let second = next(&acme, &first).await;
    app.advance(SignedDuration::from_hours(14 * 24));
    exchange(&acme, &second)
        .await
        .is_problem(401, "invalid_token");
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("refresh_refused")
    );
}

#[actix_web::test]
async fn a_program_signs_in_again_after_90_days_however_busy_it_is() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut tokens = program(acme.visitor(), "owner@acme.example").await;
    for _ in 0..8 {
        app.advance(SignedDuration::from_hours(11 * 24));
        tokens = next(&acme, &tokens).await;
    }
    app.advance(SignedDuration::from_hours(2 * 24));
    exchange(&acme, &tokens)
        .await
        .is_problem(401, "invalid_token");
}

#[actix_web::test]
async fn an_account_that_is_switched_off_gets_no_more_tokens() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), "owner@acme.example").await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.sessions SET user_state = 'deactivated'"),
    )
    .await;
    exchange(&acme, &tokens)
        .await
        .is_problem(401, "invalid_token");
}

#[actix_web::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let tokens = program(acme.visitor(), "owner@acme.example").await;
    exchange(&globex, &tokens)
        .await
        .is_problem(401, "invalid_token");
    for wrong in ["", "x", "' OR 1=1 --", text(&tokens, "access_token")] {
        exchange(&acme, &json!({ "refresh_token": wrong }))
            .await
            .is_problem(401, "invalid_token");
    }
    for body in [
        json!({}),
        json!({ "refresh_token": null }),
        json!({ "refresh_token": "x", "y": 1 }),
    ] {
        acme.visitor()
            .post_json(REFRESH, &body)
            .await
            .is_problem(400, "validation_failed");
    }
    next(&acme, &tokens).await;
}
