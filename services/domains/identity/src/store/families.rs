//! Rows of refresh tokens, and the families they make. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};

use crate::model::TokenHash;
use crate::rotation::Presented;

const ADD_REFRESH_TOKEN: Sql = sql!(
    "INSERT INTO refresh_tokens (token_hash, session_id, parent_hash, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5)"
);

/// Adds a refresh token to a session's family.
pub async fn add_refresh_token(
    tx: &TenantTx,
    session: SessionId,
    hash: &TokenHash,
    parent: Option<&TokenHash>,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    let parent = parent.map(<[u8; 32]>::as_slice);
    tx.execute(
        ADD_REFRESH_TOKEN,
        &[
            &hash.as_slice(),
            &session.uuid(),
            &parent,
            &tx.now(),
            &expires_at,
        ],
    )
    .await
    .map(drop)
}

/// The session of a refresh token.
pub struct Family {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it ends, however busy it is.
    pub expires_at: Timestamp,
    /// Neither revoked, nor of an account that may not be used.
    pub open: bool,
}

const LOCK_FAMILY: Sql = sql!(
    "SELECT id, user_id, user_state, expires_at, revoked_at
       FROM sessions
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1)
        FOR UPDATE"
);

/// The session of a refresh token. It stays locked until this transaction ends, so that one family's
/// tokens are exchanged one after the other.
pub async fn lock_family(tx: &TenantTx, hash: &TokenHash) -> Result<Option<Family>, DbError> {
    let Some(row) = tx.query_opt(LOCK_FAMILY, &[&hash.as_slice()]).await? else {
        return Ok(None);
    };
    let revoked_at: Option<Timestamp> = row.get("revoked_at")?;
    Ok(Some(Family {
        session: row.id("id")?,
        user: row.id("user_id")?,
        expires_at: row.get("expires_at")?,
        open: revoked_at.is_none() && row.get::<&str>("user_state")? == "active",
    }))
}

const FIND_REFRESH_TOKEN: Sql = sql!(
    "SELECT t.parent_hash, t.expires_at, t.used_at, t.child_used_at,
            p.child_used_at AS sibling_used_at
       FROM refresh_tokens t
       LEFT JOIN refresh_tokens p ON p.token_hash = t.parent_hash
      WHERE t.token_hash = $1"
);

/// What is known of a refresh token, and its parent's hash.
pub async fn fetch_refresh_token(
    tx: &TenantTx,
    hash: &TokenHash,
) -> Result<(Presented, Option<Vec<u8>>), DbError> {
    let row = tx
        .query_one(FIND_REFRESH_TOKEN, &[&hash.as_slice()])
        .await?;
    let set = |column| Ok::<bool, DbError>(row.get::<Option<Timestamp>>(column)?.is_some());
    let presented = Presented {
        expires_at: row.get("expires_at")?,
        used_at: row.get("used_at")?,
        child_used: set("child_used_at")?,
        sibling_used: set("sibling_used_at")?,
    };
    Ok((presented, row.get("parent_hash")?))
}

const USE_REFRESH_TOKEN: Sql =
    sql!("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL");

const MARK_PARENT: Sql = sql!(
    "UPDATE refresh_tokens SET child_used_at = $2 WHERE token_hash = $1 AND child_used_at IS NULL"
);

/// Marks a token as used, and its parent as one whose child is in use.
pub async fn use_refresh_token(
    tx: &TenantTx,
    hash: &TokenHash,
    parent: Option<&[u8]>,
) -> Result<(), DbError> {
    tx.execute(USE_REFRESH_TOKEN, &[&hash.as_slice(), &tx.now()])
        .await?;
    if let Some(parent) = parent {
        tx.execute(MARK_PARENT, &[&parent, &tx.now()]).await?;
    }
    Ok(())
}
