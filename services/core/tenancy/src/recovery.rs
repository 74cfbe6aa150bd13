//! Owners who lost access: where a recovery stands, from an operator's word to a new password.
//!
//! Owns `platform.recoveries`, and writes the platform's half of the double audit. Mails, the link and what it
//! changes are rows of the organisation, in the same transaction.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::email::EmailAddress;
use kernel::id::{ApprovalId, RecoveryId, TenantId, UserId};
use kernel::text;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Act, Mandate};

/// How long the link works.
pub const LINK: SignedDuration = SignedDuration::from_hours(24);
/// How long the row of one that is over stays; the audit keeps it for good.
pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Where a recovery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A second operator has to approve it; nobody was told.
    Asked,
    /// Everybody was told, and can object.
    Waiting,
    /// The link is with the new address.
    Sent,
    /// The owner is in again.
    Done,
    /// Somebody objected, or no second operator approved.
    Stopped,
    /// Nobody decided, or nobody used the link.
    Expired,
    /// What it was asked for holds no more: there is another owner, the address is taken.
    Void,
}

impl State {
    const ALL: [Self; 7] = [
        Self::Asked,
        Self::Waiting,
        Self::Sent,
        Self::Done,
        Self::Stopped,
        Self::Expired,
        Self::Void,
    ];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
            Self::Void => "void",
        }
    }

    /// What the operators' audit calls the step to it.
    const fn action(self) -> &'static str {
        match self {
            Self::Asked => "recovery.asked",
            Self::Waiting => "recovery.began",
            Self::Sent => "recovery.link_sent",
            Self::Done => "recovery.done",
            Self::Stopped => "recovery.stopped",
            Self::Expired => "recovery.expired",
            Self::Void => "recovery.void",
        }
    }
}

/// What an operator wants.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose owner.
    pub tenant: TenantId,
    /// The address that the owner is to have.
    pub email: &'a EmailAddress,
    /// What was shown as proof: for the operators' audit alone.
    pub proof: &'a str,
}

/// A recovery that is not over.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The id.
    pub id: RecoveryId,
    /// Whose owner.
    pub tenant: TenantId,
    /// The organisation's slug.
    pub slug: Option<String>,
    /// The owner.
    pub owner: UserId,
    /// The address that they are to have.
    pub email: EmailAddress,
    /// Where it stands.
    pub state: State,
    /// Since when there is one.
    pub created_at: Timestamp,
    /// When that state is over: the request lapses, the link leaves, the link works no more.
    pub due_at: Timestamp,
}

impl Recovery {
    /// Whether the organisation was told of it.
    pub fn is_known(&self) -> bool {
        self.state != State::Asked
    }
}

/// Why there is no recovery.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such organisation.
    #[error("there is no such organisation")]
    NoTenant,
    /// Nobody signs in to the organisation in its state.
    #[error("nobody can sign in to an organisation that is {0}")]
    Unavailable(&'static str),
    /// No owner ever proved their address, or was left.
    #[error("the organisation has no owner whose account is in use")]
    NoOwner,
    /// There is somebody else who owns it.
    #[error("another owner can help: they can let this one in again")]
    OtherOwner,
    /// One is under way.
    #[error("a recovery is under way already, to {}", .0.email.masked())]
    Open(Box<Recovery>),
    /// Somebody else has the address.
    #[error("the address belongs to another member")]
    AddressTaken,
    /// The organisation takes addresses of other domains only.
    #[error("the organisation takes addresses of {} only", .0.join(", "))]
    MailDomain(Vec<String>),
    /// Nobody signs in with a password there.
    #[error("the organisation lets nobody sign in with a password")]
    PasswordOff,
    /// Nothing is under way.
    #[error("no recovery is under way")]
    NotFound,
    /// A failure of the database.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Refusal {
    /// The stable name of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTenant => "tenant_not_found",
            Self::Unavailable(_) => "recovery_unavailable",
            Self::NoOwner => "no_owner",
            Self::OtherOwner => "other_owner",
            Self::Open(_) => "recovery_open",
            Self::AddressTaken => "address_taken",
            Self::MailDomain(_) => "mail_domain",
            Self::PasswordOff => "password_off",
            Self::NotFound => "recovery_not_found",
            Self::Db(_) => "internal",
        }
    }
}

