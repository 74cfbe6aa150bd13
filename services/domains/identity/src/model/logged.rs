//! Attempts to prove who one is, as the log keeps them and as people look at them.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::id::{SessionId, UserId};
use uuid::Uuid;

use super::{Attempt, Device, Method};

/// How long the log knows from which address somebody tried.
pub const ADDRESSES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Attempt {
    /// What was brought, where it can have been one thing only.
    pub const fn method(self) -> Option<Method> {
        match self {
            Self::WrongPassword => Some(Method::Password),
            Self::PasskeyRefused | Self::PasskeyCloned => Some(Method::Passkey),
            Self::IdentityRefused => Some(Method::Discord),
            _ => None,
        }
    }

    /// The names of those that got nowhere.
    pub fn refusals() -> Vec<&'static str> {
        let all = [
            Self::WrongPassword,
            Self::Unverified,
            Self::Deactivated,
            Self::Limited,
            Self::ConfirmationRefused,
            Self::RefreshRefused,
            Self::RefreshReused,
            Self::VerificationRefused,
            Self::CodeMissing,
            Self::WrongCode,
            Self::ResetRefused,
            Self::EmailChangeRefused,
            Self::DisownRefused,
            Self::IdentityRefused,
            Self::PasskeyRefused,
            Self::PasskeyCloned,
            Self::InvitationRefused,
            Self::RecoveryRefused,
        ];
        all.map(Self::as_str).to_vec()
    }
}

/// Whoever an attempt named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedPerson {
    /// Who.
    pub id: UserId,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their address; `None` for who is gone, and where people look at their own.
    pub email: Option<String>,
}

/// An attempt as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The name of what became of it.
    pub outcome: String,
    /// The name of what was brought.
    pub method: Option<String>,
    /// What they came from.
    pub device: Device,
    /// From where, for 30 days.
    pub address: Option<IpAddr>,
    /// Whom it named.
    pub person: Option<LoggedPerson>,
    /// The session it was about, while that is open and where people look at their own.
    pub open_session: Option<SessionId>,
}

impl Logged {
    /// Whether it got nowhere.
    pub fn refused(&self) -> bool {
        Attempt::refusals().contains(&self.outcome.as_str())
    }
}

/// Which attempts. Nothing set means all but refreshed tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only those of this name.
    pub outcome: Option<String>,
    /// Only those that got nowhere.
    pub refused: bool,
    /// Only those that named this person.
    pub person: Option<UserId>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
    /// A pattern that anything in the row matches.
    pub pattern: Option<String>,
}
