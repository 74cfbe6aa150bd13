//! What happens to the ownership of an organisation, and to people who end their account themselves.

use kernel::event::{Audit, Event};
use kernel::id::{SessionId, UserId};
use kernel::roles::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An owner wants somebody else to be one in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipOffered {
    /// Who would give it.
    pub from: UserId,
    /// Who may take it.
    pub to: UserId,
}

impl Event for OwnershipOffered {
    const KIND: &'static str = "ownership.offered";

    fn audit(&self) -> Audit {
        about(self.to, None, Some(json!({ "from": self.from })))
    }
}

/// An offer is over, and nobody has taken it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipOfferEnded {
    /// Who would have given it.
    pub from: UserId,
    /// Who could have taken it.
    pub to: UserId,
    /// Whether they did not want it; otherwise it was taken back.
    pub declined: bool,
}

impl Event for OwnershipOfferEnded {
    const KIND: &'static str = "ownership_offer.ended";

    fn audit(&self) -> Audit {
        let after = json!({ "declined": self.declined });
        about(self.to, Some(json!({ "from": self.from })), Some(after))
    }
}

/// Somebody owns the organisation in another's place, who is an administrator from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipTransferred {
    /// Who gave it.
    pub from: UserId,
    /// Who took it.
    pub to: UserId,
    /// What they were before.
    pub role: Role,
}

impl Event for OwnershipTransferred {
    const KIND: &'static str = "ownership.transferred";

    fn audit(&self) -> Audit {
        let before = json!({ "role": self.role, "owner": self.from });
        let after = json!({ "role": Role::Owner, "former_owner_role": Role::Admin });
        about(self.to, Some(before), Some(after))
    }
}

/// A person ended their own account. Their address is in no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDeleted {
    /// Who it was.
    pub user_id: UserId,
    /// What they were.
    pub role: Role,
    /// The sessions that are over with it.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for AccountDeleted {
    const KIND: &'static str = "account.deleted";

    fn audit(&self) -> Audit {
        let before = json!({ "role": self.role });
        let after = json!({ "sessions_ended": self.ended_sessions.len() });
        about(self.user_id, Some(before), Some(after))
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
            OwnershipOffered::KIND,
            OwnershipOfferEnded::KIND,
            OwnershipTransferred::KIND,
            AccountDeleted::KIND,
        ] {
            assert!(crate::KINDS.contains(&kind), "{kind}");
        }
    }
}
