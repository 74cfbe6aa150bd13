//! Support access: whether an organisation lets operators look, and each look of one.
//!
//! Owns `platform.support_accesses` and `platform.tenants.support_until`, and writes its half of the double audit.
//! The session itself, and the other half, are rows of the organisation.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::id::{OperatorId, SessionId, SupportAccessId, TenantId};
use serde_json::json;

use crate::audit::{self, Act, Mandate, OperatorActor};

/// How long the code of a link works.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);
/// How long a look lasts.
pub const SESSION: SignedDuration = SignedDuration::from_mins(15);

/// Stands for "until it is switched off": the last second of the year 9999, which every reader of times can read.
pub fn open_end() -> Timestamp {
    Timestamp::from_second(253_402_207_199).unwrap_or(Timestamp::MAX)
}

/// A look that is asked for.
#[derive(Debug)]
pub struct NewAccess<'a> {
    /// At whom.
    pub tenant: TenantId,
    /// By whom.
    pub operator: OperatorId,
    /// Why, for the organisation to read.
    pub reason: &'a str,
    /// Where else it is written about.
    pub ticket: Option<&'a str>,
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
}

/// One look.
#[derive(Clone, Debug)]
pub struct Access {
    /// The id.
    pub id: SupportAccessId,
    /// Whose.
    pub operator_id: OperatorId,
    /// Their name.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Where else it is written about.
    pub ticket: Option<String>,
    /// The session in the organisation.
    pub session: SessionId,
    /// Since when.
    pub began_at: Timestamp,
    /// Until when at the most.
    pub ends_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

const CONSENT: PlatformSql =
    platform_sql!("SELECT support_until FROM platform.tenants WHERE id = $1 FOR SHARE");

/// Until when the organisation lets operators look, if it does now; it cannot withdraw that before this
/// transaction has ended.
pub async fn find_consent(tx: &PlatformTx, tenant: TenantId) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_opt(CONSENT, &[&tenant.uuid()]).await?;
    let until: Option<Timestamp> = match row {
        Some(row) => row.get("support_until")?,
        None => None,
    };
    Ok(until.filter(|until| tx.now() < *until))
}

const READ_CONSENT: PlatformSql =
    platform_sql!("SELECT support_until FROM platform.tenants WHERE id = $1");

/// The same for a page, without holding anybody up.
pub async fn read_consent(tx: &PlatformTx, tenant: TenantId) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_one(READ_CONSENT, &[&tenant.uuid()]).await?;
    let until: Option<Timestamp> = row.get("support_until")?;
    Ok(until.filter(|until| tx.now() < *until))
}

const LOCK_CONSENT: PlatformSql =
    platform_sql!("SELECT slug, support_until FROM platform.tenants WHERE id = $1 FOR UPDATE");

const SET_CONSENT: PlatformSql =
    platform_sql!("UPDATE platform.tenants SET support_until = $2 WHERE id = $1");

/// Lets operators look until `until`, or no more. Answers what was there before.
pub async fn set_consent(
    tx: &PlatformTx,
    tenant: TenantId,
    until: Option<Timestamp>,
) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_one(LOCK_CONSENT, &[&tenant.uuid()]).await?;
    let before: Option<Timestamp> = row.get("support_until")?;
    let slug: Option<String> = row.get("slug")?;
    tx.execute(SET_CONSENT, &[&tenant.uuid(), &until]).await?;
    let action = match until {
        Some(_) => "support.allowed",
        None => "support.withdrawn",
    };
    let mandate = Mandate {
        actor: OperatorActor::Organization,
        reason: None,
    };
    let act = Act {
        mandate: &mandate,
        action,
        tenant: Some(tenant),
        subject: slug.as_deref(),
        detail: json!({ "until": until, "before": before }),
    };
    audit::record(tx, &act).await?;
    Ok(before)
}

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.support_accesses
            (id, tenant_id, operator_id, reason, ticket, code_hash, created_at, code_expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);

const FORGET: PlatformSql = platform_sql!(
    "DELETE FROM platform.support_accesses
      WHERE operator_id = $1 AND session_id IS NULL AND code_expires_at <= $2"
);

/// Adds a look whose code nobody has used. Answers until when the code works.
pub async fn add(tx: &PlatformTx, new: &NewAccess<'_>) -> Result<Timestamp, DbError> {
    let id: SupportAccessId = tx.new_id();
    let expires_at = tx.now().saturating_add(CODE_LIFE).unwrap_or(Timestamp::MAX);
    tx.execute(FORGET, &[&new.operator.uuid(), &tx.now()])
        .await?;
    tx.execute(
        ADD,
        &[
            &id.uuid(),
            &new.tenant.uuid(),
            &new.operator.uuid(),
            &new.reason,
            &new.ticket,
            &new.code_hash.as_slice(),
            &tx.now(),
            &expires_at,
        ],
    )
    .await?;
    Ok(expires_at)
}

const TAKE: PlatformSql = platform_sql!(
    "UPDATE platform.support_accesses a
        SET code_hash = NULL, session_id = $3, began_at = $4, ends_at = $5
       FROM platform.operators o
      WHERE a.code_hash = $1 AND a.tenant_id = $2 AND a.code_expires_at > $4
        AND o.id = a.operator_id AND o.state = 'active'
  RETURNING a.id, a.operator_id, o.name, a.reason, a.ticket, a.session_id, a.began_at, a.ends_at, a.ended_at"
);

