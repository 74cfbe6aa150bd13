//! Why an identity elsewhere is refused.

use kernel::error::ErrorKind;

/// A refusal about who somebody is elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No application at the provider is configured.
    #[error("discord is not configured")]
    Off,
    /// The code that brought somebody here is unknown, used, over, or another browser's.
    #[error("the hand-over code is not good")]
    CodeNotGood,
    /// Nobody of the organisation has the address, or their account is switched off.
    #[error("nobody here has this identity")]
    NoAccount,
    /// The account with the address has never proven it.
    #[error("the account's own address is not proven")]
    AccountUnverified,
    /// Somebody else of the organisation is linked to it.
    #[error("the identity is somebody else's")]
    Taken,
    /// The person is linked to another one.
    #[error("the person has another identity there")]
    HasIdentity,
    /// There is no such link.
    #[error("there is no such identity")]
    NotFound,
    /// Without it, its owner could not come in.
    #[error("the identity is the only way in")]
    LastWayIn,
    /// The provider takes the tokens no more.
    #[error("the link has ended")]
    Ended,
    /// The provider could not be asked.
    #[error("the provider could not be asked")]
    Unreached,
}

impl IdentityError {
    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::Off | Self::NotFound => ErrorKind::NotFound,
            Self::CodeNotGood => ErrorKind::Unauthenticated,
            Self::NoAccount | Self::AccountUnverified => ErrorKind::Forbidden,
            Self::Taken | Self::HasIdentity | Self::LastWayIn | Self::Ended => ErrorKind::Conflict,
            Self::Unreached => ErrorKind::Upstream,
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Off => "discord_off",
            Self::CodeNotGood => "invalid_hand_over",
            Self::NoAccount => "no_account",
            Self::AccountUnverified => "email_unverified",
            Self::Taken => "identity_taken",
            Self::HasIdentity => "has_identity",
            Self::NotFound => "identity_not_found",
            Self::LastWayIn => "last_way_in",
            Self::Ended => "identity_ended",
            Self::Unreached => "provider_unreached",
        }
    }

    pub(super) const fn detail(self) -> &'static str {
        match self {
            Self::Off => "Signing in with Discord is not set up here.",
            Self::CodeNotGood => "This took too long, or began in another window. Try again.",
            Self::NoAccount => {
                "Nobody here has the e-mail address of this Discord account. Ask for an invitation, or \
                 sign in and link Discord from your account's page."
            }
            Self::AccountUnverified => {
                "Your account here has not proven its e-mail address yet. Open the link in the mail we \
                 sent you first."
            }
            Self::Taken => "This Discord account is linked to somebody else here.",
            Self::HasIdentity => "Another Discord account is linked. Remove it first.",
            Self::NotFound => "There is no such link.",
            Self::LastWayIn => "This is your only way in. Set a password or add a passkey first.",
            Self::Ended => "Discord ended this link. Link it again.",
            Self::Unreached => "Discord does not answer as it should. Try again later.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        use IdentityError::{
            AccountUnverified, CodeNotGood, Ended, HasIdentity, LastWayIn, NoAccount, NotFound,
            Off, Taken, Unreached,
        };
        let told = [
            Off,
            CodeNotGood,
            NoAccount,
            AccountUnverified,
            Taken,
            HasIdentity,
            NotFound,
            LastWayIn,
            Ended,
            Unreached,
        ]
        .map(|it| (it.code(), it.kind(), it.detail().ends_with('.')));
        assert_eq!(
            told,
            [
                ("discord_off", ErrorKind::NotFound, true),
                ("invalid_hand_over", ErrorKind::Unauthenticated, true),
                ("no_account", ErrorKind::Forbidden, true),
                ("email_unverified", ErrorKind::Forbidden, true),
                ("identity_taken", ErrorKind::Conflict, true),
                ("has_identity", ErrorKind::Conflict, true),
                ("identity_not_found", ErrorKind::NotFound, true),
                ("last_way_in", ErrorKind::Conflict, true),
                ("identity_ended", ErrorKind::Conflict, true),
                ("provider_unreached", ErrorKind::Upstream, true),
            ]
        );
    }
}
