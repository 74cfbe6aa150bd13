//! The outbox: written with a change, sent by the queue, and never twice on purpose.

use db::{TenantRef, TenantTx};
use fakes::{CaughtMail, Fault, MailCatcher};
use jiff::SignedDuration;
use jobs::{Bus, BusConfig, Runner};
use mail::outbox::{self, NewMail};
use mail::{Mailer, SendMail, SmtpConfig, Template};
use serde_json::json;
use std::time::Duration;
use testkit::{TestDb, worker};

const TOKEN: &str = "a-token-of-forty-three-characters-0123456789";
const ZOE: &str = "zoe@acme.example";

/// A tenant, a mail server, and the runner between them.
struct Stage {
    test: TestDb,
    acme: TenantRef,
    server: MailCatcher,
    runner: Runner,
}

/// A row of `mails`.
#[derive(Debug, PartialEq)]
struct Stored {
    state: String,
    secret: Option<String>,
    sent: bool,
}

impl Stored {
    fn is(state: &str, secret: Option<&str>) -> Self {
        Self {
            state: state.to_owned(),
            secret: secret.map(str::to_owned),
            sent: state == "sent",
        }
    }
}

fn verification(recipient: &str) -> NewMail<'_> {
    NewMail {
        template: Template::Verify,
        recipient,
        params: json!({ "organization": "Acme", "valid_hours": 48 }),
        secret: Some(TOKEN),
        dedupe_key: None,
    }
}

impl Stage {
    async fn set() -> Self {
        Self::with(|server| {
            let config = SmtpConfig {
                url: server.url().into(),
                from: "Signalbox <no-reply@signalbox.example>".to_owned(),
                timeout: Duration::from_secs(5),
            };
            Some(Mailer::new(&config).unwrap())
        })
        .await
    }

