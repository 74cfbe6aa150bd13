//! Rows of sessions. Decides nothing.

use std::net::IpAddr;

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use uuid::Uuid;

use crate::model::{Account, Device, Method, OpenSession, SessionKind, TokenHash};

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
    /// Whether that was more than one thing.
    pub second_factor: bool,
    /// When it ends.
    pub expires_at: Timestamp,
    /// From where.
    pub device: &'a Device,
}

const ADD_SESSION: Sql = sql!(
    "INSERT INTO sessions (id, user_id, kind, method, secret_hash, user_state, role, user_agent, address,
                           created_at, authenticated_at, last_seen_at, last_address, expires_at, second_factor,
                           idle_s, networks, second_factor_required)
     VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $9, $9, $8, $10, $11,
             COALESCE((SELECT idle_s FROM sign_in_policy), 1209600),
             (SELECT NULLIF(console_networks, '{}') FROM sign_in_policy),
             COALESCE((SELECT second_factor_required FROM sign_in_policy), false))"
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
            &session.second_factor,
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

const REVOKE_OWN: Sql = sql!(
    "UPDATE sessions
        SET revoked_at = $3
      WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3"
);

/// Ends a session of `user`. Answers whether it was theirs and open.
pub async fn revoke_own(tx: &TenantTx, id: SessionId, user: UserId) -> Result<bool, DbError> {
    let ended = tx
        .execute(REVOKE_OWN, &[&id.uuid(), &user.uuid(), &tx.now()])
        .await?;
    Ok(ended == 1)
}

const REVOKE_ALL: Sql = sql!(
    "UPDATE sessions
        SET revoked_at = $2
      WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND ($3::uuid IS NULL OR id <> $3)
  RETURNING id"
);

/// Ends every open session of a person but `except`, and answers which. What is recorded about it names
/// them in `ended_sessions`, so that their sockets close.
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

/// Sessions that are listed.
const LISTED: i64 = 200;

const LIST_OPEN: Sql = sql!(
    "SELECT s.id, s.kind, s.method, s.user_agent, COALESCE(s.last_address, s.address) AS seen_from,
            s.created_at, COALESCE(s.last_seen_at, s.created_at) AS seen_at, s.expires_at
       FROM sessions s
      WHERE s.user_id = (SELECT user_id FROM sessions WHERE id = $1)
        AND s.revoked_at IS NULL
        AND s.expires_at > $2
        AND (s.kind = 'program' OR COALESCE(s.last_seen_at, s.created_at) + make_interval(secs => s.idle_s + 60) > $2)
      ORDER BY seen_at DESC, s.id DESC
      LIMIT $3"
);

/// The open sessions of whoever comes by `session`, the one that was used last first.
pub async fn list_open(tx: &TenantTx, session: SessionId) -> Result<Vec<OpenSession>, DbError> {
    let rows = tx
        .query(LIST_OPEN, &[&session.uuid(), &tx.now(), &LISTED])
        .await?;
    rows.iter().map(open_session).collect()
}

fn open_session(row: &Row) -> Result<OpenSession, DbError> {
    Ok(OpenSession {
        id: row.id("id")?,
        kind: SessionKind::parse(row.get("kind")?).ok_or(DbError::Corrupt {
            table: "sessions",
            column: "kind",
        })?,
        method: row.get("method")?,
        device: Device {
            user_agent: row.get("user_agent")?,
            ..Device::default()
        },
        address: row.get::<Option<IpAddr>>("seen_from")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("seen_at")?,
        expires_at: row.get("expires_at")?,
    })
}

const CONFIRM: Sql = sql!(
    "UPDATE sessions
        SET authenticated_at = $2, last_seen_at = $2,
            secret_hash = CASE kind WHEN 'browser' THEN $3 ELSE secret_hash END
      WHERE id = $1 AND revoked_at IS NULL"
);

/// Its owner has proven again who they are. A browser's session has a new secret from now on. Answers
/// whether it was still open.
pub async fn confirm(
    tx: &TenantTx,
    id: SessionId,
    secret_hash: TokenHash,
) -> Result<bool, DbError> {
    let confirmed = tx
        .execute(CONFIRM, &[&id.uuid(), &tx.now(), &secret_hash.as_slice()])
        .await?;
    Ok(confirmed == 1)
}

const SEE: Sql = sql!("UPDATE sessions SET last_seen_at = $2, last_address = $3 WHERE id = $1");

/// A program was here for its next tokens.
pub async fn see(tx: &TenantTx, id: SessionId) -> Result<(), DbError> {
    let address = tx.origin().address;
    tx.execute(SEE, &[&id.uuid(), &tx.now(), &address])
        .await
        .map(drop)
}
