//! Rows of people. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use kernel::roles::Role;
use passwords::PasswordHash;

use crate::model::{Account, User, UserState};

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
        asks_for_code: row.get("asks_for_code")?,
        password_hash: row
            .get::<Option<String>>("password_hash")?
            .map(PasswordHash::stored),
    })
}

const FIND_USER: Sql = sql!("SELECT id, email, role, created_at FROM users WHERE id = $1");

/// The person `id`, who must exist.
pub async fn fetch_user(tx: &TenantTx, id: UserId) -> Result<User, DbError> {
    user(&tx.query_one(FIND_USER, &[&id.uuid()]).await?)
}

const FIND_ME: Sql = sql!(
    "SELECT u.id, u.email, u.role, u.created_at
       FROM users u
      WHERE u.id = COALESCE((SELECT user_id FROM sessions WHERE id = $1),
                            (SELECT user_id FROM api_keys WHERE id = $1))"
);

/// The person behind `session`, which may be that of a key.
pub async fn fetch_user_of(tx: &TenantTx, session: SessionId) -> Result<User, DbError> {
    let row = tx.query_opt(FIND_ME, &[&session.uuid()]).await?;
    // The gate has seen the session a moment ago: whose it was has been removed meanwhile.
    user(&row.ok_or(DbError::Refused)?)
}

const FIND_ACCOUNT: Sql = sql!(
    "SELECT id, email, password_hash, role, state, created_at,
            totp_confirmed_at IS NOT NULL AS asks_for_code
       FROM users
      WHERE lower(email) = $1"
);

const FIND_ACCOUNT_BY_ID: Sql = sql!(
    "SELECT id, email, password_hash, role, state, created_at,
            totp_confirmed_at IS NOT NULL AS asks_for_code
       FROM users
      WHERE id = $1"
);

/// The account `id`.
pub async fn find_by_id(tx: &TenantTx, id: UserId) -> Result<Option<Account>, DbError> {
    let row = tx.query_opt(FIND_ACCOUNT_BY_ID, &[&id.uuid()]).await?;
    row.as_ref().map(account).transpose()
}

/// The account of an address in its folded form.
pub async fn find_account(tx: &TenantTx, folded: &str) -> Result<Option<Account>, DbError> {
    let row = tx.query_opt(FIND_ACCOUNT, &[&folded]).await?;
    row.as_ref().map(account).transpose()
}

const FIND_ACCOUNT_OF: Sql = sql!(
    "SELECT u.id, u.email, u.password_hash, u.role, u.state, u.created_at,
            u.totp_confirmed_at IS NOT NULL AS asks_for_code
       FROM sessions s
       JOIN users u ON u.id = s.user_id
      WHERE s.id = $1"
);

/// The account behind `session`.
pub async fn fetch_account_of(tx: &TenantTx, session: SessionId) -> Result<Account, DbError> {
    let row = tx.query_opt(FIND_ACCOUNT_OF, &[&session.uuid()]).await?;
    account(&row.ok_or(DbError::Refused)?)
}

const LOCK_ACCOUNT: Sql = sql!(
    "SELECT id, email, password_hash, role, state, created_at,
            totp_confirmed_at IS NOT NULL AS asks_for_code
       FROM users
      WHERE id = $1
        FOR UPDATE"
);

/// The account as it is now and stays until this transaction ends.
pub async fn lock_account(tx: &TenantTx, id: UserId) -> Result<Option<Account>, DbError> {
    let row = tx.query_opt(LOCK_ACCOUNT, &[&id.uuid()]).await?;
    row.as_ref().map(account).transpose()
}

const VERIFY_USER: Sql = sql!("UPDATE users SET verified_at = $2 WHERE id = $1");

/// Makes a locked account active: its address is proven.
pub async fn activate(tx: &TenantTx, id: UserId) -> Result<(), DbError> {
    tx.execute(VERIFY_USER, &[&id.uuid(), &tx.now()]).await?;
    change_state(tx, id, UserState::Active).await
}

const CHANGE_STATE: Sql = sql!(
    "WITH copies AS (UPDATE sessions SET user_state = $2 WHERE user_id = $1),
          keys AS (UPDATE api_keys SET user_state = $2 WHERE user_id = $1)
     UPDATE users SET state = $2 WHERE id = $1"
);

/// Changes whether an account may be used: in its own row, and in the copies that its sessions and keys
/// hold for the gate.
pub async fn change_state(tx: &TenantTx, id: UserId, state: UserState) -> Result<(), DbError> {
    tx.execute(CHANGE_STATE, &[&id.uuid(), &state.as_str()])
        .await
        .map(drop)
}

const CHANGE_ROLE: Sql = sql!(
    "WITH copies AS (UPDATE sessions SET role = $2 WHERE user_id = $1),
          keys AS (UPDATE api_keys SET role = $2 WHERE user_id = $1)
     UPDATE users SET role = $2 WHERE id = $1"
);

/// Changes a person's standing: in their own row, and in the copies that their sessions and keys hold for
/// the gate.
pub async fn change_role(tx: &TenantTx, id: UserId, role: Role) -> Result<(), DbError> {
    tx.execute(CHANGE_ROLE, &[&id.uuid(), &role.as_str()])
        .await
        .map(drop)
}

const LIST_OWNERS: Sql =
    sql!("SELECT email FROM users WHERE role = 'owner' AND state = 'active' ORDER BY id");

/// The addresses of active owners.
pub async fn list_owners(tx: &TenantTx) -> Result<Vec<String>, DbError> {
    let rows = tx.query(LIST_OWNERS, &[]).await?;
    rows.iter().map(|row| row.get("email")).collect()
}

const SET_PASSWORD: Sql =
    sql!("UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1");

/// Gives a person another password, or none.
pub async fn set_password(
    tx: &TenantTx,
    id: UserId,
    hash: Option<&PasswordHash>,
) -> Result<(), DbError> {
    let hash = hash.map(PasswordHash::as_str);
    tx.execute(SET_PASSWORD, &[&id.uuid(), &hash, &tx.now()])
        .await
        .map(drop)
}

/// The index that keeps one address from having two accounts.
pub const EMAIL_KEY: &str = "users_email_key";

const SET_EMAIL: Sql = sql!("UPDATE users SET email = $2, verified_at = $3 WHERE id = $1");

/// Gives a person another address, which they have proven.
pub async fn set_email(tx: &TenantTx, id: UserId, email: &str) -> Result<(), DbError> {
    tx.execute(SET_EMAIL, &[&id.uuid(), &email, &tx.now()])
        .await
        .map(drop)
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
