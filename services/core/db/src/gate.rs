//! The gate of a transaction: one row, read with the opening, that decides whether it may go on.

use std::sync::OnceLock;

use kernel::event::Actor;
use uuid::Uuid;

use crate::{DbError, Row, Sql};

type Verdict = dyn Fn(Option<&Row>) -> Result<Option<Actor>, DbError> + Send + Sync;

/// Reads one row by key in the transaction's first flight and asks `verdict` who is acting.
/// A transaction that was refused answers [`DbError::Refused`] to every statement.
pub struct Gate {
    pub(crate) sql: Sql,
    pub(crate) key: Uuid,
    verdict: Box<Verdict>,
    actor: OnceLock<Option<Actor>>,
}

impl Gate {
    /// A gate that reads `sql` (whose one parameter is `key`) and is opened by `verdict`: the actor, or
    /// `None` to refuse.
    pub fn new(
        sql: Sql,
        key: Uuid,
        verdict: impl Fn(Option<&Row>) -> Result<Option<Actor>, DbError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            sql,
            key,
            verdict: Box::new(verdict),
            actor: OnceLock::new(),
        }
    }

    pub(crate) fn judge(&self, row: Option<&Row>) -> Result<(), DbError> {
        let actor = (self.verdict)(row)?;
        // Set once: a transaction reads its gate in its first flight only.
        let _ = self.actor.set(actor);
        self.require()
    }

    /// Fails unless the gate was read and opened.
    pub(crate) fn require(&self) -> Result<(), DbError> {
        match self.actor.get() {
            Some(Some(_)) => Ok(()),
            _ => Err(DbError::Refused),
        }
    }

    pub(crate) fn actor(&self) -> Option<Actor> {
        self.actor.get().copied().flatten()
    }
}
