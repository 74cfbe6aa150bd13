//! Rows of `platform.operator_sessions`: reads and writes them as they are, decides nothing.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::Timestamp;
use kernel::id::{OperatorId, SessionId};

use super::accounts::read_account;
use crate::cookie::Proof;
use crate::model::{Caller, Device, IDLE, Means, Session};

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.operator_sessions
            (id, operator_id, secret_hash, created_at, expires_at, last_used_at, address, user_agent)
     VALUES ($1, $2, $3, $4, $5, $4, $6, $7)"
);

/// Opens a session.
pub async fn add(
    tx: &PlatformTx,
    proof: &Proof,
    operator: OperatorId,
    expires_at: Timestamp,
    device: &Device,
) -> Result<(), DbError> {
    let hash = proof.hash();
    tx.execute(
        ADD,
        &[
            &proof.session.uuid(),
            &operator.uuid(),
            &hash.as_slice(),
            &tx.now(),
            &expires_at,
            &device.address,
            &device.user_agent,
        ],
    )
    .await
    .map(drop)
}

const CALLER: PlatformSql = platform_sql!(
    "SELECT s.id, s.created_at AS signed_in_at, s.expires_at, s.last_used_at, s.address, s.user_agent,
            o.id AS operator_id, o.email, o.name, o.role, o.state, o.created_at, o.last_login_at
       FROM platform.operator_sessions s
       JOIN platform.operators o ON o.id = s.operator_id
      WHERE s.id = $1 AND s.secret_hash = $2 AND s.revoked_at IS NULL"
);

/// Whose session `proof` proves, unless it was revoked. Whether it is over, and whether the account may be
/// used, is the caller's to see.
pub async fn find_caller(tx: &PlatformTx, proof: &Proof) -> Result<Option<Caller>, DbError> {
    let hash = proof.hash();
    let row = tx
        .query_opt(CALLER, &[&proof.session.uuid(), &hash.as_slice()])
        .await?;
    row.map(|row| {
        Ok(Caller {
            account: read_account(&row, "operator_id")?,
            means: Means::Session(read_session(&row, "signed_in_at")?),
        })
    })
    .transpose()
}

const NOTE_USE: PlatformSql =
    platform_sql!("UPDATE platform.operator_sessions SET last_used_at = $2 WHERE id = $1");

/// Notes that a session is in use.
pub async fn note_use(tx: &PlatformTx, id: SessionId) -> Result<(), DbError> {
    tx.execute(NOTE_USE, &[&id.uuid(), &tx.now()])
        .await
        .map(drop)
}

const LIST: PlatformSql = platform_sql!(
    "SELECT id, created_at, expires_at, last_used_at, address, user_agent
       FROM platform.operator_sessions
      WHERE operator_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_used_at > $3
      ORDER BY id DESC
      LIMIT 200"
);

/// The sessions of an operator that are not over, the newest first.
pub async fn list(tx: &PlatformTx, operator: OperatorId) -> Result<Vec<Session>, DbError> {
    let idle_since = tx.now().saturating_sub(IDLE).unwrap_or(Timestamp::MIN);
    let rows = tx
        .query(LIST, &[&operator.uuid(), &tx.now(), &idle_since])
        .await?;
    rows.iter()
        .map(|row| read_session(row, "created_at"))
        .collect()
}

const REVOKE: PlatformSql = platform_sql!(
    "UPDATE platform.operator_sessions
        SET revoked_at = $3
      WHERE id = $1 AND operator_id = $2 AND revoked_at IS NULL AND expires_at > $3"
);

/// Ends a session of `operator`. Answers whether there was one to end.
pub async fn revoke(tx: &PlatformTx, id: SessionId, operator: OperatorId) -> Result<bool, DbError> {
    let revoked = tx
        .execute(REVOKE, &[&id.uuid(), &operator.uuid(), &tx.now()])
        .await?;
    Ok(revoked == 1)
}

const REVOKE_ALL: PlatformSql = platform_sql!(
    "UPDATE platform.operator_sessions
        SET revoked_at = $3
      WHERE operator_id = $1 AND ($2::uuid IS NULL OR id <> $2) AND revoked_at IS NULL"
);

/// Ends every session of `operator` but `kept`.
pub async fn revoke_all(
    tx: &PlatformTx,
    operator: OperatorId,
    kept: Option<SessionId>,
) -> Result<u64, DbError> {
    let kept = kept.map(SessionId::uuid);
    tx.execute(REVOKE_ALL, &[&operator.uuid(), &kept, &tx.now()])
        .await
}

const FORGET: PlatformSql = platform_sql!(
    "DELETE FROM platform.operator_sessions WHERE operator_id = $1 AND expires_at < $2"
);

/// Forgets sessions of `operator` that were over before `before`.
pub async fn forget(
    tx: &PlatformTx,
    operator: OperatorId,
    before: Timestamp,
) -> Result<(), DbError> {
    tx.execute(FORGET, &[&operator.uuid(), &before])
        .await
        .map(drop)
}

fn read_session(row: &Row, created_at: &str) -> Result<Session, DbError> {
    Ok(Session {
        id: row.id("id")?,
        created_at: row.get(created_at)?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
    })
}
