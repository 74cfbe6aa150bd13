//! One transaction on one connection: what the tenant's and the platform's have in common.
//!
//! The prelude (`BEGIN` and the scope) is kept back and travels with the first statement, so that
//! scoping a request costs no round trip of its own. A transaction that does not end well takes its
//! connection out of the pool: nothing of one tenant can wait there for the next.

use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::FutureExt;
use tokio_postgres::types::ToSql;

use crate::{DbError, Gate, Row};

/// How far a transaction has come. It only ever grows.
const IDLE: u8 = 0; // nothing sent: the connection is as it was
const OPENING: u8 = 1; // BEGIN and the scope are on their way, or were refused
const OPEN: u8 = 2; // the scope holds
const FAILED: u8 = 3; // a statement failed: only ROLLBACK is left

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

pub(crate) struct Transaction {
    /// Taken out when the transaction ends; what is still here on drop did not end well.
    connection: Option<Object>,
    /// Text that the next statement takes along.
    prelude: Mutex<Option<String>>,
    gate: Option<Gate>,
    state: AtomicU8,
    mode: Mode,
}

impl Transaction {
    pub(crate) fn new(connection: Object, mode: Mode, begin: String, gate: Option<Gate>) -> Self {
        Self {
            connection: Some(connection),
            prelude: Mutex::new(Some(begin)),
            gate,
            state: AtomicU8::new(IDLE),
            mode,
        }
    }

    /// The connection, until the transaction ends.
    fn client(&self) -> Result<&ClientWrapper, DbError> {
        self.connection.as_deref().ok_or(DbError::NotCommitted)
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    /// Puts `text` before the next statement. What was still waiting goes first.
    pub(crate) fn queue(&self, text: &str) {
        let mut prelude = self
            .prelude
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match prelude.as_mut() {
            Some(waiting) => {
                waiting.push_str("; ");
                waiting.push_str(text);
            }
            None => *prelude = Some(text.to_owned()),
        }
    }

    fn take_prelude(&self) -> Option<String> {
        self.prelude
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }

    /// Sends what waits, the gate's read and `work` together, and waits for all three: one flight.
    /// `join` polls in order and the driver puts a message on the wire at its first poll, so the scope
    /// is always ahead of what relies on it. A refused scope makes all that follows fail (25P02).
    async fn flight<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DbError> {
        if self.state.load(Relaxed) == FAILED {
            return Err(DbError::NotCommitted);
        }
        let Some(prelude) = self.take_prelude() else {
            if let Some(gate) = &self.gate {
                gate.require()?;
            }
            return self.settle(work.await.map_err(DbError::from));
        };
        let first = self.state.fetch_max(OPENING, Relaxed) == IDLE;
        let client = self.client()?;
        let open = async {
            client.batch_execute(&prelude).await?;
            self.state.fetch_max(OPEN, Relaxed);
            Ok::<(), tokio_postgres::Error>(())
        };
        let (opened, gated, worked) = match &self.gate {
            Some(gate) if first => futures_util::join!(open, self.read_gate(gate), work),
            _ => {
                let (opened, worked) = futures_util::join!(open, work);
                (opened, Ok(()), worked)
            }
        };
        self.settle(
            opened
                .map_err(DbError::from)
                .and(gated)
                .and(worked.map_err(DbError::from)),
        )
    }

    async fn read_gate(&self, gate: &Gate) -> Result<(), DbError> {
        let client = self.client()?;
        let statement = client.prepare_cached(gate.sql.text()).await?;
        let row = client.query_opt(&statement, &[&gate.key]).await?;
        gate.judge(row.map(Row).as_ref())
    }

    fn settle<T>(&self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result {
            if self.state.load(Relaxed) == OPEN {
                self.state.fetch_max(FAILED, Relaxed);
            }
            if error.is_stale_plan()
                && let Ok(client) = self.client()
            {
                client.statement_cache.clear();
            }
        }
        result
    }

    /// Opens the transaction and reads its gate now, before any statement of a use case.
    pub(crate) async fn open(&self) -> Result<(), DbError> {
        self.flight(std::future::ready(Ok(()))).await
    }

    /// Whether anything was sent yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.load(Relaxed) == IDLE
    }

    pub(crate) async fn query(&self, text: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let client = self.client()?;
        let rows = self
            .flight(async {
                let statement = client.prepare_cached(text).await?;
                client.query(&statement, params).await
            })
            .await?;
        Ok(rows.into_iter().map(Row).collect())
    }

    pub(crate) async fn execute(&self, text: &str, params: Params<'_>) -> Result<u64, DbError> {
        let client = self.client()?;
        self.flight(async {
            let statement = client.prepare_cached(text).await?;
            client.execute(&statement, params).await
        })
        .await
    }

    /// Ends the transaction and gives the connection back, if it is known to be clean.
    pub(crate) async fn end(mut self, commit: bool) -> Result<(), DbError> {
        let state = self.state.load(Relaxed);
        let ending = if commit && state == OPEN {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        match state {
            IDLE => {}
            OPENING => return Ok(()), // the scope was refused: the connection goes with `self`
            // A reader has nothing to lose: its COMMIT is put on the wire and not waited for. Whoever
            // takes the connection next is behind it in the queue.
            _ if self.mode == Mode::Read => {
                if let Some(Err(error)) = self.client()?.batch_execute(ending).now_or_never() {
                    return Err(error.into());
                }
            }
            _ => self.client()?.batch_execute(ending).await?,
        }
        drop(self.connection.take());
        if commit && state == FAILED {
            Err(DbError::NotCommitted)
        } else {
            Ok(())
        }
    }
}

impl Drop for Transaction {
    /// Dropped without an end (a panic, a client that hung up): the connection may still hold the
    /// tenant's role and path, so it leaves the pool for good. One that was never used goes back.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.state.load(Relaxed) != IDLE
        {
            drop(Object::take(connection));
        }
    }
}
