//! A PgBouncer between the serving login and the tests' Postgres. The owner's login goes past it.
//!
//! `SIGNALBOX_TEST_PGBOUNCER` is the program; without it, the system's. Where there is none that is new enough,
//! tests that want one say so and end.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use db::DbConfig;
use fakes::{PgBouncerError, PgBouncerOptions, PrivatePgBouncer};
use secrecy::{ExposeSecret, SecretString};

use crate::database::Cluster;

/// A pooler before the cluster of this test binary.
pub struct Pooler {
    // Before the cluster, whose server it asks.
    pgbouncer: PrivatePgBouncer,
    _cluster: Arc<Cluster>,
}

/// The program that somebody asked for by name.
#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the tests, read in one place"
)]
fn named() -> Option<PathBuf> {
    std::env::var_os("SIGNALBOX_TEST_PGBOUNCER").map(Into::into)
}

impl Pooler {
    /// Three server connections for each database, in transaction mode. `None` where there is no program for it.
    pub async fn start() -> Option<Self> {
        Self::with(&[]).await
    }

    /// The same with these lines of its configuration in the place of others.
    pub async fn with(settings: &[&str]) -> Option<Self> {
        let cluster = Cluster::shared().await;
        let Some(upstream) = cluster.socket_dir() else {
            tell("a Citus cluster has no socket here");
            return None;
        };
        let options = PgBouncerOptions {
            program: named(),
            settings: settings.iter().copied().map(str::to_owned).collect(),
            ..PgBouncerOptions::new(upstream, "signalbox_app")
        };
        let asked_for = options.program.is_some();
        match PrivatePgBouncer::start(options).await {
            Ok(pgbouncer) => Some(Self {
                pgbouncer,
                _cluster: cluster,
            }),
            Err(none @ (PgBouncerError::NotFound | PgBouncerError::TooOld { .. }))
                if !asked_for =>
            {
                tell(&none.to_string());
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The way by this pooler to where `url` leads.
    pub fn url(&self, url: &SecretString) -> SecretString {
        let direct = url.expose_secret();
        let (database, _) = direct.split_once("?host=").expect("a socket's folder");
        let folder = self.pgbouncer.socket_dir().display();
        format!("{database}?host={folder}").into()
    }

    /// The same connections, by this pooler.
    pub fn between(&self, config: DbConfig) -> DbConfig {
        DbConfig {
            url: self.url(&config.url),
            ..config
        }
    }
}

fn tell(why: &str) {
    // Past what a test's harness keeps to itself: somebody has to see that nothing was tried.
    let _ = writeln!(std::io::stderr(), "not tried by a pooler: {why}");
}
