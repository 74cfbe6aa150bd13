//! The operators' verbs on one organisation: found under a lock, changed, and written into the audit log,
//! in the caller's transaction. Each may be said twice.

use db::{DbError, PlatformSql, PlatformTx, Row, Sql, TenantState, platform_sql, sql};
use jiff::{SignedDuration, Timestamp};
use kernel::event::{Actor, Origin};
use kernel::id::TenantId;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Act, Mandate};
use crate::life::{self, NotAllowed, Step, Verb};

/// Days in which a deletion can be undone.
pub const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which organisation is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// By the first label of its host.
    Slug(String),
    /// By its id.
    Id(TenantId),
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Slug(slug) => f.write_str(slug),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// Why a verb came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// No organisation of this name or id.
    #[error("there is no organisation {0}")]
    NotFound(Selector),
    /// Its state has no such move.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The name is somebody else's, reserved for a while, or not a name.
    #[error("{name} cannot be taken: {why}")]
    NameRefused {
        /// The name that was asked for.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// An organisation as the verbs need it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The id.
    pub id: TenantId,
    /// The slug; none for what was deleted.
    pub slug: Option<String>,
    /// The state before the verb.
    pub state: TenantState,
    /// Its state before the deletion, while that can be undone.
    pub state_before: Option<TenantState>,
    /// Every host it answers on, the canonical one first: whose caches have to forget it.
    pub hosts: Vec<String>,
}

/// What a verb did.
#[derive(Clone, Debug)]
pub struct Changed {
    /// To whom.
    pub subject: Subject,
    /// The state it is in now.
    pub state: TenantState,
    /// Whether anything had to be done.
    pub changed: bool,
    /// The end of the days of grace, while there are any.
    pub purge_at: Option<Timestamp>,
}

const BY_SLUG: PlatformSql = platform_sql!(
    "SELECT id, slug, state, state_before,
            ARRAY(SELECT host FROM platform.hosts WHERE tenant_id = t.id ORDER BY canonical DESC, host) AS hosts
       FROM platform.tenants t
      WHERE slug = $1
        FOR UPDATE"
);

const BY_ID: PlatformSql = platform_sql!(
    "SELECT id, slug, state, state_before,
            ARRAY(SELECT host FROM platform.hosts WHERE tenant_id = t.id ORDER BY canonical DESC, host) AS hosts
       FROM platform.tenants t
      WHERE id = $1 AND state <> 'pooled'
        FOR UPDATE"
);

/// The organisation, locked until the transaction ends. Errors: [`VerbError::NotFound`].
pub async fn fetch_for_update(tx: &PlatformTx, which: &Selector) -> Result<Subject, VerbError> {
    let row = match which {
        Selector::Slug(slug) => tx.query_opt(BY_SLUG, &[slug]).await?,
        Selector::Id(id) => tx.query_opt(BY_ID, &[&id.uuid()]).await?,
    };
    let row = row.ok_or_else(|| VerbError::NotFound(which.clone()))?;
    Ok(Subject {
        id: row.id("id")?,
        slug: row.get("slug")?,
        state: read_state(&row, "state")?.ok_or(CORRUPT)?,
        state_before: read_state(&row, "state_before")?,
        hosts: row.get("hosts")?,
    })
}

const CORRUPT: DbError = DbError::Corrupt {
    table: "platform.tenants",
    column: "state",
};

pub(crate) fn read_state(row: &Row, column: &str) -> Result<Option<TenantState>, DbError> {
    match row.get::<Option<&str>>(column)? {
        None => Ok(None),
        Some(name) => TenantState::parse(name).map(Some).ok_or(CORRUPT),
    }
}

const SET_STATE: PlatformSql = platform_sql!(
    "UPDATE platform.tenants
        SET state = $2, state_before = $3, purge_at = $4, state_reason = $5, state_changed_at = $6
      WHERE id = $1"
);

