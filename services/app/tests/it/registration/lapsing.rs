//! What becomes of an organisation whose owner never proves their address: one more mail, and its end.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, Visitor};

use super::{REGISTER, form};
use crate::rows::{number, run, schema, texts};

const EMAIL: &str = "wile@acme.example";
const STATE: &str =
    "SELECT concat_ws(' ', state, slug) FROM platform.tenants WHERE state <> 'pooled'";
const TOMBSTONES: &str = "SELECT count(*) FROM platform.tombstones";

/// Registers Acme; nobody proves anything.
async fn registered() -> (TestApp, Visitor) {
    let app = TestApp::start().await;
    // The roles of the first schemas belong to the databases of all tests: no one of them can drop them.
    for taken in 0..3 {
        app.db.tenant(&format!("other-{taken}")).await;
    }
    run(
        &app,
        "DELETE FROM platform.hosts; DELETE FROM platform.tenants",
    )
    .await;
    app.db.fill(1).await;
    let acme = app.root().post_json(REGISTER, &form("Acme", EMAIL)).await;
    acme.is(201);
    app.run_jobs().await;
    let visitor = app.visitor("acme.localhost");
    (app, visitor)
}

async fn days(app: &TestApp, days: i64) {
    app.advance(SignedDuration::from_hours(24 * days));
    app.run_jobs().await;
    app.run_upkeep().await;
}

fn mails(app: &TestApp) -> Vec<String> {
    let mails = app.mail.messages().into_iter().rev();
    mails.map(|mail| mail.subject).collect()
}

async fn verify(acme: &Visitor, token: &str) -> Answer {
    let body = json!({ "token": token });
    acme.post_json("/api/v1/auth/verify-email", &body).await
}

async fn is_free(app: &TestApp) -> bool {
    let preview = app.root().get("/api/v1/auth/slug?name=acme").await;
    preview.is(200).json()["available"] == Value::Bool(true)
}

#[actix_web::test]
async fn what_nobody_confirms_is_asked_for_once_more_and_gone_a_day_later_with_its_name_free() {
    let (app, acme) = registered().await;
    let schema = schema(&app, "acme").await;
    let first = app.mailed_token(EMAIL).await;
    days(&app, 5).await;
    assert_eq!(mails(&app), ["Confirm your address for Acme"]);
    days(&app, 1).await;
    assert_eq!(
        mails(&app),
        [
            "Confirm your address for Acme",
            "Acme is removed tomorrow unless you confirm"
        ]
    );
    let last = app.newest_mail(EMAIL).expect("a mail").text;
    assert!(last.contains("on 27 November 2026, 12:00 UTC"), "{last}");
    verify(&acme, &first)
        .await
        .is_problem(404, "token_not_found");

    app.advance(SignedDuration::from_secs(-1));
    days(&app, 1).await;
    assert_eq!(
        texts(&app, STATE).await,
        ["active acme"],
        "a second is left"
    );
    assert!(!is_free(&app).await);
    app.advance(SignedDuration::from_secs(1));
    app.run_jobs().await;
    assert_eq!(texts(&app, STATE).await, ["deleting acme"]);
    let token = app.mailed_token(EMAIL).await;
    verify(&acme, &token)
        .await
        .is_problem(404, "token_not_found");
    app.run_upkeep().await;
    assert_eq!(texts(&app, STATE).await, ["deleted"]);
    let left = format!(
        "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}')
              + (SELECT count(*) FROM pg_roles WHERE rolname = '{schema}')"
    );
    assert_eq!(number(&app, &left).await, 0);
    assert_eq!(number(&app, TOMBSTONES).await, 0);
    assert!(is_free(&app).await);
    app.db.fill(1).await;
    let again = app.root().post_json(REGISTER, &form("Acme", EMAIL)).await;
    assert_eq!(again.is(201).json()["organization"]["slug"], "acme");
    let acts = "SELECT action FROM platform.operator_audit ORDER BY action DESC";
    assert_eq!(texts(&app, acts).await, ["tenant.lapsed", "tenant.dropped"]);
}

