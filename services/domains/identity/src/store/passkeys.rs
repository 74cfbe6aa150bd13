//! Rows of passkeys. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::{PasskeyId, SessionId, UserId};
use serde_json::Value;

use crate::ceremony::Made;
use crate::model::{Passkey, WaysIn};

fn passkey(row: &Row) -> Result<Passkey, DbError> {
    Ok(Passkey {
        id: row.id("id")?,
        user: row.id("user_id")?,
        name: row.get("name")?,
        host: row.get("host")?,
        credential: row.get("credential")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

const LIST_OF: Sql = sql!(
    "SELECT p.id, p.user_id, p.name, p.host, p.credential, p.created_at, p.last_used_at
       FROM sessions s
       JOIN passkeys p ON p.user_id = s.user_id
      WHERE s.id = $1
      ORDER BY p.id"
);

/// The passkeys of the person behind `session`, the oldest first.
pub async fn list_of(tx: &TenantTx, session: SessionId) -> Result<Vec<Passkey>, DbError> {
    let rows = tx.query(LIST_OF, &[&session.uuid()]).await?;
    rows.iter().map(passkey).collect()
}

const FIND: Sql = sql!(
    "SELECT id, user_id, name, host, credential, created_at, last_used_at
       FROM passkeys
      WHERE credential_id = $1 AND host = $2"
);

/// The passkey that browsers name so on `host`.
pub async fn find(
    tx: &TenantTx,
    credential_id: &[u8],
    host: &str,
) -> Result<Option<Passkey>, DbError> {
    let row = tx.query_opt(FIND, &[&credential_id, &host]).await?;
    row.as_ref().map(passkey).transpose()
}

const LOCK_OWN: Sql = sql!(
    "SELECT id, user_id, name, host, credential, created_at, last_used_at
       FROM passkeys
      WHERE id = $1 AND user_id = $2
        FOR UPDATE"
);

/// A passkey of `user` as it is now and stays until this transaction ends.
pub async fn lock_own(
    tx: &TenantTx,
    id: PasskeyId,
    user: UserId,
) -> Result<Option<Passkey>, DbError> {
    let row = tx.query_opt(LOCK_OWN, &[&id.uuid(), &user.uuid()]).await?;
    row.as_ref().map(passkey).transpose()
}

const LIST_CREDENTIALS: Sql =
    sql!("SELECT credential_id FROM passkeys WHERE user_id = $1 AND host = $2 ORDER BY id");

/// By what browsers name a person's passkeys on `host`.
pub async fn list_credentials(
    tx: &TenantTx,
    user: UserId,
    host: &str,
) -> Result<Vec<Vec<u8>>, DbError> {
    let rows = tx.query(LIST_CREDENTIALS, &[&user.uuid(), &host]).await?;
    rows.iter().map(|row| row.get("credential_id")).collect()
}

const COUNT: Sql = sql!("SELECT count(*) AS kept FROM passkeys WHERE user_id = $1");

/// How many passkeys a person has, on whatever host.
pub async fn count(tx: &TenantTx, user: UserId) -> Result<i64, DbError> {
    tx.query_one(COUNT, &[&user.uuid()]).await?.get("kept")
}

const IS_KNOWN: Sql =
    sql!("SELECT EXISTS (SELECT 1 FROM passkeys WHERE credential_id = $1) AS known");

/// Whether anybody has the passkey that browsers name so.
pub async fn is_known(tx: &TenantTx, credential_id: &[u8]) -> Result<bool, DbError> {
    tx.query_one(IS_KNOWN, &[&credential_id])
        .await?
        .get("known")
}

/// The constraint that keeps one key from being two people's.
pub const CREDENTIAL_KEY: &str = "passkeys_credential_id_key";

const ADD: Sql = sql!(
    "INSERT INTO passkeys (id, user_id, name, host, credential_id, credential, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

/// Adds a passkey.
pub async fn add(tx: &TenantTx, new: &Passkey, made: &Made) -> Result<(), DbError> {
    tx.execute(
        ADD,
        &[
            &new.id.uuid(),
            &new.user.uuid(),
            &new.name,
            &new.host,
            &made.credential_id,
            &made.credential,
            &new.created_at,
        ],
    )
    .await
    .map(drop)
}

const USED: Sql = sql!("UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE id = $1");

/// It was used; `credential` is what is kept of it from now on.
pub async fn used(tx: &TenantTx, id: PasskeyId, credential: &Value) -> Result<(), DbError> {
    tx.execute(USED, &[&id.uuid(), credential, &tx.now()])
        .await
        .map(drop)
}

const RENAME: Sql = sql!("UPDATE passkeys SET name = $2 WHERE id = $1");

/// Calls it something else.
pub async fn rename(tx: &TenantTx, id: PasskeyId, name: &str) -> Result<(), DbError> {
    tx.execute(RENAME, &[&id.uuid(), &name]).await.map(drop)
}

const REMOVE: Sql = sql!("DELETE FROM passkeys WHERE id = $1");

/// Takes it away.
pub async fn remove(tx: &TenantTx, id: PasskeyId) -> Result<(), DbError> {
    tx.execute(REMOVE, &[&id.uuid()]).await.map(drop)
}

const FETCH_WAYS: Sql = sql!(
    "SELECT u.password_hash IS NOT NULL AND 'password' = ANY (r.methods) AS password,
            (SELECT count(*) FROM passkeys p
              WHERE p.user_id = u.id AND p.host = $2 AND 'passkey' = ANY (r.methods))::integer AS passkeys,
            (SELECT count(*) FROM identities i
              WHERE i.user_id = u.id AND 'discord' = ANY (r.methods))::integer AS identities
       FROM users u,
            (SELECT COALESCE((SELECT methods FROM sign_in_policy), '{password,passkey,discord}') AS methods) r
      WHERE u.id = $1"
);

/// By what a person can come in on `host` under the rules.
pub async fn fetch_ways(tx: &TenantTx, user: UserId, host: &str) -> Result<WaysIn, DbError> {
    let row = tx.query_one(FETCH_WAYS, &[&user.uuid(), &host]).await?;
    Ok(WaysIn {
        password: row.get("password")?,
        passkeys: row.get("passkeys")?,
        identities: row.get("identities")?,
    })
}
