//! Proving an address by the token that was mailed to it.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{PASSWORD, TestApp, Visitor};

use super::{ME, RESEND, SESSION, VERIFY, attempts, audit, credentials, unverified};
use crate::rows::{number, run, schema, texts};
use crate::stranger::visible;

async fn verify(visitor: &Visitor, token: &str) -> testkit::Answer {
    visitor.post_json(VERIFY, &json!({ "token": token })).await
}

#[actix_web::test]
async fn the_link_of_the_mail_proves_the_address_once() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let token = app.mailed_token(&email).await;
    let verified = verify(&acme, &token).await.is(200);
    assert_json_snapshot!(verified.json(), @r#"
    {
      "email": "owner@acme.example",
      "status": "verified"
    }
    "#);
    assert_eq!(verified.cookie(), None, "a link signs nobody in");
    verify(&acme, &token)
        .await
        .is_problem(404, "token_not_found");
    acme.post_json(SESSION, &credentials(&email, PASSWORD))
        .await
        .is(200);
    assert_eq!(
        attempts(&app, "acme").await,
        ["verified", "verification_refused nobody", "signed_in"]
    );
    assert_eq!(
        audit(&app, "acme").await[0],
        r#"user.verified user {"state": "unverified"} {"state": "active"}"#
    );
    let users = format!(
        "SELECT concat_ws(' ', state, verified_at AT TIME ZONE 'UTC') FROM {}.users",
        schema(&app, "acme").await
    );
    assert_eq!(texts(&app, &users).await, ["active 2026-11-20 12:00:00"]);
}

#[actix_web::test]
async fn the_owner_is_greeted_once_the_address_is_proven() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let token = app.mailed_token(&email).await;
    verify(&acme, &token).await.is(200);
    app.run_jobs().await;
    assert_eq!(
        app.newest_mail(&email).expect("a mail").subject,
        "acme is ready"
    );
}

#[actix_web::test]
async fn a_link_works_for_48_hours() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let token = app.mailed_token(&email).await;
    app.advance(SignedDuration::from_hours(48));
    let refused = verify(&acme, &token).await.is_problem(400, "token_expired");
    assert_json_snapshot!(refused.json(), { ".request_id" => "[id]" }, @r#"
    {
      "code": "token_expired",
      "detail": "This link is too old. Ask for a new one.",
      "request_id": "[id]",
      "status": 400,
      "title": "Bad Request",
      "type": "about:blank"
    }
    "#);
    app.advance(SignedDuration::from_secs(-1));
    verify(&acme, &token).await.is(200);
}

#[actix_web::test]
async fn a_token_opens_nothing_anywhere_else() {
    let app = TestApp::start().await;
    let (_, email) = unverified(&app, "acme").await;
    let (globex, _) = unverified(&app, "globex").await;
    let token = app.mailed_token(&email).await;
    verify(&globex, &token)
        .await
        .is_problem(404, "token_not_found");
    app.root()
        .post_json(VERIFY, &json!({ "token": token }))
        .await
        .is(404);
    for slug in ["acme", "globex"] {
        let active = format!(
            "SELECT count(*) FROM {}.users WHERE state = 'active'",
            schema(&app, slug).await
        );
        assert_eq!(number(&app, &active).await, 0);
    }
}

#[actix_web::test]
async fn what_is_no_token_is_not_found() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let token = app.mailed_token(&email).await;
    let changed = format!(
        "{}{}",
        &token[..42],
        if token.ends_with('A') { "E" } else { "A" }
    );
    for wrong in [
        "",
        "x",
        "' OR 1=1 --",
        "\0",
        &changed,
        &format!("{token}="),
        &"A".repeat(60_000),
    ] {
        verify(&acme, wrong)
            .await
            .is_problem(404, "token_not_found");
    }
    for body in [
        json!({}),
        json!({ "token": 1 }),
        json!({ "token": token, "more": 1 }),
        json!([]),
    ] {
        acme.post_json(VERIFY, &body)
            .await
            .is_problem(400, "validation_failed");
    }
    verify(&acme, &token).await.is(200);
}

#[actix_web::test]
async fn of_two_who_open_one_link_at_once_one_proves_the_address() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let token = app.mailed_token(&email).await;
    let (a, b) = futures_util::join!(verify(&acme, &token), verify(&acme, &token));
    let mut both = [a.status, b.status];
    both.sort_unstable();
    assert_eq!(both, [200, 404]);
    assert_eq!(audit(&app, "acme").await.len(), 1);
}

