//! What happens to who people are elsewhere.

use kernel::event::{Audit, Event};
use kernel::id::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityChange {
    /// They sign in by it from now on.
    Linked,
    /// They took it away.
    Unlinked,
    /// The provider takes its tokens no more.
    Ended,
}

/// A link between a person and who they are elsewhere changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityChanged {
    /// Whose.
    pub user_id: UserId,
    /// The link.
    pub identity_id: Uuid,
    /// What they are called there.
    pub name: String,
    /// How.
    pub change: IdentityChange,
}

impl Event for IdentityChanged {
    const KIND: &'static str = "identity.changed";

    fn audit(&self) -> Audit {
        let told =
            json!({ "identity": self.identity_id, "name": self.name, "change": self.change });
        Audit {
            target_kind: "user",
            target_id: self.user_id.uuid(),
            before: None,
            after: Some(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        assert!(crate::KINDS.contains(&IdentityChanged::KIND));
    }
}
