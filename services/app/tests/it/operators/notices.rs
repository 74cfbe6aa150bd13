//! What owners are told when an operator changes their organisation: by mail, whatever state it is in.

use jiff::SignedDuration;
use operators::Role;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::operator::signalbox;
use crate::rows::{number, run};

fn subjects(app: &TestApp) -> Vec<String> {
    let mails = app.mail.messages().into_iter().rev();
    let told = mails.filter(|mail| mail.to == "owner@acme.example");
    told.map(|mail| mail.subject).skip(2).collect()
}

#[actix_web::test]
async fn owners_are_mailed_what_was_done_until_when_it_can_be_undone_and_whom_to_ask() {
    let app = TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.support_email = Some("help@signalbox.example".to_owned());
    })
    .await;
    let acme = app.tenant("acme").await;
    acme.member(kernel::roles::Role::Admin).await;
    app.run_jobs().await;
    let ada = app.operator("ada", Role::Operator).await;
    let ada = ada.sign_in(&app).await;
    let act = async |verb: &str, body: Value| {
        app.advance(SignedDuration::from_secs(1));
        let path = format!("/api/v1/tenants/{}/{verb}", acme.tenant.id());
        ada.post_json(path, &body).await.is(200);
        app.run_jobs().await;
    };
    let reason = json!({ "reason": "an unpaid bill" });
    for (verb, body) in [
        ("suspend", reason.clone()),
        ("suspend", reason.clone()),
        ("freeze", reason),
        ("resume", json!({})),
        (
            "delete",
            json!({ "confirm": "acme", "reason": "asked by telephone" }),
        ),
    ] {
        act(verb, body).await;
    }
    let said = [
        "is suspended",
        "can only be read for now",
        "works again",
        "is being deleted",
    ];
    assert_eq!(subjects(&app), said.map(|it| format!("acme {it}")));
    let mail = app.newest_mail("owner@acme.example").expect("a mail").text;
    for part in [
        "The reason given: asked by telephone",
        "It can be undone until 20 December 2026, 12:00 UTC.",
        "Write to help@signalbox.example.",
        "http://acme.localhost",
    ] {
        assert!(mail.contains(part), "{part} is not in {mail}");
    }
    act("undelete", json!({})).await;
    assert_eq!(
        subjects(&app).last().map(String::as_str),
        Some("acme is not deleted")
    );
    let others = app
        .mail
        .messages()
        .into_iter()
        .filter(|mail| mail.to != "owner@acme.example");
    assert_eq!(others.count(), 0, "nobody but the owner is told");
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM platform.work WHERE kind NOT IN ('call_last', 'seal_audit', 'forget_addresses')"
        )
        .await,
        0
    );
}

#[actix_web::test]
async fn a_verb_at_the_terminal_tells_them_too_and_a_rehearsal_tells_nobody() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let suspend = ["tenant", "suspend", "acme", "--dry-run"];
    let waiting = "SELECT count(*) FROM platform.work WHERE kind = 'tell_owners'";
    signalbox(&app, &suspend).await.is(0);
    assert_eq!(number(&app, waiting).await, 0);
    signalbox(&app, &suspend[..3]).await.is(0);
    assert_eq!(number(&app, waiting).await, 1);
    // The command has the database's clock, the house a test's.
    let due = "UPDATE platform.work SET due_at = '2026-11-20' WHERE kind = 'tell_owners'";
    run(&app, due).await;
    app.run_jobs().await;
    assert_eq!(subjects(&app), ["acme is suspended"]);
    acme.owner().get("/api/v1/me").await.is(200);
}

#[actix_web::test]
async fn nobody_is_written_to_whose_address_is_not_proven() {
    let app = TestApp::start_with_office().await;
    let form = json!({
        "organization_name": "Acme", "slug": "acme", "email": "owner@acme.example",
        "password": testkit::PASSWORD, "password_confirm": testkit::PASSWORD,
    });
    app.root()
        .post_json("/api/v1/auth/register", &form)
        .await
        .is(201);
    app.run_jobs().await;
    let acme = app.tenant_ref("acme").await;
    let ada = app.operator("ada", Role::Operator).await;
    let ada = ada.sign_in(&app).await;
    let path = format!("/api/v1/tenants/{}/suspend", acme.id());
    ada.post_json(path, &json!({})).await.is(200);
    app.run_jobs().await;
    assert_eq!(app.mail.messages().len(), 1);
}
