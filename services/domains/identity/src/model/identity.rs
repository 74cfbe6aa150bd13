//! Who somebody is elsewhere. Pure.

use jiff::{SignedDuration, Timestamp};
use kernel::id::UserId;
use uuid::Uuid;

/// How long somebody may take to agree at the provider.
pub const AGREEING: SignedDuration = SignedDuration::from_mins(10);
/// How long the code works that brings somebody from the root host to their organisation's.
pub const HAND_OVER: SignedDuration = SignedDuration::from_secs(60);
/// How long a list of servers is not asked for again.
pub const GUILDS_KEPT: SignedDuration = SignedDuration::from_mins(5);

/// Whether a link holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityState {
    /// The provider's tokens work.
    Linked,
    /// They do not any more: signing in by it once links it again.
    Ended,
}

impl IdentityState {
    /// Reads a stored state.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "linked" => Self::Linked,
            "ended" => Self::Ended,
            _ => return None,
        })
    }
}

/// Who somebody is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The link's id.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// Who they are there: never changes, unlike the name.
    pub subject: String,
    /// What they are called there.
    pub name: String,
    /// Whether the link holds.
    pub state: IdentityState,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}
