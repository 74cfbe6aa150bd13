//! Mails as rows of their organisation: written with the change they tell of, sent by the queue.
//!
//! Owns the table `mails`. A mail may be sent twice where the answer of the mail server is lost (both copies
//! carry one Message-ID), and is never forgotten. Must not decide who is written to, nor hold a
//! transaction while the mail server takes its time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use db::{DbError, Row, Sql, TenantRef, TenantTx, sql};
use jiff::Timestamp;
use jobs::{Claimed, Handler, JobError};
use kernel::id::MailId;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use crate::{Mailer, Message, Rendered, SendError, Template};

/// The kind of work that sends a mail. Its reference is the mail's id.
pub const SEND_MAIL: &str = "mail";
/// The same for a mail about the organisation itself, which leaves whatever state that is in.
pub const SEND_NOTICE: &str = "notice";

/// Attempts before a mail is given up: about twenty minutes, which outlasts greylisting.
const ATTEMPTS: i16 = 8;
/// How long a mail server may take in all. Shorter than a handler's deadline, so that the outcome of the
/// last attempt can still be written.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail to be sent.
pub struct NewMail<'a> {
    /// What it says.
    pub template: Template,
    /// To whom.
    pub recipient: &'a str,
    /// The template's values; see [`Template`]. Nothing secret: they are kept.
    pub params: Value,
    /// The secret that its link carries. Erased when the mail is sent.
    pub secret: Option<&'a str>,
    /// A mail with a key that was used before is not sent again.
    pub dedupe_key: Option<&'a str>,
}

const ADD: Sql = sql!(
    "INSERT INTO mails (id, template, recipient, params, secret, dedupe_key, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING"
);

/// Writes a mail, and the pointer that gets it sent. Both exist if this transaction commits. While the
/// organisation is not active, the mail waits.
pub async fn enqueue(tx: &TenantTx, mail: NewMail<'_>) -> Result<(), DbError> {
    match add(tx, mail).await? {
        Some(id) => tx.enqueue(SEND_MAIL, id.uuid(), tx.now()).await,
        None => Ok(()),
    }
}

/// The same for a mail that tells people of their organisation's state: it waits for no other state.
pub async fn enqueue_notice(tx: &TenantTx, mail: NewMail<'_>) -> Result<(), DbError> {
    match add(tx, mail).await? {
        Some(id) => tx.enqueue(SEND_NOTICE, id.uuid(), tx.now()).await,
        None => Ok(()),
    }
}

/// The new row; none where its key was used before.
async fn add(tx: &TenantTx, mail: NewMail<'_>) -> Result<Option<MailId>, DbError> {
    let id: MailId = tx.new_id();
    let added = tx
        .execute(
            ADD,
            &[
                &id.uuid(),
                &mail.template.as_str(),
                &mail.recipient,
                &mail.params,
                &mail.secret,
                &mail.dedupe_key,
                &tx.now(),
            ],
        )
        .await?;
    Ok((added == 1).then_some(id))
}

/// An instant, as mails tell it.
pub fn for_people(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

const SUPERSEDE: Sql = sql!(
    "UPDATE mails
        SET state = 'superseded', secret = NULL
      WHERE template = $1
        AND lower(recipient) = lower($2)
        AND state IN ('queued', 'failed')"
);

/// Keeps older mails of this template to `recipient` from being sent: their links are worth nothing more.
pub async fn supersede(tx: &TenantTx, template: Template, recipient: &str) -> Result<(), DbError> {
    tx.execute(SUPERSEDE, &[&template.as_str(), &recipient])
        .await
        .map(drop)
}

/// A mail that is to be sent. Without `Debug`: it holds a secret.
struct QueuedMail {
    id: Uuid,
    template: String,
    recipient: String,
    params: Value,
    secret: Option<String>,
}

/// A failed one is sent when an operator has its dead letter tried again.
const FIND_UNSENT: Sql = sql!(
    "SELECT id, template, recipient, params, secret
       FROM mails
      WHERE id = $1 AND state IN ('queued', 'failed')"
);

impl QueuedMail {
    fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            template: row.get("template")?,
            recipient: row.get("recipient")?,
            params: row.get("params")?,
            secret: row.get("secret")?,
        })
    }

    /// The message, or why there is none: a fault of ours, without any of the values.
    fn compose(&self, tenant: &TenantRef, base_url: &Url) -> Result<Message, &'static str> {
        let template = Template::parse(&self.template).ok_or("a template that nobody knows")?;
        let address = address_of(base_url, tenant.host());
        let secret = self.secret.as_deref();
        let rendered = template.compose(&self.params, secret, &address)?;
        let Rendered {
            subject,
            text,
            html,
        } = rendered;
        Ok(Message {
            id: self.id,
            to: self.recipient.clone(),
            subject,
            text,
            html,
        })
    }
}

