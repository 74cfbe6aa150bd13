//! Rooms of live updates, and what is said in them. A hint names an endpoint; the page reads it again.

use jobs::Hint;
use kernel::id::{EndpointId, TenantId};

/// The room of a whole organisation.
pub const ORGANIZATION: &str = "org";
/// The rooms of single endpoints, `endpoint:<id>`.
pub const ENDPOINT: &str = "endpoint";

/// `kind` about `endpoint`, said in both rooms.
pub fn hints(tenant: TenantId, endpoint: EndpointId, kind: &str) -> [Hint; 2] {
    [ORGANIZATION.to_owned(), format!("{ENDPOINT}:{endpoint}")].map(|room| Hint::Live {
        tenant,
        room,
        kind: kind.to_owned(),
        id: endpoint.uuid(),
    })
}

/// Something new is watched, or again.
pub const CREATED: &str = "endpoint.created";
/// Its settings or its state changed.
pub const CHANGED: &str = "endpoint.changed";
/// It went to the bin.
pub const DELETED: &str = "endpoint.deleted";
/// A check was recorded.
pub const RECORDED: &str = "result.recorded";
