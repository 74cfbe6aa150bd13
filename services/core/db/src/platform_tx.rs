//! The platform's transaction: tenants, hosts, the queue. A tenant's rows only through [`PlatformTx::enter`].

use std::sync::Arc;

use jiff::Timestamp;
use kernel::event::Origin;
use kernel::rng::{self, Entropy};
use uuid::Uuid;

use crate::pool::Walls;
use crate::transaction::{Params, Transaction};
use crate::{DbError, PlatformSql, Pulse, Row, TenantRef, TenantTx, platform_sql};

/// Back to the login's own role and its empty path.
const LEAVE: &str = "SET LOCAL ROLE NONE; SET LOCAL search_path = signalbox_nowhere";

/// A transaction on the schema `platform`.
pub struct PlatformTx {
    transaction: Arc<Transaction>,
    pulse: Pulse,
    now: Timestamp,
    walls: Walls,
}

impl PlatformTx {
    pub(crate) fn new(transaction: Arc<Transaction>, pulse: Pulse, walls: Walls) -> Self {
        let now = pulse.clock.now();
        Self {
            transaction,
            pulse,
            now,
            walls,
        }
    }

    pub(crate) fn walls(&self) -> Walls {
        self.walls
    }

    /// All rows of `sql`.
    pub async fn query(&self, sql: PlatformSql, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.transaction.query(sql.text(), params).await
    }

    /// The first row of `sql`, if there is one.
    pub async fn query_opt(
        &self,
        sql: PlatformSql,
        params: Params<'_>,
    ) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The one row of `sql`. Errors: [`DbError::Missing`].
    pub async fn query_one(&self, sql: PlatformSql, params: Params<'_>) -> Result<Row, DbError> {
        self.query_opt(sql, params).await?.ok_or(DbError::Missing)
    }

    /// Rows changed by `sql`.
    pub async fn execute(&self, sql: PlatformSql, params: Params<'_>) -> Result<u64, DbError> {
        self.transaction.execute(sql.text(), params).await
    }

    /// When this transaction began, by the database's clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new UUIDv7.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        rng::uuid_v7(self.now, self.entropy()).into()
    }

    /// Randomness for secrets.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.pulse.entropy
    }

    /// Runs `work` inside one tenant's role and path, then steps back out. The one primitive for work on
    /// many tenants in one transaction: take them in the order of their ids, so that two such
    /// transactions cannot wait for each other.
    pub async fn enter<T, E: From<DbError>>(
        &self,
        tenant: &TenantRef,
        origin: Origin,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction.queue(tenant.scope());
        let inside = TenantTx::new(
            Arc::clone(&self.transaction),
            tenant.clone(),
            origin,
            self.pulse.clone(),
        );
        let result = work(&inside).await;
        self.transaction.queue(LEAVE);
        result
    }

    /// Sends `payload` to whoever listens on `channel`, when this transaction commits. At most 8,000 bytes.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<(), DbError> {
        const NOTIFY: PlatformSql = platform_sql!("SELECT pg_notify($1, $2)");
        self.query(NOTIFY, &[&channel, &payload]).await.map(drop)
    }
}
