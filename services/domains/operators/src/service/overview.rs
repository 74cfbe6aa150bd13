//! How the platform stands, put together from what its tables say.

use db::PlatformTx;
use tenancy::roster;

use crate::error::Error;
use crate::store::overview;

/// How the platform stands.
#[derive(Debug)]
pub struct Standing {
    /// Organisations by state.
    pub states: Vec<(String, i64)>,
    /// Organisations by plan.
    pub plans: Vec<(String, i64)>,
    /// Schemas that wait for an organisation.
    pub pool_ready: i64,
    /// Organisations by the version of their schema, the oldest first.
    pub versions: Vec<(i32, i64)>,
    /// Work that was given up.
    pub dead_letters: i64,
    /// Age of the oldest work that is due.
    pub due_work_age_seconds: i64,
}

/// Reads how the platform stands.
pub async fn read(tx: &PlatformTx) -> Result<Standing, Error> {
    let (pooled, states): (Vec<_>, Vec<_>) = roster::count_by_state(tx)
        .await?
        .into_iter()
        .partition(|(state, _)| state == "pooled");
    let queue = overview::queue(tx).await?;
    let age = |at| tx.now().duration_since(at).as_secs().max(0);
    Ok(Standing {
        states,
        plans: overview::count_by_plan(tx).await?,
        pool_ready: pooled.first().map_or(0, |(_, ready)| *ready),
        versions: overview::count_by_version(tx).await?,
        dead_letters: queue.dead_letters,
        due_work_age_seconds: queue.oldest_due.map_or(0, age),
    })
}
