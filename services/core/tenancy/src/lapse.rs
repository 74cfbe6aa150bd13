//! The end of an organisation that nobody ever confirmed: after a week its name is free again, without days
//! of grace and without a tombstone, so that names cannot be squatted.
//!
//! Whether its owner has proven their address is asked of the organisation itself by the caller, in the same
//! transaction: the note in `platform.tenants` follows a moment later.

use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::id::TenantId;
use serde_json::json;

use crate::audit::{self, Act, Mandate, OperatorActor};

/// How long an organisation may stay without a proof.
pub const PROBATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long before its end its owner is asked once more.
pub const NOTICE: SignedDuration = SignedDuration::from_hours(24);

/// An organisation without a proof, locked until the transaction ends.
#[derive(Debug)]
pub struct Unproven {
    id: TenantId,
    slug: String,
    hosts: Vec<String>,
}

const FIND: PlatformSql = platform_sql!(
    "SELECT slug, ARRAY(SELECT host FROM platform.hosts WHERE tenant_id = t.id ORDER BY host) AS hosts
       FROM platform.tenants t
      WHERE id = $1 AND state = 'active' AND verified_at IS NULL AND claimed_at <= $2
        FOR UPDATE"
);

/// The organisation, where its time is over. One that an operator has stopped, or brought here from
/// elsewhere since, is theirs to decide about.
pub async fn find_for_update(
    tx: &PlatformTx,
    tenant: TenantId,
) -> Result<Option<Unproven>, DbError> {
    let since = tx.now().saturating_sub(PROBATION).unwrap_or(Timestamp::MIN);
    let found = tx.query_opt(FIND, &[&tenant.uuid(), &since]).await?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(Unproven {
        id: tenant,
        slug: row.get("slug")?,
        hosts: row.get("hosts")?,
    }))
}

const END: PlatformSql = platform_sql!(
    "UPDATE platform.tenants
        SET state = 'deleting', state_before = 'active', purge_at = $2, state_changed_at = $2,
            state_reason = 'The address of its owner was never confirmed.'
      WHERE id = $1"
);

/// Ends it: it is dropped in the next turn of the upkeep. Answers the hosts that caches have to forget.
pub async fn end(tx: &PlatformTx, unproven: Unproven) -> Result<Vec<String>, DbError> {
    tx.execute(END, &[&unproven.id.uuid(), &tx.now()]).await?;
    let mandate = Mandate {
        actor: OperatorActor::Worker,
        reason: None,
    };
    let act = Act {
        mandate: &mandate,
        action: "tenant.lapsed",
        tenant: Some(unproven.id),
        subject: Some(&unproven.slug),
        detail: json!({}),
    };
    audit::record(tx, &act).await?;
    Ok(unproven.hosts)
}
