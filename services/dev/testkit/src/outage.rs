//! A Postgres of one test's own, which can go away and come back.

use std::path::PathBuf;

use db::owner::OwnerConnection;
use fakes::{PostgresOptions, PrivatePostgres};
use secrecy::SecretString;

use crate::database::test_bin_dir;

/// A server with an empty platform. Gone, folder and all, when this is dropped.
pub struct FragilePostgres {
    folder: PathBuf,
    options: PostgresOptions,
    server: Option<PrivatePostgres>,
}

impl FragilePostgres {
    /// Starts it. One at a time in a process.
    pub async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("sbx-fragile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = PostgresOptions {
            durable: false,
            bin_dir: test_bin_dir(),
            ..PostgresOptions::new(folder.join("postgres"))
        };
        let mut postgres = Self {
            folder,
            options,
            server: None,
        };
        postgres.come_back().await;
        tenancy::bootstrap::run(&postgres.url("postgres"))
            .await
            .expect("the bootstrap runs");
        let owner = OwnerConnection::connect(&postgres.url("signalbox_owner"))
            .await
            .expect("the owner connects");
        tenancy::migrate::run_platform(&owner)
            .await
            .expect("the platform migrates");
        postgres
    }

    /// Stops the server; every connection is cut.
    pub async fn go_away(&mut self) {
        self.server.take().expect("it runs").stop().await;
    }

    /// Starts the server again over the same data, where it was.
    pub async fn come_back(&mut self) {
        let started = PrivatePostgres::start(self.options.clone()).await;
        self.server = Some(started.expect("a Postgres"));
    }

    /// The URL of a login, while the server runs.
    pub fn url(&self, user: &str) -> SecretString {
        let server = self.server.as_ref().expect("it runs");
        server.connection_url_to(user, "postgres").into()
    }
}

impl Drop for FragilePostgres {
    fn drop(&mut self) {
        drop(self.server.take());
        // What cannot be removed is in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
