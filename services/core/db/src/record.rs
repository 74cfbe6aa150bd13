//! Recording a change, and handing on work, in the business transaction.

use jiff::Timestamp;
use kernel::event::Event;
use kernel::id::TenantId;
use sha2::{Digest, Sha256};
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

    /// Leaves the one pointer that this organisation has for work of `kind`, unless it is there already: there
    /// is no second one at a time. Waits where another transaction is adding or taking away the same pointer,
    /// so it has no place in what people wait for.
    pub async fn enqueue_once(&self, kind: &'static str, due_at: Timestamp) -> Result<(), DbError> {
        let pointer = only_pointer(kind, self.tenant().id());
        self.execute(ADD_WORK_ONCE, &[&pointer, &kind, &due_at])
            .await
            .map(drop)
    }
}

/// An id that nothing else comes to: half of a hash, as UUIDs of version 8 may be.
fn only_pointer(kind: &str, tenant: TenantId) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(kind);
    digest.update(tenant.uuid().as_bytes());
    let hash: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(hash.split_at(16).0);
    uuid::Builder::from_bytes(bytes)
        .with_version(uuid::Version::Custom)
        .with_variant(uuid::Variant::RFC4122)
        .into_uuid()
}
