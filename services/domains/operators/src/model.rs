//! Operators, what proves them, and how long it does. Pure.

use std::net::IpAddr;

use gateway::Sealed;
use jiff::{SignedDuration, Timestamp};
use kernel::email::EmailAddress;
use kernel::id::{OperatorId, OperatorTokenId, SessionId};
use passwords::PasswordHash;
use passwords::totp::Seed;
use tenancy::audit::{Mandate, OperatorActor};

use crate::error::Error;
use crate::roles::{Permission, Role};

/// How long an operator stays signed in, however busy.
pub const SESSION: SignedDuration = SignedDuration::from_hours(8);
/// How long they may do nothing.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// How often the last use of a session is noted.
pub const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// `at` and a span after it.
pub fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// In use.
    Active,
    /// Switched off.
    Disabled,
}

impl AccountState {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Disabled]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: OperatorId,
    /// The address they sign in with, folded.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their standing.
    pub role: Role,
    /// Whether the account may be used.
    pub state: AccountState,
    /// Since when.
    pub created_at: Timestamp,
    /// When they signed in last.
    pub last_login_at: Option<Timestamp>,
}

/// An account and what proves its owner.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The account.
    pub account: Account,
    /// What the password was hashed to.
    pub password_hash: PasswordHash,
    /// The sealed seed of one-time codes.
    pub totp_secret: Sealed,
    /// The step whose code was taken last.
    pub totp_last_step: i64,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount {
    /// Where to sign in with.
    pub email: EmailAddress,
    /// Who it is.
    pub name: String,
    /// Their standing.
    pub role: Role,
    /// What the password was hashed to.
    pub password_hash: PasswordHash,
}

/// What an authenticator app is told, once.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// The account it is for.
    pub account: Account,
    /// The seed.
    pub seed: Seed,
}

impl Enrollment {
    /// As an app reads it.
    pub fn uri(&self) -> String {
        self.seed.uri(&self.account.email)
    }
}

/// One sign-in of an operator.
#[derive(Clone, Debug)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when at the most.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Timestamp,
    /// From where.
    pub address: Option<IpAddr>,
    /// With which browser, by its own account.
    pub user_agent: Option<String>,
}

impl Session {
    /// When it ends unless it is used before.
    pub fn ends_at(&self) -> Timestamp {
        self.expires_at.min(later(self.last_used_at, IDLE))
    }
}

/// A key of an operator's program.
#[derive(Clone, Debug)]
pub struct ProgramToken {
    /// The id.
    pub id: OperatorTokenId,
    /// What its operator calls it.
    pub name: String,
    /// What it may do at the most: its operator's role may allow less.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_address: Option<IpAddr>,
}

/// By what somebody comes.
#[derive(Clone, Debug)]
pub enum Means {
    /// A browser's session.
    Session(Session),
    /// A program's token.
    Token(ProgramToken),
}

/// Whoever is asking, and by what they come.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub account: Account,
    /// By what.
    pub means: Means,
}

impl Caller {
    /// The session they come by. Errors: [`Error::SessionNeeded`].
    pub fn session(&self) -> Result<&Session, Error> {
        match &self.means {
            Means::Session(session) => Ok(session),
            Means::Token(_) => Err(Error::SessionNeeded),
        }
    }

    /// When what they come by ends.
    pub fn ends_at(&self) -> Timestamp {
        match &self.means {
            Means::Session(session) => session.ends_at(),
            Means::Token(token) => token.expires_at,
        }
    }

    /// Everything they may do: what the role allows, and of that what a token is for.
    pub fn permissions(&self) -> Vec<Permission> {
        let of_role = self.account.role.permissions().iter().copied();
        match &self.means {
            Means::Session(_) => of_role.collect(),
            Means::Token(token) => of_role
                .filter(|it| token.permissions.contains(it))
                .collect(),
        }
    }

    /// Refuses what they may not do. Errors: [`Error::Forbidden`], [`Error::TokenLacks`].
    pub fn may(&self, permission: Permission) -> Result<(), Error> {
        if !self.account.role.allows(permission) {
            return Err(Error::Forbidden(permission));
        }
        match &self.means {
            Means::Token(token) if !token.permissions.contains(&permission) => {
                Err(Error::TokenLacks(permission))
            }
            _ => Ok(()),
        }
    }

    /// In whose name an act is written down.
    pub fn mandate(&self, reason: Option<String>) -> Mandate {
        Mandate {
            actor: actor(self.account.id),
            reason,
        }
    }
}

/// An operator, as the audit log names them.
pub fn actor(id: OperatorId) -> OperatorActor {
    OperatorActor::Operator(id.uuid())
}

/// Where somebody signs in from.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// The address.
    pub address: Option<IpAddr>,
    /// The browser, by its own account.
    pub user_agent: Option<String>,
}

impl Device {
    const MAX_CHARS: usize = 300;

    /// Takes the header as far as it is text, and no more of it than a list of sessions shows.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let readable = |text: &str| {
            let shown = text.chars().filter(|c| !kernel::text::is_hostile(*c));
            shown.take(Self::MAX_CHARS).collect::<String>()
        };
        Self {
            address,
            user_agent: user_agent.map(readable).filter(|text| !text.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_and_at_last_in_any_case() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).expect("in range");
        let session = |last_used| Session {
            id: uuid::Uuid::nil().into(),
            created_at: at(0),
            expires_at: at(480),
            last_used_at: last_used,
            address: None,
            user_agent: None,
        };
        assert_eq!(session(at(0)).ends_at(), at(30));
        assert_eq!(session(at(470)).ends_at(), at(480));
    }

    #[test]
    fn a_device_is_kept_as_readable_text() {
        let kept = |text: &str| Device::new(None, Some(text)).user_agent;
        assert_eq!(
            kept("Firefox\u{202e}\0 (X11)").as_deref(),
            Some("Firefox (X11)")
        );
        assert_eq!(kept(&"x".repeat(1000)).map(|it| it.len()), Some(300));
        assert_eq!(kept("\n"), None);
    }
}
