//! One Postgres for a test binary, one database for a test, copied from a template that is made once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Weak};

use db::owner::OwnerConnection;
use db::{Db, DbConfig, NewTenant, Pulse, TenantRef};
use fakes::PrivatePostgres;
use jiff::Timestamp;
use kernel::clock::ManualClock;
use kernel::event::{Actor, Origin};
use kernel::rng::SystemEntropy;
use secrecy::SecretString;
use tenancy::migrate::{Chain, Engine, Options, Start};
use tenancy::{Filler, PoolSize, TEMPLATE_VERSION};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Ready schemas in every test's database.
const READY: u32 = 3;
/// Roles made at once: those of every test's database are members of one group.
const ROLES: u32 = 16;
const TEMPLATE: &str = "signalbox_template";

/// A running Postgres, shared by the tests that run at the same time and stopped after the last.
pub struct Cluster {
    postgres: PrivatePostgres,
    next: AtomicU32,
}

/// The Postgres to use instead of the system's.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' one setting, read in one place"
)]
pub(crate) fn test_bin_dir() -> Option<PathBuf> {
    std::env::var_os("SIGNALBOX_TEST_POSTGRES_BIN").map(Into::into)
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());

impl Cluster {
    /// The cluster of this test binary. `SIGNALBOX_TEST_POSTGRES_BIN` names another Postgres to use.
    pub async fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().await;
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let postgres = PrivatePostgres::temporary(test_bin_dir(), Vec::new())
            .await
            .expect("a Postgres");
        let cluster = Arc::new(Self {
            postgres,
            next: AtomicU32::new(0),
        });
        cluster.make_template().await;
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// `15.18`.
    pub fn version(&self) -> &str {
        self.postgres.version()
    }

    /// Connects as `user` to `database`.
    pub fn url(&self, user: &str, database: &str) -> SecretString {
        self.postgres.connection_url_to(user, database).into()
    }

    async fn make_template(&self) {
        self.create_database(TEMPLATE, "template0").await;
        let owner_url = self.url("signalbox_owner", TEMPLATE);
        let owner = OwnerConnection::connect(&owner_url)
            .await
            .expect("the owner connects");
        tenancy::migrate::run_platform(&owner)
            .await
            .expect("the platform migrates");
        let pulse = test_pulse(Arc::new(ManualClock::at(start())));
        Filler::new(owner_url, pulse, PoolSize(READY))
            // None left over: copies of this database would all take the same ones.
            .with_roles_at_once(READY)
            .fill()
            .await
            .expect("schemas are made");
    }

    async fn create_database(&self, name: &str, template: &str) {
        let postgres = self.superuser("postgres").await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        postgres.batch(&sql).await.expect("a database");
        // The login's path is a setting of the database, which a copy does not bring along.
        tenancy::bootstrap::run(&self.url("postgres", name))
            .await
            .expect("the bootstrap runs");
    }

    /// A connection that may do everything.
    pub async fn superuser(&self, database: &str) -> OwnerConnection {
        OwnerConnection::connect(&self.url("postgres", database))
            .await
            .expect("a superuser")
    }
}

/// Connects as whoever `url` names, outside of any pool.
pub async fn connect(url: &SecretString) -> OwnerConnection {
    OwnerConnection::connect(url).await.expect("a connection")
}

/// A database with three ready schemas, and a clock that stands still.
pub struct TestDb {
    /// The handle under test.
    pub db: Db,
    /// The time, for the test to set.
    pub clock: Arc<ManualClock>,
    /// Where this database is.
    pub cluster: Arc<Cluster>,
    name: String,
}

impl TestDb {
    /// A database of this test's own.
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// The same, connected as `change` says.
    pub async fn with(change: impl FnOnce(DbConfig) -> DbConfig) -> Self {
        let cluster = Cluster::shared().await;
        let name = format!("test_{}", cluster.next.fetch_add(1, Relaxed));
        cluster.create_database(&name, TEMPLATE).await;
        let clock = Arc::new(ManualClock::at(start()));
        let config = change(DbConfig::new(cluster.url("signalbox_app", &name)));
        let pulse = test_pulse(Arc::clone(&clock));
        let db = Db::connect_with(&config, pulse)
            .await
            .expect("the app connects");
        Self {
            db,
            clock,
            cluster,
            name,
        }
    }

    /// The same database and clock over connections of its own, as another process has them.
    pub async fn again(&self) -> Self {
        let config = DbConfig::new(self.url("signalbox_app"));
        let db = Db::connect_with(&config, test_pulse(Arc::clone(&self.clock)))
            .await
            .expect("the app connects");
        Self {
            db,
            clock: Arc::clone(&self.clock),
            cluster: Arc::clone(&self.cluster),
            name: self.name.clone(),
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of a login on this database.
    pub fn url(&self, user: &str) -> SecretString {
        self.cluster.url(user, &self.name)
    }

    /// The owner's connection.
    pub async fn owner(&self) -> OwnerConnection {
        OwnerConnection::connect(&self.url("signalbox_owner"))
            .await
            .expect("the owner connects")
    }

    /// A connection that may do everything.
    pub async fn superuser(&self) -> OwnerConnection {
        self.cluster.superuser(&self.name).await
    }

    /// Makes ready schemas until there are `count`.
    pub async fn fill(&self, count: u32) {
        let pulse = self.db.pulse().clone();
        let filler = Filler::new(self.url("signalbox_owner"), pulse, PoolSize(count));
        let filler = filler.with_roles_at_once(ROLES);
        filler.fill().await.expect("schemas are made");
    }

    /// Migrates everybody by one migration more than this build has, as a newer build would.
    /// Answers how many were migrated. Fails where one was not.
    pub async fn migrate_further(&self, name: &str, sql: &str) -> u32 {
        let file = format!("V{}__{name}", TEMPLATE_VERSION + 1);
        let chain = Chain::embedded().with(&file, sql).expect("a migration");
        let engine = Engine::new(self.url("signalbox_owner"), chain, Options::default());
        let report = engine.start(Start::Run).await.expect("a run");
        let report = report.expect("somebody who is behind");
        assert_eq!(report.state, "done", "{report:?}");
        report.done
    }

    /// An organisation `slug` on `<slug>.localhost`, without people.
    pub async fn tenant(&self, slug: &str) -> TenantRef {
        let host = format!("{slug}.localhost");
        let new = NewTenant {
            name: slug,
            slug,
            host: &host,
        };
        self.db
            .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
            .await
            .expect("a claim")
            .expect("a ready schema")
    }
}

/// The platform's own work, as an origin.
pub fn worker() -> Origin {
    Origin {
        actor: Actor::Worker("test"),
        address: None,
        request_id: Uuid::nil(),
    }
}

/// When every test begins.
fn start() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

fn test_pulse(clock: Arc<ManualClock>) -> Pulse {
    Pulse {
        clock,
        entropy: Arc::new(SystemEntropy),
    }
}
