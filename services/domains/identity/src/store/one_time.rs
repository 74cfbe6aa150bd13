//! Rows of one-time tokens: what a mail's link or a half-done sign-in carries. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::UserId;
use serde_json::Value;
use uuid::Uuid;

use crate::model::{Purpose, TokenHash};

const REPLACE_TOKEN: Sql = sql!(
    "INSERT INTO one_time_tokens (token_hash, user_id, purpose, detail, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (user_id, purpose)
     DO UPDATE SET token_hash = excluded.token_hash, detail = excluded.detail,
                   created_at = excluded.created_at, expires_at = excluded.expires_at"
);

/// Gives a person a token; the one they had for the same purpose works no more. Without a person it stands
/// beside all others. `detail` is what the purpose needs besides, never a secret.
pub async fn replace(
    tx: &TenantTx,
    user: Option<UserId>,
    purpose: Purpose,
    hash: &TokenHash,
    detail: Option<&Value>,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        REPLACE_TOKEN,
        &[
            &hash.as_slice(),
            &user.map(UserId::uuid),
            &purpose.as_str(),
            &detail,
            &tx.now(),
            &expires_at,
        ],
    )
    .await
    .map(drop)
}

/// A token as it is stored.
#[derive(Debug)]
pub struct Issued {
    /// Whose; `None` while nobody has said who they are.
    pub user: Option<UserId>,
    /// What its purpose needs besides.
    pub detail: Option<Value>,
    /// Until when it works.
    pub expires_at: Timestamp,
}

const FIND_TOKEN: Sql = sql!(
    "SELECT user_id, detail, expires_at
       FROM one_time_tokens
      WHERE token_hash = $1 AND purpose = $2"
);

/// The token of `hash`, if it is one for `purpose`.
pub async fn find(
    tx: &TenantTx,
    purpose: Purpose,
    hash: &TokenHash,
) -> Result<Option<Issued>, DbError> {
    let row = tx
        .query_opt(FIND_TOKEN, &[&hash.as_slice(), &purpose.as_str()])
        .await?;
    row.map(|row| {
        Ok(Issued {
            user: row.get::<Option<Uuid>>("user_id")?.map(UserId::from),
            detail: row.get("detail")?,
            expires_at: row.get("expires_at")?,
        })
    })
    .transpose()
}

const USE_TOKEN: Sql = sql!("DELETE FROM one_time_tokens WHERE token_hash = $1");

/// Uses a token up. Answers whether it was still there.
pub async fn take(tx: &TenantTx, hash: &TokenHash) -> Result<bool, DbError> {
    Ok(tx.execute(USE_TOKEN, &[&hash.as_slice()]).await? == 1)
}

const SWEEP: Sql =
    sql!("DELETE FROM one_time_tokens WHERE purpose = $1 AND user_id IS NULL AND expires_at <= $2");

/// Removes what is over of the tokens of nobody in particular.
pub async fn sweep(tx: &TenantTx, purpose: Purpose) -> Result<(), DbError> {
    tx.execute(SWEEP, &[&purpose.as_str(), &tx.now()])
        .await
        .map(drop)
}

const WITHDRAW: Sql = sql!("DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2");

/// Takes a person's token for `purpose` away.
pub async fn withdraw(tx: &TenantTx, user: UserId, purpose: Purpose) -> Result<(), DbError> {
    tx.execute(WITHDRAW, &[&user.uuid(), &purpose.as_str()])
        .await
        .map(drop)
}

const ADD_DETAIL: Sql = sql!(
    "UPDATE one_time_tokens
        SET detail = detail || $3
      WHERE user_id = $1 AND purpose = $2 AND expires_at > $4"
);

/// Adds to the detail of a person's token for `purpose`. Answers whether there is one that works.
pub async fn add_detail(
    tx: &TenantTx,
    user: UserId,
    purpose: Purpose,
    detail: &Value,
) -> Result<bool, DbError> {
    let added = tx
        .execute(
            ADD_DETAIL,
            &[&user.uuid(), &purpose.as_str(), detail, &tx.now()],
        )
        .await?;
    Ok(added == 1)
}
