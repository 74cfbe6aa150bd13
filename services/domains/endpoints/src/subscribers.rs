//! Events of this domain become hints for whoever is looking.

use async_trait::async_trait;
use db::TenantTx;
use events::endpoints::{
    EndpointChanged, EndpointChecked, EndpointCreated, EndpointDeleted, EndpointPaused,
    EndpointRestored, EndpointResumed,
};
use jobs::{Hint, JobError, StoredEvent, Subscriber};
use kernel::event::Event;
use kernel::id::EndpointId;
use serde::Deserialize;

use crate::rooms;

/// Tells open pages what people have done. What the checker finds out, it says itself.
pub struct LiveHints;

/// What every event of an endpoint has.
#[derive(Deserialize)]
struct About {
    endpoint_id: EndpointId,
}

#[async_trait]
impl Subscriber for LiveHints {
    fn events(&self) -> &[&'static str] {
        &[
            EndpointChanged::KIND,
            EndpointChecked::KIND,
            EndpointCreated::KIND,
            EndpointDeleted::KIND,
            EndpointPaused::KIND,
            EndpointRestored::KIND,
            EndpointResumed::KIND,
        ]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let about = About::deserialize(&event.payload)
            .map_err(|error| JobError::Dead(error.to_string()))?;
        let kinds: &[&str] = match event.kind.as_str() {
            EndpointCreated::KIND | EndpointRestored::KIND => &[rooms::CREATED],
            EndpointDeleted::KIND => &[rooms::DELETED],
            EndpointChecked::KIND => &[rooms::CHANGED, rooms::RECORDED],
            _ => &[rooms::CHANGED],
        };
        let tenant = tx.tenant().id();
        Ok(kinds
            .iter()
            .flat_map(|kind| rooms::hints(tenant, about.endpoint_id, kind))
            .collect())
    }
}
