//! The gate of a transaction: one row, read with the opening, that decides whether it may go on.

use kernel::event::Actor;
use tokio::sync::SetOnce;
use uuid::Uuid;

use crate::{DbError, Row, Sql};

type Judge = dyn Fn(Option<&Row>) -> Result<Option<Actor>, DbError> + Send + Sync;

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Open(Actor),
    Refused,
    /// The row could not be read: nobody was let in, and nobody was refused.
    Unread,
}

/// Reads one row by key in the transaction's first flight and asks `judge` who is acting.
/// A transaction that was refused answers [`DbError::Refused`] to every statement.
pub struct Gate {
    pub(crate) sql: Sql,
    pub(crate) key: Uuid,
    judge: Box<Judge>,
    verdict: SetOnce<Verdict>,
}

impl Gate {
    /// A gate that reads `sql` (whose one parameter is `key`) and is opened by `judge`: the actor, or
    /// `None` to refuse.
    pub fn new(
        sql: Sql,
        key: Uuid,
        judge: impl Fn(Option<&Row>) -> Result<Option<Actor>, DbError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            sql,
            key,
            judge: Box::new(judge),
            verdict: SetOnce::new(),
        }
    }

    pub(crate) fn is_judged(&self) -> bool {
        self.verdict.initialized()
    }

    pub(crate) fn judge(&self, row: Option<&Row>) -> Result<(), DbError> {
        let verdict = match (self.judge)(row)? {
            Some(actor) => Verdict::Open(actor),
            None => Verdict::Refused,
        };
        // Only the first word counts.
        let _ = self.verdict.set(verdict);
        self.require()
    }

    /// The opening is over: whoever still waits for a verdict gets none.
    pub(crate) fn close(&self) {
        let _ = self.verdict.set(Verdict::Unread);
    }

    /// Fails unless the gate was read and opened.
    pub(crate) fn require(&self) -> Result<(), DbError> {
        self.verdict.get().map_or(Err(DbError::NotCommitted), admit)
    }

    /// The same, once the gate was read.
    pub(crate) async fn wait(&self) -> Result<(), DbError> {
        admit(self.verdict.wait().await)
    }

    pub(crate) fn actor(&self) -> Option<Actor> {
        match self.verdict.get() {
            Some(Verdict::Open(actor)) => Some(*actor),
            _ => None,
        }
    }
}

fn admit(verdict: &Verdict) -> Result<(), DbError> {
    match verdict {
        Verdict::Open(_) => Ok(()),
        Verdict::Refused => Err(DbError::Refused),
        Verdict::Unread => Err(DbError::NotCommitted),
    }
}
