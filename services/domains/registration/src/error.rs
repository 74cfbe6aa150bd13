//! Why registration refuses, and under which codes.

use db::DbError;
use kernel::error::{DomainError, ErrorKind, FieldError};
use passwords::PasswordsError;

/// A refusal of this domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some fields break a rule.
    #[error("some fields break a rule")]
    Invalid(Vec<FieldError>),
    /// The name or the chosen address is a word of the platform's.
    #[error("the name is reserved")]
    ReservedName(FieldError),
    /// Somebody has the chosen address.
    #[error("the slug is taken")]
    SlugTaken,
    /// Operators let nobody register at the moment, or nobody without an invitation.
    #[error("registration is closed")]
    Closed,
    /// No schema was made ready in time.
    #[error("no ready schema was made in time")]
    NoneReady,
    /// The idempotency key came with another body before.
    #[error("the idempotency key was used for another body")]
    KeyReused,
    /// No answer from the hashing of passwords.
    #[error("a password could not be hashed")]
    Passwords(#[from] PasswordsError),
    /// A failure of the database.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl DomainError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) | Self::ReservedName(_) => ErrorKind::Invalid,
            Self::Closed => ErrorKind::Forbidden,
            Self::SlugTaken => ErrorKind::Conflict,
            Self::KeyReused => ErrorKind::Unprocessable,
            Self::NoneReady => ErrorKind::Unavailable { retry_after_s: 5 },
            Self::Passwords(PasswordsError::Busy { retry_after_s }) => ErrorKind::Unavailable {
                retry_after_s: *retry_after_s,
            },
            Self::Passwords(_) => ErrorKind::Internal,
            Self::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::ReservedName(_) => "reserved_name",
            Self::Closed => "registration_closed",
            Self::SlugTaken => "slug_taken",
            Self::KeyReused => "idempotency_key_reused",
            Self::NoneReady => "no_workspace_ready",
            Self::Passwords(PasswordsError::Busy { .. }) => "registration_busy",
            Self::Passwords(_) => "internal",
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Invalid(_) => "The request breaks a rule: see errors.",
            Self::ReservedName(_) => "This word belongs to the service. Choose another address.",
            Self::Closed => "New workspaces cannot be registered at the moment.",
            Self::SlugTaken => "This address is taken. Choose another one.",
            Self::KeyReused => {
                "This Idempotency-Key came with another body before. Use a new key for a new request."
            }
            Self::NoneReady | Self::Passwords(_) | Self::Db(_) => "",
        }
        .to_owned()
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            Self::ReservedName(fault) => vec![fault.clone()],
            Self::SlugTaken => vec![FieldError::new(
                "slug",
                "taken",
                "This address is taken. Choose another one.",
            )],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        let busy = PasswordsError::Busy { retry_after_s: 2 };
        let fault = FieldError::new("slug", "reserved_name", "");
        let codes = [
            Error::Invalid(Vec::new()),
            Error::ReservedName(fault),
            Error::SlugTaken,
            Error::Closed,
            Error::NoneReady,
            Error::KeyReused,
            busy.into(),
            PasswordsError::CutShort.into(),
            DbError::Missing.into(),
        ]
        .map(|error| (error.code(), error.kind()));
        assert_eq!(
            codes,
            [
                ("validation_failed", ErrorKind::Invalid),
                ("reserved_name", ErrorKind::Invalid),
                ("slug_taken", ErrorKind::Conflict),
                ("registration_closed", ErrorKind::Forbidden),
                (
                    "no_workspace_ready",
                    ErrorKind::Unavailable { retry_after_s: 5 }
                ),
                ("idempotency_key_reused", ErrorKind::Unprocessable),
                (
                    "registration_busy",
                    ErrorKind::Unavailable { retry_after_s: 2 }
                ),
                ("internal", ErrorKind::Internal),
                ("internal", ErrorKind::Internal),
            ]
        );
    }
}
