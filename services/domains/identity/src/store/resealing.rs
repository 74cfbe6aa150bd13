//! Sealed secrets of people, read and written many at a time. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::UserId;
use uuid::Uuid;

const LIST_PEOPLE: Sql = sql!("SELECT id, email FROM users WHERE id > $1 ORDER BY id LIMIT $2");

/// At most `limit` people after `after`, with their addresses, in the order of their ids.
pub async fn list_people(
    tx: &TenantTx,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(UserId, String)>, DbError> {
    let rows = tx.query(LIST_PEOPLE, &[&after, &limit]).await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.get("email")?)))
        .collect()
}

/// A column of sealed secrets.
#[derive(Clone, Copy)]
pub struct Column {
    lock: Sql,
    keep: Sql,
}

/// The seeds of people's one-time codes.
pub const SEEDS: Column = Column {
    lock: sql!(
        "SELECT id, totp_secret AS sealed FROM users
          WHERE id = ANY($1) AND totp_secret IS NOT NULL
          ORDER BY id
            FOR NO KEY UPDATE"
    ),
    keep: sql!(
        "UPDATE users u SET totp_secret = n.sealed
           FROM unnest($1::uuid[], $2::bytea[]) AS n (id, sealed)
          WHERE u.id = n.id"
    ),
};

/// The tokens of people's accounts elsewhere.
pub const TOKENS: Column = Column {
    lock: sql!(
        "SELECT id, tokens AS sealed FROM identities
          WHERE user_id = ANY($1) AND tokens IS NOT NULL
          ORDER BY id
            FOR NO KEY UPDATE"
    ),
    keep: sql!(
        "UPDATE identities i SET tokens = n.sealed
           FROM unnest($1::uuid[], $2::bytea[]) AS n (id, sealed)
          WHERE i.id = n.id"
    ),
};

/// What is sealed for `people`, each with its row's id. It stays until this transaction ends.
pub async fn lock(
    tx: &TenantTx,
    column: Column,
    people: &[Uuid],
) -> Result<Vec<(Uuid, Vec<u8>)>, DbError> {
    let rows = tx.query(column.lock, &[&people]).await?;
    rows.iter()
        .map(|row: &Row| Ok((row.get("id")?, row.get("sealed")?)))
        .collect()
}

/// Keeps what was sealed anew.
pub async fn keep(
    tx: &TenantTx,
    column: Column,
    ids: &[Uuid],
    sealed: &[Vec<u8>],
) -> Result<(), DbError> {
    tx.execute(column.keep, &[&ids, &sealed]).await.map(drop)
}
