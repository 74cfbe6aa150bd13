//! The platform's transaction: tenants, hosts, the queue. A tenant's rows only through [`PlatformTx::enter`].

use std::sync::Arc;

use jiff::Timestamp;
use kernel::event::Origin;
use kernel::rng::{self, Entropy};
use uuid::Uuid;

use crate::pool::Walls;
use crate::progress::Scope;
use crate::transaction::{Answer, Params, Transaction};
use crate::{DbError, PlatformSql, Pulse, Row, TenantRef, TenantTx, platform_sql};

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
        let answer = self.run(sql.text(), params).await?;
        Ok(answer.rows)
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
        let answer = self.run(sql.text(), params).await?;
        Ok(answer.changed)
    }

    async fn run(&self, text: &str, params: Params<'_>) -> Result<Answer, DbError> {
        self.transaction.run(Scope::OWN, text, params).await
    }

    /// Runs a text that no type has seen: the hole that the type wall closes.
    #[cfg(feature = "walls-off")]
    pub async fn query_unchecked(&self, text: &str) -> Result<Vec<Row>, DbError> {
        let answer = self.run(text, &[]).await?;
        Ok(answer.rows)
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
    ///
    /// Errors: [`DbError::OutOfScope`] where a stay is begun inside another one, or where a statement of
    /// this transaction is run before `work` has ended.
    pub async fn enter<T, E: From<DbError>>(
        &self,
        tenant: &TenantRef,
        origin: Origin,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let stay = self.transaction.enter(tenant)?;
        let inside = TenantTx::inside(
            Arc::clone(&self.transaction),
            stay.scope(),
            tenant.clone(),
            origin,
            self.pulse.clone(),
            self.now,
        );
        work(&inside).await
    }

    /// Sends `payload` to whoever listens on `channel`, when this transaction commits. At most 8,000 bytes.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<(), DbError> {
        const NOTIFY: PlatformSql = platform_sql!("SELECT pg_notify($1, $2)");
        self.query(NOTIFY, &[&channel, &payload]).await.map(drop)
    }
}
