//! Passkeys: keys in somebody's device that prove who they are, without a secret of ours. Pure.

use jiff::{SignedDuration, Timestamp};
use kernel::id::{PasskeyId, UserId};
use serde_json::Value;

use crate::ceremony::{Offered, Shown};
use crate::model::SecretToken;

/// Passkeys that one person may have.
pub const MAX_PASSKEYS: i64 = 10;
/// How long a browser may take to answer.
pub const CEREMONY: SignedDuration = SignedDuration::from_mins(5);

/// A passkey of somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Passkey {
    /// The id.
    pub id: PasskeyId,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// The host it was made on.
    pub host: String,
    /// Its public part, its counter and flags, as `ceremony` keeps them.
    pub credential: Value,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// What a browser brings that was asked for a passkey.
#[derive(Clone, Debug)]
pub struct ShownPasskey {
    /// By what the challenge is found that it answers.
    pub handle: SecretToken,
    /// The answer.
    pub shown: Shown,
}

/// What a browser brings that was asked to make one.
#[derive(Debug)]
pub struct OfferedPasskey {
    /// By what the challenge is found that it answers.
    pub handle: SecretToken,
    /// What to call it.
    pub name: String,
    /// The answer.
    pub offered: Offered,
}

/// By how many things somebody can come in on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysIn {
    /// Whether by a password.
    pub password: bool,
    /// Passkeys that work there.
    pub passkeys: i32,
    /// Who they are elsewhere.
    pub identities: i32,
}

impl WaysIn {
    /// How many they are.
    pub fn count(self) -> i32 {
        self.without_identities() + self.identities
    }

    /// How many they are beside who they are elsewhere.
    pub fn without_identities(self) -> i32 {
        i32::from(self.password) + self.passkeys
    }
}