/// What was shown as proof, where it is some: 10 to 500 characters on one line.
pub fn proof(typed: &str) -> Option<String> {
    let line = text::line(typed, 500).ok()?;
    (line.chars().count() >= 10).then_some(line)
}

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.recoveries (id, tenant_id, owner_id, email, approval_id, state, created_at, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);

/// Adds one that waits for a second operator until `due_at`, by the request `approval`.
pub async fn ask(
    tx: &PlatformTx,
    wanted: &Wanted<'_>,
    owner: UserId,
    approval: ApprovalId,
    due_at: Timestamp,
) -> Result<(), DbError> {
    add(tx, wanted, owner, Some(approval), State::Asked, due_at)
        .await
        .map(drop)
}

/// Adds one whose waiting time runs until `due_at`.
pub async fn begin(
    tx: &PlatformTx,
    wanted: &Wanted<'_>,
    owner: UserId,
    mandate: &Mandate,
    due_at: Timestamp,
) -> Result<Recovery, DbError> {
    let id = add(tx, wanted, owner, None, State::Waiting, due_at).await?;
    let begun = lock(tx, id.uuid()).await?.ok_or(DbError::Missing)?;
    let detail = json!({ "proof": wanted.proof, "due_at": due_at });
    note(tx, &begun, State::Waiting, mandate, detail).await?;
    Ok(begun)
}

async fn add(
    tx: &PlatformTx,
    wanted: &Wanted<'_>,
    owner: UserId,
    approval: Option<ApprovalId>,
    state: State,
    due_at: Timestamp,
) -> Result<RecoveryId, DbError> {
    let id: RecoveryId = tx.new_id();
    tx.execute(
        ADD,
        &[
            &id.uuid(),
            &wanted.tenant.uuid(),
            &owner.uuid(),
            &wanted.email.as_str(),
            &approval.map(ApprovalId::uuid),
            &state.as_str(),
            &tx.now(),
            &due_at,
        ],
    )
    .await?;
    Ok(id)
}

const FIND: PlatformSql = platform_sql!(
    "SELECT r.id, r.tenant_id, t.slug, r.owner_id, r.email, r.state, r.created_at, r.due_at
       FROM platform.recoveries r
       JOIN platform.tenants t ON t.id = r.tenant_id
      WHERE r.tenant_id = $1 AND r.ended_at IS NULL"
);

/// The one of an organisation that is not over, for a page.
pub async fn find(tx: &PlatformTx, tenant: TenantId) -> Result<Option<Recovery>, DbError> {
    let row = tx.query_opt(FIND, &[&tenant.uuid()]).await?;
    row.as_ref().map(recovery).transpose()
}

const LOCK: PlatformSql = platform_sql!(
    "SELECT r.id, r.tenant_id, t.slug, r.owner_id, r.email, r.state, r.created_at, r.due_at
       FROM platform.recoveries r
       JOIN platform.tenants t ON t.id = r.tenant_id
      WHERE $1 IN (r.id, r.tenant_id, r.approval_id) AND r.ended_at IS NULL
        FOR UPDATE OF r"
);

/// One that is not over, as it stays until this transaction ends: by its own id, by that of its organisation,
/// or by that of the request a second operator decides about.
pub async fn lock(tx: &PlatformTx, id: Uuid) -> Result<Option<Recovery>, DbError> {
    let row = tx.query_opt(LOCK, &[&id]).await?;
    row.as_ref().map(recovery).transpose()
}

const MOVE: PlatformSql =
    platform_sql!("UPDATE platform.recoveries SET state = $2, due_at = $3 WHERE id = $1");