/// Does `verb`. The reason is kept where people of the organisation can read it.
///
/// Errors: [`VerbError::NotFound`], [`VerbError::NotAllowed`].
pub async fn change_state(
    tx: &PlatformTx,
    which: &Selector,
    verb: Verb,
    mandate: &Mandate,
) -> Result<Changed, VerbError> {
    let subject = fetch_for_update(tx, which).await?;
    let state = match life::step(subject.state, verb)? {
        Step::Nothing => {
            return Ok(Changed {
                state: subject.state,
                changed: false,
                purge_at: None,
                subject,
            });
        }
        Step::To(state) => state,
        Step::Back => subject.state_before.ok_or(CORRUPT)?,
    };
    let deleting = state == TenantState::Deleting;
    let before = deleting.then(|| subject.state.as_str());
    let purge_at = deleting.then(|| tx.now().saturating_add(GRACE).unwrap_or(Timestamp::MAX));
    let reason = match state {
        TenantState::Active => None,
        _ => mandate.reason.as_deref(),
    };
    tx.execute(
        SET_STATE,
        &[
            &subject.id.uuid(),
            &state.as_str(),
            &before,
            &purge_at,
            &reason,
            &tx.now(),
        ],
    )
    .await?;
    let (from, to) = (subject.state.as_str(), state.as_str());
    let detail = match purge_at {
        Some(at) => json!({ "from": from, "to": to, "purge_at": at }),
        None => json!({ "from": from, "to": to }),
    };
    let act = Act {
        mandate,
        action: verb.action(),
        tenant: Some(subject.id),
        subject: subject.slug.as_deref(),
        detail,
    };
    let deed = audit::record_named(tx, &act).await?;
    tell_owners(tx, &subject, deed).await?;
    Ok(Changed {
        subject,
        state,
        changed: true,
        purge_at,
    })
}

/// The kind of work that tells an organisation's owners what was done to it: its reference is the row of
/// `platform.operator_audit`.
pub const TELL_OWNERS: &str = "tell_owners";

async fn tell_owners(tx: &PlatformTx, subject: &Subject, deed: Uuid) -> Result<(), DbError> {
    let Some(host) = subject.hosts.first() else {
        return Ok(());
    };
    let Some(tenant) = tx.find_tenant_by_host(host).await? else {
        return Ok(());
    };
    let origin = Origin {
        actor: Actor::Worker(TELL_OWNERS),
        address: None,
        request_id: tx.new_id(),
    };
    tx.enter(&tenant, origin, async |tx| {
        tx.enqueue(TELL_OWNERS, deed, tx.now()).await
    })
    .await
}

const SET_PLAN: PlatformSql =
    platform_sql!("UPDATE platform.tenants SET plan = $2 WHERE id = $1 AND plan <> $2");

const SET_QUOTA: Sql = sql!("UPDATE quotas SET max = $2 WHERE key = $1 AND max <> $2");

/// A plan: its name, and how many of what it allows. What is not named stays.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The name, 1 to 40 characters.
    pub name: &'a str,
    /// Keys of quotas and their limits.
    pub limits: &'a [(&'a str, i32)],
}

/// Gives an organisation a plan, in its quota rows too. What is over a lower limit stays. Answers whether
/// anything changed.
///
/// Errors: [`VerbError::NotFound`].
pub async fn set_plan(
    tx: &PlatformTx,
    which: &Selector,
    plan: &Plan<'_>,
    mandate: &Mandate,
) -> Result<bool, VerbError> {
    let subject = fetch_for_update(tx, which).await?;
    let Some(host) = subject.hosts.first() else {
        return Err(VerbError::NotFound(which.clone()));
    };
    let found = tx.find_tenant_by_host(host).await?;
    let tenant = found.ok_or_else(|| VerbError::NotFound(which.clone()))?;
    let mut changed = tx
        .execute(SET_PLAN, &[&subject.id.uuid(), &plan.name])
        .await?;
    let origin = Origin {
        actor: Actor::Worker("plan"),
        address: None,
        request_id: tx.new_id(),
    };
    changed += tx
        .enter(&tenant, origin, async |inside| {
            let mut changed = 0;
            for (key, max) in plan.limits {
                changed += inside.execute(SET_QUOTA, &[key, max]).await?;
            }
            Ok::<_, DbError>(changed)
        })
        .await?;
    if changed > 0 {
        let limits: serde_json::Map<_, _> = plan
            .limits
            .iter()
            .map(|(key, max)| ((*key).to_owned(), json!(max)))
            .collect();
        let act = Act {
            mandate,
            action: "tenant.plan_changed",
            tenant: Some(subject.id),
            subject: subject.slug.as_deref(),
            detail: json!({ "plan": plan.name, "limits": limits }),
        };
        audit::record(tx, &act).await?;
    }
    Ok(changed > 0)
}
