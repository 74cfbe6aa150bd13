//! Pausing, resuming, the bin, and what is left when its time is over. Each is idempotent: the second
//! time changes nothing and leaves no event.

use db::{OnConstraint, TenantTx};
use events::endpoints::{EndpointDeleted, EndpointPaused, EndpointRestored, EndpointResumed};
use jiff::Timestamp;
use kernel::id::EndpointId;

use super::{Endpoints, hold};
use crate::error::Error;
use crate::model::endpoint::{Endpoint, KEPT_FOR};
use crate::schedule;
use crate::store::{endpoints, quotas, result_hours, results};

/// The kind of work that empties the bin.
pub const PURGE: &str = "endpoint_purge";

/// Results removed in one transaction, so that none of them is long.
const PURGED_AT_ONCE: i64 = 5_000;

impl Endpoints {
    /// Stops the checks. History is kept. Errors: `endpoint_not_found`.
    pub async fn pause(&self, tx: &TenantTx, id: EndpointId) -> Result<Endpoint, Error> {
        let endpoint = hold(tx, id, None).await?;
        let Some(paused) = endpoint.paused(tx.now()) else {
            return Ok(endpoint);
        };
        endpoints::save(tx, &paused).await?;
        schedule::remove(tx, id).await?;
        tx.record(&EndpointPaused { endpoint_id: id }).await?;
        Ok(paused)
    }

    /// Goes on with the checks; the next is due at once. Errors: `endpoint_not_found`.
    pub async fn resume(&self, tx: &TenantTx, id: EndpointId) -> Result<Endpoint, Error> {
        let endpoint = hold(tx, id, None).await?;
        let Some(resumed) = endpoint.resumed(tx.now()) else {
            return Ok(endpoint);
        };
        endpoints::save(tx, &resumed).await?;
        schedule::add(tx, id, resumed.settings.interval_ms(), tx.now()).await?;
        tx.record(&EndpointResumed { endpoint_id: id }).await?;
        Ok(resumed)
    }

    /// Puts it into the bin: no checks, no place in the quota, and its address is free again. After seven
    /// days it is gone for good. Errors: `endpoint_not_found`.
    pub async fn delete(&self, tx: &TenantTx, id: EndpointId) -> Result<(), Error> {
        let endpoint = endpoints::find_for_update(tx, id)
            .await?
            .ok_or(Error::NotFound(id))?;
        let Some(deleted) = endpoint.deleted(tx.now()) else {
            return Ok(());
        };
        // The quota before the address: so does whoever adds one, and nobody waits in a circle.
        quotas::give_back(tx).await?;
        endpoints::save(tx, &deleted).await?;
        schedule::remove(tx, id).await?;
        let purge_at = tx.now().saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        tx.enqueue(PURGE, id.uuid(), purge_at).await?;
        tx.record(&EndpointDeleted { endpoint_id: id }).await?;
        Ok(())
    }

    /// Takes it out of the bin: its place in the quota and its address must be free.
    ///
    /// Errors: `endpoint_not_found`, `plan_limit`, `endpoint_exists`.
    pub async fn restore(&self, tx: &TenantTx, id: EndpointId) -> Result<Endpoint, Error> {
        let endpoint = endpoints::find_for_update(tx, id)
            .await?
            .filter(|endpoint| !endpoint.expired(tx.now()))
            .ok_or(Error::NotFound(id))?;
        let Some(restored) = endpoint.restored(tx.now()) else {
            return Ok(endpoint);
        };
        if let Some(existing) = endpoints::find_by_url(tx, &restored.settings).await? {
            let existing = Some(existing);
            return Err(Error::Exists { existing });
        }
        self.take_quota(tx).await?;
        endpoints::save(tx, &restored)
            .await
            .on_constraint(endpoints::URL_KEY, Error::Exists { existing: None })?;
        if restored.paused_at.is_none() {
            schedule::add(tx, id, restored.settings.interval_ms(), tx.now()).await?;
        }
        tx.record(&EndpointRestored { endpoint_id: id }).await?;
        Ok(restored)
    }
}

/// Removes an endpoint whose time in the bin is over, a bounded part at a time. Leaves a pointer to the
/// rest of the work.
pub async fn purge(tx: &TenantTx, id: EndpointId) -> Result<(), Error> {
    let found = endpoints::find_for_update(tx, id).await?;
    // Restored, or deleted again since: then there is a later pointer for it.
    if !found.is_some_and(|endpoint| endpoint.expired(tx.now())) {
        return Ok(());
    }
    let removed = results::remove_some(tx, id, PURGED_AT_ONCE).await?;
    if i64::try_from(removed).unwrap_or(i64::MAX) == PURGED_AT_ONCE {
        tx.enqueue(PURGE, id.uuid(), tx.now()).await?;
        return Ok(());
    }
    result_hours::remove_all(tx, id).await?;
    endpoints::remove(tx, id).await?;
    Ok(())
}
