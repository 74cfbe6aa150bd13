//! What happens to people's belonging to an organisation: invited, joined, changed, gone.

use kernel::event::{Audit, Event};
use kernel::id::{InvitationId, SessionId, UserId};
use kernel::roles::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A person has another standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChanged {
    /// Who.
    pub user_id: UserId,
    /// What they were.
    pub before: Role,
    /// What they are.
    pub after: Role,
}

impl Event for MemberChanged {
    const KIND: &'static str = "member.changed";

    fn audit(&self) -> Audit {
        let (before, after) = (
            json!({ "role": self.before }),
            json!({ "role": self.after }),
        );
        about(self.user_id, Some(before), Some(after))
    }
}

/// A person's account is switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDeactivated {
    /// Who.
    pub user_id: UserId,
    /// The sessions that are over with it.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for MemberDeactivated {
    const KIND: &'static str = "member.deactivated";

    fn audit(&self) -> Audit {
        let after = json!({ "state": "deactivated", "sessions_ended": self.ended_sessions.len() });
        about(self.user_id, None, Some(after))
    }
}

/// A person's account works again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberReactivated {
    /// Who.
    pub user_id: UserId,
}

impl Event for MemberReactivated {
    const KIND: &'static str = "member.reactivated";

    fn audit(&self) -> Audit {
        let before = json!({ "state": "deactivated" });
        about(self.user_id, Some(before), None)
    }
}

/// A person belongs to the organisation no more; their account is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRemoved {
    /// Who.
    pub user_id: UserId,
    /// The address they had.
    pub email: String,
    /// What they were.
    pub role: Role,
    /// The sessions that are over with it.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for MemberRemoved {
    const KIND: &'static str = "member.removed";

    fn audit(&self) -> Audit {
        let before = json!({ "email": self.email, "role": self.role });
        let after = json!({ "sessions_ended": self.ended_sessions.len() });
        about(self.user_id, Some(before), Some(after))
    }
}

/// Somebody who was invited belongs to the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// Who.
    pub user_id: UserId,
    /// By which invitation.
    pub invitation_id: InvitationId,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
}

impl Event for MemberJoined {
    const KIND: &'static str = "member.joined";

    fn audit(&self) -> Audit {
        let after = json!({
            "email": self.email, "role": self.role, "invitation_id": self.invitation_id,
        });
        about(self.user_id, None, Some(after))
    }
}

/// What became of an invitation that nobody has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationChange {
    /// It was made.
    Created,
    /// It was mailed again, with another link and a new end.
    Resent,
    /// It was taken back.
    Revoked,
}

/// An invitation was made, mailed again or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationChanged {
    /// Which.
    pub invitation_id: InvitationId,
    /// How.
    pub change: InvitationChange,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
}

impl Event for InvitationChanged {
    const KIND: &'static str = "invitation.changed";

    fn audit(&self) -> Audit {
        let who = json!({ "email": self.email, "role": self.role, "change": self.change });
        let (before, after) = match self.change {
            InvitationChange::Revoked => (Some(who), None),
            InvitationChange::Created | InvitationChange::Resent => (None, Some(who)),
        };
        Audit {
            target_kind: "invitation",
            target_id: self.invitation_id.uuid(),
            before,
            after,
        }
    }
}

fn about(user: UserId, before: Option<Value>, after: Option<Value>) -> Audit {
    Audit {
        target_kind: "user",
        target_id: user.uuid(),
        before,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        for kind in [
            MemberChanged::KIND,
            MemberDeactivated::KIND,
            MemberReactivated::KIND,
            MemberRemoved::KIND,
            MemberJoined::KIND,
            InvitationChanged::KIND,
        ] {
            assert!(crate::KINDS.contains(&kind), "{kind}");
        }
    }
}
