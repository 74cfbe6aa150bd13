//! Reading `platform.operator_audit` with the names of the operators.

use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::Timestamp;
use kernel::id::{OperatorId, TenantId};
use tenancy::roster::Deed;
use uuid::Uuid;

/// An act, and the address of the operator who did it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The act.
    pub deed: Deed,
    /// Whose account it was, where it was an operator's.
    pub actor_email: Option<String>,
}

/// Which acts.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only those on this organisation.
    pub tenant: Option<TenantId>,
    /// Only those of this operator.
    pub actor: Option<OperatorId>,
    /// Only those with this in their action, subject, reason or operator's address, whatever its case.
    pub search: Option<String>,
}

/// What was done to an organisation, as its owners are told.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// Why.
    pub reason: Option<String>,
    /// Until when it can be undone.
    pub until: Option<Timestamp>,
}

const FIND_TOLD: PlatformSql = platform_sql!(
    "SELECT at, action, reason, (detail ->> 'purge_at')::timestamptz AS until
       FROM platform.operator_audit
      WHERE id = $1 AND tenant_id = $2"
);

/// The act `id` on `tenant`.
pub async fn find_told(
    tx: &PlatformTx,
    id: Uuid,
    tenant: TenantId,
) -> Result<Option<Told>, DbError> {
    let row = tx.query_opt(FIND_TOLD, &[&id, &tenant.uuid()]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Told {
        at: row.get("at")?,
        action: row.get("action")?,
        reason: row.get("reason")?,
        until: row.get("until")?,
    }))
}

const LIST: PlatformSql = platform_sql!(
    "SELECT a.id, a.at, a.actor, a.action, a.tenant_id, a.subject, a.reason, a.detail, o.email
       FROM platform.operator_audit a
       LEFT JOIN platform.operators o ON a.actor = 'operator:' || o.id::text
      WHERE ($1::uuid IS NULL OR a.tenant_id = $1)
        AND ($2::text IS NULL OR a.actor = $2)
        AND ($3::uuid IS NULL OR a.id < $3)
        AND ($5::text IS NULL OR strpos(lower(concat_ws(' ', a.action, a.subject, a.reason, o.email)), lower($5)) > 0)
      ORDER BY a.id DESC
      LIMIT $4"
);

/// At most `limit` acts before `before`, the newest first.
pub async fn list(
    tx: &PlatformTx,
    filter: &AuditFilter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let tenant = filter.tenant.map(TenantId::uuid);
    let actor = filter.actor.map(|id| crate::model::actor(id).to_string());
    let rows = tx
        .query(LIST, &[&tenant, &actor, &before, &limit, &filter.search])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                deed: Deed {
                    id: row.get("id")?,
                    at: row.get("at")?,
                    actor: row.get("actor")?,
                    action: row.get("action")?,
                    tenant_id: row.get("tenant_id")?,
                    subject: row.get("subject")?,
                    reason: row.get("reason")?,
                    detail: row.get("detail")?,
                },
                actor_email: row.get("email")?,
            })
        })
        .collect()
}
