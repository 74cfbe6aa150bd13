//! Why identity refuses, and under which codes.

mod credentials;
mod identity;
mod passkeys;
mod people;
mod policy;

use db::DbError;
use gateway::Unreadable;
use kernel::error::{DomainError, ErrorKind, FieldError};
use passwords::PasswordsError;

pub use credentials::CredentialsError;
pub use identity::IdentityError;
pub use passkeys::PasskeyError;
pub use people::PeopleRefusal;
pub use policy::PolicyError;

/// A refusal of this domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown address, wrong password, or an account that is switched off: nobody learns which.
    #[error("the address or the password is wrong")]
    InvalidCredentials,
    /// The right password of an account whose address is not proven.
    #[error("the address is not verified")]
    EmailUnverified,
    /// A mail's link that came too late.
    #[error("the token is expired")]
    TokenExpired,
    /// A mail's link that is unknown, used or superseded.
    #[error("there is no such token")]
    TokenNotFound,
    /// Not the password of whoever is signed in.
    #[error("the password is not that of the account")]
    WrongPassword,
    /// A session that is over, or another person's.
    #[error("there is no such session")]
    SessionNotFound,
    /// A refresh token that is unknown, over, or was used before.
    #[error("the refresh token is not good")]
    InvalidToken,
    /// What people have to prove who they are: passwords, addresses, codes.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Who people are elsewhere.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// People's passkeys.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// About who belongs to the organisation.
    #[error(transparent)]
    People(#[from] PeopleRefusal),
    /// By the organisation's rules for signing in.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A sealed secret that no key opens.
    #[error("a sealed secret does not open")]
    Unreadable(#[from] Unreadable),
    /// An operator's code that is unknown, used, or older than a minute.
    #[error("there is no such code")]
    SupportCodeNotFound,
    /// The organisation does not let operators look.
    #[error("the organisation does not allow support access")]
    SupportNotAllowed,
    /// A key that is unknown or over.
    #[error("there is no such key")]
    ApiKeyNotFound,
    /// As many keys as one person may have.
    #[error("there are too many keys")]
    ApiKeyLimit,
    /// A value that breaks a rule only the rows know.
    #[error("{}: {}", .0.pointer, .0.message)]
    Field(FieldError),
    /// No answer from the hashing of passwords.
    #[error("a password could not be hashed or compared")]
    Passwords(#[from] PasswordsError),
    /// A failure of the database.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<FieldError> for Error {
    fn from(fault: FieldError) -> Self {
        Self::Field(fault)
    }
}

impl DomainError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidCredentials | Self::InvalidToken => ErrorKind::Unauthenticated,
            Self::EmailUnverified | Self::WrongPassword | Self::SupportNotAllowed => {
                ErrorKind::Forbidden
            }
            Self::TokenExpired => ErrorKind::Invalid,
            Self::TokenNotFound | Self::SessionNotFound | Self::SupportCodeNotFound => {
                ErrorKind::NotFound
            }
            Self::Field(_) => ErrorKind::Invalid,
            Self::ApiKeyNotFound => ErrorKind::NotFound,
            Self::ApiKeyLimit => ErrorKind::Conflict,
            Self::Passwords(PasswordsError::Busy { retry_after_s }) => ErrorKind::Unavailable {
                retry_after_s: *retry_after_s,
            },
            Self::Credentials(error) => error.kind(),
            Self::Identity(error) => error.kind(),
            Self::Passkey(error) => error.kind(),
            Self::People(refusal) => refusal.kind(),
            Self::Policy(refusal) => refusal.kind(),
            Self::Unreadable(_) | Self::Passwords(_) => ErrorKind::Internal,
            Self::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::EmailUnverified => "email_unverified",
            Self::TokenExpired => "token_expired",
            Self::TokenNotFound => "token_not_found",
            Self::WrongPassword => "wrong_password",
            Self::SessionNotFound => "session_not_found",
            Self::SupportCodeNotFound => "support_code_not_found",
            Self::SupportNotAllowed => "support_not_allowed",
            Self::InvalidToken => "invalid_token",
            Self::ApiKeyNotFound => "api_key_not_found",
            Self::ApiKeyLimit => "api_key_limit",
            Self::Field(_) => "validation_failed",
            Self::Passwords(PasswordsError::Busy { .. }) => "sign_in_busy",
            Self::Credentials(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Passkey(error) => error.code(),
            Self::People(refusal) => refusal.code(),
            Self::Policy(refusal) => refusal.code(),
            Self::Unreadable(_) | Self::Passwords(_) => "internal",
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidCredentials => "The e-mail address or the password is wrong.",
            Self::EmailUnverified => {
                "Open the link in the mail we sent you first, or ask for a new one."
            }
            Self::TokenExpired => "This link is too old. Ask for a new one.",
            Self::TokenNotFound => {
                "This link is not valid: it was used already, or a newer one replaced it."
            }
            Self::WrongPassword => "This is not your password.",
            Self::SessionNotFound => "There is no such session: it may be over already.",
            Self::InvalidToken => "This refresh token is not valid any more. Sign in again.",
            Self::SupportCodeNotFound => {
                "This link is not valid: it was used already, or is older than a minute. Ask for another one."
            }
            Self::SupportNotAllowed => "This workspace does not allow support access.",
            Self::Credentials(error) => error.detail(),
            Self::Identity(error) => error.detail(),
            Self::Passkey(error) => error.detail(),
            Self::People(refusal) => return refusal.detail(),
            Self::Policy(refusal) => refusal.detail(),
            Self::ApiKeyNotFound => "There is no such key, or it works no more.",
            Self::ApiKeyLimit => {
                "You have 100 keys that work. Revoke one that is not needed any more first."
            }
            Self::Field(_) => "Some fields need another value.",
            Self::Passwords(_) | Self::Db(_) | Self::Unreadable(_) => "",
        }
        .to_owned()
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Credentials(error) => error.fields(),
            Self::People(refusal) => refusal.fields(),
            Self::Policy(refusal) => refusal.fields(),
            Self::Field(fault) => vec![fault.clone()],
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
        let codes = [
            Error::InvalidCredentials,
            Error::EmailUnverified,
            Error::TokenExpired,
            Error::TokenNotFound,
            Error::WrongPassword,
            Error::SessionNotFound,
            Error::SupportCodeNotFound,
            Error::SupportNotAllowed,
            Error::InvalidToken,
            Error::ApiKeyNotFound,
            Error::ApiKeyLimit,
            FieldError::new("cursor", "cursor", "").into(),
            busy.into(),
            PasswordsError::CutShort.into(),
            DbError::Missing.into(),
        ]
        .map(|error| (error.code(), error.kind()));
        assert_eq!(
            codes,
            [
                ("invalid_credentials", ErrorKind::Unauthenticated),
                ("email_unverified", ErrorKind::Forbidden),
                ("token_expired", ErrorKind::Invalid),
                ("token_not_found", ErrorKind::NotFound),
                ("wrong_password", ErrorKind::Forbidden),
                ("session_not_found", ErrorKind::NotFound),
                ("support_code_not_found", ErrorKind::NotFound),
                ("support_not_allowed", ErrorKind::Forbidden),
                ("invalid_token", ErrorKind::Unauthenticated),
                ("api_key_not_found", ErrorKind::NotFound),
                ("api_key_limit", ErrorKind::Conflict),
                ("validation_failed", ErrorKind::Invalid),
                ("sign_in_busy", ErrorKind::Unavailable { retry_after_s: 2 }),
                ("internal", ErrorKind::Internal),
                ("internal", ErrorKind::Internal),
            ]
        );
    }
}
