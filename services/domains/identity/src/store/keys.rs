//! Rows of API keys. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use gateway::ProgramKey;
use kernel::id::{ApiKeyId, UserId};
use kernel::roles::{Permission, Role};
use uuid::Uuid;

use crate::model::{ApiKey, NewApiKey, later};

const ADD: Sql = sql!(
    "INSERT INTO api_keys (id, user_id, name, secret_hash, scopes, role, per_minute, created_at, expires_at, networks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT NULLIF(key_networks, '{}') FROM sign_in_policy))"
);

/// Adds a key of a locked, active account in `role`.
pub async fn add(
    tx: &TenantTx,
    maker: UserId,
    role: Role,
    new: &NewApiKey,
    secret: &ProgramKey,
) -> Result<(), DbError> {
    let scopes: Vec<&str> = new.scopes.iter().map(|it| it.as_str()).collect();
    let per_minute = new.per_minute.and_then(|it| i32::try_from(it).ok());
    tx.execute(
        ADD,
        &[
            &secret.id,
            &maker.uuid(),
            &new.name,
            &secret.hash().as_slice(),
            &scopes,
            &role.as_str(),
            &per_minute,
            &tx.now(),
            &later(tx.now(), new.life),
        ],
    )
    .await
    .map(drop)
}

const COUNT_WORKING: Sql = sql!(
    "SELECT count(*) AS working
       FROM api_keys
      WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2"
);

/// How many keys of `maker` work.
pub async fn count_working(tx: &TenantTx, maker: UserId) -> Result<i64, DbError> {
    tx.query_one(COUNT_WORKING, &[&maker.uuid(), &tx.now()])
        .await?
        .get("working")
}

const FETCH: Sql = sql!(
    "SELECT k.id, k.name, k.scopes, k.per_minute, k.user_id, u.email, k.user_state, k.created_at, k.expires_at,
            k.last_used_at, k.last_address, k.revoked_at
       FROM api_keys k
       JOIN users u ON u.id = k.user_id
      WHERE k.id = $1"
);

/// The key `id`, which must exist.
pub async fn fetch(tx: &TenantTx, id: ApiKeyId) -> Result<ApiKey, DbError> {
    key(&tx.query_one(FETCH, &[&id.uuid()]).await?)
}

const LIST: Sql = sql!(
    "SELECT k.id, k.name, k.scopes, k.per_minute, k.user_id, u.email, k.user_state, k.created_at, k.expires_at,
            k.last_used_at, k.last_address, k.revoked_at
       FROM api_keys k
       JOIN users u ON u.id = k.user_id
      WHERE ($1::uuid IS NULL OR k.id < $1)
        AND (k.revoked_at IS NOT NULL OR k.expires_at <= $2) = $3
      ORDER BY k.id DESC
      LIMIT $4"
);

/// At most `limit` keys before `before`, the newest first: those that are over, or those that are not.
pub async fn list(
    tx: &TenantTx,
    before: Option<Uuid>,
    ended: bool,
    limit: i64,
) -> Result<Vec<ApiKey>, DbError> {
    let rows = tx
        .query(LIST, &[&before, &tx.now(), &ended, &limit])
        .await?;
    rows.iter().map(key).collect()
}

const REVOKE: Sql = sql!(
    "UPDATE api_keys
        SET revoked_at = $2
      WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2
  RETURNING name"
);

/// Ends a key. Answers its name, where there was one to end.
pub async fn revoke(tx: &TenantTx, id: ApiKeyId) -> Result<Option<String>, DbError> {
    let row = tx.query_opt(REVOKE, &[&id.uuid(), &tx.now()]).await?;
    row.map(|row| row.get("name")).transpose()
}

fn key(row: &Row) -> Result<ApiKey, DbError> {
    let scopes: Vec<&str> = row.get("scopes")?;
    let per_minute: Option<i32> = row.get("per_minute")?;
    Ok(ApiKey {
        id: row.id("id")?,
        name: row.get("name")?,
        // One that there is no more allows nothing.
        scopes: scopes.into_iter().filter_map(Permission::parse).collect(),
        per_minute: per_minute.and_then(|it| u32::try_from(it).ok()),
        maker: row.id("user_id")?,
        maker_email: row.get("email")?,
        maker_active: row.get::<&str>("user_state")? == "active",
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        last_address: row.get("last_address")?,
        revoked_at: row.get("revoked_at")?,
    })
}
