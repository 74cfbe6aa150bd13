//! What happens to the keys of an organisation's programs.

use jiff::Timestamp;
use kernel::event::{Audit, Event};
use kernel::id::{ApiKeyId, UserId};
use kernel::roles::Permission;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Somebody made a key for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    /// The key.
    pub key_id: ApiKeyId,
    /// Whoever made it.
    pub user_id: UserId,
    /// What they call it.
    pub name: String,
    /// What it may do at the most.
    pub scopes: Vec<Permission>,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Event for ApiKeyCreated {
    const KIND: &'static str = "api_key.created";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "api_key",
            target_id: self.key_id.uuid(),
            before: None,
            after: Some(json!({
                "name": self.name, "scopes": self.scopes, "expires_at": self.expires_at,
                "user_id": self.user_id,
            })),
        }
    }
}

/// A key works no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRevoked {
    /// The key.
    pub key_id: ApiKeyId,
    /// What it was called.
    pub name: String,
}

impl Event for ApiKeyRevoked {
    const KIND: &'static str = "api_key.revoked";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "api_key",
            target_id: self.key_id.uuid(),
            before: Some(json!({ "name": self.name, "revoked": false })),
            after: Some(json!({ "revoked": true })),
        }
    }
}
