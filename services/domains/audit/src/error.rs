//! What can be wrong with a request about the audit log: facts, each with a stable code.

use db::DbError;
use kernel::error::{DomainError, ErrorKind, FieldError};

/// A refusal, or a failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields that break a rule.
    #[error("{} fields break a rule", .0.len())]
    Invalid(Vec<FieldError>),
    /// The database failed, or its gate refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Error {
    /// One parameter that breaks a rule.
    pub(crate) fn field(name: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(name, code, message)])
    }
}

impl From<FieldError> for Error {
    fn from(fault: FieldError) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl DomainError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Invalid(_) => "The request breaks a rule: see errors.".to_owned(),
            Self::Db(error) => error.detail(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::Db(_) => Vec::new(),
        }
    }
}
