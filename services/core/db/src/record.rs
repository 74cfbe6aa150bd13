//! Recording a change, and handing on work, in the business transaction.

use jiff::Timestamp;
use kernel::event::Event;
use uuid::Uuid;

use crate::{DbError, Sql, TenantTx, ToSql, sql};

/// The kind of work that brings an event to its subscribers.
pub const DELIVER_EVENT: &str = "event";

const ADD_EVENT: Sql = sql!(
    "INSERT INTO events (id, kind, version, payload, occurred_at) VALUES ($1, $2, $3, $4, $5)"
);

const ADD_AUDIT: Sql = sql!(
    "INSERT INTO audit_log (id, at, action, actor_kind, actor_id, address, request_id,
                            target_kind, target_id, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
);

const ADD_WORK_ONCE: Sql = sql!(
    "INSERT INTO platform.work (id, kind, ref, due_at) VALUES ($1, $2, $1, $3) ON CONFLICT DO NOTHING"
);

const ADD_WORK: Sql =
    sql!("INSERT INTO platform.work (id, kind, ref, due_at) VALUES ($1, $2, $3, $4)");

impl TenantTx {
    /// Records a change: the event, its audit row and the pointer that brings it to its subscribers, in
    /// one flight. None of the three can be forgotten, and none outlives a rollback.
    pub async fn record<E: Event>(&self, event: &E) -> Result<(), DbError> {
        let id: Uuid = self.new_id();
        let payload = serde_json::to_value(event).map_err(|_| DbError::Corrupt {
            table: "events",
            column: "payload",
        })?;
        let audit = event.audit();
        let origin = self.origin();
        let now = self.now();
        let actor_kind = origin.actor.kind();
        let actor_id = origin.actor.id();
        let audit_id: Uuid = self.new_id();
        let event_row: [&(dyn ToSql + Sync); 5] = [&id, &E::KIND, &E::VERSION, &payload, &now];
        let audit_row: [&(dyn ToSql + Sync); 11] = [
            &audit_id,
            &now,
            &E::KIND,
            &actor_kind,
            &actor_id,
            &origin.address,
            &origin.request_id,
            &audit.target_kind,
            &audit.target_id,
            &audit.before,
            &audit.after,
        ];
        futures_util::try_join!(
            self.execute(ADD_EVENT, &event_row),
            self.execute(ADD_AUDIT, &audit_row),
            self.enqueue(DELIVER_EVENT, id, now),
        )?;
        Ok(())
    }

    /// Leaves a pointer to work on `reference`, due at `due_at`. It exists if this transaction commits.
    pub async fn enqueue(
        &self,
        kind: &'static str,
        reference: Uuid,
        due_at: Timestamp,
    ) -> Result<(), DbError> {
        let id: Uuid = self.new_id();
        self.execute(ADD_WORK, &[&id, &kind, &reference, &due_at])
            .await
            .map(drop)
    }

    /// Leaves a pointer with this very id, unless it is there already: work of which there is no second one
    /// at a time. Waits where another transaction is adding or taking away the same pointer, so it has no
    /// place in what people wait for.
    pub async fn enqueue_once(
        &self,
        kind: &'static str,
        pointer: Uuid,
        due_at: Timestamp,
    ) -> Result<(), DbError> {
        self.execute(ADD_WORK_ONCE, &[&pointer, &kind, &due_at])
            .await
            .map(drop)
    }
}