/// Takes a locked one to its next state, which lasts until `due_at`. Answers it as it is now.
pub async fn advance(
    tx: &PlatformTx,
    before: Recovery,
    state: State,
    due_at: Timestamp,
    mandate: &Mandate,
) -> Result<Recovery, DbError> {
    tx.execute(MOVE, &[&before.id.uuid(), &state.as_str(), &due_at])
        .await?;
    note(tx, &before, state, mandate, json!({ "due_at": due_at })).await?;
    Ok(Recovery {
        state,
        due_at,
        ..before
    })
}

const END: PlatformSql = platform_sql!(
    "UPDATE platform.recoveries SET state = $2, ended_at = $3, email = NULL WHERE id = $1"
);

/// Ends a locked one; the platform forgets the address. `why` is what made it void.
pub async fn end(
    tx: &PlatformTx,
    over: &Recovery,
    state: State,
    mandate: &Mandate,
    why: Option<&str>,
) -> Result<(), DbError> {
    tx.execute(END, &[&over.id.uuid(), &state.as_str(), &tx.now()])
        .await?;
    let detail = json!({ "from": over.state.as_str(), "why": why });
    note(tx, over, state, mandate, detail).await
}

const LAPSE: PlatformSql = platform_sql!(
    "UPDATE platform.recoveries
        SET state = 'expired', ended_at = $1, email = NULL
      WHERE id IN (SELECT id FROM platform.recoveries
                    WHERE state = 'asked' AND due_at <= $1
                    ORDER BY due_at
                    LIMIT $2
                      FOR UPDATE SKIP LOCKED)"
);

const LAPSE_OF: PlatformSql = platform_sql!(
    "UPDATE platform.recoveries
        SET state = 'expired', ended_at = $2, email = NULL
      WHERE tenant_id = $1 AND state = 'asked' AND due_at <= $2"
);

const FORGET: PlatformSql = platform_sql!(
    "DELETE FROM platform.recoveries
      WHERE id IN (SELECT id FROM platform.recoveries
                    WHERE ended_at <= $1
                    ORDER BY ended_at
                    LIMIT $2
                      FOR UPDATE SKIP LOCKED)"
);

/// Makes room where nobody decided in time about one that was asked for.
pub async fn lapse_of(tx: &PlatformTx, tenant: TenantId) -> Result<(), DbError> {
    tx.execute(LAPSE_OF, &[&tenant.uuid(), &tx.now()])
        .await
        .map(drop)
}

/// Ends at most `limit` about which nobody decided in time, and removes as many that have long been over.
pub async fn tend(tx: &PlatformTx, limit: i64) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(LAPSE, &[&now, &limit]).await?;
    let old = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    tx.execute(FORGET, &[&old, &limit]).await.map(drop)
}

async fn note(
    tx: &PlatformTx,
    recovery: &Recovery,
    state: State,
    mandate: &Mandate,
    more: Value,
) -> Result<(), DbError> {
    let mut detail = json!({ "recovery": recovery.id, "email": recovery.email.as_str() });
    if let (Some(detail), Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    let act = Act {
        mandate,
        action: state.action(),
        tenant: Some(recovery.tenant),
        subject: recovery.slug.as_deref(),
        detail,
    };
    audit::record(tx, &act).await
}

fn recovery(row: &Row) -> Result<Recovery, DbError> {
    let corrupt = |column| DbError::Corrupt {
        table: "platform.recoveries",
        column,
    };
    let state: &str = row.get("state")?;
    let known = State::ALL.into_iter().find(|it| it.as_str() == state);
    Ok(Recovery {
        id: row.id("id")?,
        tenant: row.id("tenant_id")?,
        slug: row.get("slug")?,
        owner: row.id("owner_id")?,
        email: EmailAddress::parse(row.get("email")?).ok_or(corrupt("email"))?,
        state: known.ok_or(corrupt("state"))?,
        created_at: row.get("created_at")?,
        due_at: row.get("due_at")?,
    })
}
