//! Rows that the recovery of an owner reads and changes. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use kernel::id::UserId;
use uuid::Uuid;

const LOCK_OWNERS: Sql = sql!(
    "SELECT id, email
       FROM users
      WHERE role = 'owner' AND state = 'active'
      ORDER BY id
        FOR UPDATE"
);

/// The active owners, as they are now and stay until this transaction ends.
pub async fn lock_owners(tx: &TenantTx) -> Result<Vec<(UserId, String)>, DbError> {
    let rows = tx.query(LOCK_OWNERS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.get("email")?)))
        .collect()
}

const EVERYBODY: Sql = sql!(
    "SELECT email FROM users WHERE state = 'active' ORDER BY role = 'owner' DESC, created_at, id"
);

/// The addresses of everybody whose account is in use, the owner's first.
pub async fn list_everybody(tx: &TenantTx) -> Result<Vec<String>, DbError> {
    let rows = tx.query(EVERYBODY, &[]).await?;
    rows.iter().map(|row| row.get("email")).collect()
}

const END_LINKS: Sql = sql!(
    "DELETE FROM one_time_tokens
      WHERE user_id = $1 OR detail ->> 'user_id' = $2 OR purpose = 'take_ownership'"
);

/// Takes away every token that is `owner`'s or speaks for them, and every offer of ownership.
pub async fn end_links(tx: &TenantTx, owner: UserId) -> Result<(), DbError> {
    tx.execute(END_LINKS, &[&owner.uuid(), &owner.to_string()])
        .await
        .map(drop)
}

const IS_KNOWN: Sql = sql!(
    "SELECT user_id FROM one_time_tokens WHERE purpose = 'recover_ownership' AND expires_at > $1 LIMIT 1"
);

/// Whether a recovery is under way of which everybody was told.
pub async fn is_under_way(tx: &TenantTx) -> Result<bool, DbError> {
    let row = tx.query_opt(IS_KNOWN, &[&tx.now()]).await?;
    row.map(|row| row.get::<Option<Uuid>>("user_id"))
        .transpose()
        .map(|found| found.is_some())
}
