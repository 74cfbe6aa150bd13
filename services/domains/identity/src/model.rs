//! People, the sessions they come by, and the rules of the secrets that prove them. Pure.

mod credentials;
mod device;
mod identity;
mod key;
mod logged;
mod passkey;
pub mod people;
pub mod policy;
mod purpose;
mod secret;
mod session;
pub mod transfer;

use gateway::SessionSecret;
use jiff::{SignedDuration, Timestamp};
use kernel::email::EmailAddress;
use kernel::id::{SessionId, UserId};
use kernel::roles::Role;
use passwords::{Password, PasswordHash};

pub use credentials::{EmailChange, RecoveryCode, Security};
pub use device::{Device, KnownBy};
pub use identity::{AGREEING, GUILDS_KEPT, HAND_OVER, IdentityState, LinkedIdentity};
pub use key::{ApiKey, KeyState, MAX_KEYS, NewApiKey};
pub use logged::{ADDRESSES_KEPT, LogFilter, Logged, LoggedPerson};
pub use passkey::{CEREMONY, MAX_PASSKEYS, OfferedPasskey, Passkey, ShownPasskey, WaysIn};
pub use purpose::Purpose;
pub use secret::{SecretToken, TokenHash};
pub use session::{OpenSession, SessionKind, masked};

/// How long a browser stays signed in.
pub const BROWSER_SESSION: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a browser is known again after somebody signed in there.
pub const KNOWN_DEVICE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long a program stays signed in, however busy it is.
pub const PROGRAM_SESSION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long it may be silent: the life of a refresh token.
pub const PROGRAM_IDLE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a program may ask again for an answer that it did not get.
pub const LOST_ANSWER: SignedDuration = SignedDuration::from_secs(60);
/// How long a link to a new password works.
pub const RESET: SignedDuration = SignedDuration::from_hours(1);
/// How long the links of a change of address work.
pub const EMAIL_CHANGE: SignedDuration = SignedDuration::from_hours(24);
/// How long somebody can say that a change of their account was not theirs.
pub const DISOWN: SignedDuration = SignedDuration::from_hours(72);
/// Recovery codes that are made at once.
pub const RECOVERY_CODES: usize = 10;
/// How long a link in a verification mail works.
pub const VERIFICATION: SignedDuration = SignedDuration::from_hours(48);

/// `at` and a span after it.
pub fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// `at` and a span before it.
pub fn earlier(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_sub(span).unwrap_or(Timestamp::MIN)
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// Nobody has shown yet that mail to the address arrives.
    Unverified,
    /// In use.
    Active,
    /// Switched off by somebody.
    Deactivated,
}

impl UserState {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }

    /// Reads a stored state.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "unverified" => Self::Unverified,
            "active" => Self::Active,
            "deactivated" => Self::Deactivated,
            _ => return None,
        })
    }
}

/// A person of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address they sign in with, as they wrote it.
    pub email: String,
    /// Their standing.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// A person as signing in needs to know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub user: User,
    /// Whether the account may be used.
    pub state: UserState,
    /// What their password was hashed to; `None` for whoever has none.
    pub password_hash: Option<PasswordHash>,
    /// Whether signing in by the password asks for a one-time code as well.
    pub asks_for_code: bool,
}

/// What somebody types to sign in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The account.
    pub email: EmailAddress,
    /// The proof.
    pub password: Password,
    /// A one-time code, or a recovery code, of an account that asks for one.
    pub code: Option<String>,
}

/// The first person of an organisation.
#[derive(Debug)]
pub struct NewOwner<'a> {
    /// Where mail reaches them.
    pub email: &'a EmailAddress,
    /// What their password was hashed to.
    pub password_hash: &'a PasswordHash,
}

/// What somebody proved themselves by when their session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password, and a second factor where the account has one.
    Password,
    /// A passkey: a device that they have, unlocked by what they know or are.
    Passkey,
    /// Who they are at Discord, and a second factor where the account has one.
    Discord,
}

impl Method {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Password, Self::Passkey, Self::Discord];

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether it is a second factor by itself.
    pub const fn is_two_factors(self) -> bool {
        matches!(self, Self::Passkey)
    }

    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Discord => "discord",
            Self::Passkey => "passkey",
        }
    }
}