/// Takes a code, which then is nobody's: the look begins as `session`, and ends at `ends_at` at the latest.
pub async fn take_code(
    tx: &PlatformTx,
    tenant: TenantId,
    code_hash: &[u8; 32],
    session: SessionId,
    ends_at: Timestamp,
) -> Result<Option<Access>, DbError> {
    let (tenant_id, session_id, now) = (tenant.uuid(), session.uuid(), tx.now());
    let row = tx
        .query_opt(
            TAKE,
            &[
                &code_hash.as_slice(),
                &tenant_id,
                &session_id,
                &now,
                &ends_at,
            ],
        )
        .await?;
    let Some(access) = row.map(|row| read_access(&row)).transpose()? else {
        return Ok(None);
    };
    let actor = OperatorActor::Operator(access.operator_id.uuid());
    note(tx, tenant, &access, "support.began", actor).await?;
    Ok(Some(access))
}

const LIST: PlatformSql = platform_sql!(
    "SELECT a.id, a.operator_id, o.name, a.reason, a.ticket, a.session_id, a.began_at, a.ends_at, a.ended_at
       FROM platform.support_accesses a
       JOIN platform.operators o ON o.id = a.operator_id
      WHERE a.tenant_id = $1 AND a.session_id IS NOT NULL AND ($2::uuid IS NULL OR a.session_id = $2)
      ORDER BY a.id DESC
      LIMIT 20"
);

/// The last looks at an organisation, the newest first.
pub async fn list(tx: &PlatformTx, tenant: TenantId) -> Result<Vec<Access>, DbError> {
    let nobody: Option<uuid::Uuid> = None;
    let rows = tx.query(LIST, &[&tenant.uuid(), &nobody]).await?;
    rows.iter().map(read_access).collect()
}

/// The look that is `session`.
pub async fn find(
    tx: &PlatformTx,
    tenant: TenantId,
    session: SessionId,
) -> Result<Option<Access>, DbError> {
    let row = tx
        .query_opt(LIST, &[&tenant.uuid(), &Some(session.uuid())])
        .await?;
    row.map(|row| read_access(&row)).transpose()
}

const END: PlatformSql = platform_sql!(
    "UPDATE platform.support_accesses a
        SET ended_at = least(a.ends_at, $3)
       FROM platform.operators o
      WHERE a.tenant_id = $1 AND a.session_id IS NOT NULL AND a.ended_at IS NULL
        AND ($2::uuid IS NULL OR a.session_id = $2) AND o.id = a.operator_id
  RETURNING a.id, a.operator_id, o.name, a.reason, a.ticket, a.session_id, a.began_at, a.ends_at, a.ended_at"
);

/// Ends the look that is `session`, or every one at the organisation. Answers those that were not over.
pub async fn end(
    tx: &PlatformTx,
    tenant: TenantId,
    session: Option<SessionId>,
    actor: &OperatorActor,
) -> Result<Vec<Access>, DbError> {
    let session = session.map(SessionId::uuid);
    let rows = tx
        .query(END, &[&tenant.uuid(), &session, &tx.now()])
        .await?;
    let ended: Result<Vec<Access>, DbError> = rows.iter().map(read_access).collect();
    let ended = ended?;
    for access in &ended {
        note(tx, tenant, access, "support.ended", actor.clone()).await?;
    }
    Ok(ended)
}

const DUE: PlatformSql = platform_sql!(
    "SELECT h.host, a.session_id
       FROM platform.support_accesses a
       JOIN platform.hosts h ON h.tenant_id = a.tenant_id AND h.canonical
      WHERE a.session_id IS NOT NULL AND a.ended_at IS NULL AND a.ends_at <= $1
      ORDER BY a.ends_at
      LIMIT $2"
);

/// Looks whose time is over and of whose end nothing is written: the canonical host, and the session.
pub async fn list_over(tx: &PlatformTx, limit: i64) -> Result<Vec<(String, SessionId)>, DbError> {
    let rows = tx.query(DUE, &[&tx.now(), &limit]).await?;
    rows.iter()
        .map(|row| Ok((row.get("host")?, row.id("session_id")?)))
        .collect()
}

async fn note(
    tx: &PlatformTx,
    tenant: TenantId,
    access: &Access,
    action: &str,
    actor: OperatorActor,
) -> Result<(), DbError> {
    let mandate = Mandate {
        actor,
        reason: Some(access.reason.clone()),
    };
    let act = Act {
        mandate: &mandate,
        action,
        tenant: Some(tenant),
        subject: None,
        detail: json!({
            "access": access.id, "operator": access.operator_id, "ticket": access.ticket,
            "ends_at": access.ends_at,
        }),
    };
    audit::record(tx, &act).await
}

fn read_access(row: &Row) -> Result<Access, DbError> {
    Ok(Access {
        id: row.id("id")?,
        operator_id: row.id("operator_id")?,
        operator: row.get("name")?,
        reason: row.get("reason")?,
        ticket: row.get("ticket")?,
        session: row.id("session_id")?,
        began_at: row.get("began_at")?,
        ends_at: row.get("ends_at")?,
        ended_at: row.get("ended_at")?,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_open_end_is_a_time_that_everybody_can_read() {
        assert!(super::open_end().to_string().starts_with("9999-12-"));
    }
}
