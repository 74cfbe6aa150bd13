//! Rows of the browsers that people are known by. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use kernel::id::UserId;

use crate::model::TokenHash;

/// Browsers one person is known by; of more, those that were used longest ago are forgotten.
const KEPT: i64 = 20;

const FIND: Sql = sql!(
    "SELECT d.secret_hash
       FROM users u
       JOIN devices d ON d.user_id = u.id
      WHERE lower(u.email) = $1 AND d.secret_hash = ANY($2)
      LIMIT 1"
);

/// Which of these secrets the owner of an address, in its folded form, is known by.
pub async fn find(
    tx: &TenantTx,
    folded: &str,
    hashes: &[TokenHash],
) -> Result<Option<TokenHash>, DbError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    let row = tx.query_opt(FIND, &[&folded, &hashes]).await?;
    row.map(|row| hash_of(row.get("secret_hash")?)).transpose()
}

fn hash_of(bytes: &[u8]) -> Result<TokenHash, DbError> {
    bytes.try_into().map_err(|_| DbError::Corrupt {
        table: "devices",
        column: "secret_hash",
    })
}

const SEE: Sql = sql!(
    "UPDATE devices
        SET last_seen_at = $3
      WHERE user_id = $1 AND secret_hash = ANY($2)
  RETURNING secret_hash"
);

/// A person comes with these secrets. Answers which of them they are known by.
pub async fn see(
    tx: &TenantTx,
    user: UserId,
    hashes: &[TokenHash],
) -> Result<Option<TokenHash>, DbError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    let rows = tx.query(SEE, &[&user.uuid(), &hashes, &tx.now()]).await?;
    let first = rows.first();
    first
        .map(|row| hash_of(row.get("secret_hash")?))
        .transpose()
}

const ADD: Sql = sql!(
    "INSERT INTO devices (user_id, secret_hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $3)"
);

const FORGET_OLDEST: Sql = sql!(
    "DELETE FROM devices
      WHERE user_id = $1
        AND secret_hash IN (SELECT secret_hash FROM devices
                             WHERE user_id = $1
                             ORDER BY last_seen_at DESC, first_seen_at DESC
                            OFFSET $2)"
);

/// A locked person is known by one more.
pub async fn add(tx: &TenantTx, user: UserId, hash: &TokenHash) -> Result<(), DbError> {
    tx.execute(ADD, &[&user.uuid(), &hash.as_slice(), &tx.now()])
        .await?;
    tx.execute(FORGET_OLDEST, &[&user.uuid(), &KEPT])
        .await
        .map(drop)
}

const FORGET_ALL: Sql = sql!("DELETE FROM devices WHERE user_id = $1");

/// A person is known by none any more.
pub async fn forget_all(tx: &TenantTx, user: UserId) -> Result<(), DbError> {
    tx.execute(FORGET_ALL, &[&user.uuid()]).await.map(drop)
}

const WAS_HERE: Sql = sql!(
    "SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1 AND kind <> 'support') AS was_here"
);

/// Whether a person was signed in before.
pub async fn was_here(tx: &TenantTx, user: UserId) -> Result<bool, DbError> {
    tx.query_one(WAS_HERE, &[&user.uuid()])
        .await?
        .get("was_here")
}

const WAS_NEAR: Sql = sql!(
    "SELECT EXISTS (
         SELECT FROM sessions
          WHERE user_id = $1 AND kind <> 'support'
            AND ($2::inet <<= network(set_masklen(address, CASE family(address) WHEN 4 THEN 24 ELSE 64 END))
                 OR $2::inet <<= network(set_masklen(last_address, CASE family(last_address) WHEN 4 THEN 24 ELSE 64 END)))
     ) AS was_near"
);

/// Whether a person was signed in before from about where this request comes from: a /24 of IPv4, a /64 of
/// IPv6.
pub async fn was_near(tx: &TenantTx, user: UserId) -> Result<bool, DbError> {
    let address = tx.origin().address;
    tx.query_one(WAS_NEAR, &[&user.uuid(), &address])
        .await?
        .get("was_near")
}
