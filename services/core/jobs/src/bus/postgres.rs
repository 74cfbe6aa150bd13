//! Hints over LISTEN/NOTIFY: one direct connection listens, the pool's connections speak.

use db::listen::Listener;
use db::{Db, DbError};
use secrecy::SecretString;

use super::link::Failure;

const CHANNEL: &str = "signalbox";

#[derive(Clone)]
pub(super) struct Link {
    url: SecretString,
    db: Db,
}

impl Link {
    pub fn new(url: SecretString, db: Db) -> Self {
        Self { url, db }
    }

    pub async fn listen(&self) -> Result<Listener, Failure> {
        Ok(Listener::connect(&self.url, CHANNEL).await?)
    }

    /// NOTIFY takes a lock that all of the database shares until COMMIT, so it has a transaction of its
    /// own and never a share in a tenant's.
    pub async fn send(&self, payloads: &[String]) -> Result<(), Failure> {
        self.db
            .write_platform(async |tx| {
                for payload in payloads {
                    tx.notify(CHANNEL, payload).await?;
                }
                Ok::<(), DbError>(())
            })
            .await?;
        Ok(())
    }
}
