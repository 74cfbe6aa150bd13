//! Rows of sessions of somebody of the platform. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{OperatorId, SessionId, UserId};

use crate::model::Device;

const OWNERS: Sql = sql!(
    "SELECT id, email
       FROM users
      WHERE role = 'owner' AND state = 'active'
      ORDER BY created_at, id
      LIMIT 50"
);

/// The active owners, who came first first.
pub async fn list_owners(tx: &TenantTx) -> Result<Vec<(UserId, String)>, DbError> {
    let rows = tx.query(OWNERS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.get("email")?)))
        .collect()
}

const ADD: Sql = sql!(
    "INSERT INTO sessions (id, user_id, kind, method, operator_id, secret_hash, user_state, role, user_agent,
                           address, created_at, authenticated_at, last_seen_at, last_address, expires_at, idle_s)
     VALUES ($1, $2, 'support', 'support', $3, $4, 'active', 'viewer', $5, $6, $7, $7, $7, $6, $8,
             COALESCE((SELECT idle_s FROM sign_in_policy), 1209600))"
);

/// Adds a session of `operator` that sees what `user` sees as a viewer.
pub async fn add_session(
    tx: &TenantTx,
    id: SessionId,
    user: UserId,
    operator: OperatorId,
    secret_hash: &[u8; 32],
    device: &Device,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        ADD,
        &[
            &id.uuid(),
            &user.uuid(),
            &operator.uuid(),
            &secret_hash.as_slice(),
            &device.user_agent,
            &tx.origin().address,
            &tx.now(),
            &expires_at,
        ],
    )
    .await
    .map(drop)
}

const END: Sql =
    sql!("UPDATE sessions SET revoked_at = $2 WHERE id = ANY($1) AND revoked_at IS NULL");

/// Ends sessions.
pub async fn end_sessions(tx: &TenantTx, ids: &[SessionId]) -> Result<(), DbError> {
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    tx.execute(END, &[&ids, &tx.now()]).await.map(drop)
}
