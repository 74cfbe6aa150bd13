//! Rows of the platform that registering writes: whose address is where, who looks for a workspace, what
//! was answered to a named attempt. Decides nothing.

use std::collections::HashSet;

use db::{DbError, PlatformSql, PlatformTx, Sql, TenantTx, platform_sql, sql};
use gateway::NamedAttempt;
use jiff::{SignedDuration, Timestamp};
use kernel::id::{TenantId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::slug::Slug;

const TAKEN: PlatformSql = platform_sql!(
    "SELECT slug FROM platform.tenants WHERE slug = ANY($1)
     UNION ALL
     SELECT split_part(host, '.', 1) FROM platform.hosts WHERE host = ANY($2)
     UNION ALL
     SELECT slug FROM platform.tombstones WHERE slug = ANY($1) AND until > $3"
);

/// Which of `slugs` somebody has, as a name or as a host below `domain`, or had until lately.
pub async fn taken_slugs(
    tx: &PlatformTx,
    slugs: &[Slug],
    domain: &str,
) -> Result<HashSet<String>, DbError> {
    let names: Vec<&str> = slugs.iter().map(Slug::as_str).collect();
    let hosts: Vec<String> = names
        .iter()
        .map(|name| format!("{name}.{domain}"))
        .collect();
    let rows = tx.query(TAKEN, &[&names, &hosts, &tx.now()]).await?;
    rows.iter().map(|row| row.get("slug")).collect()
}

const ADD_ADDRESS: PlatformSql = platform_sql!(
    "INSERT INTO platform.address_hashes (address_hash, tenant_id, user_id) VALUES ($1, $2, $3)"
);

/// Notes that a person of `tenant` has the address behind `hash`.
pub async fn add_address(
    tx: &PlatformTx,
    hash: &[u8; 32],
    tenant: TenantId,
    user: UserId,
) -> Result<(), DbError> {
    tx.execute(
        ADD_ADDRESS,
        &[&hash.as_slice(), &tenant.uuid(), &user.uuid()],
    )
    .await
    .map(drop)
}

const FORGET_ADDRESS: PlatformSql =
    platform_sql!("DELETE FROM platform.address_hashes WHERE tenant_id = $1 AND user_id = $2");

/// Forgets which address a person of `tenant` has.
pub async fn forget_address(
    tx: &PlatformTx,
    tenant: TenantId,
    user: UserId,
) -> Result<(), DbError> {
    tx.execute(FORGET_ADDRESS, &[&tenant.uuid(), &user.uuid()])
        .await
        .map(drop)
}

const LIST_MEMBERS: PlatformSql = platform_sql!(
    "SELECT a.user_id, t.schema_name
       FROM platform.address_hashes a
       JOIN platform.tenants t ON t.id = a.tenant_id
      WHERE a.address_hash = ANY($1) AND t.state IN ('active', 'read_only', 'suspended')
      ORDER BY t.id
      LIMIT 100"
);

/// The schemas in which somebody has the address behind `hashes`, and who they are there.
pub async fn list_members(
    tx: &PlatformTx,
    hashes: &[Vec<u8>],
) -> Result<Vec<(String, UserId)>, DbError> {
    let rows = tx.query(LIST_MEMBERS, &[&hashes]).await?;
    rows.iter()
        .map(|row| Ok((row.get("schema_name")?, row.id("user_id")?)))
        .collect()
}

const ADD_SEARCH: PlatformSql = platform_sql!(
    "INSERT INTO platform.workspace_searches (id, address_hash, replaced_hashes, asked_at) VALUES ($1, $2, $3, $4)"
);

/// Notes that somebody looks for the workspaces of an address: its hash, and those under replaced keys.
pub async fn add_search(
    tx: &PlatformTx,
    id: Uuid,
    hash: &[u8; 32],
    replaced: &[[u8; 32]],
) -> Result<(), DbError> {
    let replaced: Vec<&[u8]> = replaced.iter().map(<[u8; 32]>::as_slice).collect();
    tx.execute(ADD_SEARCH, &[&id, &hash.as_slice(), &replaced, &tx.now()])
        .await
        .map(drop)
}

const TAKE_SEARCH: PlatformSql = platform_sql!(
    "DELETE FROM platform.workspace_searches
      WHERE id = $1
     RETURNING array_prepend(address_hash, replaced_hashes) AS hashes"
);

/// Removes a search and answers whose workspaces it is for: every hash their address may be held by.
pub async fn take_search(tx: &PlatformTx, id: Uuid) -> Result<Option<Vec<Vec<u8>>>, DbError> {
    let row = tx.query_opt(TAKE_SEARCH, &[&id]).await?;
    row.map(|row| row.get("hashes")).transpose()
}

const REHASH: PlatformSql = platform_sql!(
    "UPDATE platform.address_hashes a
        SET address_hash = n.address_hash
       FROM unnest($2::uuid[], $3::bytea[]) AS n (user_id, address_hash)
      WHERE a.tenant_id = $1 AND a.user_id = n.user_id AND a.address_hash <> n.address_hash"
);

/// Puts other hashes in the place of those that people of `tenant` are held by. Answers how many were other.
pub async fn rehash(
    tx: &PlatformTx,
    tenant: TenantId,
    people: &[Uuid],
    hashes: &[Vec<u8>],
) -> Result<u64, DbError> {
    tx.execute(REHASH, &[&tenant.uuid(), &people, &hashes])
        .await
}

const FIND_ANSWER: PlatformSql = platform_sql!(
    "SELECT body_hash, answer FROM platform.idempotency_keys WHERE key_hash = $1 AND created_at > $2"
);

/// What was answered to an attempt of this name since `since`, and the hash of what came with it.
pub async fn find_answer(
    tx: &PlatformTx,
    key: &[u8; 32],
    since: Timestamp,
) -> Result<Option<(Vec<u8>, Value)>, DbError> {
    let row = tx
        .query_opt(FIND_ANSWER, &[&key.as_slice(), &since])
        .await?;
    row.map(|row| Ok((row.get("body_hash")?, row.get("answer")?)))
        .transpose()
}

const FORGET_ANSWER: PlatformSql =
    platform_sql!("DELETE FROM platform.idempotency_keys WHERE key_hash = $1 AND created_at <= $2");

const KEEP_ANSWER: PlatformSql = platform_sql!(
    "INSERT INTO platform.idempotency_keys (key_hash, body_hash, answer, created_at)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (key_hash) DO NOTHING"
);

/// Keeps the answer to an attempt, in the place of one that is from `expired` or older. Answers false
/// where another attempt of this name was faster.
pub async fn keep_answer(
    tx: &PlatformTx,
    attempt: &NamedAttempt,
    answer: &Value,
    expired: Timestamp,
) -> Result<bool, DbError> {
    let (key, body) = (attempt.key_hash.as_slice(), attempt.body_hash.as_slice());
    tx.execute(FORGET_ANSWER, &[&key, &expired]).await?;
    let kept = tx
        .execute(KEEP_ANSWER, &[&key, &body, answer, &tx.now()])
        .await?;
    Ok(kept == 1)
}

const SET_VERIFIED: PlatformSql = platform_sql!(
    "UPDATE platform.tenants SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL"
);

/// Notes that an organisation's owner has proven their address.
pub async fn set_verified(tx: &PlatformTx, tenant: TenantId, at: Timestamp) -> Result<(), DbError> {
    tx.execute(SET_VERIFIED, &[&tenant.uuid(), &at])
        .await
        .map(drop)
}

const NOTE_ACTIVITY: PlatformSql = platform_sql!(
    "UPDATE platform.tenants SET last_active_at = $2
      WHERE id = $1 AND (last_active_at IS NULL OR last_active_at <= $3)"
);

/// Notes that somebody came, unless that was noted within the hour.
pub async fn note_activity(tx: &PlatformTx, tenant: TenantId) -> Result<(), DbError> {
    let now = tx.now();
    let before = now
        .saturating_sub(SignedDuration::from_hours(1))
        .unwrap_or(Timestamp::MIN);
    tx.execute(NOTE_ACTIVITY, &[&tenant.uuid(), &now, &before])
        .await
        .map(drop)
}

const ADD_QUOTA: Sql = sql!("INSERT INTO quotas (key, used, max) VALUES ($1, $2, $3)");

/// Allows an organisation `max` of `key`, of which it has `used`.
pub async fn add_quota(tx: &TenantTx, key: &str, used: i32, max: i32) -> Result<(), DbError> {
    tx.execute(ADD_QUOTA, &[&key, &used, &max]).await.map(drop)
}
