//! Why operators are refused, and under which codes.

use db::DbError;
use gateway::Unreadable;
use kernel::error::{DomainError, ErrorKind, FieldError};
use passwords::{Fault, PasswordsError};
use serde_json::{Map, Value};
use tenancy::life::NotAllowed;
use tenancy::networks::{MAX_NETWORKS, NetworkError};
use tenancy::recovery::Refusal;
use tenancy::verbs::VerbError;

use crate::roles::Permission;

/// A refusal of this domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown address, wrong password, wrong or used code, or an account that is switched off: nobody
    /// learns which.
    #[error("the address, the password or the code is wrong")]
    InvalidCredentials,
    /// No session, or one that is over.
    #[error("nobody is signed in")]
    SignedOut,
    /// The role does not allow it.
    #[error("the role lacks {}", .0.as_str())]
    Forbidden(Permission),
    /// The role allows it, what the token was made for does not.
    #[error("the token lacks {}", .0.as_str())]
    TokenLacks(Permission),
    /// A token asks for what its operator has to do themselves.
    #[error("this takes a session")]
    SessionNeeded,
    /// Password or code, typed again, are wrong.
    #[error("the password or the code is wrong")]
    NotProven,
    /// No such token, or not one's own.
    #[error("there is no such token")]
    TokenNotFound,
    /// The operator has as many as there may be.
    #[error("there are {max} tokens already")]
    TokenLimit {
        /// How many there may be.
        max: usize,
    },
    /// No such request.
    #[error("there is no such request")]
    ApprovalNotFound,
    /// It was decided about, or its time is over.
    #[error("the request is {0}")]
    ApprovalOver(&'static str),
    /// Nobody approves what they asked for.
    #[error("this is the operator's own request")]
    OwnApproval,
    /// Whoever asked may not do it any more.
    #[error("whoever asked may not do this any more")]
    RequesterGone,
    /// The present password is not the one that was typed.
    #[error("the present password is wrong")]
    WrongPassword,
    /// A new password breaks rules.
    #[error("the password breaks {} rule(s)", .0.len())]
    PasswordRefused(Vec<Fault>),
    /// A field breaks a rule that only the domain knows.
    #[error("{} breaks a rule", .0.pointer)]
    Field(FieldError),
    /// The address has an account.
    #[error("the address has an account already")]
    EmailTaken,
    /// No such operator.
    #[error("there is no such operator")]
    OperatorNotFound,
    /// No such session, or not one's own.
    #[error("there is no such session")]
    SessionNotFound,
    /// Nobody could make accounts any more.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// Operators do not change their own standing.
    #[error("this is the operator's own account")]
    OwnAccount,
    /// The organisation does not let operators look.
    #[error("the organisation does not allow support access")]
    SupportNotAllowed,
    /// Nobody signs in to the organisation in its state.
    #[error("nobody signs in while it is {0}")]
    SupportUnavailable(&'static str),
    /// No such organisation.
    #[error("there is no such organisation")]
    TenantNotFound,
    /// No such network.
    #[error("there is no such network")]
    NetworkNotFound,
    /// There are as many networks as there may be.
    #[error("there are {max} networks already")]
    NetworkLimit {
        /// How many there may be.
        max: i64,
    },
    /// The organisation's state has no such move.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The name was not typed again.
    #[error("the deletion of {0} is not confirmed")]
    NotConfirmed(String),
    /// The name was not typed again before an owner is recovered.
    #[error("the recovery of the owner of {0} is not confirmed")]
    RecoveryNotConfirmed(String),
    /// There is no recovery, for this reason.
    #[error(transparent)]
    Recovery(Refusal),
    /// It was only tried, and is rolled back. Never answered.
    #[error("a rehearsal was not taken for what it is")]
    Rehearsed,
    /// A seed that cannot be opened.
    #[error(transparent)]
    Seed(#[from] Unreadable),
    /// No answer from the hashing of passwords.
    #[error("a password could not be hashed or compared")]
    Passwords(#[from] PasswordsError),
    /// A failure of the database.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Db(error) => Self::Db(error),
            Refusal::NoTenant => Self::TenantNotFound,
            Refusal::MailDomain(_) => Self::Field(FieldError::new(
                "email",
                refusal.code(),
                format!("{}.", sentence(&refusal)),
            )),
            other => Self::Recovery(other),
        }
    }
}

/// A refusal as the beginning of a sentence.
fn sentence(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

impl From<VerbError> for Error {
    fn from(error: VerbError) -> Self {
        Self::of_verb(error, "slug")
    }
}

impl From<NetworkError> for Error {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Refused(fault) => Self::Field(fault),
            NetworkError::Full => Self::NetworkLimit { max: MAX_NETWORKS },
            NetworkError::NotFound => Self::NetworkNotFound,
            NetworkError::Db(error) => Self::Db(error),
        }
    }
}

