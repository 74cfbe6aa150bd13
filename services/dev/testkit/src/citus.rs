//! Tests on a Citus cluster that runs already, instead of a Postgres of their own.
//!
//! `SIGNALBOX_TEST_CITUS_URL` is a superuser's, of a database with the extension at the coordinator, which knows
//! its workers by names that this machine reaches too. Every node lets the roles of the tests in without a
//! password. Each test has a database on every node; those of an earlier run are dropped first.

use db::owner::OwnerConnection;
use secrecy::SecretString;
use url::Url;

/// What every database of the tests is called in front of its number.
pub const PREFIX: &str = "signalbox_test_";

const NODES: &str =
    "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 AND noderole = 'primary'";
const LEFT_OVER: &str = "SELECT datname::text AS name FROM pg_database
      WHERE starts_with(datname, $1) AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = pg_database.datname)";

/// The cluster.
pub struct Citus {
    coordinator: Url,
    /// The same login at each worker.
    workers: Vec<Url>,
}

impl Citus {
    /// Finds the workers, and drops what earlier tests left.
    pub async fn find(url: &str) -> Self {
        let coordinator = Url::parse(url).expect("SIGNALBOX_TEST_CITUS_URL is a URL");
        let known = connect(&coordinator).await;
        let nodes = known.query(NODES, &[]).await;
        let workers = nodes
            .expect("a database with Citus")
            .iter()
            .map(|node| {
                let mut worker = coordinator.clone();
                let (host, port): (String, i32) = (
                    node.get("nodename").expect("a name"),
                    node.get("nodeport").expect("a port"),
                );
                worker.set_host(Some(&host)).expect("a host");
                let port = u16::try_from(port).expect("a port");
                worker.set_port(Some(port)).expect("a port");
                worker
            })
            .collect();
        let found = Self {
            coordinator,
            workers,
        };
        for node in found.nodes() {
            drop_left_over(node).await;
        }
        found
    }

    fn nodes(&self) -> impl Iterator<Item = &Url> {
        std::iter::once(&self.coordinator).chain(&self.workers)
    }

    /// As `user`, to `database` at the coordinator. The superuser keeps the password of the cluster's URL.
    pub fn url(&self, user: &str, database: &str) -> SecretString {
        let mut url = at(&self.coordinator, database);
        if user != "postgres" {
            url.set_username(user).expect("a name");
            url.set_password(None).expect("no password");
        }
        String::from(url).into()
    }

    /// Makes an empty database on every node, and tells the coordinator's of the others.
    pub async fn create_database(&self, name: &str) {
        for node in self.nodes() {
            let there = connect(node).await;
            // A statement each: a database is not made inside a transaction.
            for sql in [
                "SET citus.enable_create_database_propagation = off",
                &format!("CREATE DATABASE {name}"),
            ] {
                there.batch(sql).await.expect("a database");
            }
            let inside = connect(&at(node, name)).await;
            inside
                .batch("CREATE EXTENSION citus")
                .await
                .expect("the extension");
        }
        let inside = connect(&at(&self.coordinator, name)).await;
        let own = place(&self.coordinator);
        let mut told = format!("SELECT citus_set_coordinator_host({own})");
        for worker in &self.workers {
            told.push_str(&format!("; SELECT citus_add_node({})", place(worker)));
        }
        inside.batch(&told).await.expect("a cluster");
    }

    /// From here on the owner's new schemas are spread over the nodes: after the bootstrap, which makes the
    /// schema of the platform.
    pub async fn shard(&self, name: &str) {
        let sharding = format!(
            "ALTER ROLE signalbox_owner IN DATABASE {name} SET citus.enable_schema_based_sharding = on"
        );
        let inside = connect(&at(&self.coordinator, name)).await;
        inside.batch(&sharding).await.expect("a setting");
    }
}

async fn drop_left_over(node: &Url) {
    let there = connect(node).await;
    let rows = there.query(LEFT_OVER, &[&PREFIX]).await.expect("a list");
    for row in rows {
        let name: String = row.get("name").expect("a name");
        there
            .batch("SET citus.enable_create_database_propagation = off")
            .await
            .expect("a setting");
        there
            .batch(&format!("DROP DATABASE {name}"))
            .await
            .expect("an end");
    }
}

async fn connect(url: &Url) -> OwnerConnection {
    crate::database::connect(&url.as_str().to_owned().into()).await
}

fn at(node: &Url, database: &str) -> Url {
    let mut url = node.clone();
    url.set_path(database);
    url
}

/// A node's name and port, as arguments of SQL.
fn place(node: &Url) -> String {
    let (host, port) = (
        node.host_str().expect("a host"),
        node.port().unwrap_or(5432),
    );
    format!("'{host}', {port}")
}
