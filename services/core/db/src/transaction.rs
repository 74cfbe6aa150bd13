//! One transaction on one connection: what the tenant's and the platform's have in common.
//!
//! The prelude (`BEGIN` and the scope) is kept back and travels with the first statement, so that
//! scoping a request costs no round trip of its own. A transaction that does not end well takes its
//! connection out of the pool: nothing of one tenant can wait there for the next.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use tokio::time::timeout_at;
use tokio_postgres::types::ToSql;

use crate::connection::{Connection, Pooled};
use crate::crowd::Leave;
use crate::progress::{Progress, Scope, Stage, append};
use crate::{DbError, Gate, Row, SchemaName, TenantRef};

/// Back to the login's own role and its empty path.
const LEAVE: &str = "SET LOCAL ROLE NONE; SET LOCAL search_path = signalbox_nowhere";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What a statement brought.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// Rows changed.
    pub(crate) changed: u64,
}

pub(crate) struct Transaction {
    /// Taken out when the transaction ends; what is still here on drop did not end well.
    connection: Option<Pooled>,
    gate: Option<Gate>,
    mode: Mode,
    /// The tenant whose own statements these are, where it has some on this connection.
    own: Option<SchemaName>,
    progress: Mutex<Progress>,
    /// Nobody waits for Postgres any longer than until then.
    deadline: Option<Instant>,
    /// The tenant's leave to have one more open, given back at the end.
    _leave: Option<Leave>,
}

impl Transaction {
    pub(crate) fn new(
        connection: Pooled,
        mode: Mode,
        begin: String,
        gate: Option<Gate>,
        leave: Option<Leave>,
    ) -> Self {
        Self {
            connection: Some(connection),
            gate,
            mode,
            own: None,
            progress: Mutex::new(Progress::new(begin)),
            deadline: None,
            _leave: leave,
        }
    }

    /// Is given up at `deadline`.
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Notes whose transaction it is, and who has statements of their own on the connection.
    pub(crate) fn touch(mut self, tenant: &TenantRef) -> Self {
        if let Some(connection) = &self.connection
            && connection.touch(tenant.id())
        {
            self.own = Some(tenant.schema().clone());
        }
        self
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    /// Whether anything was sent yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.progress().stage == Stage::Idle
    }

