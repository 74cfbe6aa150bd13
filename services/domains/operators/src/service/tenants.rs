//! Looking at organisations, and moving them through their lives.

use db::PlatformTx;
use jiff::Timestamp;
use jobs::Hint;
use kernel::id::TenantId;
use kernel::page::{self, Page};
use tenancy::audit::Mandate;
use tenancy::life::Verb;
use tenancy::roster::{self, After, Entry, Filter, Host};
use tenancy::support;
use tenancy::verbs::{self, Changed, Selector};
use uuid::Uuid;

use super::Operators;
use crate::error::Error;
use crate::store::audit::{self, AuditFilter};

/// Acts that an organisation's page tells of.
const RECENT: i64 = 50;

/// One organisation, from all sides.
#[derive(Debug)]
pub struct Dossier {
    /// As it stands on the roster.
    pub entry: Entry,
    /// Where it answers.
    pub hosts: Vec<Host>,
    /// What was done to it, the newest first.
    pub timeline: Vec<audit::Entry>,
    /// Until when it lets operators look, if it does now.
    pub consent: Option<Timestamp>,
}

/// A page of organisations.
pub async fn list(
    tx: &PlatformTx,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Entry>, Error> {
    let scope = format!("tenants {filter:?}");
    let after: Option<(String, Uuid)> = page::read(&scope, cursor)?;
    let after = after.map(|(key, id)| After { key, id });
    let rows = roster::list(tx, filter, after.as_ref(), i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |entry| {
        (entry.key.clone(), entry.id.uuid())
    }))
}

/// One organisation. Errors: [`Error::TenantNotFound`].
pub async fn fetch(tx: &PlatformTx, id: TenantId) -> Result<Dossier, Error> {
    let entry = roster::find(tx, &Selector::Id(id)).await?;
    let deeds = AuditFilter {
        tenant: Some(id),
        ..AuditFilter::default()
    };
    Ok(Dossier {
        entry: entry.ok_or(Error::TenantNotFound)?,
        hosts: roster::hosts(tx, id).await?,
        timeline: audit::list(tx, &deeds, None, RECENT).await?,
        consent: support::read_consent(tx, id).await?,
    })
}

/// Where an organisation answers.
pub async fn list_hosts(tx: &PlatformTx, id: TenantId) -> Result<Vec<Host>, Error> {
    Ok(roster::hosts(tx, id).await?)
}

/// Does `verb` to an organisation. A deletion needs its slug in `confirmed`. Errors:
/// [`Error::TenantNotFound`], [`Error::NotAllowed`], [`Error::NotConfirmed`].
pub async fn change_state(
    tx: &PlatformTx,
    id: TenantId,
    verb: Verb,
    confirmed: &[String],
    mandate: &Mandate,
) -> Result<Changed, Error> {
    let which = Selector::Id(id);
    if verb == Verb::Delete {
        let subject = verbs::fetch_for_update(tx, &which).await?;
        if let Some(slug) = subject.slug.filter(|slug| !confirmed.contains(slug)) {
            return Err(Error::NotConfirmed(slug));
        }
    }
    Ok(verbs::change_state(tx, &which, verb, mandate).await?)
}

impl Operators {
    /// Tells the processes that run to look these hosts up anew. Say it after the COMMIT.
    pub fn tell<'h>(&self, hosts: impl IntoIterator<Item = &'h String>) {
        let hints: Vec<Hint> = hosts
            .into_iter()
            .map(|host| Hint::DirectoryChanged { host: host.clone() })
            .collect();
        if !hints.is_empty() {
            self.bus.publish(&hints);
        }
    }
}
