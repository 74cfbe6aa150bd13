//! The quota of endpoints: a counted row, so that two who take the last place wait for each other.

use db::{DbError, Sql, TenantTx, sql};

const TAKE: Sql = sql!(
    "INSERT INTO quotas (key, used, max) VALUES ('endpoints', 1, $1)
         ON CONFLICT (key) DO UPDATE SET used = quotas.used + 1
      WHERE quotas.used < quotas.max"
);

/// Counts one more endpoint. `false` where the plan allows no more. An organisation without a plan's
/// number gets `free_max`.
pub async fn take(tx: &TenantTx, free_max: i32) -> Result<bool, DbError> {
    Ok(tx.execute(TAKE, &[&free_max]).await? == 1)
}

const GIVE_BACK: Sql =
    sql!("UPDATE quotas SET used = used - 1 WHERE key = 'endpoints' AND used > 0");

/// Counts one endpoint less.
pub async fn give_back(tx: &TenantTx) -> Result<(), DbError> {
    tx.execute(GIVE_BACK, &[]).await.map(drop)
}

const FETCH_MAX: Sql = sql!("SELECT max FROM quotas WHERE key = 'endpoints'");

/// How many endpoints the plan allows.
pub async fn fetch_max(tx: &TenantTx) -> Result<i32, DbError> {
    tx.query_one(FETCH_MAX, &[]).await?.get("max")
}
