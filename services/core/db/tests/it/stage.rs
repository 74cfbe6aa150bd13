//! What the tests share: two organisations, each with a row that the other must never see.

use std::time::{Duration, Instant};

use db::{DbConfig, DbError, PlatformSql, Row, Sql, TenantRef, TenantTx, platform_sql, sql};
use testkit::{TestDb, worker};

pub const ADD: Sql = sql!("INSERT INTO quotas (key, max) VALUES ($1, 1)");
pub const KEYS: Sql = sql!("SELECT key FROM quotas ORDER BY key");
pub const PLACE: Sql = sql!(
    "SELECT current_user::text AS role, current_setting('search_path') AS path, pg_backend_pid() AS pid"
);
pub const PLATFORM_PLACE: PlatformSql = platform_sql!(
    "SELECT current_user::text AS role, current_setting('search_path') AS path, pg_backend_pid() AS pid"
);
/// Waits until the test lets go of the lock.
pub const WAIT: Sql = sql!("SELECT pg_advisory_xact_lock(1)::text");

pub const ACMES: &str = "acme's own";
pub const GLOBEXS: &str = "canary of globex";

/// Two organisations in a database.
pub struct Stage {
    pub test: TestDb,
    pub acme: TenantRef,
    pub globex: TenantRef,
}

impl Stage {
    pub async fn set() -> Self {
        Self::with(|config| config).await
    }

    /// With so many connections at the most.
    pub async fn with_connections(max_connections: usize) -> Self {
        Self::with(|config| DbConfig {
            max_connections,
            ..config
        })
        .await
    }

    pub async fn with(change: impl FnOnce(DbConfig) -> DbConfig) -> Self {
        let test = TestDb::with(change).await;
        let acme = test.tenant("acme").await;
        let globex = test.tenant("globex").await;
        let stage = Self { test, acme, globex };
        stage.add(&stage.acme, ACMES).await.expect("acme's row");
        stage.add(&stage.globex, GLOBEXS).await.expect("the canary");
        stage
    }

    /// Writes a row and commits it.
    pub async fn add(&self, tenant: &TenantRef, key: &str) -> Result<(), DbError> {
        let db = &self.test.db;
        db.write(tenant, worker(), None, async |tx| add(tx, key).await)
            .await
    }

    /// What the tenant sees of its table.
    pub async fn keys(&self, tenant: &TenantRef) -> Result<Vec<String>, DbError> {
        let db = &self.test.db;
        db.read(tenant, worker(), None, async |tx| keys(tx).await)
            .await
    }

    /// Role, path and backend of a platform's transaction.
    pub async fn platform_place(&self) -> Place {
        let db = &self.test.db;
        db.read_platform(async |tx| Place::of(&tx.query_one(PLATFORM_PLACE, &[]).await?))
            .await
            .expect("a place")
    }

    /// Fails unless the next transaction finds the login's own role and its empty path.
    pub async fn is_clean(&self) {
        let place = self.platform_place().await;
        assert_eq!(
            (place.role.as_str(), place.path.as_str()),
            ("signalbox_app", "signalbox_nowhere")
        );
    }
}

pub async fn add(tx: &TenantTx, key: &str) -> Result<(), DbError> {
    tx.execute(ADD, &[&key]).await.map(drop)
}

pub async fn keys(tx: &TenantTx) -> Result<Vec<String>, DbError> {
    column(&tx.query(KEYS, &[]).await?, "key")
}

pub fn column(rows: &[Row], name: &str) -> Result<Vec<String>, DbError> {
    rows.iter().map(|row| row.get(name)).collect()
}

/// Where a statement ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub role: String,
    pub path: String,
    pub pid: i32,
}

impl Place {
    pub fn of(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            role: row.get("role")?,
            path: row.get("path")?,
            pid: row.get("pid")?,
        })
    }

    /// Fails unless it was inside `tenant`.
    pub fn is_in(&self, tenant: &TenantRef) {
        let schema = tenant.schema().as_str();
        assert_eq!((self.role.as_str(), self.path.as_str()), (schema, schema));
    }
}

/// Waits until `holds`, at most ten seconds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < patience, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