    async fn with(mailer: impl FnOnce(&MailCatcher) -> Option<Mailer>) -> Self {
        let test = TestDb::start().await;
        let acme = test.tenant("acme").await;
        let server = MailCatcher::start("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let base_url = "http://localhost:8080/".parse().unwrap();
        let sender = SendMail::new(mailer(&server), base_url);
        let bus = Bus::start(BusConfig::InProcess, &test.db).await.unwrap();
        let notices = sender.notices();
        let runner = Runner::new(
            test.db.clone(),
            bus,
            vec![Box::new(sender), Box::new(notices)],
        );
        let runner = runner.unwrap();
        Self {
            test,
            acme,
            server,
            runner,
        }
    }

    async fn write(&self, work: impl AsyncFnOnce(&TenantTx) -> Result<(), db::DbError>) {
        let db = &self.test.db;
        db.write(&self.acme, worker(), None, work).await.unwrap();
    }

    async fn enqueue(&self, mail: NewMail<'_>) {
        self.write(async |tx| outbox::enqueue(tx, mail).await).await;
    }

    async fn run(&self) -> usize {
        self.runner.run_due().await.unwrap()
    }

    /// All mails of the tenant, oldest first.
    async fn stored(&self) -> Vec<Stored> {
        let sql = format!(
            "SELECT state, secret, sent_at IS NOT NULL AS sent FROM {}.mails ORDER BY created_at, id",
            self.acme.schema()
        );
        let rows = self.test.superuser().await.query(&sql, &[]).await.unwrap();
        let read = |row: &db::Row| Stored {
            state: row.get("state").unwrap(),
            secret: row.get("secret").unwrap(),
            sent: row.get("sent").unwrap(),
        };
        rows.iter().map(read).collect()
    }

    /// Whether each pointer in the queue is dead, and its error.
    async fn pointers(&self) -> Vec<(bool, Option<String>)> {
        let sql = "SELECT dead_at IS NOT NULL AS dead, last_error FROM platform.work";
        let rows = self.test.superuser().await.query(sql, &[]).await.unwrap();
        let read = |row: &db::Row| (row.get("dead").unwrap(), row.get("last_error").unwrap());
        rows.iter().map(read).collect()
    }

    fn caught(&self) -> Vec<CaughtMail> {
        self.server.messages()
    }

    fn advance(&self, by: SignedDuration) {
        self.test.clock.advance(by);
    }
}

fn message_id(mail: &CaughtMail) -> &str {
    let header = mail.raw.lines().find(|l| l.starts_with("Message-ID:"));
    header.unwrap()
}

#[tokio::test]
async fn a_mail_is_sent_once_and_its_secret_erased() {
    let stage = Stage::set().await;
    stage.enqueue(verification(ZOE)).await;
    assert_eq!(stage.stored().await, [Stored::is("queued", Some(TOKEN))]);
    assert_eq!(stage.run().await, 1);
    let caught = stage.caught();
    assert_eq!(caught.len(), 1);
    assert_eq!(caught[0].to, ZOE);
    let link = format!("http://acme.localhost:8080/verify-email#token={TOKEN}");
    assert!(caught[0].text.contains(&link), "{}", caught[0].text);
    assert_eq!(stage.stored().await, [Stored::is("sent", None)]);
    assert_eq!(stage.pointers().await, []);
}

/// Those about owning an organisation and leaving it.
fn ownership() -> [(Template, serde_json::Value); 3] {
    [
        (
            Template::OwnershipOffered,
            json!({ "organization": "Acme", "offered_by": ZOE, "valid_days": 7 }),
        ),
        (
            Template::OwnershipChanged,
            json!({ "organization": "Acme", "what": "given", "other": ZOE }),
        ),
        (Template::AccountDeleted, json!({ "organization": "Acme" })),
    ]
}

/// Those about an owner who lost access.
fn recovery() -> [(Template, serde_json::Value); 2] {
    [
        (
            Template::RecoverOwnership,
            json!({ "organization": "Acme", "valid_hours": 24 }),
        ),
        (
            Template::OwnerRecovery,
            json!({ "organization": "Acme", "what": "began", "email": "z•••@new.example", "at": "tomorrow", "contact": null }),
        ),
    ]
}

/// Every other template, with values that fit it.
fn samples() -> Vec<(Template, serde_json::Value)> {
    vec![
        (
            Template::Verify,
            json!({ "organization": "Acme", "valid_hours": 48 }),
        ),
        (
            Template::FindWorkspaces,
            json!({ "workspaces": [{ "organization": "Acme", "address": "http://acme.localhost:8080" }] }),
        ),
        (Template::Welcome, json!({ "organization": "Acme" })),
        (
            Template::LastCall,
            json!({ "organization": "Acme", "removed_at": "tomorrow" }),
        ),
        (
            Template::StateChanged,
            json!({ "organization": "Acme", "change": "resumed", "at": "today", "until": null }),
        ),
        (
            Template::ResetPassword,
            json!({ "organization": "Acme", "valid_minutes": 60 }),
        ),
        (
            Template::ConfirmNewEmail,
            json!({ "organization": "Acme", "email": "zoe@new.example", "valid_hours": 24 }),
        ),
        (
            Template::ApproveEmail,
            json!({ "organization": "Acme", "email": "zoe@new.example", "valid_hours": 24 }),
        ),
        (
            Template::EmailChanged,
            json!({ "organization": "Acme", "email": "zoe@new.example" }),
        ),
        (
            Template::AccountChanged,
            json!({ "organization": "Acme", "what": "password_changed", "at": "2026-01-01T00:00:00Z", "valid_hours": 24 }),
        ),
        (
            Template::NewSignIn,
            json!({ "organization": "Acme", "browser": "Firefox", "system": null, "address": null, "at": "2026-01-01T00:00:00Z", "valid_hours": 72 }),
        ),
        (
            Template::Invitation,
            json!({ "organization": "Acme", "invited_by": "ann@acme.example", "role": "admin", "valid_days": 7 }),
        ),
        (
            Template::MembershipChanged,
            json!({ "organization": "Acme", "what": "role_changed", "role": "admin" }),
        ),
        (
            Template::SupportBegan,
            json!({ "organization": "Acme", "operator": "Ada", "reason": "Slow", "ticket": "T-1", "minutes": 15 }),
        ),
    ]
}

#[tokio::test]
async fn every_template_reads_its_params() {
    let stage = Stage::set().await;
    let mut mails = samples();
    mails.extend(ownership());
    mails.extend(recovery());
    let all = mails.len();
    assert_eq!(all, Template::ALL.len());
    for (template, params) in mails {
        let mail = NewMail {
            template,
            params,
            ..verification(ZOE)
        };
        stage.enqueue(mail).await;
    }
    assert_eq!(stage.run().await, all);
    let caught = stage.caught();
    assert_eq!(caught.len(), all);
    for mail in caught {
        assert!(mail.text.contains("Acme"), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_mail_that_is_put_off_is_tried_eight_times_and_fails_without_naming_anybody() {
    let stage = Stage::set().await;
    stage.server.set_fault(Some(Fault::Later));
    stage.enqueue(verification(ZOE)).await;
    for attempt in 1..=8 {
        assert_eq!(stage.run().await, 1, "attempt {attempt}");
        stage.advance(SignedDuration::from_hours(2));
    }
    assert_eq!(stage.run().await, 0);
    assert_eq!(stage.stored().await, [Stored::is("failed", Some(TOKEN))]);
    let error = "the mail server put the mail off with code 451".to_owned();
    assert_eq!(stage.pointers().await, [(true, Some(error))]);
    assert_eq!(stage.caught().len(), 0);
}

#[tokio::test]
async fn a_mail_that_was_put_off_goes_out_later() {
    let stage = Stage::set().await;
    stage.server.set_fault(Some(Fault::Later));
    stage.enqueue(verification(ZOE)).await;
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.stored().await, [Stored::is("queued", Some(TOKEN))]);
    stage.server.set_fault(None);
    assert_eq!(stage.run().await, 0, "it waits");
    stage.advance(SignedDuration::from_secs(13));
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.caught().len(), 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_not_tried_again() {
    let stage = Stage::set().await;
    stage.server.set_fault(Some(Fault::Never));
    stage.enqueue(verification(ZOE)).await;
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.stored().await, [Stored::is("failed", None)]);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn a_second_copy_after_a_lost_answer_is_recognisable() {
    let stage = Stage::set().await;
    stage.server.set_fault(Some(Fault::CutAfterData));
    stage.enqueue(verification(ZOE)).await;
    assert_eq!(stage.run().await, 1);
    stage.server.set_fault(None);
    stage.advance(SignedDuration::from_mins(1));
    assert_eq!(stage.run().await, 1);
    let caught = stage.caught();
    assert_eq!(caught.len(), 2);
    assert_eq!(message_id(&caught[0]), message_id(&caught[1]));
}

#[tokio::test]
async fn an_older_link_is_not_sent_once_a_newer_one_exists() {
    let stage = Stage::set().await;
    stage
        .enqueue(verification("someone.else@acme.example"))
        .await;
    stage.enqueue(verification(ZOE)).await;
    stage
        .write(async |tx| {
            outbox::supersede(tx, Template::Verify, "Zoe@acme.example").await?;
            let newer = NewMail {
                secret: Some("newer"),
                ..verification(ZOE)
            };
            outbox::enqueue(tx, newer).await
        })
        .await;
    assert_eq!(stage.run().await, 3);
    let caught = stage.caught();
    let to_zoe: Vec<_> = caught.iter().filter(|mail| mail.to == ZOE).collect();
    assert_eq!(to_zoe.len(), 1);
    assert!(to_zoe[0].text.contains("#token=newer"));
    assert_eq!(caught.len(), 2, "the other person's is sent");
    let superseded = Stored::is("superseded", None);
    let stored = stage.stored().await;
    assert_eq!(stored.iter().filter(|it| **it == superseded).count(), 1);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn a_key_is_used_for_one_mail() {
    let stage = Stage::set().await;
    let keyed = || NewMail {
        dedupe_key: Some("welcome"),
        ..verification(ZOE)
    };
    stage.enqueue(keyed()).await;
    stage.enqueue(keyed()).await;
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.caught().len(), 1);
}

#[tokio::test]
async fn a_mail_that_cannot_be_composed_is_a_dead_letter_without_its_values() {
    let stage = Stage::set().await;
    let broken = NewMail {
        params: json!({ "organization": 7, "valid_hours": "hunter2" }),
        ..verification(ZOE)
    };
    stage.enqueue(broken).await;
    assert_eq!(stage.run().await, 1);
    let fault = "params that do not fit the template".to_owned();
    assert_eq!(stage.pointers().await, [(true, Some(fault))]);
    assert_eq!(stage.stored().await, [Stored::is("failed", Some(TOKEN))]);
}

#[tokio::test]
async fn with_mail_switched_off_nothing_waits() {
    let stage = Stage::with(|_| None).await;
    stage.enqueue(verification(ZOE)).await;
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.stored().await, [Stored::is("failed", None)]);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn a_notice_leaves_while_the_workspace_is_stopped_and_other_mail_waits() {
    let stage = Stage::set().await;
    stage.enqueue(verification(ZOE)).await;
    let notice = NewMail {
        template: Template::StateChanged,
        params: json!({ "organization": "Acme", "change": "suspended", "at": "today" }),
        secret: None,
        ..verification("owner@acme.example")
    };
    stage
        .write(async |tx| outbox::enqueue_notice(tx, notice).await)
        .await;
    let superuser = stage.test.superuser().await;
    let state = "UPDATE platform.tenants SET state = 'suspended' WHERE slug = 'acme'";
    superuser.batch(state).await.unwrap();
    assert_eq!(stage.run().await, 1);
    let to: Vec<_> = stage.caught().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["owner@acme.example"]);
    superuser
        .batch("UPDATE platform.tenants SET state = 'active'  WHERE slug = 'acme'")
        .await
        .unwrap();
    stage.advance(SignedDuration::from_mins(6));
    assert_eq!(stage.run().await, 1);
    assert_eq!(stage.caught().len(), 2);
}
