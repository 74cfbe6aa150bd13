//! Keys of an organisation's programs: what is known of one, and whether it works.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::id::{ApiKeyId, UserId};
use kernel::roles::Permission;

/// How many keys of one person work at a time.
pub const MAX_KEYS: i64 = 100;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<Permission>,
    /// How long it works.
    pub life: SignedDuration,
    /// Requests a minute, where it is to have fewer than the others.
    pub per_minute: Option<u32>,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// What it may do at the most.
    pub scopes: Vec<Permission>,
    /// Requests a minute, where it has a number of its own.
    pub per_minute: Option<u32>,
    /// Whoever made it.
    pub maker: UserId,
    /// Their address.
    pub maker_email: String,
    /// Whether their account may be used.
    pub maker_active: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_address: Option<IpAddr>,
    /// When somebody ended it.
    pub revoked_at: Option<Timestamp>,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Working,
    /// Not while the account of its maker is switched off.
    MakerInactive,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl ApiKey {
    /// Whether it works at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at <= now {
            KeyState::Expired
        } else if self.maker_active {
            KeyState::Working
        } else {
            KeyState::MakerInactive
        }
    }
}