/// Where the console on `host` is, without a trailing slash.
fn address_of(base_url: &Url, host: &str) -> String {
    let mut url = base_url.clone();
    // A stored host is a domain name, which fits into any http address.
    let _ = url.set_host(Some(host));
    url.as_str().trim_end_matches('/').to_owned()
}

const MARK_SENT: Sql = sql!(
    "UPDATE mails
        SET state = 'sent', sent_at = $2, secret = NULL
      WHERE id = $1 AND state IN ('queued', 'failed')"
);

const MARK_REFUSED: Sql = sql!(
    "UPDATE mails
        SET state = 'failed', secret = NULL
      WHERE id = $1 AND state IN ('queued', 'failed')"
);

/// The secret stays: an operator may have it tried again.
const MARK_FAILED: Sql =
    sql!("UPDATE mails SET state = 'failed' WHERE id = $1 AND state = 'queued'");

/// Sends one mail: reads it, renders it, talks to the mail server outside any transaction, and writes down
/// what came of it together with the removal of the pointer.
#[derive(Clone)]
pub struct SendMail {
    kind: &'static str,
    mailer: Option<Arc<Mailer>>,
    base_url: Url,
}

impl SendMail {
    /// Sends with `mailer`; without one, mail is switched off on purpose and every mail counts as
    /// refused. `base_url` is the root host's address: links have its scheme and port.
    pub fn new(mailer: Option<Mailer>, base_url: Url) -> Self {
        Self {
            kind: SEND_MAIL,
            mailer: mailer.map(Arc::new),
            base_url,
        }
    }

    /// The same for notices.
    pub fn notices(&self) -> Self {
        Self {
            kind: SEND_NOTICE,
            ..self.clone()
        }
    }

    async fn send(&self, message: &Message) -> Result<(), Failure> {
        let mailer = self.mailer.as_ref().ok_or(Failure::SwitchedOff)?;
        match timeout(PATIENCE, mailer.send(message)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(SendError::Timeout.into()),
        }
    }
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("mail is switched off")]
    SwitchedOff,
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Failure {
    fn permanent(&self) -> bool {
        match self {
            Self::SwitchedOff => true,
            Self::Send(error) => error.permanent(),
        }
    }
}

#[async_trait]
impl Handler for SendMail {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn in_any_state(&self) -> bool {
        self.kind == SEND_NOTICE
    }

    fn attempts(&self) -> i16 {
        ATTEMPTS
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let id = job.reference();
        let found = job
            .read(async |tx| Ok(tx.query_opt(FIND_UNSENT, &[&id]).await?))
            .await?;
        // Superseded, or sent by a worker that could not take the pointer away.
        let Some(row) = found else { return Ok(()) };
        let mail = QueuedMail::read(&row)?;
        let message = match mail.compose(job.tenant()?, &self.base_url) {
            Ok(message) => message,
            Err(fault) => return give_up(job, fault).await,
        };
        match self.send(&message).await {
            Ok(()) => {
                count("sent");
                job.finish(async |tx| Ok(tx.execute(MARK_SENT, &[&id, &tx.now()]).await?))
                    .await?;
                Ok(())
            }
            Err(failure) if failure.permanent() => {
                count("refused");
                tracing::warn!(mail = %id, error = %failure, "a mail was refused");
                job.finish(async |tx| Ok(tx.execute(MARK_REFUSED, &[&id]).await?))
                    .await?;
                Ok(())
            }
            Err(failure) if job.is_last_attempt() => give_up(job, &failure.to_string()).await,
            Err(failure) => {
                count("put_off");
                Err(JobError::Retry(failure.to_string()))
            }
        }
    }
}

/// Leaves a dead letter, and a mail that says it failed.
async fn give_up(job: &Claimed, reason: &str) -> Result<(), JobError> {
    count("failed");
    let id = job.reference();
    job.give_up(reason, async |tx| {
        Ok(tx.execute(MARK_FAILED, &[&id]).await?)
    })
    .await?;
    Ok(())
}

fn count(outcome: &'static str) {
    metrics::counter!("mails_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_scheme_and_port_of_the_base() {
        let of = |base: &str| {
            let base = base.parse().expect("an address");
            address_of(&base, "acme.localhost")
        };
        assert_eq!(of("http://localhost:8080/"), "http://acme.localhost:8080");
        assert_eq!(of("https://signalbox.example"), "https://acme.localhost");
    }
}
