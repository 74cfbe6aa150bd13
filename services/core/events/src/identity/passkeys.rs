//! What happens to people's passkeys.

use kernel::event::{Audit, Event};
use kernel::id::{PasskeyId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What became of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyChange {
    /// Its owner signs in by it from now on.
    Added,
    /// It is called something else.
    Renamed,
    /// It signs nobody in any more.
    Removed,
}

/// A person's passkey was added, renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyChanged {
    /// Whose.
    pub user_id: UserId,
    /// The passkey.
    pub passkey_id: PasskeyId,
    /// The host it works on.
    pub host: String,
    /// What it was called; `None` for a new one.
    pub name_before: Option<String>,
    /// What it is called; `None` once it is removed.
    pub name: Option<String>,
    /// How.
    pub change: PasskeyChange,
}

impl Event for PasskeyChanged {
    const KIND: &'static str = "passkey.changed";

    fn audit(&self) -> Audit {
        let told = |name: &String| json!({ "passkey": self.passkey_id, "name": name, "host": self.host, "change": self.change });
        Audit {
            target_kind: "user",
            target_id: self.user_id.uuid(),
            before: self.name_before.as_ref().map(told),
            after: self.name.as_ref().map(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        assert!(crate::KINDS.contains(&PasskeyChanged::KIND));
    }
}
