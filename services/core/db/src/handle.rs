//! The handle that processes hold: it opens transactions, and keeps the database's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kernel::clock::Clock;
use kernel::event::Origin;
use kernel::rng::{Entropy, SystemEntropy};

use crate::connection::{Pool, Pooled};
use crate::crowd::Crowd;
use crate::deadline::Limits;
use crate::error::NoConnection;
use crate::login;
use crate::patience::Start;
use crate::pool::{self, Walls};
use crate::transaction::{Mode, Transaction};
use crate::{DbConfig, DbError, Gate, PlatformTx, RoleWall, TenantRef, TenantTx};

/// Time and randomness, as every transaction carries them.
#[derive(Clone)]
pub struct Pulse {
    /// The database's time, or a test's.
    pub clock: Arc<dyn Clock>,
    /// The operating system's randomness, or a test's.
    pub entropy: Arc<dyn Entropy>,
}

/// The database's time without asking it: a monotonic clock and the offset measured last.
struct DatabaseClock {
    started: Instant,
    /// Microseconds since the epoch at `started`, by the database.
    epoch_us: AtomicI64,
}

impl DatabaseClock {
    fn set(&self, database: Timestamp) {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.epoch_us
            .store(database.as_microsecond().saturating_sub(elapsed), Relaxed);
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let since = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        Timestamp::from_microsecond(self.epoch_us.load(Relaxed))
            .and_then(|start| start.checked_add(since))
            .unwrap_or(Timestamp::MAX)
    }
}

/// How often the pool is looked after.
const UPKEEP: Duration = Duration::from_secs(10);
/// A connection that nobody has needed for so long is closed, down to those that are always kept.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// A handle on the database. Cloning it is cheap; it holds the pool, never hands it out.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    pulse: Pulse,
    database_clock: Option<Arc<DatabaseClock>>,
    walls: Walls,
    min_connections: usize,
    acquire_timeout: Duration,
    limits: Limits,
    crowd: Crowd,
    max_tenant_transactions: usize,
}

