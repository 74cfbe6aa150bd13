//! The one-time codes of people, in their rows. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};

use crate::model::{Security, TokenHash};

/// What is kept of a person's codes.
pub struct Codes {
    /// The sealed seed.
    pub sealed: Option<Vec<u8>>,
    /// Whether signing in asks for a code.
    pub confirmed: bool,
    /// The last time step whose code was taken.
    pub last_step: i64,
}

const LOCK: Sql = sql!(
    "SELECT totp_secret, totp_confirmed_at, totp_last_step FROM users WHERE id = $1 FOR UPDATE"
);

/// The codes of a person as they are now and stay until this transaction ends.
pub async fn lock(tx: &TenantTx, user: UserId) -> Result<Codes, DbError> {
    let row = tx.query_one(LOCK, &[&user.uuid()]).await?;
    Ok(Codes {
        sealed: row.get("totp_secret")?,
        confirmed: row.get::<Option<Timestamp>>("totp_confirmed_at")?.is_some(),
        last_step: row.get("totp_last_step")?,
    })
}

const START: Sql =
    sql!("UPDATE users SET totp_secret = $2, totp_confirmed_at = NULL WHERE id = $1");

/// Keeps a sealed seed that nothing asks for yet.
pub async fn start(tx: &TenantTx, user: UserId, sealed: &[u8]) -> Result<(), DbError> {
    tx.execute(START, &[&user.uuid(), &sealed]).await.map(drop)
}

const CONFIRM: Sql = sql!(
    "UPDATE users
        SET totp_confirmed_at = $2, totp_last_step = $3, recovery_codes = $4
      WHERE id = $1"
);

/// From now on signing in asks for a code.
pub async fn confirm(
    tx: &TenantTx,
    user: UserId,
    step: i64,
    recovery: &[TokenHash],
) -> Result<(), DbError> {
    let recovery: Vec<&[u8]> = recovery.iter().map(<[u8; 32]>::as_slice).collect();
    tx.execute(CONFIRM, &[&user.uuid(), &tx.now(), &step, &recovery])
        .await
        .map(drop)
}

const SET_RECOVERY: Sql = sql!("UPDATE users SET recovery_codes = $2 WHERE id = $1");

/// Replaces the recovery codes.
pub async fn set_recovery(
    tx: &TenantTx,
    user: UserId,
    recovery: &[TokenHash],
) -> Result<(), DbError> {
    let recovery: Vec<&[u8]> = recovery.iter().map(<[u8; 32]>::as_slice).collect();
    tx.execute(SET_RECOVERY, &[&user.uuid(), &recovery])
        .await
        .map(drop)
}

const USE_RECOVERY: Sql = sql!(
    "UPDATE users
        SET recovery_codes = array_remove(recovery_codes, $2)
      WHERE id = $1 AND $2 = ANY(recovery_codes)"
);

/// Uses a recovery code up. Answers whether it was there.
pub async fn use_recovery(tx: &TenantTx, user: UserId, hash: &TokenHash) -> Result<bool, DbError> {
    let used = tx
        .execute(USE_RECOVERY, &[&user.uuid(), &hash.as_slice()])
        .await?;
    Ok(used == 1)
}

const NOTE_STEP: Sql = sql!("UPDATE users SET totp_last_step = $2 WHERE id = $1");

/// Notes the time step whose code was taken.
pub async fn note_step(tx: &TenantTx, user: UserId, step: i64) -> Result<(), DbError> {
    tx.execute(NOTE_STEP, &[&user.uuid(), &step])
        .await
        .map(drop)
}

const FORGET: Sql = sql!(
    "UPDATE users
        SET totp_secret = NULL, totp_confirmed_at = NULL, recovery_codes = '{}'
      WHERE id = $1"
);

/// Signing in asks for no code any more.
pub async fn forget(tx: &TenantTx, user: UserId) -> Result<(), DbError> {
    tx.execute(FORGET, &[&user.uuid()]).await.map(drop)
}

const FORGET_SINCE: Sql = sql!(
    "WITH keys AS (
         UPDATE api_keys SET revoked_at = $3
          WHERE user_id = $1 AND created_at >= $2 AND revoked_at IS NULL
     ), passed AS (
         DELETE FROM passkeys WHERE user_id = $1 AND created_at >= $2
     ), elsewhere AS (
         DELETE FROM identities WHERE user_id = $1 AND created_at >= $2
     )
     UPDATE users
        SET totp_secret = NULL, totp_confirmed_at = NULL, recovery_codes = '{}'
      WHERE id = $1 AND (totp_confirmed_at IS NULL OR totp_confirmed_at >= $2)"
);

/// Takes away every way in that was added since `since`: codes, passkeys, links to identities elsewhere and
/// API keys.
pub async fn forget_since(tx: &TenantTx, user: UserId, since: Timestamp) -> Result<(), DbError> {
    tx.execute(FORGET_SINCE, &[&user.uuid(), &since, &tx.now()])
        .await
        .map(drop)
}

const FETCH_SECURITY: Sql = sql!(
    "SELECT u.password_hash IS NOT NULL AS has_password, u.password_changed_at,
            u.totp_confirmed_at, cardinality(u.recovery_codes) AS recovery_codes_left,
            (SELECT count(*) FROM passkeys p WHERE p.user_id = u.id AND p.host = $2)::integer AS passkeys
       FROM sessions s
       JOIN users u ON u.id = s.user_id
      WHERE s.id = $1"
);

/// What the person behind `session` has to prove who they are.
pub async fn fetch_security(tx: &TenantTx, session: SessionId) -> Result<Security, DbError> {
    let host = tx.tenant().host();
    let row = tx
        .query_one(FETCH_SECURITY, &[&session.uuid(), &host])
        .await?;
    Ok(Security {
        has_password: row.get("has_password")?,
        password_changed_at: row.get("password_changed_at")?,
        codes_since: row.get("totp_confirmed_at")?,
        recovery_codes_left: row.get("recovery_codes_left")?,
        passkeys: row.get("passkeys")?,
    })
}
