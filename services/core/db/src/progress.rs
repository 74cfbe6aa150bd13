//! How far a transaction has come, and whose turn it is. One lock around it, and nothing waits under the lock.

/// Who speaks: the transaction's owner, or one stay inside a tenant. No two stays have the same number,
/// so what was made for one of them is of no use in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope(pub(crate) u32);

impl Scope {
    /// The transaction's owner.
    pub(crate) const OWN: Self = Self(0);
}

/// How far the opening has come. It only ever grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nothing was sent: the connection is as it was.
    Idle,
    /// BEGIN and the scope are on their way, or were refused.
    Opening,
    /// The scope holds.
    Open,
}

/// The state of one transaction.
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    /// A statement failed or was given up: only ROLLBACK is left.
    pub(crate) failed: bool,
    /// A statement was given up half-way, and may still be running.
    pub(crate) abandoned: bool,
    /// Text that the next statement takes along.
    pub(crate) prelude: Option<String>,
    /// What went ahead so far, for as long as no statement was answered: all that another try needs.
    pub(crate) replay: String,
    /// Whether a statement was answered.
    pub(crate) answered: bool,
    /// Flights on their way.
    pub(crate) running: u32,
    pub(crate) scope: Scope,
    /// Stays begun so far.
    pub(crate) stays: u32,
}

impl Progress {
    /// Nothing sent; `begin` waits for the first statement.
    pub(crate) fn new(begin: String) -> Self {
        Self {
            stage: Stage::Idle,
            failed: false,
            abandoned: false,
            prelude: Some(begin),
            replay: String::new(),
            answered: false,
            running: 0,
            scope: Scope::OWN,
            stays: 0,
        }
    }

    /// Puts `text` before the next statement. What was still waiting goes first.
    pub(crate) fn queue(&mut self, text: &str) {
        append(self.prelude.get_or_insert_default(), text);
    }
}

/// Adds one more statement to a text of statements.
pub(crate) fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("; ");
    }
    text.push_str(more);
}
