//! A server of a test's own, set up the way an operator does it, of which base backups can be made.

use std::sync::Arc;

use db::Pulse;
use db::owner::OwnerConnection;
use fakes::{PostgresOptions, PrivatePostgres};
use kernel::clock::SystemClock;
use kernel::rng::SystemEntropy;
use secrecy::SecretString;
use tempfile::TempDir;
use tenancy::{Filler, PoolSize};

/// A running server with the house's tables in its database `postgres`.
pub struct LoneServer {
    // Before the folder, which goes when the server has.
    postgres: PrivatePostgres,
    folder: TempDir,
}

impl LoneServer {
    /// Starts it and makes `ready` schemas.
    pub async fn start(ready: u32) -> Self {
        let folder = TempDir::new().expect("a folder");
        let options = PostgresOptions {
            durable: false,
            settings: vec!["wal_level=replica".into(), "max_wal_senders=4".into()],
            ..PostgresOptions::new(folder.path().join("pg"))
        };
        let postgres = PrivatePostgres::start(options).await.expect("a Postgres");
        let server = Self { postgres, folder };
        tenancy::bootstrap::run(&server.url("postgres"))
            .await
            .expect("the bootstrap runs");
        let owner = server.connect("signalbox_owner").await;
        tenancy::migrate::run_platform(&owner)
            .await
            .expect("the platform migrates");
        let pulse = Pulse {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        Filler::new(server.url("signalbox_owner"), pulse, PoolSize(ready))
            .fill()
            .await
            .expect("schemas are made");
        server
    }

    /// Where to connect as `user`.
    pub fn url(&self, user: &str) -> SecretString {
        self.postgres.connection_url_to(user, "postgres").into()
    }

    /// A connection as `user`.
    pub async fn connect(&self, user: &str) -> OwnerConnection {
        OwnerConnection::connect(&self.url(user))
            .await
            .expect("a connection")
    }

    /// A path beside the server's, for the test to use.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}
