//! Why a passkey is refused.

use kernel::error::ErrorKind;

/// A refusal about passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Nobody comes in by what was shown.
    #[error("the passkey signs nobody in")]
    Refused,
    /// It does not prove that the caller is who they are.
    #[error("the passkey is not the caller's")]
    NotTheirs,
    /// What a browser offers as a new one does not answer what it was asked.
    #[error("the new passkey does not answer what was asked")]
    NotAdded,
    /// Somebody here has it already.
    #[error("the passkey is known")]
    Known,
    /// As many as one person may have.
    #[error("there are too many passkeys")]
    Limit,
    /// There is no such passkey.
    #[error("there is no such passkey")]
    NotFound,
    /// What is kept of one cannot be read, or the host can have none.
    #[error("a passkey could not be looked at")]
    Broken,
}

impl PasskeyError {
    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::Refused => ErrorKind::Unauthenticated,
            Self::NotTheirs => ErrorKind::Forbidden,
            Self::NotAdded => ErrorKind::Invalid,
            Self::Known | Self::Limit => ErrorKind::Conflict,
            Self::NotFound => ErrorKind::NotFound,
            Self::Broken => ErrorKind::Internal,
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Refused => "invalid_passkey",
            Self::NotTheirs => "wrong_passkey",
            Self::NotAdded => "passkey_not_added",
            Self::Known => "passkey_known",
            Self::Limit => "passkey_limit",
            Self::NotFound => "passkey_not_found",
            Self::Broken => "internal",
        }
    }

    pub(super) const fn detail(self) -> &'static str {
        match self {
            Self::Refused => {
                "This passkey does not sign you in here: it was removed, is locked, or you took longer than \
                 five minutes. Try again, or sign in another way."
            }
            Self::NotTheirs => {
                "This passkey does not prove that it is you: it is somebody else's, was removed, or you took \
                 longer than five minutes. Try again."
            }
            Self::NotAdded => {
                "The passkey was not added: your account has it already, you took longer than five minutes, \
                 or began in another window. Try again."
            }
            Self::Known => "This passkey belongs to an account here already.",
            Self::Limit => "You have 10 passkeys. Remove one that you do not need any more first.",
            Self::NotFound => "There is no such passkey.",
            Self::Broken => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        use PasskeyError::{Broken, Known, Limit, NotAdded, NotFound, NotTheirs, Refused};
        for (error, code, kind) in [
            (Refused, "invalid_passkey", ErrorKind::Unauthenticated),
            (NotTheirs, "wrong_passkey", ErrorKind::Forbidden),
            (NotAdded, "passkey_not_added", ErrorKind::Invalid),
            (Known, "passkey_known", ErrorKind::Conflict),
            (Limit, "passkey_limit", ErrorKind::Conflict),
            (NotFound, "passkey_not_found", ErrorKind::NotFound),
            (Broken, "internal", ErrorKind::Internal),
        ] {
            assert_eq!((error.code(), error.kind()), (code, kind), "{error:?}");
            assert_eq!(error.detail().is_empty(), error == Broken, "{error:?}");
        }
    }
}