#[actix_web::test]
async fn asking_again_answers_the_same_for_every_address() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (globex, unproven) = unverified(&app, "globex").await;
    let ask = async |visitor: &Visitor, email: &str| {
        visitor
            .post_json(RESEND, &json!({ "email": email }))
            .await
            .is(202)
    };
    let known = ask(&globex, &unproven).await;
    assert_eq!(known.text, r#"{"status":"accepted"}"#);
    assert_eq!(
        visible(&ask(&globex, "nobody@globex.example").await),
        visible(&known)
    );
    assert_eq!(
        visible(&ask(acme.visitor(), "owner@acme.example").await),
        visible(&known)
    );
    for slug in ["acme", "globex"] {
        let work = format!(
            "SELECT count(*) FROM platform.work WHERE kind = 'event' AND tenant = '{}'",
            schema(&app, slug).await
        );
        assert!(
            number(&app, &work).await >= 1,
            "the same work is left for every address"
        );
    }
    let before = app.mail.messages().len();
    app.run_jobs().await;
    let mails = app.mail.messages();
    let to_unproven = mails.iter().filter(|mail| mail.to == unproven).count();
    assert_eq!(
        (mails.len() - before, to_unproven),
        (to_unproven, to_unproven),
        "nobody else is written to"
    );
    assert!(to_unproven >= 1);
}

#[actix_web::test]
async fn a_new_link_replaces_the_older_ones() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let first = app.mailed_token(&email).await;
    app.advance(SignedDuration::from_hours(47));
    acme.post_json(RESEND, &json!({ "email": email.to_uppercase() }))
        .await
        .is(202);
    verify(&acme, &first).await.is(200);

    let (globex, email) = unverified(&app, "globex").await;
    let first = app.mailed_token(&email).await;
    globex
        .post_json(RESEND, &json!({ "email": email }))
        .await
        .is(202);
    let second = app.mailed_token(&email).await;
    assert_ne!(first, second);
    verify(&globex, &first)
        .await
        .is_problem(404, "token_not_found");
    app.advance(SignedDuration::from_hours(47));
    verify(&globex, &second).await.is(200);
    assert_eq!(
        audit(&app, "globex").await[0],
        r#"verification.requested anonymous {"email": "owner@globex.example"}"#
    );
}

#[actix_web::test]
async fn a_mail_that_was_not_sent_yet_is_replaced_as_well() {
    let app = TestApp::start().await;
    let (acme, email) = unverified(&app, "acme").await;
    let acme_schema = schema(&app, "acme").await;
    // The mail server was away: the first mail waits, and the wish for another comes first.
    run(
        &app,
        "UPDATE platform.work SET due_at = due_at + interval '1 minute' WHERE kind = 'mail'",
    )
    .await;
    acme.post_json(RESEND, &json!({ "email": email }))
        .await
        .is(202);
    app.run_jobs().await;
    app.advance(SignedDuration::from_mins(1));
    app.run_jobs().await;
    assert_eq!(app.mail.messages().len(), 1);
    let states = format!("SELECT state FROM {acme_schema}.mails ORDER BY ctid");
    assert_eq!(texts(&app, &states).await, ["superseded", "sent"]);
    let token = app.mailed_token(&email).await;
    verify(&acme, &token).await.is(200);
}

#[actix_web::test]
async fn asking_on_the_wrong_host_or_for_no_address_is_refused() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.root()
        .post_json(RESEND, &json!({ "email": "a@b.example" }))
        .await
        .is(404);
    for email in ["", "wile", "a@b.example\r\nBcc: c@d.example"] {
        acme.visitor()
            .post_json(RESEND, &json!({ "email": email }))
            .await
            .is_problem(400, "validation_failed");
    }
}

#[actix_web::test]
async fn whoever_is_signed_in_goes_on_once_the_address_is_proven() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    // As after a change of address.
    let undo = "UPDATE {schema}.users SET state = 'unverified';
                UPDATE {schema}.sessions SET user_state = 'unverified'";
    run(&app, &undo.replace("{schema}", &schema)).await;
    acme.owner()
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    acme.visitor()
        .post_json(RESEND, &json!({ "email": "owner@acme.example" }))
        .await
        .is(202);
    let token = app.mailed_token("owner@acme.example").await;
    verify(acme.visitor(), &token).await.is(200);
    acme.owner().get(ME).await.is(200);
}
