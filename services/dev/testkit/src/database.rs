//! One Postgres for a test binary, one database for a test, copied from a template that is made once.

use std::path::{Path, PathBuf};
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

use crate::citus::{self, Citus};

/// Ready schemas in every test's database.
const READY: u32 = 3;
/// Roles made at once: those of every test's database are members of one group.
const ROLES: u32 = 16;
const TEMPLATE: &str = "signalbox_template";

/// A running Postgres, shared by the tests that run at the same time and stopped after the last; or a Citus
/// cluster, which goes on.
pub struct Cluster {
    server: Server,
    version: String,
    next: AtomicU32,
    making: Mutex<()>,
}

enum Server {
    Own(PrivatePostgres),
    Citus(Citus),
}

/// The Postgres to use instead of the system's.
#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the tests, read in one place"
)]
pub(crate) fn test_bin_dir() -> Option<PathBuf> {
    std::env::var_os("SIGNALBOX_TEST_POSTGRES_BIN").map(Into::into)
}

/// The cluster to use instead of a Postgres of the tests' own.
#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the tests, read in one place"
)]
fn test_citus() -> Option<String> {
    std::env::var("SIGNALBOX_TEST_CITUS_URL").ok()
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());

impl Cluster {
    /// The cluster of this test binary. `SIGNALBOX_TEST_POSTGRES_BIN` names another Postgres to use,
    /// `SIGNALBOX_TEST_CITUS_URL` a Citus cluster.
    pub async fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().await;
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(match test_citus() {
            Some(url) => Self::on_citus(&url).await,
            None => Self::of_its_own().await,
        });
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    async fn of_its_own() -> Self {
        let postgres = PrivatePostgres::temporary(test_bin_dir(), Vec::new())
            .await
            .expect("a Postgres");
        let cluster = Self {
            version: postgres.version().to_owned(),
            server: Server::Own(postgres),
            next: AtomicU32::new(0),
            making: Mutex::default(),
        };
        cluster.copy_database(TEMPLATE, "template0").await;
        cluster.furnish(TEMPLATE).await;
        cluster
    }

    async fn on_citus(url: &str) -> Self {
        let citus = Citus::find(url).await;
        let coordinator = connect(&url.to_owned().into()).await;
        let rows = coordinator.query("SHOW server_version", &[]).await;
        let rows = rows.expect("a version");
        let version: String = rows
            .first()
            .expect("one")
            .get("server_version")
            .expect("a version");
        Self {
            // `15.18 (Debian …)`.
            version: version.split(' ').next().unwrap_or_default().to_owned(),
            server: Server::Citus(citus),
            next: AtomicU32::new(0),
            making: Mutex::default(),
        }
    }

    /// Whether it is a Citus cluster, on which no database is the copy of another.
    pub fn is_citus(&self) -> bool {
        matches!(self.server, Server::Citus(_))
    }

    /// The folder of the server's socket, where it is on this machine.
    pub(crate) fn socket_dir(&self) -> Option<&Path> {
        match &self.server {
            Server::Own(postgres) => Some(postgres.socket_dir()),
            Server::Citus(_) => None,
        }
    }

    /// `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Connects as `user` to `database`.
    pub fn url(&self, user: &str, database: &str) -> SecretString {
        match &self.server {
            Server::Own(postgres) => postgres.connection_url_to(user, database).into(),
            Server::Citus(citus) => citus.url(user, database),
        }
    }

    /// A database of the house, with ready schemas. Answers its name.
    async fn new_database(&self) -> String {
        let n = self.next.fetch_add(1, Relaxed);
        let Server::Citus(citus) = &self.server else {
            let name = format!("test_{n}");
            self.copy_database(&name, TEMPLATE).await;
            return name;
        };
        // Nothing can be copied there, and the roles of the house are made by one at a time.
        let _making = self.making.lock().await;
        let name = format!("{}{}_{n}", citus::PREFIX, std::process::id());
        citus.create_database(&name).await;
        self.bootstrap(&name).await;
        citus.shard(&name).await;
        self.furnish(&name).await;
        name
    }

    /// Brings the platform's tables and ready schemas into an empty database.
    async fn furnish(&self, name: &str) {
        let owner_url = self.url("signalbox_owner", name);
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

    async fn copy_database(&self, name: &str, template: &str) {
        let postgres = self.superuser("postgres").await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        postgres.batch(&sql).await.expect("a database");
        // The login's path is a setting of the database, which a copy does not bring along.
        self.bootstrap(name).await;
    }

    async fn bootstrap(&self, name: &str) {
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
        let name = cluster.new_database().await;
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
        self.again_with(|config| config).await
    }

    /// The same, connected as `change` says.
    pub async fn again_with(&self, change: impl FnOnce(DbConfig) -> DbConfig) -> Self {
        let config = change(DbConfig::new(self.url("signalbox_app")));
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
