//! What the recovery of an owner who lost access publishes. Addresses are masked until they are the owner's; what
//! was shown as proof is in none of it.

use jiff::Timestamp;
use kernel::event::{Audit, Event};
use kernel::id::{RecoveryId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Operators are about to give the owner another way in. Everybody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryBegan {
    /// Which recovery.
    pub recovery_id: RecoveryId,
    /// The owner.
    pub user_id: UserId,
    /// The address they are to have, masked.
    pub email: String,
    /// When the link leaves.
    pub due_at: Timestamp,
}

impl Event for RecoveryBegan {
    const KIND: &'static str = "recovery.began";

    fn audit(&self) -> Audit {
        let after = json!({ "email": self.email, "due_at": self.due_at });
        about(self.user_id, None, after)
    }
}

/// The waiting time is over: the link is with the new address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverySent {
    /// Which recovery.
    pub recovery_id: RecoveryId,
    /// The owner.
    pub user_id: UserId,
    /// The address they are to have, masked.
    pub email: String,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

impl Event for RecoverySent {
    const KIND: &'static str = "recovery.sent";

    fn audit(&self) -> Audit {
        let after = json!({ "email": self.email, "expires_at": self.expires_at });
        about(self.user_id, None, after)
    }
}

/// Somebody objected: nothing changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryStopped {
    /// Which recovery.
    pub recovery_id: RecoveryId,
    /// The owner.
    pub user_id: UserId,
    /// Where it stood.
    pub from: String,
}

impl Event for RecoveryStopped {
    const KIND: &'static str = "recovery.stopped";

    fn audit(&self) -> Audit {
        let before = json!({ "state": self.from });
        about(self.user_id, Some(before), json!({ "state": "stopped" }))
    }
}

/// It is over without effect, and nobody stopped it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryEnded {
    /// Which recovery.
    pub recovery_id: RecoveryId,
    /// The owner.
    pub user_id: UserId,
    /// Where it stood.
    pub from: String,
    /// `expired`, or the code of what it failed at.
    pub why: String,
}

impl Event for RecoveryEnded {
    const KIND: &'static str = "recovery.ended";

    fn audit(&self) -> Audit {
        let before = json!({ "state": self.from });
        about(self.user_id, Some(before), json!({ "why": self.why }))
    }
}

/// The owner has another address and another password, and nothing else lets them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCompleted {
    /// Which recovery.
    pub recovery_id: RecoveryId,
    /// The owner.
    pub user_id: UserId,
    /// The address they had.
    pub before: String,
    /// The address they have.
    pub after: String,
    /// The sessions that are over with it.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for RecoveryCompleted {
    const KIND: &'static str = "recovery.completed";

    fn audit(&self) -> Audit {
        let before = json!({ "email": self.before });
        let ended = self.ended_sessions.len();
        let after = json!({ "email": self.after, "sessions_ended": ended });
        about(self.user_id, Some(before), after)
    }
}

fn about(owner: UserId, before: Option<Value>, after: Value) -> Audit {
    Audit {
        target_kind: "user",
        target_id: owner.uuid(),
        before,
        after: Some(after),
    }
}
