//! What can go wrong between a use case and its rows.

use deadpool::managed::PoolError;
use kernel::error::{DomainError, ErrorKind};
use tokio_postgres::error::SqlState;

/// A failure of the database, or a refusal of the gate in front of it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection within the time allowed.
    #[error("no connection to the database")]
    Pool(#[source] NoConnection),
    /// No answer within the time that a request has. What was sent may still come to pass.
    #[error("the database did not answer in time")]
    Late,
    /// The tenant has as many transactions open as it may have at once.
    #[error("the organisation has too many transactions open")]
    Busy,
    /// Postgres refused a statement, or the connection broke.
    #[error("the database refused a statement: {}", described(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// A column is missing or has another type than the code reads.
    #[error("column {column} could not be read")]
    Column {
        /// The column's name.
        column: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// A stored value that no code writes.
    #[error("{table}.{column} holds an impossible value")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A statement failed and the use case answered `Ok` all the same. Postgres would report such a
    /// COMMIT as done.
    #[error("nothing was committed: an earlier statement of the transaction failed")]
    NotCommitted,
    /// The gate refused: nobody is signed in, or not with this permission.
    #[error("the session does not open this transaction")]
    Refused,
    /// A statement of a tenant outside its stay in a transaction, or one of the platform inside.
    #[error("a statement was sent outside the scope it belongs to")]
    OutOfScope,
    /// A statement that must find a row found none.
    #[error("a row that must exist is missing")]
    Missing,
    /// The login may do more than serving needs, or less.
    #[error("the login role is not fit to serve: {0}")]
    UnfitLogin(String),
    /// The connection URL or its TLS setting cannot be used.
    #[error("the database URL cannot be used: {0}")]
    Url(String),
}

/// Why there was no connection.
#[derive(Debug, thiserror::Error)]
pub enum NoConnection {
    /// All were busy, or Postgres took too long to greet a new one.
    #[error("none came free in time")]
    Late,
    /// Postgres could not be reached, or refused.
    #[error("{}", described(.0))]
    Refused(#[source] tokio_postgres::Error),
}

impl From<PoolError<NoConnection>> for DbError {
    fn from(error: PoolError<NoConnection>) -> Self {
        Self::Pool(match error {
            PoolError::Backend(reason) => reason,
            _ => NoConnection::Late,
        })
    }
}

fn described(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}

impl DbError {
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            _ => None,
        }
    }

    /// The named constraint that refused a row.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Postgres(error) => error.as_db_error()?.constraint(),
            _ => None,
        }
    }

    /// Whether another try a moment later can succeed: no connection, a timeout, a server that is going
    /// away, starting, read-only or in recovery, or a plan made before a migration.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Pool(_) | Self::Late | Self::Busy => true,
            Self::Postgres(error) => match error.code() {
                None => true,
                Some(state) => {
                    let class = state.code().get(..2).unwrap_or_default();
                    matches!(class, "08" | "53" | "57" | "40")
                        || *state == SqlState::LOCK_NOT_AVAILABLE
                        || *state == SqlState::READ_ONLY_SQL_TRANSACTION
                        || self.is_stale_plan()
                }
            },
            _ => false,
        }
    }

    /// "cached plan must not change result type": the table changed under a prepared statement. Known by
    /// the place it is raised in, for its code is that of many other refusals.
    pub(crate) fn is_stale_plan(&self) -> bool {
        match self {
            Self::Postgres(error) => error
                .as_db_error()
                .is_some_and(|db| db.routine() == Some("RevalidateCachedQuery")),
            _ => false,
        }
    }

    /// Whether the tenant's schema or role is not there (any more).
    pub fn is_missing_schema(&self) -> bool {
        self.state().is_some_and(|state| {
            *state == SqlState::UNDEFINED_TABLE
                || *state == SqlState::UNDEFINED_OBJECT
                || *state == SqlState::INVALID_SCHEMA_NAME
                || *state == SqlState::INVALID_PARAMETER_VALUE
        })
    }

    /// Whether a lock was not to be had within `lock_timeout`.
    pub fn is_lock_timeout(&self) -> bool {
        self.state() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether the server refused a statement or its data, and the connection itself is well.
    pub fn is_refusal(&self) -> bool {
        self.state().is_some() && !self.is_transient()
    }

    /// Whether a prepared statement was not there, or there already: somebody else uses the session as well.
    pub fn is_foreign_statement(&self) -> bool {
        let state = self.state();
        state == Some(&SqlState::INVALID_SQL_STATEMENT_NAME)
            || state == Some(&SqlState::DUPLICATE_PSTATEMENT)
    }

    /// Whether Postgres refused for want of a privilege.
    pub fn is_denied(&self) -> bool {
        self.state() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
    }
}

/// What a failure of the database means to whoever asked, so that a domain's error that wraps one can pass
/// the question on.
impl DomainError for DbError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused => ErrorKind::Unauthenticated,
            _ if self.is_transient() => ErrorKind::Unavailable { retry_after_s: 1 },
            _ if self.is_missing_schema() => ErrorKind::Unavailable { retry_after_s: 5 },
            _ => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind() {
            _ if matches!(self, Self::Busy) => "busy",
            ErrorKind::Unauthenticated => "unauthenticated",
            ErrorKind::Unavailable { .. } => "unavailable",
            _ => "internal",
        }
    }

    fn detail(&self) -> String {
        match self.kind() {
            _ if matches!(self, Self::Busy) => {
                "Your organisation asks for more at once than it may. Try again in a moment."
            }
            ErrorKind::Unauthenticated => "Sign in to do this.",
            ErrorKind::Unavailable { .. } => {
                "The service is briefly unavailable. Try again in a moment."
            }
            _ => "Something went wrong on our side.",
        }
        .to_owned()
    }
}

/// Maps the violation of a named constraint to the fact it stands for.
pub trait OnConstraint<T> {
    /// `Err(error)` where `constraint` refused the row; any other failure as it is.
    fn on_constraint<E: From<DbError>>(self, constraint: &str, error: E) -> Result<T, E>;
}

impl<T> OnConstraint<T> for Result<T, DbError> {
    fn on_constraint<E: From<DbError>>(self, constraint: &str, error: E) -> Result<T, E> {
        self.map_err(|db| {
            if db.constraint() == Some(constraint) {
                error
            } else {
                db.into()
            }
        })
    }
}
