//! Rows of `platform.operators`: reads and writes them as they are, decides nothing.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use gateway::Sealed;
use kernel::id::OperatorId;
use passwords::PasswordHash;

use crate::model::{Account, AccountState, NewAccount, Secrets};
use crate::roles::Role;

/// The constraint that keeps an address to one account.
pub const EMAIL_KEY: &str = "operators_email_key";

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.operators (id, email, name, role, state, password_hash, totp_secret, created_at)
     VALUES ($1, $2, $3, $4, 'active', $5, $6, $7)"
);

/// Adds an account.
pub async fn add(
    tx: &PlatformTx,
    id: OperatorId,
    new: &NewAccount,
    totp_secret: &Sealed,
) -> Result<(), DbError> {
    tx.execute(
        ADD,
        &[
            &id.uuid(),
            &new.email.folded(),
            &new.name,
            &new.role.as_str(),
            &new.password_hash.as_str(),
            &totp_secret.bytes(),
            &tx.now(),
        ],
    )
    .await
    .map(drop)
}

const LIST: PlatformSql = platform_sql!(
    "SELECT id, email, name, role, state, created_at, last_login_at
       FROM platform.operators
      ORDER BY state, email
      LIMIT 1000"
);

/// Every account, active ones first.
pub async fn list(tx: &PlatformTx) -> Result<Vec<Account>, DbError> {
    let rows = tx.query(LIST, &[]).await?;
    rows.iter().map(|row| read_account(row, "id")).collect()
}

const BY_EMAIL: PlatformSql = platform_sql!(
    "SELECT id, email, name, role, state, created_at, last_login_at, password_hash, totp_secret, totp_last_step
       FROM platform.operators
      WHERE email = $1"
);

/// The account of a folded address.
pub async fn find_by_email(tx: &PlatformTx, email: &str) -> Result<Option<Secrets>, DbError> {
    let row = tx.query_opt(BY_EMAIL, &[&email]).await?;
    row.map(|row| read_secrets(&row)).transpose()
}

const LOCK: PlatformSql = platform_sql!(
    "SELECT id, email, name, role, state, created_at, last_login_at, password_hash, totp_secret, totp_last_step
       FROM platform.operators
      WHERE id = $1
        FOR UPDATE"
);

/// The account, locked until the transaction ends.
pub async fn lock(tx: &PlatformTx, id: OperatorId) -> Result<Option<Secrets>, DbError> {
    let row = tx.query_opt(LOCK, &[&id.uuid()]).await?;
    row.map(|row| read_secrets(&row)).transpose()
}

const ADMINISTRATORS: PlatformSql = platform_sql!(
    "SELECT id FROM platform.operators
      WHERE role = 'administrator' AND state = 'active'
      ORDER BY id
        FOR UPDATE"
);

/// The active administrators, locked, so that two cannot take each other's standing at once.
pub async fn lock_administrators(tx: &PlatformTx) -> Result<Vec<OperatorId>, DbError> {
    let rows = tx.query(ADMINISTRATORS, &[]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

const NOTE_LOGIN: PlatformSql = platform_sql!(
    "UPDATE platform.operators SET totp_last_step = $2, last_login_at = $3 WHERE id = $1"
);

/// Takes the code of `step`.
pub async fn note_login(tx: &PlatformTx, id: OperatorId, step: i64) -> Result<(), DbError> {
    tx.execute(NOTE_LOGIN, &[&id.uuid(), &step, &tx.now()])
        .await
        .map(drop)
}

const NOTE_CODE: PlatformSql =
    platform_sql!("UPDATE platform.operators SET totp_last_step = $2 WHERE id = $1");

/// Takes the code of `step`, without a sign-in.
pub async fn note_code(tx: &PlatformTx, id: OperatorId, step: i64) -> Result<(), DbError> {
    tx.execute(NOTE_CODE, &[&id.uuid(), &step]).await.map(drop)
}

const SET_STATE: PlatformSql =
    platform_sql!("UPDATE platform.operators SET state = $2 WHERE id = $1");

/// Switches an account on or off.
pub async fn set_state(
    tx: &PlatformTx,
    id: OperatorId,
    state: AccountState,
) -> Result<(), DbError> {
    tx.execute(SET_STATE, &[&id.uuid(), &state.as_str()])
        .await
        .map(drop)
}

const SET_ROLE: PlatformSql =
    platform_sql!("UPDATE platform.operators SET role = $2 WHERE id = $1");

/// Gives an account another role.
pub async fn set_role(tx: &PlatformTx, id: OperatorId, role: Role) -> Result<(), DbError> {
    tx.execute(SET_ROLE, &[&id.uuid(), &role.as_str()])
        .await
        .map(drop)
}

const SET_PASSWORD: PlatformSql =
    platform_sql!("UPDATE platform.operators SET password_hash = $2 WHERE id = $1");

/// Gives an account another password.
pub async fn set_password(
    tx: &PlatformTx,
    id: OperatorId,
    hash: &PasswordHash,
) -> Result<(), DbError> {
    tx.execute(SET_PASSWORD, &[&id.uuid(), &hash.as_str()])
        .await
        .map(drop)
}

const SET_SEED: PlatformSql = platform_sql!(
    "UPDATE platform.operators SET totp_secret = $2, totp_last_step = 0 WHERE id = $1"
);

/// Gives an account another seed, of which no code was taken yet.
pub async fn set_seed(tx: &PlatformTx, id: OperatorId, seed: &Sealed) -> Result<(), DbError> {
    tx.execute(SET_SEED, &[&id.uuid(), &seed.bytes()])
        .await
        .map(drop)
}

const LOCK_SEEDS: PlatformSql =
    platform_sql!("SELECT id, totp_secret FROM platform.operators ORDER BY id FOR NO KEY UPDATE");

/// Every account's seed, which stays until this transaction ends.
pub async fn lock_seeds(tx: &PlatformTx) -> Result<Vec<(OperatorId, Sealed)>, DbError> {
    let rows = tx.query(LOCK_SEEDS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, Sealed::stored(row.get("totp_secret")?))))
        .collect()
}

const KEEP_SEED: PlatformSql =
    platform_sql!("UPDATE platform.operators SET totp_secret = $2 WHERE id = $1");

/// Keeps the same seed as it was sealed anew.
pub async fn keep_seed(tx: &PlatformTx, id: OperatorId, seed: &Sealed) -> Result<(), DbError> {
    tx.execute(KEEP_SEED, &[&id.uuid(), &seed.bytes()])
        .await
        .map(drop)
}

const fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt {
        table: "platform.operators",
        column,
    }
}

/// Reads an account from a row that has its id in `id`.
pub fn read_account(row: &Row, id: &str) -> Result<Account, DbError> {
    Ok(Account {
        id: row.id(id)?,
        email: row.get("email")?,
        name: row.get("name")?,
        role: Role::parse(row.get("role")?).ok_or(corrupt("role"))?,
        state: AccountState::parse(row.get("state")?).ok_or(corrupt("state"))?,
        created_at: row.get("created_at")?,
        last_login_at: row.get("last_login_at")?,
    })
}

fn read_secrets(row: &Row) -> Result<Secrets, DbError> {
    Ok(Secrets {
        account: read_account(row, "id")?,
        password_hash: PasswordHash::stored(row.get("password_hash")?),
        totp_secret: Sealed::stored(row.get("totp_secret")?),
        totp_last_step: row.get("totp_last_step")?,
    })
}
