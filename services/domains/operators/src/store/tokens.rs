//! Rows of `platform.operator_tokens`: reads and writes them as they are, decides nothing.

use std::net::IpAddr;

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use kernel::id::{OperatorId, OperatorTokenId};

use super::accounts::read_account;
use crate::model::{Caller, Means, ProgramToken};
use crate::roles::Permission;
use crate::token::Token;

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.operator_tokens
            (id, operator_id, name, secret_hash, permissions, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

/// Adds a token.
pub async fn add(
    tx: &PlatformTx,
    operator: OperatorId,
    token: &ProgramToken,
    secret: &Token,
) -> Result<(), DbError> {
    let names: Vec<&str> = token.permissions.iter().map(|it| it.as_str()).collect();
    tx.execute(
        ADD,
        &[
            &token.id.uuid(),
            &operator.uuid(),
            &token.name,
            &secret.hash().as_slice(),
            &names,
            &token.created_at,
            &token.expires_at,
        ],
    )
    .await
    .map(drop)
}

const CALLER: PlatformSql = platform_sql!(
    "SELECT t.id, t.name AS token_name, t.permissions, t.created_at AS made_at, t.expires_at, t.last_used_at,
            t.last_address, o.id AS operator_id, o.email, o.name, o.role, o.state, o.created_at, o.last_login_at
       FROM platform.operator_tokens t
       JOIN platform.operators o ON o.id = t.operator_id
      WHERE t.id = $1 AND t.secret_hash = $2 AND t.revoked_at IS NULL"
);

/// Whose token this is, unless it was revoked. Whether it is over, and whether the account may be used, is the
/// caller's to see.
pub async fn find_caller(tx: &PlatformTx, token: &Token) -> Result<Option<Caller>, DbError> {
    let hash = token.hash();
    let row = tx
        .query_opt(CALLER, &[&token.id.uuid(), &hash.as_slice()])
        .await?;
    row.map(|row| {
        Ok(Caller {
            account: read_account(&row, "operator_id")?,
            means: Means::Token(read_token(&row, "token_name", "made_at")?),
        })
    })
    .transpose()
}

const NOTE_USE: PlatformSql = platform_sql!(
    "UPDATE platform.operator_tokens SET last_used_at = $2, last_address = $3 WHERE id = $1"
);

/// Notes that a token is in use.
pub async fn note_use(
    tx: &PlatformTx,
    id: OperatorTokenId,
    address: Option<IpAddr>,
) -> Result<(), DbError> {
    tx.execute(NOTE_USE, &[&id.uuid(), &tx.now(), &address])
        .await
        .map(drop)
}

const LIST: PlatformSql = platform_sql!(
    "SELECT id, name, permissions, created_at, expires_at, last_used_at, last_address
       FROM platform.operator_tokens
      WHERE operator_id = $1 AND revoked_at IS NULL AND expires_at > $2
      ORDER BY id DESC
      LIMIT 200"
);

/// The tokens of an operator that work, the newest first.
pub async fn list(tx: &PlatformTx, operator: OperatorId) -> Result<Vec<ProgramToken>, DbError> {
    let rows = tx.query(LIST, &[&operator.uuid(), &tx.now()]).await?;
    rows.iter()
        .map(|row| read_token(row, "name", "created_at"))
        .collect()
}

const REVOKE: PlatformSql = platform_sql!(
    "UPDATE platform.operator_tokens
        SET revoked_at = $3
      WHERE id = $1 AND operator_id = $2 AND revoked_at IS NULL
  RETURNING name"
);

/// Revokes a token of `operator`. Answers its name, where there was one to revoke.
pub async fn revoke(
    tx: &PlatformTx,
    id: OperatorTokenId,
    operator: OperatorId,
) -> Result<Option<String>, DbError> {
    let row = tx
        .query_opt(REVOKE, &[&id.uuid(), &operator.uuid(), &tx.now()])
        .await?;
    row.map(|row| row.get("name")).transpose()
}

const REVOKE_ALL: PlatformSql = platform_sql!(
    "UPDATE platform.operator_tokens SET revoked_at = $2 WHERE operator_id = $1 AND revoked_at IS NULL"
);

/// Revokes every token of `operator`.
pub async fn revoke_all(tx: &PlatformTx, operator: OperatorId) -> Result<u64, DbError> {
    tx.execute(REVOKE_ALL, &[&operator.uuid(), &tx.now()]).await
}

fn read_token(row: &Row, name: &str, created_at: &str) -> Result<ProgramToken, DbError> {
    let permissions: Vec<String> = row.get("permissions")?;
    Ok(ProgramToken {
        id: row.id("id")?,
        name: row.get(name)?,
        // One that there is no more allows nothing.
        permissions: permissions
            .iter()
            .filter_map(|it| Permission::parse(it))
            .collect(),
        created_at: row.get(created_at)?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        last_address: row.get("last_address")?,
    })
}
