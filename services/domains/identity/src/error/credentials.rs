//! Why a password, an address or a one-time code is refused.

use kernel::error::{ErrorKind, FieldError};
use passwords::Fault;

/// A refusal about what somebody proves themselves by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The right password of an account that asks for a code, without one.
    #[error("the account asks for a one-time code")]
    CodeRequired,
    /// The right password with a code that is wrong or was used.
    #[error("the one-time code is wrong")]
    InvalidCode,
    /// Rules that a new password breaks.
    #[error("the password is not good enough")]
    PasswordRefused(Vec<Fault>),
    /// Not the present password of whoever wants another.
    #[error("the present password is wrong")]
    WrongPresent,
    /// Somebody without a password wants to change it.
    #[error("the account has no password")]
    NoPassword,
    /// Somebody with a password wants a first one.
    #[error("the account has a password")]
    HasPassword,
    /// Not a code of the app of somebody who is signed in.
    #[error("the code does not fit")]
    WrongCode,
    /// Not a code of whoever proves again who they are.
    #[error("the code proves nothing")]
    WrongProof,
    /// Signing in asks for a code already.
    #[error("the account asks for codes already")]
    HasCodes,
    /// There is no seed, or nothing asks for its codes.
    #[error("the account has no codes")]
    NoCodes,
    /// Another person of the organisation has the address.
    #[error("the address has an account")]
    EmailTaken,
    /// It is the address they have.
    #[error("the address is the present one")]
    SameEmail,
}

impl CredentialsError {
    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::CodeRequired | Self::InvalidCode => ErrorKind::Unauthenticated,
            Self::WrongProof => ErrorKind::Forbidden,
            Self::PasswordRefused(_) | Self::WrongPresent | Self::WrongCode | Self::SameEmail => {
                ErrorKind::Invalid
            }
            Self::NoPassword
            | Self::HasPassword
            | Self::HasCodes
            | Self::NoCodes
            | Self::EmailTaken => ErrorKind::Conflict,
        }
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::CodeRequired => "second_factor_required",
            Self::InvalidCode => "invalid_code",
            Self::WrongProof => "wrong_code",
            Self::PasswordRefused(_) | Self::WrongPresent | Self::WrongCode | Self::SameEmail => {
                "validation_failed"
            }
            Self::NoPassword => "no_password",
            Self::HasPassword => "has_password",
            Self::HasCodes => "has_codes",
            Self::NoCodes => "no_codes",
            Self::EmailTaken => "email_taken",
        }
    }

    pub(super) const fn detail(&self) -> &'static str {
        match self {
            Self::CodeRequired => "Enter the code of your authenticator app, or a recovery code.",
            Self::InvalidCode | Self::WrongProof => {
                "This code is wrong or was used already. Wait for the next one, or use a recovery code."
            }
            Self::PasswordRefused(_) | Self::WrongPresent | Self::WrongCode | Self::SameEmail => {
                "The request breaks a rule: see errors."
            }
            Self::NoPassword => "This account has no password yet. Set one first.",
            Self::HasPassword => "This account has a password. Change it instead.",
            Self::HasCodes => "Codes are switched on already. Switch them off first.",
            Self::NoCodes => "Codes are not switched on. Start with a new secret.",
            Self::EmailTaken => "Somebody in this organisation has this address.",
        }
    }

    pub(super) fn fields(&self) -> Vec<FieldError> {
        let one = |field, code, message: &str| vec![FieldError::new(field, code, message)];
        match self {
            Self::PasswordRefused(faults) => faults
                .iter()
                .map(|it| FieldError::new("password", it.code, it.message.as_str()))
                .collect(),
            Self::WrongPresent => one(
                "current_password",
                "wrong",
                "This is not your present password.",
            ),
            Self::WrongCode => one(
                "code",
                "wrong",
                "This is not the code your app shows now. Check that your device's clock is right.",
            ),
            Self::SameEmail => one("email", "same", "This is your present address."),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        use CredentialsError::{
            CodeRequired, EmailTaken, HasCodes, HasPassword, InvalidCode, NoCodes, NoPassword,
            PasswordRefused, SameEmail, WrongCode, WrongPresent, WrongProof,
        };
        let (invalid, signed_out) = (ErrorKind::Invalid, ErrorKind::Unauthenticated);
        for (error, code, kind) in [
            (CodeRequired, "second_factor_required", signed_out),
            (InvalidCode, "invalid_code", signed_out),
            (WrongProof, "wrong_code", ErrorKind::Forbidden),
            (PasswordRefused(Vec::new()), "validation_failed", invalid),
            (WrongPresent, "validation_failed", invalid),
            (WrongCode, "validation_failed", invalid),
            (SameEmail, "validation_failed", invalid),
            (NoPassword, "no_password", ErrorKind::Conflict),
            (HasPassword, "has_password", ErrorKind::Conflict),
            (HasCodes, "has_codes", ErrorKind::Conflict),
            (NoCodes, "no_codes", ErrorKind::Conflict),
            (EmailTaken, "email_taken", ErrorKind::Conflict),
        ] {
            assert_eq!((error.code(), error.kind()), (code, kind), "{error:?}");
        }
    }
}