    /// Steps into a tenant until the stay is dropped. Errors: somebody is inside already, or a statement
    /// is on its way that was not meant for a tenant.
    pub(crate) fn enter(&self, tenant: &TenantRef) -> Result<Stay<'_>, DbError> {
        let mut progress = self.progress();
        if progress.scope != Scope::OWN || progress.running > 0 {
            return Err(DbError::OutOfScope);
        }
        if let Some(connection) = &self.connection {
            connection.touch(tenant.id());
        }
        progress.stays += 1;
        progress.scope = Scope(progress.stays);
        progress.queue(tenant.scope());
        Ok(Stay {
            transaction: self,
            scope: progress.scope,
        })
    }

    /// Opens the transaction and reads its gate now, before any statement of a use case.
    pub(crate) async fn open(&self) -> Result<(), DbError> {
        let flight = self.flight(Scope::OWN, None);
        Box::pin(self.in_time(flight)).await.map(drop)
    }

    /// Runs a statement for whoever holds `scope`. In a box: a flight is 3 kB, and every use case would
    /// carry it in its own future as often as it has statements at once.
    pub(crate) fn run<'a>(
        &'a self,
        scope: Scope,
        text: &'a str,
        params: Params<'a>,
    ) -> BoxFuture<'a, Result<Answer, DbError>> {
        Box::pin(self.in_time(self.flight(scope, Some((text, params)))))
    }

    /// Waits for Postgres, until the deadline. What was not answered by then may still come to pass, so the
    /// connection leaves the pool with the transaction.
    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, DbError>>,
    ) -> Result<T, DbError> {
        let Some(deadline) = self.deadline else {
            return work.await;
        };
        timeout_at(deadline.into(), work).await.unwrap_or_else(|_| {
            metrics::counter!("db_answer_timeouts_total").increment(1);
            Err(DbError::Late)
        })
    }

    /// Sends what waits, the gate's read and the statement together, and waits for all three. A plan from
    /// before a migration costs another try where none of the transaction's statements was answered yet;
    /// later ones fail, and with them the transaction.
    async fn flight(
        &self,
        scope: Scope,
        statement: Option<(&str, Params<'_>)>,
    ) -> Result<Answer, DbError> {
        let flight = Flight::depart(self, scope, statement.is_some())?;
        let connection = self.connection.as_ref().ok_or(DbError::NotCommitted)?;
        let mut result = match &flight.prelude {
            Some(prelude) => self.lead(connection, prelude, statement).await,
            None => self.follow(connection, statement).await,
        };
        if let Err(error) = &result
            && error.is_stale_plan()
        {
            // The table changed for every connection.
            if let Some(pool) = Pooled::pool(connection) {
                pool.manager().forget_statements();
            }
            if let Some(opening) = flight.replay() {
                connection.batch_execute("ROLLBACK").await?;
                result = self.lead(connection, &opening, statement).await;
            }
        }
        flight.land(&result);
        result
    }

    /// `join` polls in order and the driver puts a message on the wire at its first poll, so the scope is
    /// always ahead of what relies on it. A refused scope makes all that follows fail (25P02).
    async fn lead(
        &self,
        client: &Connection,
        prelude: &str,
        statement: Option<(&str, Params<'_>)>,
    ) -> Result<Answer, DbError> {
        let open = async {
            client.batch_execute(prelude).await?;
            self.progress().stage = Stage::Open;
            Ok(())
        };
        let (opened, gated, answer) =
            futures_util::join!(open, self.read_gate(client), self.send(client, statement));
        opened.and(gated).and(answer)
    }

    /// A flight behind the one that opens the transaction, or after it. Where the gate is not read yet, its
    /// word is waited for: nothing is handed out before.
    async fn follow(
        &self,
        client: &Connection,
        statement: Option<(&str, Params<'_>)>,
    ) -> Result<Answer, DbError> {
        let answer = self.send(client, statement).await;
        if let Some(gate) = &self.gate {
            gate.wait().await?;
        }
        answer
    }

    async fn send(
        &self,
        client: &Connection,
        statement: Option<(&str, Params<'_>)>,
    ) -> Result<Answer, DbError> {
        let Some((text, params)) = statement else {
            return Ok(Answer::default());
        };
        let text = client.prepared_as(text, self.own.as_ref());
        let statement = client.prepare_cached(&text).await?;
        let mut stream = pin!(client.query_raw(&statement, params.iter().copied()).await?);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(Row(row));
        }
        let changed = stream.rows_affected().unwrap_or(0);
        Ok(Answer { rows, changed })
    }

    async fn read_gate(&self, client: &Connection) -> Result<(), DbError> {
        let Some(gate) = self.gate.as_ref().filter(|gate| !gate.is_judged()) else {
            return Ok(());
        };
        let text = client.prepared_as(gate.sql.text(), self.own.as_ref());
        let statement = client.prepare_cached(&text).await?;
        let row = client.query_opt(&statement, &[&gate.key]).await?;
        gate.judge(row.map(Row).as_ref())
    }

    /// Ends the transaction and gives the connection back, if it is known to be clean.
    pub(crate) async fn end(mut self, commit: bool) -> Result<(), DbError> {
        let (stage, failed, abandoned) = {
            let progress = self.progress();
            (progress.stage, progress.failed, progress.abandoned)
        };
        let ending = if commit && !failed {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        let client = self.connection.as_ref().ok_or(DbError::NotCommitted)?;
        let clean = match stage {
            Stage::Idle => true,
            // Whatever holds there: the connection goes with `self`.
            Stage::Opening => false,
            Stage::Open if abandoned => false,
            // A reader has nothing to lose: its COMMIT is put on the wire and not waited for. Whoever
            // takes the connection next is behind it in the queue.
            Stage::Open if self.mode == Mode::Read => {
                !matches!(client.batch_execute(ending).now_or_never(), Some(Err(_)))
            }
            Stage::Open => {
                let ended = async { Ok(client.batch_execute(ending).await?) };
                self.in_time(ended).await?;
                true
            }
        };
        if clean {
            drop(self.connection.take());
        }
        // Postgres calls a COMMIT of what failed a success.
        if commit && failed {
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
            && !self.is_idle()
        {
            drop(Pooled::take(connection));
        }
    }
}

/// A stay inside a tenant. However it ends, the next statement runs as the login again.
pub(crate) struct Stay<'a> {
    transaction: &'a Transaction,
    scope: Scope,
}

impl Stay<'_> {
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        let mut progress = self.transaction.progress();
        progress.scope = Scope::OWN;
        // A statement that was left on its way would land outside.
        progress.failed |= progress.running > 0;
        progress.queue(LEAVE);
    }
}

/// A statement on its way. One that does not land fails its transaction: nobody knows what it did.
struct Flight<'a> {
    transaction: &'a Transaction,
    prelude: Option<String>,
    statement: bool,
    outcome: Option<bool>,
}

impl<'a> Flight<'a> {
    fn depart(
        transaction: &'a Transaction,
        scope: Scope,
        statement: bool,
    ) -> Result<Self, DbError> {
        let mut progress = transaction.progress();
        if progress.scope != scope {
            return Err(DbError::OutOfScope);
        }
        if progress.failed {
            return Err(match &transaction.gate {
                Some(gate) => gate.require().err().unwrap_or(DbError::NotCommitted),
                None => DbError::NotCommitted,
            });
        }
        let prelude = progress.prelude.take();
        progress.stage = progress.stage.max(Stage::Opening);
        progress.running += 1;
        Ok(Self {
            transaction,
            prelude,
            statement,
            outcome: None,
        })
    }

    /// All that went ahead, where sending it again loses nothing: no statement was answered, and no other
    /// is on its way.
    fn replay(&self) -> Option<String> {
        let progress = self.transaction.progress();
        if progress.answered || progress.running > 1 {
            return None;
        }
        let mut text = progress.replay.clone();
        if let Some(prelude) = &self.prelude {
            append(&mut text, prelude);
        }
        Some(text)
    }

    fn land(mut self, result: &Result<Answer, DbError>) {
        self.outcome = Some(result.is_ok());
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut progress = self.transaction.progress();
        progress.running = progress.running.saturating_sub(1);
        match self.outcome {
            Some(true) => {
                progress.answered |= self.statement;
                if let Some(prelude) = &self.prelude
                    && !progress.answered
                {
                    append(&mut progress.replay, prelude);
                }
            }
            Some(false) => progress.failed = true,
            None => {
                // After a failure Postgres answers what follows at once: only then is nothing running.
                progress.abandoned |= !progress.failed;
                progress.failed = true;
            }
        }
        if self.prelude.is_some()
            && let Some(gate) = &self.transaction.gate
        {
            gate.close();
        }
    }
}
