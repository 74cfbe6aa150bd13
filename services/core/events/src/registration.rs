//! What registration publishes: organisations coming into being.

use kernel::event::{Audit, Event};
use kernel::id::{TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An organisation registered itself. Its owner's address is not proven yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRegistered {
    /// The organisation.
    pub organization_id: TenantId,
    /// Its owner.
    pub owner_id: UserId,
    /// What it calls itself.
    pub name: String,
    /// The first label of its host.
    pub slug: String,
}

impl Event for OrganizationRegistered {
    const KIND: &'static str = "organization.registered";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: None,
            after: Some(json!({ "name": self.name, "slug": self.slug })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        assert!(crate::KINDS.contains(&OrganizationRegistered::KIND));
    }
}
