//! How the platform stands, in figures.

use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::Timestamp;

/// Work that waits or was given up.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// The oldest work that is due.
    pub oldest_due: Option<Timestamp>,
    /// Work that was given up.
    pub dead_letters: i64,
}

const VERSIONS: PlatformSql = platform_sql!(
    "SELECT schema_version, count(*) AS tenants
       FROM platform.tenants
      WHERE state NOT IN ('pooled', 'deleted')
      GROUP BY schema_version
      ORDER BY schema_version"
);

/// How many organisations stand at which version.
pub async fn count_by_version(tx: &PlatformTx) -> Result<Vec<(i32, i64)>, DbError> {
    let rows = tx.query(VERSIONS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("schema_version")?, row.get("tenants")?)))
        .collect()
}

const PLANS: PlatformSql = platform_sql!(
    "SELECT plan, count(*) AS tenants
       FROM platform.tenants
      WHERE state NOT IN ('pooled', 'deleted')
      GROUP BY plan
      ORDER BY plan"
);

/// How many organisations have which plan.
pub async fn count_by_plan(tx: &PlatformTx) -> Result<Vec<(String, i64)>, DbError> {
    let rows = tx.query(PLANS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("plan")?, row.get("tenants")?)))
        .collect()
}

const QUEUE: PlatformSql = platform_sql!(
    "SELECT (SELECT min(due_at) FROM platform.work WHERE dead_at IS NULL AND due_at <= $1) AS oldest_due,
            (SELECT count(*) FROM platform.work WHERE dead_at IS NOT NULL) AS dead_letters"
);

/// The queue as it is now.
pub async fn queue(tx: &PlatformTx) -> Result<Queue, DbError> {
    let row = tx.query_one(QUEUE, &[&tx.now()]).await?;
    Ok(Queue {
        oldest_due: row.get("oldest_due")?,
        dead_letters: row.get("dead_letters")?,
    })
}
