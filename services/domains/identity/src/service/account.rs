//! What somebody may always do about their own account: take a copy of what is kept of them, and end it.

use db::{DbError, TenantState, TenantTx};
use events::identity::AccountDeleted;
use gateway::{ApiError, Caller, Tenant};
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::id::UserId;
use kernel::roles::Policy;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;
use uuid::Uuid;

use super::Identity;
use super::members::{erase, standings};
use crate::error::{Error, PeopleRefusal};
use crate::model::{Attempt, Device};
use crate::store::copies::{self, SECTIONS};
use crate::store::{attempts, people};

/// Entries of a section that are read at once.
const PIECE: i64 = 500;
/// Characters after which a piece is long enough.
const ENOUGH: usize = 64 * 1024;

/// Ends the caller's account: the person is gone from the organisation, and told so by mail. Errors:
/// [`PeopleRefusal::NotYourAddress`], [`PeopleRefusal::LastOwner`].
pub async fn delete_account(tx: &TenantTx, caller: Caller, typed: &str) -> Result<(), Error> {
    // Locks every owner: two who go at once wait for each other.
    let held = standings(tx, caller.user, caller.user).await?;
    let folded = |email: &str| EmailAddress::parse(email).map(|it| it.folded());
    if folded(typed).is_none() || folded(typed) != folded(&held.target.email) {
        return Err(PeopleRefusal::NotYourAddress.into());
    }
    held.check_last_owner()?;
    let member = held.target;
    let ended_sessions = erase(tx, &member).await?;
    let farewell = NewMail {
        template: Template::AccountDeleted,
        recipient: &member.email,
        params: json!({ "organization": tx.tenant().name() }),
        secret: None,
        dedupe_key: None,
    };
    outbox::enqueue(tx, farewell).await?;
    let deleted = AccountDeleted {
        user_id: member.id,
        role: member.role,
        ended_sessions,
    };
    Ok(tx.record(&deleted).await?)
}

impl Identity {
    /// Counts a copy of what is kept of the caller.
    pub async fn take_export<P: Policy>(&self, tenant: &Tenant<P>) -> Result<(), ApiError> {
        let session = tenant.session_id();
        let user = tenant
            .read(async |tx| people::fetch_user_of(tx, session).await)
            .await
            .map_err(Error::from)?;
        let subject = self.person(tenant.organization().id(), user.id);
        self.limiter.take(self.limits.export, subject).await?;
        Ok(())
    }
}

/// A copy on its way out, a piece at a time: no transaction is open while a slow reader reads. It holds what
/// was there when it began.
#[derive(Debug)]
pub struct Export {
    person: UserId,
    until: Timestamp,
    section: usize,
    after: Uuid,
    /// Whether nothing is left.
    pub done: bool,
}

impl Export {
    /// Begins one of the caller, and writes down that they took it. Errors: [`PeopleRefusal::ReadOnly`].
    pub async fn begin(tx: &TenantTx, caller: Caller, device: &Device) -> Result<Self, Error> {
        if tx.tenant().state() == TenantState::ReadOnly {
            return Err(PeopleRefusal::ReadOnly.into());
        }
        attempts::add_attempt(tx, Attempt::Exported, Some(caller.user), device).await?;
        Ok(Self {
            person: caller.user,
            until: tx.now(),
            section: 0,
            after: Uuid::nil(),
            done: false,
        })
    }

    /// The next piece of the file.
    pub async fn piece(&mut self, tx: &TenantTx) -> Result<String, DbError> {
        let mut text = String::new();
        if self.section == 0 && self.after.is_nil() {
            let name = json!(tx.tenant().name());
            text = format!(
                "{{\n\"exported_at\": \"{}\",\n\"organization\": {name}",
                self.until
            );
        }
        while let Some(section) = SECTIONS.get(self.section) {
            if text.len() > ENOUGH {
                return Ok(text);
            }
            let first = self.after.is_nil();
            let entries =
                copies::list(tx, section, self.person, self.after, self.until, PIECE).await?;
            if first {
                text.push_str(&format!(",\n\"{}\": [", section.name));
            }
            for (at, entry) in entries.iter().enumerate() {
                let comma = if first && at == 0 { "" } else { "," };
                text.push_str(&format!("{comma}\n{}", entry.value));
                self.after = entry.id;
            }
            if i64::try_from(entries.len()) != Ok(PIECE) {
                text.push(']');
                self.section += 1;
                self.after = Uuid::nil();
            }
        }
        text.push_str("\n}\n");
        self.done = true;
        Ok(text)
    }
}
