//! Another address: both are proven, in either order.

use jiff::SignedDuration;
use serde_json::json;
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, SESSION, audit, credentials};
use crate::rows::{number, schema, texts};

const EMAIL: &str = "/api/v1/me/email";
const CONFIRM: &str = "/api/v1/auth/confirm-email";
const PRESENT: &str = "owner@acme.example";
const WANTED: &str = "ann@elsewhere.example";

async fn want(person: &Visitor, email: &str) -> Answer {
    person.post_json(EMAIL, &json!({ "email": email })).await
}

async fn confirm(visitor: &Visitor, token: &str) -> Answer {
    visitor.post_json(CONFIRM, &json!({ "token": token })).await
}

#[actix_web::test]
async fn an_address_changes_once_both_are_proven_in_either_order() {
    for present_first in [true, false] {
        let app = TestApp::start().await;
        let acme = app.tenant("acme").await;
        want(acme.owner(), WANTED).await.is(202);
        let (present, wanted) = (
            app.mailed_token(PRESENT).await,
            app.mailed_token(WANTED).await,
        );
        let (first, second, waiting) = match present_first {
            true => (present, wanted, "waiting_for_new"),
            false => (wanted, present, "waiting_for_present"),
        };
        let half = confirm(acme.visitor(), &first).await.is(200).json();
        assert_eq!(half, json!({ "status": waiting, "email": null }));
        assert_eq!(acme.owner().get(ME).await.json()["user"]["email"], PRESENT);
        confirm(acme.visitor(), &first)
            .await
            .is_problem(404, "token_not_found");
        let done = confirm(acme.visitor(), &second).await.is(200).json();
        assert_eq!(done, json!({ "status": "changed", "email": WANTED }));
        assert_eq!(acme.owner().get(ME).await.json()["user"]["email"], WANTED);
        acme.visitor()
            .post_json(SESSION, &credentials(PRESENT, PASSWORD))
            .await
            .is_problem(401, "invalid_credentials");
        acme.visitor()
            .post_json(SESSION, &credentials(WANTED, PASSWORD))
            .await
            .is(200);
        app.run_jobs().await;
        let told = app.newest_mail(PRESENT).expect("a mail");
        assert_eq!(told.subject, "Your address for acme was changed");
        let rows = audit(&app, "acme").await;
        let row = rows.iter().find(|row| row.starts_with("email.changed"));
        assert_eq!(
            row.expect("a row"),
            r#"email.changed user {"email": "owner@acme.example"} {"email": "ann@elsewhere.example"}"#
        );
    }
}

#[actix_web::test]
async fn workspaces_are_found_by_the_new_address_and_by_the_old_one_no_more() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    want(acme.owner(), WANTED).await.is(202);
    for email in [PRESENT, WANTED] {
        let token = app.mailed_token(email).await;
        confirm(acme.visitor(), &token).await.is(200);
    }
    app.run_jobs().await;
    for email in [PRESENT, WANTED] {
        app.root()
            .post_json("/api/v1/auth/find-workspaces", &json!({ "email": email }))
            .await
            .is(202);
    }
    app.run_jobs().await;
    let found = app.newest_mail(WANTED).expect("a mail");
    assert!(
        found.text.contains("http://acme.localhost"),
        "{}",
        found.text
    );
    let left = app.newest_mail(PRESENT).expect("a mail");
    assert!(
        !left.text.contains("http://acme.localhost"),
        "{}",
        left.text
    );
    let hashes = "SELECT count(*) FROM platform.address_hashes";
    assert_eq!(number(&app, hashes).await, 1);
}

#[actix_web::test]
async fn an_address_that_is_taken_or_ones_own_is_refused_by_name() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.member(kernel::roles::Role::Viewer).await;
    let users = format!(
        "SELECT upper(email) FROM {}.users WHERE role = 'viewer'",
        schema(&app, "acme").await
    );
    let taken = texts(&app, &users).await.remove(0);
    want(acme.owner(), &taken)
        .await
        .is_problem(409, "email_taken");
    for (wrong, code) in [(PRESENT, "same"), ("nothing", "email")] {
        let refused = want(acme.owner(), wrong)
            .await
            .is_problem(400, "validation_failed")
            .json();
        assert_eq!(refused["errors"][0]["pointer"], "/email");
        assert_eq!(refused["errors"][0]["code"], code);
    }
    // Another spelling of one's own is no other account.
    want(acme.owner(), "Owner@Acme.example").await.is(202);
}

#[actix_web::test]
async fn an_address_that_somebody_takes_meanwhile_stays_theirs() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    want(acme.owner(), WANTED).await.is(202);
    let (present, wanted) = (
        app.mailed_token(PRESENT).await,
        app.mailed_token(WANTED).await,
    );
    confirm(acme.visitor(), &present).await.is(200);
    let viewer = acme.member(kernel::roles::Role::Viewer).await;
    want(&viewer, WANTED).await.is(202);
    let users = format!(
        "UPDATE {}.users SET email = '{WANTED}' WHERE role = 'viewer'",
        schema(&app, "acme").await
    );
    crate::rows::run(&app, &users).await;
    confirm(acme.visitor(), &wanted)
        .await
        .is_problem(409, "email_taken");
    assert_eq!(acme.owner().get(ME).await.json()["user"]["email"], PRESENT);
}

#[actix_web::test]
async fn links_of_a_change_work_for_a_day_and_a_newer_wish_replaces_them() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    want(acme.owner(), WANTED).await.is(202);
    let older = app.mailed_token(PRESENT).await;
    want(acme.owner(), "bea@elsewhere.example").await.is(202);
    confirm(acme.visitor(), &older)
        .await
        .is_problem(404, "token_not_found");
    let token = app.mailed_token(PRESENT).await;
    app.advance(SignedDuration::from_hours(24));
    confirm(acme.visitor(), &token)
        .await
        .is_problem(400, "token_expired");
}

#[actix_web::test]
async fn asking_for_another_address_wants_a_recent_proof() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.advance(SignedDuration::from_mins(10));
    want(acme.owner(), WANTED)
        .await
        .is_problem(403, "reauthentication_required");
}
