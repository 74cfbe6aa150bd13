//! What only Postgres can say: one private server for this binary, with a fresh tenant in it.

mod catalog;
mod grants;
mod prepared;
mod snapshot;

use std::sync::{Arc, LazyLock};

use db::owner::OwnerConnection;
use db::{Pulse, SchemaName};
use fakes::PrivatePostgres;
use kernel::clock::SystemClock;
use kernel::rng::SystemEntropy;
use tenancy::{Filler, PoolSize, bootstrap, migrate};
use tokio::runtime::Runtime;

use crate::root;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A server that was set up the way an operator does it, and its one pooled tenant.
struct Server {
    runtime: Runtime,
    postgres: PrivatePostgres,
    tenant: SchemaName,
}

/// Runs `work` on the server, from a test of any thread.
fn live(work: impl AsyncFnOnce(&'static Server)) {
    SERVER.runtime.block_on(work(&SERVER));
}

impl Server {
    #[expect(
        clippy::expect_used,
        reason = "without a server there is nothing to ask"
    )]
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (postgres, tenant) = runtime.block_on(async {
            #[expect(clippy::disallowed_methods, reason = "the tests' one setting")]
            let bin_dir = std::env::var_os("SIGNALBOX_TEST_POSTGRES_BIN").map(Into::into);
            let unpacked = vec![root().join(".dev/postgres-18")];
            let postgres = PrivatePostgres::temporary(bin_dir, unpacked)
                .await
                .expect("a Postgres");
            bootstrap::run(&postgres.connection_url().into())
                .await
                .expect("roles and empty schemas");
            let url = postgres.connection_url_to("signalbox_owner", "postgres");
            let owner = OwnerConnection::connect(&url.clone().into())
                .await
                .expect("the owner login");
            migrate::run_platform(&owner)
                .await
                .expect("the platform's migrations");
            let pulse = Pulse {
                clock: Arc::new(SystemClock),
                entropy: Arc::new(SystemEntropy),
            };
            Filler::new(url.into(), pulse, PoolSize(1))
                .fill()
                .await
                .expect("a ready schema");
            let rows = owner
                .query("SELECT schema_name FROM platform.tenants", &[])
                .await;
            let name = rows
                .expect("the tenants")
                .first()
                .map(|row| row.get::<String>("schema_name"));
            let name = name.expect("one tenant").expect("its name");
            (postgres, SchemaName::parse(&name).expect("a schema's name"))
        });
        Self {
            runtime,
            postgres,
            tenant,
        }
    }

    /// A connection as `login`.
    #[expect(
        clippy::expect_used,
        reason = "without a connection there is nothing to ask"
    )]
    async fn connect(&self, login: &str) -> OwnerConnection {
        let url = self.postgres.connection_url_to(login, "postgres");
        OwnerConnection::connect(&url.into())
            .await
            .expect("a connection")
    }

    /// A connection as the serving login inside the tenant: its role and its path.
    #[expect(
        clippy::expect_used,
        reason = "without the tenant there is nothing to ask"
    )]
    async fn enter(&self) -> OwnerConnection {
        let connection = self.connect("signalbox_app").await;
        let tenant = &self.tenant;
        let entered = connection
            .batch(&format!("SET ROLE {tenant}; SET search_path = {tenant}"))
            .await;
        entered.expect("the tenant's role");
        connection
    }
}

/// The column `column` of what `sql` answers for `param`.
#[expect(clippy::expect_used, reason = "the query is this binary's own")]
async fn column(connection: &OwnerConnection, sql: &str, column: &str, param: &str) -> Vec<String> {
    let rows = connection
        .query(sql, &[&param])
        .await
        .expect("the catalog answers");
    rows.iter()
        .map(|row| row.get(column).expect("a text column"))
        .collect()
}
