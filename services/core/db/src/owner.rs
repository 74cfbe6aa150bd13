//! The owner's connection: DDL, by text made at run time. For migrations, the pool of ready schemas and
//! the operator's commands; nothing that serves a request may name this module (a check holds that).

mod copy;

use futures_util::FutureExt;
use secrecy::SecretString;
use tokio_postgres::{Client, NoTls, Statement};

use crate::pool::{self, Wire};
use crate::transaction::Params;
use crate::{DbError, Row};

pub use copy::{CopyIn, CopyOut};

/// A connection of the login `signalbox_owner` (or, for the bootstrap, of a superuser), outside the pool.
pub struct OwnerConnection {
    client: Client,
    driver: tokio::task::JoinHandle<()>,
}

impl OwnerConnection {
    /// Connects.
    pub async fn connect(url: &SecretString) -> Result<Self, DbError> {
        let (config, wire) = pool::parse(url)?;
        let (client, driver) = match wire {
            Wire::Plain => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
            Wire::Tls(tls) => {
                let (client, connection) = config.connect(tls).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
        };
        Ok(Self { client, driver })
    }

    /// Runs statements, one after the other.
    pub async fn batch(&self, text: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(text).await?)
    }

    /// All rows of a statement.
    pub async fn query(&self, text: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        Ok(self
            .client
            .query(text, params)
            .await?
            .into_iter()
            .map(Row)
            .collect())
    }

    /// Rows changed by a statement.
    pub async fn execute(&self, text: &str, params: Params<'_>) -> Result<u64, DbError> {
        Ok(self.client.execute(text, params).await?)
    }

    /// Prepares a statement, for as long as the answer is kept. Fails where Postgres does not accept `text`.
    pub async fn prepare(&self, text: &str) -> Result<Prepared, DbError> {
        Ok(Prepared(self.client.prepare(text).await?))
    }

    /// All rows of a statement that was prepared before.
    pub async fn query_prepared(
        &self,
        statement: &Prepared,
        params: Params<'_>,
    ) -> Result<Vec<Row>, DbError> {
        let rows = self.client.query(&statement.0, params).await?;
        Ok(rows.into_iter().map(Row).collect())
    }
}

/// A statement of one owner's connection.
pub struct Prepared(Statement);

impl Drop for OwnerConnection {
    fn drop(&mut self) {
        // The driver ends by itself once the client is gone; this covers a server that never answers.
        self.driver.abort();
    }
}