impl Db {
    /// Connects as the serving login and takes the time from the database. Waits for a Postgres that is
    /// not there yet as long as the configuration says. Errors: no connection, or a login that may do more
    /// than serving needs.
    pub async fn connect(config: &DbConfig) -> Result<Self, DbError> {
        let clock = Arc::new(DatabaseClock {
            started: Instant::now(),
            epoch_us: AtomicI64::new(0),
        });
        let pulse = Pulse {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SystemEntropy),
        };
        let mut db = Self::connect_with(config, pulse).await?;
        db.database_clock = Some(clock);
        db.sync_clock().await?;
        Ok(db)
    }

    /// The same with a clock and randomness of the caller's, for tests.
    pub async fn connect_with(config: &DbConfig, pulse: Pulse) -> Result<Self, DbError> {
        let db = Self::unchecked(config, pulse)?;
        let start = Start::new(config.start_patience);
        while let Err(error) = db.check_login().await {
            start.again(error).await?;
        }
        Ok(db)
    }

    /// The same with whatever login there is: the hole that the check of the login closes.
    #[cfg(feature = "walls-off")]
    pub fn connect_unchecked(config: &DbConfig, pulse: Pulse) -> Result<Self, DbError> {
        Self::unchecked(config, pulse)
    }

    async fn check_login(&self) -> Result<(), DbError> {
        let client = self.acquire().await?;
        login::check(&client, self.walls).await
    }

    fn unchecked(config: &DbConfig, pulse: Pulse) -> Result<Self, DbError> {
        Ok(Self {
            pool: pool::build(config, Arc::clone(&pulse.entropy))?,
            pulse,
            database_clock: None,
            walls: Walls {
                role: config.role_wall == RoleWall::Tenant,
            },
            min_connections: config.min_connections.min(config.max_connections),
            acquire_timeout: config.acquire_timeout,
            limits: Limits::OF_WORK,
            crowd: Crowd::default(),
            max_tenant_transactions: config.max_tenant_transactions,
        })
    }

    /// The same database and pool for requests: a transaction that is not over within the time that a
    /// connection may be waited for, that wait included, is given up.
    #[must_use]
    pub fn for_requests(&self) -> Self {
        Self {
            limits: Limits::of_requests(self.acquire_timeout),
            ..self.clone()
        }
    }

    /// Looks after the pool until the process ends: connections that are kept open, connections that
    /// nobody needs any more, the offset to the database's clock.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            if let Err(error) = self.tend().await {
                tracing::warn!(%error, "the pool of connections could not be looked after");
            }
        }
    }

    /// One turn of [`Db::upkeep`].
    pub async fn tend(&self) -> Result<(), DbError> {
        let mut spare = self.pool.status().size.saturating_sub(self.min_connections);
        self.pool.retain(|connection, metrics| {
            let unneeded = spare > 0 && metrics.last_used() > IDLE;
            spare = spare.saturating_sub(usize::from(unneeded));
            !unneeded && connection.retired(&metrics).is_none()
        });
        let mut open = Vec::new();
        while self.pool.status().size < self.min_connections {
            open.push(self.acquire().await?);
        }
        drop(open);
        self.sync_clock().await
    }

    /// Measures the offset to the database's clock again.
    pub async fn sync_clock(&self) -> Result<(), DbError> {
        if let Some(clock) = &self.database_clock {
            let client = self.acquire().await?;
            let row = client
                .query_one("SELECT clock_timestamp() AS at", &[])
                .await?;
            clock.set(crate::Row(row).get("at")?);
        }
        Ok(())
    }

    /// The database's time.
    pub fn now(&self) -> Timestamp {
        self.pulse.clock.now()
    }

    /// Time and randomness, for work outside a transaction.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Connections in use and in all.
    pub fn pool_size(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.size)
    }

    /// A connection within the time allowed, however it is spent: in the queue, or waiting for Postgres.
    async fn acquire(&self) -> Result<Pooled, DbError> {
        self.acquire_within(self.acquire_timeout).await
    }

    async fn acquire_within(&self, time: Duration) -> Result<Pooled, DbError> {
        let started = Instant::now();
        let connection = tokio::time::timeout(time, self.pool.get()).await;
        metrics::histogram!("db_pool_wait_seconds").record(started.elapsed());
        match connection {
            Ok(connection) => Ok(connection?),
            Err(_) => {
                metrics::counter!("db_pool_timeouts_total").increment(1);
                Err(DbError::Pool(NoConnection::Late))
            }
        }
    }

    /// `opening` is `BEGIN` and the scope.
    async fn begin(
        &self,
        mode: Mode,
        opening: &str,
        gate: Option<Gate>,
        tenant: Option<&TenantRef>,
    ) -> Result<Transaction, DbError> {
        let (started, time) = (Instant::now(), self.acquire_timeout);
        let own = tenant.and_then(TenantRef::statement_timeout);
        let limits = self.limits.with_statement(own);
        let statement = limits.statement.as_millis();
        let begin = format!("{opening}; SET LOCAL statement_timeout = {statement}");
        let deadline = limits.answer.map(|answer| started + answer);
        let Some(tenant) = tenant else {
            let connection = self.acquire().await?;
            return Ok(Transaction::new(connection, mode, begin, gate, None).until(deadline));
        };
        // Before the connection: whoever waits for its own organisation keeps none from others.
        let leave = self
            .crowd
            .leave(tenant, self.max_tenant_transactions, time)
            .await?;
        let left = time.saturating_sub(started.elapsed());
        let connection = self.acquire_within(left).await?;
        let transaction = Transaction::new(connection, mode, begin, gate, Some(leave));
        Ok(transaction.until(deadline).touch(tenant))
    }

    /// Runs `work` in a read-only transaction on `platform`.
    pub async fn read_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.platform(Mode::Read, "BEGIN READ ONLY", work).await
    }

    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`, rolled back on `Err`.
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.platform(Mode::Write, "BEGIN", work).await
    }

    async fn platform<T, E: From<DbError>>(
        &self,
        mode: Mode,
        opening: &str,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = Arc::new(self.begin(mode, opening, None, None).await?);
        let tx = PlatformTx::new(Arc::clone(&transaction), self.pulse.clone(), self.walls);
        let result = work(&tx).await;
        drop(tx);
        finish(transaction, result).await
    }

    /// Runs `work` in a read-only transaction of `tenant`. With a gate, its row is read in the flight of
    /// the first statement, and what that statement answered is thrown away if the gate refuses.
    pub async fn read<T, E: From<DbError>>(
        &self,
        tenant: &TenantRef,
        origin: Origin,
        gate: Option<Gate>,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = Arc::new(
            self.begin(Mode::Read, tenant.open_read(), gate, Some(tenant))
                .await?,
        );
        let tx = TenantTx::new(
            Arc::clone(&transaction),
            tenant.clone(),
            origin,
            self.pulse.clone(),
        );
        let mut result = work(&tx).await;
        drop(tx);
        if let Some(gate) = transaction.gate() {
            if transaction.is_idle()
                && let Err(error) = transaction.open().await
            {
                result = Err(error.into());
            }
            match gate.require() {
                // Whatever the use case made of it: it was refused.
                Err(DbError::Refused) => result = Err(DbError::Refused.into()),
                // Not read, for a reason that the use case may have been told.
                Err(unread) if result.is_ok() => result = Err(unread.into()),
                _ => {}
            }
        }
        finish(transaction, result).await
    }

    /// Runs `work` in a transaction of `tenant`: committed when it answers `Ok`, rolled back on `Err`.
    /// With a gate, nothing of `work` runs before the gate has opened.
    pub async fn write<T, E: From<DbError>>(
        &self,
        tenant: &TenantRef,
        origin: Origin,
        gate: Option<Gate>,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let gated = gate.is_some();
        let transaction = Arc::new(
            self.begin(Mode::Write, tenant.open_write(), gate, Some(tenant))
                .await?,
        );
        if gated && let Err(refused) = transaction.open().await {
            return finish(transaction, Err(refused.into())).await;
        }
        let tx = TenantTx::new(
            Arc::clone(&transaction),
            tenant.clone(),
            origin,
            self.pulse.clone(),
        );
        let result = work(&tx).await;
        drop(tx);
        finish(transaction, result).await
    }
}

/// COMMIT or ROLLBACK, as the use case ended.
async fn finish<T, E: From<DbError>>(
    transaction: Arc<Transaction>,
    result: Result<T, E>,
) -> Result<T, E> {
    // The use case had a reference only, so nobody else holds the transaction by now. If somebody did,
    // it would be dropped unended, and its connection with it.
    let Some(transaction) = Arc::into_inner(transaction) else {
        return result.and(Err(DbError::NotCommitted.into()));
    };
    match result {
        Ok(value) => {
            transaction.end(true).await?;
            Ok(value)
        }
        Err(error) => {
            // The use case's own error is the story; a failed ROLLBACK only costs the connection.
            let _ = transaction.end(false).await;
            Err(error)
        }
    }
}
