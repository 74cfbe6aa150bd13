//! The pool of ready schemas: made ahead, so that registering runs no DDL.

use db::Pulse;
use db::owner::OwnerConnection;
use secrecy::SecretString;

use crate::{TEMPLATE_VERSION, TenancyError, provision};

/// How many schemas are kept ready.
#[derive(Clone, Copy, Debug)]
pub struct PoolSize(pub u32);

/// Keeps the pool of ready schemas full. Any number may run: one fills at a time.
pub struct Filler {
    owner: SecretString,
    pulse: Pulse,
    size: PoolSize,
}

impl Filler {
    /// A filler that speaks as `owner` and keeps `size` schemas ready.
    pub fn new(owner: SecretString, pulse: Pulse, size: PoolSize) -> Self {
        Self { owner, pulse, size }
    }

    /// Makes what is missing, one schema a transaction. Answers how many it made: none where another
    /// filler is at work.
    pub async fn fill(&self) -> Result<u32, TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        let row = owner
            .query(
                "SELECT pg_try_advisory_lock(hashtextextended('signalbox filler', 0)) AS mine",
                &[],
            )
            .await?;
        let mine = row
            .first()
            .is_some_and(|row| row.get("mine").unwrap_or(false));
        let mut made = 0;
        while mine && self.ready(&owner).await? < i64::from(self.size.0) {
            provision::make_pooled(&owner, &self.pulse).await?;
            made += 1;
        }
        // The lock is the session's: it ends with the connection.
        Ok(made)
    }

    async fn ready(&self, owner: &OwnerConnection) -> Result<i64, TenancyError> {
        let rows = owner
            .query(
                "SELECT count(*) AS ready FROM platform.tenants
                  WHERE state = 'pooled' AND schema_version = $1",
                &[&TEMPLATE_VERSION],
            )
            .await?;
        let ready = rows.first().map_or(Ok(0), |row| row.get("ready"))?;
        metrics::gauge!("tenant_pool_ready").set(ready as f64);
        Ok(ready)
    }
}
