//! Refusals by the organisation's own rules for signing in.

use kernel::error::{ErrorKind, FieldError};

use crate::model::Method;

/// What the rules forbid, and why they cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// From where the organisation lets nobody in.
    #[error("nobody is let in from this network")]
    Elsewhere,
    /// By what the organisation lets nobody in.
    #[error("nobody is let in by {}", .0.as_str())]
    MethodOff(Method),
    /// The organisation asks for a second factor, and it is the last.
    #[error("it is the last second factor")]
    LastSecondFactor,
    /// Whoever has a second factor shows it before they set up another one.
    #[error("the second factor that is there was not shown")]
    ShowSecondFactor,
    /// The organisation takes people of other domains only.
    #[error("the address of whoever was invited is of another domain")]
    DomainOff,
    /// Rules that would shut somebody out, or cannot be read.
    #[error("{} fields break a rule", .0.len())]
    Invalid(Vec<FieldError>),
    /// Somebody else has changed the rules since.
    #[error("the rules are at revision {current}")]
    VersionStale {
        /// The present revision.
        current: i32,
    },
}

impl PolicyError {
    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Elsewhere | Self::MethodOff(_) | Self::ShowSecondFactor | Self::DomainOff => {
                ErrorKind::Forbidden
            }
            Self::LastSecondFactor => ErrorKind::Conflict,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::VersionStale { .. } => ErrorKind::PreconditionFailed,
        }
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Elsewhere => "network_not_allowed",
            Self::MethodOff(_) => "sign_in_method_off",
            Self::LastSecondFactor => "last_second_factor",
            Self::ShowSecondFactor => "second_factor_due",
            Self::DomainOff => "mail_domain_not_allowed",
            Self::Invalid(_) => "validation_failed",
            Self::VersionStale { .. } => "precondition_failed",
        }
    }

    pub(super) const fn detail(&self) -> &'static str {
        match self {
            Self::Elsewhere => "This organisation lets nobody in from the network you are in.",
            Self::MethodOff(Method::Password) => {
                "This organisation lets nobody in by a password. Sign in another way."
            }
            Self::MethodOff(Method::Passkey) => {
                "This organisation lets nobody in by a passkey. Sign in another way."
            }
            Self::MethodOff(Method::Discord) => {
                "This organisation lets nobody in by Discord. Sign in another way."
            }
            Self::LastSecondFactor => {
                "Your organisation asks for a second factor, and this is your only one. Set up another one first."
            }
            Self::ShowSecondFactor => {
                "You have a second factor. Sign in with it before you set up another one."
            }
            Self::DomainOff => {
                "This organisation takes nobody with an address of this domain any more. Ask whoever invited you."
            }
            Self::Invalid(_) => "Some fields need another value.",
            Self::VersionStale { .. } => {
                "Somebody else changed this meanwhile. Read it again, then change it."
            }
        }
    }

    pub(super) fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        let told = [
            PolicyError::Elsewhere,
            PolicyError::MethodOff(Method::Discord),
            PolicyError::LastSecondFactor,
            PolicyError::ShowSecondFactor,
            PolicyError::DomainOff,
            PolicyError::Invalid(Vec::new()),
            PolicyError::VersionStale { current: 2 },
        ]
        .map(|it| (it.code(), it.kind(), it.detail().ends_with('.')));
        assert_eq!(
            told,
            [
                ("network_not_allowed", ErrorKind::Forbidden, true),
                ("sign_in_method_off", ErrorKind::Forbidden, true),
                ("last_second_factor", ErrorKind::Conflict, true),
                ("second_factor_due", ErrorKind::Forbidden, true),
                ("mail_domain_not_allowed", ErrorKind::Forbidden, true),
                ("validation_failed", ErrorKind::Invalid, true),
                ("precondition_failed", ErrorKind::PreconditionFailed, true),
            ]
        );
    }
}