/// What somebody who is signed in proves again who they are by.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The account's password.
    Password(Password),
    /// A one-time code, or a recovery code, of an account that asks for them.
    Code(String),
    /// A passkey of theirs.
    Passkey(Box<ShownPasskey>),
}

/// A browser that has just signed in.
#[derive(Debug)]
pub struct BrowserSession {
    /// The session.
    pub id: SessionId,
    /// What its cookie proves it by.
    pub secret: SessionSecret,
    /// Who.
    pub user: User,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What the browser is known by from now on.
    pub known_by: KnownBy,
}

/// A program that has just signed in, or exchanged its refresh token.
#[derive(Debug)]
pub struct ProgramSession {
    /// The session.
    pub id: SessionId,
    /// Who.
    pub user: User,
    /// The token for the next exchange.
    pub refresh_token: SecretToken,
}

/// What became of an attempt, as the log of sign-ins keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Signed in: noted with the session, where that is opened.
    LetIn,
    /// Unknown address or wrong password.
    WrongPassword,
    /// The right password of an account whose address is not proven.
    Unverified,
    /// The right password of an account that is switched off.
    Deactivated,
    /// Too many attempts; the password was not looked at.
    Limited,
    /// Signed out.
    SignedOut,
    /// Somebody who is signed in proved again who they are.
    Confirmed,
    /// They did not.
    ConfirmationRefused,
    /// A refresh token was exchanged.
    Refreshed,
    /// A refresh token that is unknown or over.
    RefreshRefused,
    /// A refresh token that was used before: its session is revoked.
    RefreshReused,
    /// The address was proven.
    Verified,
    /// A verification link that is unknown, used, superseded or over.
    VerificationRefused,
    /// The right password of an account that asks for a code, without one.
    CodeMissing,
    /// The right password with a code that is wrong or was used.
    WrongCode,
    /// The password was reset.
    PasswordReset,
    /// A link to a new password that is unknown, used, superseded or over.
    ResetRefused,
    /// The address was changed.
    EmailChanged,
    /// A link of a change of address that is unknown, used, superseded or over.
    EmailChangeRefused,
    /// A change of the account was not its owner's.
    Disowned,
    /// A link to say so that is unknown, used, superseded or over.
    DisownRefused,
    /// Who somebody is elsewhere opened no account here.
    IdentityRefused,
    /// A passkey, or what should have been one, opened no account.
    PasskeyRefused,
    /// A passkey whose counter went back: there may be two of it.
    PasskeyCloned,
    /// Somebody who was invited joined.
    InvitationAccepted,
    /// An invitation's link that is unknown, used or over, or for which there is no place.
    InvitationRefused,
    /// From where the organisation lets nobody in.
    NetworkRefused,
    /// By what the organisation lets nobody in.
    MethodRefused,
    /// A person took a copy of what is kept of them.
    Exported,
    /// An owner who had lost access chose another password, by an address that operators sent a link to.
    Recovered,
    /// A link to that which is unknown, used, stopped or over.
    RecoveryRefused,
}

impl Attempt {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LetIn => "signed_in",
            Self::WrongPassword => "wrong_password",
            Self::Unverified => "unverified",
            Self::Deactivated => "deactivated",
            Self::Limited => "limited",
            Self::SignedOut => "signed_out",
            Self::Confirmed => "confirmed",
            Self::ConfirmationRefused => "confirmation_refused",
            Self::Refreshed => "refreshed",
            Self::RefreshRefused => "refresh_refused",
            Self::RefreshReused => "refresh_reused",
            Self::Verified => "verified",
            Self::VerificationRefused => "verification_refused",
            Self::CodeMissing => "code_missing",
            Self::WrongCode => "wrong_code",
            Self::PasswordReset => "password_reset",
            Self::ResetRefused => "reset_refused",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeRefused => "email_change_refused",
            Self::Disowned => "disowned",
            Self::DisownRefused => "disown_refused",
            Self::IdentityRefused => "identity_refused",
            Self::PasskeyRefused => "passkey_refused",
            Self::PasskeyCloned => "passkey_cloned",
            Self::InvitationAccepted => "invitation_accepted",
            Self::InvitationRefused => "invitation_refused",
            Self::NetworkRefused => "network_refused",
            Self::MethodRefused => "method_refused",
            Self::Exported => "exported",
            Self::Recovered => "recovered",
            Self::RecoveryRefused => "recovery_refused",
        }
    }
}
