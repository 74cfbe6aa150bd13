//! Rows of people, sessions, tokens and attempts. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use kernel::roles::Role;
use passwords::PasswordHash;
use uuid::Uuid;

use crate::model::{Account, Attempt, Device, TokenHash, User, UserState};
use crate::rotation::Presented;

const ADD_OWNER: Sql = sql!(
    "INSERT INTO users (id, email, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5)"
);

/// Adds a person whose address is not proven.
pub async fn add_user(tx: &TenantTx, user: &User, hash: &PasswordHash) -> Result<(), DbError> {
    let role = user.role.as_str();
    tx.execute(
        ADD_OWNER,
        &[
            &user.id.uuid(),
            &user.email,
            &hash.as_str(),
            &role,
            &user.created_at,
        ],
    )
    .await
    .map(drop)
}

fn role(row: &Row) -> Result<Role, DbError> {
    Role::parse(row.get("role")?).ok_or(DbError::Corrupt {
        table: "users",
        column: "role",
    })
}

fn user(row: &Row) -> Result<User, DbError> {
    Ok(User {
        id: row.id("id")?,
        email: row.get("email")?,
        role: role(row)?,
        created_at: row.get("created_at")?,
    })
}

fn account(row: &Row) -> Result<Account, DbError> {
    Ok(Account {
        user: user(row)?,
        state: UserState::parse(row.get("state")?).ok_or(DbError::Corrupt {
            table: "users",
            column: "state",
        })?,
        password_hash: PasswordHash::stored(row.get("password_hash")?),
    })
}

const FIND_USER: Sql = sql!("SELECT id, email, role, created_at FROM users WHERE id = $1");

/// The person `id`, who must exist.
pub async fn fetch_user(tx: &TenantTx, id: UserId) -> Result<User, DbError> {
    user(&tx.query_one(FIND_USER, &[&id.uuid()]).await?)
}

const FIND_ME: Sql = sql!(
    "SELECT u.id, u.email, u.role, u.created_at
       FROM sessions s
       JOIN users u ON u.id = s.user_id
      WHERE s.id = $1"
);

/// The person behind `session`.
pub async fn fetch_user_of(tx: &TenantTx, session: SessionId) -> Result<User, DbError> {
    user(&tx.query_one(FIND_ME, &[&session.uuid()]).await?)
}

const FIND_ACCOUNT: Sql = sql!(
    "SELECT id, email, password_hash, role, state, created_at
       FROM users
      WHERE lower(email) = $1"
);

/// The account of an address in its folded form.
pub async fn find_account(tx: &TenantTx, folded: &str) -> Result<Option<Account>, DbError> {
    let row = tx.query_opt(FIND_ACCOUNT, &[&folded]).await?;
    row.as_ref().map(account).transpose()
}

const LOCK_ACCOUNT: Sql = sql!(
    "SELECT id, email, password_hash, role, state, created_at
       FROM users
      WHERE id = $1
        FOR UPDATE"
);

/// The account as it is now and stays until this transaction ends.
pub async fn lock_account(tx: &TenantTx, id: UserId) -> Result<Option<Account>, DbError> {
    let row = tx.query_opt(LOCK_ACCOUNT, &[&id.uuid()]).await?;
    row.as_ref().map(account).transpose()
}

const VERIFY_USER: Sql = sql!("UPDATE users SET state = 'active', verified_at = $2 WHERE id = $1");

const COPY_STATE: Sql = sql!("UPDATE sessions SET user_state = 'active' WHERE user_id = $1");

/// Makes a locked account active, in its own row and in the copies its sessions hold.
pub async fn activate(tx: &TenantTx, id: UserId) -> Result<(), DbError> {
    tx.execute(VERIFY_USER, &[&id.uuid(), &tx.now()]).await?;
    tx.execute(COPY_STATE, &[&id.uuid()]).await.map(drop)
}

const FIND_PROOF: Sql =
    sql!("SELECT email, verified_at FROM users WHERE id = $1 AND state = 'active'");

/// The address of an active account, and when it was proven.
pub async fn find_proof(tx: &TenantTx, id: UserId) -> Result<Option<(String, Timestamp)>, DbError> {
    let Some(row) = tx.query_opt(FIND_PROOF, &[&id.uuid()]).await? else {
        return Ok(None);
    };
    let verified_at: Option<Timestamp> = row.get("verified_at")?;
    Ok(Some(row.get("email")?).zip(verified_at))
}

const REPLACE_TOKEN: Sql = sql!(
    "INSERT INTO one_time_tokens (token_hash, user_id, purpose, created_at, expires_at)
     VALUES ($1, $2, 'verify_email', $3, $4)
     ON CONFLICT (user_id, purpose)
     DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at,
                   expires_at = excluded.expires_at"
);

/// Gives a person a verification token; the one they had works no more.
pub async fn replace_verification(
    tx: &TenantTx,
    user: UserId,
    hash: &TokenHash,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        REPLACE_TOKEN,
        &[&hash.as_slice(), &user.uuid(), &tx.now(), &expires_at],
    )
    .await
    .map(drop)
}

const FIND_VERIFICATION: Sql = sql!(
    "SELECT user_id, expires_at
       FROM one_time_tokens
      WHERE token_hash = $1 AND purpose = 'verify_email'"
);

/// Whose verification token this is, and until when it works.
pub async fn find_verification(
    tx: &TenantTx,
    hash: &TokenHash,
) -> Result<Option<(UserId, Timestamp)>, DbError> {
    let Some(row) = tx.query_opt(FIND_VERIFICATION, &[&hash.as_slice()]).await? else {
        return Ok(None);
    };
    Ok(Some((row.id("user_id")?, row.get("expires_at")?)))
}

const USE_TOKEN: Sql = sql!("DELETE FROM one_time_tokens WHERE token_hash = $1");

/// Uses a token up. Answers whether it was still there.
pub async fn use_verification(tx: &TenantTx, hash: &TokenHash) -> Result<bool, DbError> {
    Ok(tx.execute(USE_TOKEN, &[&hash.as_slice()]).await? == 1)
}

/// A session to be added.
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// Whose: their present state and role are copied.
    pub account: &'a Account,
    /// Hash of the cookie's secret; `None` for a program, which proves itself by tokens.
    pub secret_hash: Option<[u8; 32]>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// From where.
    pub device: &'a Device,
}

const ADD_SESSION: Sql = sql!(
    "INSERT INTO sessions (id, user_id, kind, secret_hash, user_state, role, user_agent, address,
                           created_at, expires_at)
     VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $9)"
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

const ADD_ATTEMPT: Sql = sql!(
    "INSERT INTO auth_log (id, at, outcome, user_id, address, user_agent, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

/// Writes an attempt down.
pub async fn add_attempt(
    tx: &TenantTx,
    attempt: Attempt,
    user: Option<UserId>,
    device: &Device,
) -> Result<(), DbError> {
    let id: Uuid = tx.new_id();
    let origin = tx.origin();
    tx.execute(
        ADD_ATTEMPT,
        &[
            &id,
            &tx.now(),
            &attempt.as_str(),
            &user.map(UserId::uuid),
            &origin.address,
            &device.user_agent,
            &origin.request_id,
        ],
    )
    .await
    .map(drop)
}
