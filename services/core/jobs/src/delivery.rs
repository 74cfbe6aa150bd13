//! Facts on their way to whoever subscribes to them.

use async_trait::async_trait;
use db::{Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::EventId;
use serde_json::Value;

use crate::{Bus, Claimed, Handler, Hint, JobError};

/// A recorded fact, as it is stored.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its id: the same on every delivery.
    pub id: EventId,
    /// `<noun>.<past participle>`.
    pub kind: String,
    /// Version of the payload's meaning.
    pub version: i16,
    /// What happened.
    pub payload: Value,
    /// When.
    pub occurred_at: Timestamp,
}

/// Acts on facts of a tenant.
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    /// The kinds it wants to hear of.
    fn events(&self) -> &[&'static str];

    /// Acts on one, in no promised order, in the transaction that takes the event off the queue: all subscribers of an event
    /// succeed together or are called again together. No outside call belongs here; enqueue it. The hints
    /// are published after the COMMIT.
    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError>;
}

/// The handler that brings events to their subscribers.
pub struct EventDelivery {
    subscribers: Vec<Box<dyn Subscriber>>,
    bus: Bus,
}

impl EventDelivery {
    /// A delivery to `subscribers`, in this order.
    pub fn new(subscribers: Vec<Box<dyn Subscriber>>, bus: Bus) -> Self {
        Self { subscribers, bus }
    }
}

const FIND_EVENT: Sql =
    sql!("SELECT kind, version, payload, occurred_at FROM events WHERE id = $1");

async fn find_event(tx: &TenantTx, id: EventId) -> Result<Option<StoredEvent>, JobError> {
    let Some(row) = tx.query_opt(FIND_EVENT, &[&id.uuid()]).await? else {
        return Ok(None);
    };
    Ok(Some(StoredEvent {
        id,
        kind: row.get("kind")?,
        version: row.get("version")?,
        payload: row.get("payload")?,
        occurred_at: row.get("occurred_at")?,
    }))
}

#[async_trait]
impl Handler for EventDelivery {
    fn kind(&self) -> &'static str {
        db::DELIVER_EVENT
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let id = EventId::from(job.reference());
        let hints = job
            .finish(async |tx| {
                let Some(event) = find_event(tx, id).await? else {
                    // An event and its pointer commit together, so this one was removed on purpose.
                    tracing::warn!(event = %id, "an event is gone before it was delivered");
                    return Ok(Vec::new());
                };
                let mut hints = Vec::new();
                for subscriber in &self.subscribers {
                    if subscriber.events().contains(&event.kind.as_str()) {
                        hints.append(&mut subscriber.on_event(tx, &event).await?);
                    }
                }
                Ok(hints)
            })
            .await?;
        self.bus.publish(&hints);
        Ok(())
    }
}
