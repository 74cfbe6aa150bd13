//! Who people are elsewhere. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{IdentityState, LinkedIdentity};

/// An identity with what is sealed in its row.
#[derive(Debug)]
pub struct Kept {
    /// What everybody may know of it.
    pub identity: LinkedIdentity,
    /// The provider's tokens, sealed.
    pub tokens: Option<Vec<u8>>,
    /// The servers as they were last asked for.
    pub guilds: Option<Value>,
    /// When that was.
    pub guilds_at: Option<Timestamp>,
}

fn kept(row: &Row) -> Result<Kept, DbError> {
    let state = row.get::<&str>("state")?;
    Ok(Kept {
        identity: LinkedIdentity {
            id: row.get("id")?,
            user: row.id("user_id")?,
            subject: row.get("subject")?,
            name: row.get("name")?,
            state: IdentityState::parse(state).ok_or(DbError::Corrupt {
                table: "identities",
                column: "state",
            })?,
            created_at: row.get("created_at")?,
            last_used_at: row.get("last_used_at")?,
        },
        tokens: row.get("tokens")?,
        guilds: row.get("guilds")?,
        guilds_at: row.get("guilds_at")?,
    })
}

const FIND: Sql = sql!(
    "SELECT id, user_id, subject, name, state, tokens, guilds, guilds_at, created_at, last_used_at
       FROM identities
      WHERE provider = 'discord' AND subject = $1"
);

/// Whoever is `subject` at Discord.
pub async fn find(tx: &TenantTx, subject: &str) -> Result<Option<Kept>, DbError> {
    let row = tx.query_opt(FIND, &[&subject]).await?;
    row.as_ref().map(kept).transpose()
}

const LIST_OF: Sql = sql!(
    "SELECT i.id, i.user_id, i.subject, i.name, i.state, i.tokens, i.guilds, i.guilds_at,
            i.created_at, i.last_used_at
       FROM sessions s
       JOIN identities i ON i.user_id = s.user_id
      WHERE s.id = $1
      ORDER BY i.id"
);

/// The identities of the person behind `session`.
pub async fn list_of(tx: &TenantTx, session: SessionId) -> Result<Vec<Kept>, DbError> {
    let rows = tx.query(LIST_OF, &[&session.uuid()]).await?;
    rows.iter().map(kept).collect()
}

const LOCK_OF: Sql = sql!(
    "SELECT id, user_id, subject, name, state, tokens, guilds, guilds_at, created_at, last_used_at
       FROM identities
      WHERE user_id = $1 AND provider = 'discord'
        FOR UPDATE"
);

/// A person's identity at Discord as it is now and stays until this transaction ends.
pub async fn lock_of(tx: &TenantTx, user: UserId) -> Result<Option<Kept>, DbError> {
    let row = tx.query_opt(LOCK_OF, &[&user.uuid()]).await?;
    row.as_ref().map(kept).transpose()
}

/// The constraint that keeps one account elsewhere from being two people's.
pub const SUBJECT_KEY: &str = "identities_subject_key";

const ADD: Sql = sql!(
    "INSERT INTO identities (id, user_id, provider, subject, name, created_at)
     VALUES ($1, $2, 'discord', $3, $4, $5)"
);

/// Links a person to who they are at Discord.
pub async fn add(
    tx: &TenantTx,
    id: Uuid,
    user: UserId,
    subject: &str,
    name: &str,
) -> Result<(), DbError> {
    tx.execute(ADD, &[&id, &user.uuid(), &subject, &name, &tx.now()])
        .await
        .map(drop)
}

const KEEP_TOKENS: Sql = sql!(
    "UPDATE identities
        SET tokens = $2, tokens_expire_at = $3, state = 'linked', last_used_at = $4
      WHERE id = $1"
);

/// Keeps the provider's tokens, sealed: the link holds.
pub async fn keep_tokens(
    tx: &TenantTx,
    id: Uuid,
    tokens: &[u8],
    expire_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(KEEP_TOKENS, &[&id, &tokens, &expire_at, &tx.now()])
        .await
        .map(drop)
}

const SET_NAME: Sql = sql!("UPDATE identities SET name = $2 WHERE id = $1");

/// Notes what they are called there now.
pub async fn set_name(tx: &TenantTx, id: Uuid, name: &str) -> Result<(), DbError> {
    tx.execute(SET_NAME, &[&id, &name]).await.map(drop)
}

const KEEP_GUILDS: Sql =
    sql!("UPDATE identities SET guilds = $2, guilds_at = $3 WHERE id = $1 AND state = 'linked'");

/// Keeps the servers for a while.
pub async fn keep_guilds(tx: &TenantTx, id: Uuid, guilds: &Value) -> Result<(), DbError> {
    tx.execute(KEEP_GUILDS, &[&id, guilds, &tx.now()])
        .await
        .map(drop)
}

const END: Sql = sql!(
    "UPDATE identities
        SET state = 'ended', tokens = NULL, tokens_expire_at = NULL
      WHERE id = $1 AND tokens = $2"
);

/// Ends a link whose `tokens` are worth nothing. Answers whether they were still the ones that are kept.
pub async fn end(tx: &TenantTx, id: Uuid, tokens: &[u8]) -> Result<bool, DbError> {
    Ok(tx.execute(END, &[&id, &tokens]).await? == 1)
}

const REMOVE: Sql = sql!("DELETE FROM identities WHERE id = $1");

/// Takes a link away.
pub async fn remove(tx: &TenantTx, id: Uuid) -> Result<(), DbError> {
    tx.execute(REMOVE, &[&id]).await.map(drop)
}