impl Error {
    /// What a verb refused; a name that it did not take was asked for in `field`.
    pub(crate) fn of_verb(error: VerbError, field: &str) -> Self {
        match error {
            VerbError::NotFound(_) => Self::TenantNotFound,
            VerbError::NotAllowed(why) => Self::NotAllowed(why),
            VerbError::NameRefused { name, why } => Self::Field(FieldError::new(
                field,
                "refused",
                format!("{name} cannot be taken: {why}."),
            )),
            VerbError::Db(error) => Self::Db(error),
        }
    }
}

impl From<FieldError> for Error {
    fn from(fault: FieldError) -> Self {
        Self::Field(fault)
    }
}

impl DomainError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidCredentials | Self::SignedOut => ErrorKind::Unauthenticated,
            Self::Forbidden(_) | Self::TokenLacks(_) | Self::SessionNeeded | Self::NotProven => {
                ErrorKind::Forbidden
            }
            Self::WrongPassword
            | Self::PasswordRefused(_)
            | Self::Field(_)
            | Self::NotConfirmed(_)
            | Self::RecoveryNotConfirmed(_) => ErrorKind::Invalid,
            Self::Recovery(Refusal::NotFound) => ErrorKind::NotFound,
            Self::Recovery(_) => ErrorKind::Conflict,
            Self::EmailTaken
            | Self::LastAdministrator
            | Self::OwnAccount
            | Self::NotAllowed(_)
            | Self::TokenLimit { .. }
            | Self::NetworkLimit { .. }
            | Self::ApprovalOver(_)
            | Self::SupportNotAllowed
            | Self::SupportUnavailable(_)
            | Self::OwnApproval
            | Self::RequesterGone => ErrorKind::Conflict,
            Self::OperatorNotFound
            | Self::SessionNotFound
            | Self::TenantNotFound
            | Self::TokenNotFound
            | Self::NetworkNotFound
            | Self::ApprovalNotFound => ErrorKind::NotFound,
            Self::Passwords(PasswordsError::Busy { retry_after_s }) => ErrorKind::Unavailable {
                retry_after_s: *retry_after_s,
            },
            Self::Rehearsed | Self::Seed(_) | Self::Passwords(_) => ErrorKind::Internal,
            Self::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::SignedOut => "unauthenticated",
            Self::Forbidden(_) | Self::TokenLacks(_) => "forbidden",
            Self::SessionNeeded => "session_needed",
            Self::NotProven => "not_proven",
            Self::TokenNotFound => "token_not_found",
            Self::TokenLimit { .. } => "token_limit",
            Self::NetworkNotFound => "network_not_found",
            Self::NetworkLimit { .. } => "network_limit",
            Self::ApprovalNotFound => "approval_not_found",
            Self::ApprovalOver(_) => "approval_over",
            Self::OwnApproval => "own_approval",
            Self::SupportNotAllowed => "support_not_allowed",
            Self::SupportUnavailable(_) => "support_unavailable",
            Self::RequesterGone => "requester_gone",
            Self::WrongPassword | Self::PasswordRefused(_) | Self::Field(_) => "validation_failed",
            Self::NotConfirmed(_) | Self::RecoveryNotConfirmed(_) => "not_confirmed",
            Self::Recovery(refusal) => refusal.code(),
            Self::EmailTaken => "email_taken",
            Self::OperatorNotFound => "operator_not_found",
            Self::SessionNotFound => "session_not_found",
            Self::LastAdministrator => "last_administrator",
            Self::OwnAccount => "own_account",
            Self::TenantNotFound => "tenant_not_found",
            Self::NotAllowed(_) => "not_allowed",
            Self::Passwords(PasswordsError::Busy { .. }) => "sign_in_busy",
            Self::Rehearsed | Self::Seed(_) | Self::Passwords(_) => "internal",
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidCredentials => {
                "The e-mail address, the password or the code is wrong. A code is good once: wait for the next one."
            }
            Self::SignedOut => "Sign in to do this.",
            Self::Forbidden(permission) => {
                return format!("Your role lacks the permission {}.", permission.as_str());
            }
            Self::TokenLacks(permission) => {
                return format!("This token was not made for {}.", permission.as_str());
            }
            Self::SessionNeeded => "A token cannot do this. Sign in and do it yourself.",
            Self::NotProven => {
                "The password or the code is wrong. A code is good once: wait for the next one."
            }
            Self::TokenNotFound => "There is no such token of yours; it may be revoked.",
            Self::TokenLimit { max } => {
                return format!("You have {max} tokens. Revoke one that is not used.");
            }
            Self::NetworkNotFound => "There is no such network; it may be removed.",
            Self::NetworkLimit { max } => {
                return format!("There are {max} networks. Remove one, or name a wider one.");
            }
            Self::ApprovalNotFound => "There is no such request.",
            Self::SupportNotAllowed => {
                "The organisation does not allow support access. Its owner or an administrator can, under Settings, Support access."
            }
            Self::SupportUnavailable(state) => {
                return format!("Nobody can sign in to an organisation that is {state}.");
            }
            Self::ApprovalOver(state) => return format!("This request is {state} already."),
            Self::OwnApproval => "This is your own request. Another operator has to approve it.",
            Self::RequesterGone => {
                "Whoever asked for this is switched off or may not do it any more. Ask for it yourself."
            }
            Self::WrongPassword | Self::PasswordRefused(_) | Self::Field(_) => {
                "The request breaks a rule: see errors."
            }
            Self::NotConfirmed(slug) => {
                return format!("Type {slug} to confirm: all of its data is dropped after 30 days.");
            }
            Self::RecoveryNotConfirmed(slug) => {
                return format!("Type {slug} to confirm: its owner gets another way in.");
            }
            Self::Recovery(refusal) => return format!("{}.", sentence(refusal)),
            Self::EmailTaken => "There is an operator with this address already.",
            Self::OperatorNotFound => "There is no such operator.",
            Self::SessionNotFound => "There is no such session of yours; it may be over.",
            Self::LastAdministrator => {
                "This is the last active administrator. Make another one first."
            }
            Self::OwnAccount => "Ask another administrator to change your own account.",
            Self::TenantNotFound => "There is no such organisation.",
            Self::NotAllowed(why) => return format!("It is {why}."),
            Self::Rehearsed | Self::Seed(_) | Self::Passwords(_) | Self::Db(_) => "",
        }
        .to_owned()
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::WrongPassword => vec![FieldError::new(
                "current_password",
                "wrong",
                "This is not your present password.",
            )],
            Self::PasswordRefused(faults) => faults
                .iter()
                .map(|fault| FieldError::new("password", fault.code, fault.message.clone()))
                .collect(),
            Self::Field(fault) => vec![fault.clone()],
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Forbidden(permission) | Self::TokenLacks(permission) => Some(Map::from_iter([(
                "permission".to_owned(),
                permission.as_str().into(),
            )])),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
