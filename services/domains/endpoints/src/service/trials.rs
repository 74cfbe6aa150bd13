//! How many trials of one organisation run at the same time, in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::id::TenantId;

/// Counts running trials; forgets an organisation with its last one.
#[derive(Clone, Debug)]
pub(super) struct Trials {
    at_once: usize,
    running: Arc<Mutex<HashMap<TenantId, usize>>>,
}

/// A running trial, over when dropped.
#[derive(Debug)]
pub(super) struct Running {
    trials: Trials,
    tenant: TenantId,
}

impl Trials {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            at_once,
            running: Arc::default(),
        }
    }

    /// Begins one more, or `None` where as many are running as may.
    pub(super) fn begin(&self, tenant: TenantId) -> Option<Running> {
        let mut running = self.lock();
        let count = running.entry(tenant).or_default();
        if *count >= self.at_once {
            return None;
        }
        *count += 1;
        Some(Running {
            trials: self.clone(),
            tenant,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        // Every change under the lock is complete before anything can panic.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.trials.lock();
        if let Some(count) = running.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_has_its_own_count_and_gets_its_places_back() {
        let trials = Trials::new(2);
        let tenant = |n: u128| TenantId::from(uuid::Uuid::from_u128(n));
        let first = trials.begin(tenant(1)).expect("a place");
        let second = trials.begin(tenant(1)).expect("a place");
        assert!(trials.begin(tenant(1)).is_none());
        let other = trials
            .begin(tenant(2))
            .expect("another organisation's place");
        drop(first);
        let third = trials
            .begin(tenant(1))
            .expect("the place that was given back");
        drop((second, third, other));
        assert!(trials.lock().is_empty());
    }
}