#[actix_web::test]
async fn the_link_of_the_last_mail_keeps_it() {
    let (app, acme) = registered().await;
    days(&app, 6).await;
    let token = app.mailed_token(EMAIL).await;
    verify(&acme, &token).await.is(200);
    app.run_jobs().await;
    days(&app, 30).await;
    assert_eq!(texts(&app, STATE).await, ["active acme"]);
    assert_eq!(
        mails(&app).last().map(String::as_str),
        Some("Acme is ready")
    );
}

#[actix_web::test]
async fn whoever_has_confirmed_hears_nothing_of_it() {
    let (app, acme) = registered().await;
    let token = app.mailed_token(EMAIL).await;
    verify(&acme, &token).await.is(200);
    days(&app, 6).await;
    days(&app, 30).await;
    assert_eq!(
        mails(&app),
        ["Confirm your address for Acme", "Acme is ready"]
    );
    assert_eq!(texts(&app, STATE).await, ["active acme"]);
    assert_eq!(number(&app, "SELECT count(*) FROM platform.work").await, 0);
}

#[actix_web::test]
async fn workers_that_were_away_for_weeks_still_give_a_days_notice() {
    let (app, _) = registered().await;
    days(&app, 20).await;
    assert_eq!(texts(&app, STATE).await, ["active acme"]);
    assert_eq!(mails(&app).len(), 2);
    days(&app, 1).await;
    assert_eq!(texts(&app, STATE).await, ["deleted"]);
}

#[actix_web::test]
async fn what_an_operator_has_stopped_is_theirs_to_decide_about() {
    let (app, _) = registered().await;
    days(&app, 6).await;
    run(
        &app,
        "UPDATE platform.tenants SET state = 'suspended' WHERE slug = 'acme'",
    )
    .await;
    days(&app, 30).await;
    assert_eq!(texts(&app, STATE).await, ["suspended acme"]);
    run(
        &app,
        "UPDATE platform.tenants SET state = 'active' WHERE slug = 'acme'",
    )
    .await;
    days(&app, 1).await;
    assert_eq!(texts(&app, STATE).await, ["deleted"]);
}

/// Lets the end and a proof wait for the same row, in this order or the other, and then go on.
async fn race(end_first: bool) {
    let (app, acme) = registered().await;
    let schema = schema(&app, "acme").await;
    days(&app, 6).await;
    let token = app.mailed_token(EMAIL).await;
    app.advance(SignedDuration::from_hours(24));
    let holder = app.db.superuser().await;
    let hold = format!("BEGIN; SELECT id FROM {schema}.users FOR UPDATE");
    holder.batch(&hold).await.expect("a lock");
    let waiting = "SELECT count(*) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let waiters = async |expected| {
        while number(&app, waiting).await < expected {
            tokio::task::yield_now().await;
        }
    };
    let (end, proof) = (
        async {
            waiters(i64::from(!end_first)).await;
            app.run_jobs().await;
        },
        async {
            waiters(i64::from(end_first)).await;
            verify(&acme, &token).await.status
        },
    );
    let release = async {
        waiters(2).await;
        holder.batch("ROLLBACK").await.expect("it lets go");
    };
    let ((), status, ()) = futures_util::join!(end, proof, release);
    app.run_jobs().await;
    app.run_upkeep().await;
    let state = texts(&app, STATE).await;
    if end_first {
        assert_eq!((status, state), (404, vec!["deleted".to_owned()]));
    } else {
        assert_eq!((status, state), (200, vec!["active acme".to_owned()]));
        let active = format!("SELECT count(*) FROM {schema}.users WHERE state = 'active'");
        assert_eq!(number(&app, &active).await, 1);
    }
}

#[actix_web::test]
async fn a_proof_that_comes_just_before_the_end_wins_whole() {
    Box::pin(race(false)).await;
}

#[actix_web::test]
async fn the_end_that_comes_just_before_a_proof_wins_whole() {
    Box::pin(race(true)).await;
}
