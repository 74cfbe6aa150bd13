//! How many transactions each tenant has open: one that asks for everything at once does not get every
//! connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use kernel::id::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{DbError, TenantRef};

/// The right to have one more transaction open, until it is dropped.
pub(crate) type Leave = OwnedSemaphorePermit;

/// Tenants remembered before those that have nothing open are forgotten.
const REMEMBERED: usize = 1_024;

/// By tenant and number: a tenant whose number changes begins anew with it.
type Open = HashMap<(TenantId, usize), Weak<Semaphore>>;

/// Everybody's open transactions in this process. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Crowd {
    open: Arc<Mutex<Open>>,
}

impl Crowd {
    /// Leave for one more of `tenant`'s, waiting at the most so long. Errors: [`DbError::Busy`].
    pub(crate) async fn leave(
        &self,
        tenant: &TenantRef,
        everybodys: usize,
        patience: Duration,
    ) -> Result<Leave, DbError> {
        let semaphore = self.of(tenant, everybodys);
        let leave = tokio::time::timeout(patience, semaphore.acquire_owned()).await;
        match leave {
            Ok(Ok(leave)) => Ok(leave),
            // Nobody closes it.
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("db_tenant_busy_total").increment(1);
                Err(DbError::Busy)
            }
        }
    }

    fn of(&self, tenant: &TenantRef, everybodys: usize) -> Arc<Semaphore> {
        let max = tenant.max_transactions().unwrap_or(everybodys).max(1);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= REMEMBERED {
            open.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let known = open.entry((tenant.id(), max)).or_default();
        known.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Semaphore::new(max));
            *known = Arc::downgrade(&new);
            new
        })
    }
}
