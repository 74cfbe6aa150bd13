//! Rows of sessions. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use uuid::Uuid;

use crate::model::{Account, Device, Method};

/// A session to be added.
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Whose: their present state and role are copied.
    pub account: &'a Account,
    /// Hash of the cookie's secret; `None` for a program, which proves itself by tokens.
    pub secret_hash: Option<[u8; 32]>,
    /// What its owner proved themselves by.
    pub method: Method,
    /// When it ends.
    pub expires_at: Timestamp,
    /// From where.
    pub device: &'a Device,
}

const ADD_SESSION: Sql = sql!(
    "INSERT INTO sessions (id, user_id, kind, method, secret_hash, user_state, role, user_agent, address,
                           created_at, authenticated_at, last_seen_at, last_address, expires_at)
     VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $9, $9, $8, $10)"
);

/// Adds a session of a locked, active account.
pub async fn add_session(tx: &TenantTx, session: &NewSession<'_>) -> Result<(), DbError> {
    let kind = if session.secret_hash.is_some() {
        "browser"
    } else {
        "program"
    };
    let secret_hash = session.secret_hash.as_ref().map_or(&[][..], |hash| hash);
    let user = &session.account.user;
    tx.execute(
        ADD_SESSION,
        &[
            &session.id.uuid(),
            &user.id.uuid(),
            &kind,
            &session.method.as_str(),
            &secret_hash,
            &user.role.as_str(),
            &session.device.user_agent,
            &tx.origin().address,
            &tx.now(),
            &session.expires_at,
        ],
    )
    .await
    .map(drop)
}

const REVOKE_SESSION: Sql =
    sql!("UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");

/// Ends a session. Answers whether it was still open.
pub async fn revoke_session(tx: &TenantTx, id: SessionId) -> Result<bool, DbError> {
    Ok(tx.execute(REVOKE_SESSION, &[&id.uuid(), &tx.now()]).await? == 1)
}

const REVOKE_ALL: Sql = sql!(
    "UPDATE sessions
        SET revoked_at = $2
      WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND ($3::uuid IS NULL OR id <> $3)
  RETURNING id"
);

/// Ends every open session of a person but `except`, and answers which. What is recorded about it names
/// them in `ended_sessions`, so that their sockets close.
#[expect(dead_code, reason = "the operations that call it follow")]
pub async fn revoke_all(
    tx: &TenantTx,
    user: UserId,
    except: Option<SessionId>,
) -> Result<Vec<SessionId>, DbError> {
    let except: Option<Uuid> = except.map(SessionId::uuid);
    let rows = tx
        .query(REVOKE_ALL, &[&user.uuid(), &tx.now(), &except])
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}
