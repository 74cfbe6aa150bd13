//! Writing: many results of many tenants in one transaction, each only where its claim still holds.

use std::collections::HashSet;
use std::time::Duration;

use db::{DbError, TenantRef};
use jobs::Hint;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Inner, claiming};
use crate::rooms;
use crate::store::recording::{self, Recorded};

/// A check that is over.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    pub tenant: TenantRef,
    pub recorded: Recorded,
    pub state_changed: bool,
}

/// Waits between tries while the database is away; in all well within the lease.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

impl Inner {
    /// Writes `batch` and says so to whoever looks. What cannot be written is given up: its claims run
    /// out and are taken over. One tenant's failure is not the others'.
    pub(super) async fn write(&self, mut batch: Vec<Finished>) {
        if batch.is_empty() {
            return;
        }
        batch.sort_unstable_by_key(|one| (one.tenant.id(), one.recorded.endpoint));
        let Err(error) = self.write_patiently(&batch).await else {
            return;
        };
        if error.is_transient() {
            tracing::error!(%error, results = batch.len(), "results are lost: the database is away");
            return;
        }
        for results in by_tenant(&batch) {
            if let Err(error) = self.write_patiently(results).await {
                self.give_up(results, &error).await;
            }
        }
    }

    async fn write_patiently(&self, batch: &[Finished]) -> Result<(), DbError> {
        let mut waits = RETRIES.iter();
        loop {
            match self.write_once(batch).await {
                Err(error) if error.is_transient() => match waits.next() {
                    Some(wait) => sleep(*wait).await,
                    None => return Err(error),
                },
                other => return other,
            }
        }
    }

    async fn write_once(&self, batch: &[Finished]) -> Result<(), DbError> {
        let origin = self.origin();
        let written: HashSet<Uuid> = self
            .db
            .write_platform(async |tx| {
                let mut written = HashSet::with_capacity(batch.len());
                for results in by_tenant(batch) {
                    let Some(first) = results.first() else {
                        continue;
                    };
                    let results: Vec<&Recorded> = results.iter().map(|one| &one.recorded).collect();
                    let held = tx
                        .enter(&first.tenant, origin, async |tx| {
                            recording::record(tx, &results).await
                        })
                        .await?;
                    written.extend(held);
                }
                Ok::<_, DbError>(written)
            })
            .await?;
        self.announce(batch, &written);
        Ok(())
    }

    fn announce(&self, batch: &[Finished], written: &HashSet<Uuid>) {
        let mut hints: Vec<Hint> = Vec::with_capacity(batch.len() * 2);
        for one in batch {
            let endpoint = one.recorded.endpoint;
            if !written.contains(&endpoint.uuid()) {
                continue;
            }
            let outcome = one.recorded.result.outcome.as_str();
            metrics::counter!("checks_total", "outcome" => outcome).increment(1);
            if one.state_changed {
                hints.extend(rooms::hints(one.tenant.id(), endpoint, rooms::CHANGED));
            }
            hints.extend(rooms::hints(one.tenant.id(), endpoint, rooms::RECORDED));
        }
        self.bus.publish(&hints);
    }

    /// Lets a tenant that cannot be written wait, so that it is not asked again at once.
    async fn give_up(&self, results: &[Finished], error: &DbError) {
        let Some(first) = results.first() else {
            return;
        };
        tracing::error!(%error, tenant = first.tenant.slug(), "a tenant's results cannot be written");
        if let Err(error) = claiming::postpone(self, &first.tenant).await {
            tracing::warn!(%error, "a tenant's checks cannot be postponed");
        }
    }
}

/// The results of each tenant. `batch` is sorted by tenant.
fn by_tenant(batch: &[Finished]) -> impl Iterator<Item = &[Finished]> {
    batch.chunk_by(|one, other| one.tenant.id() == other.tenant.id())
}
