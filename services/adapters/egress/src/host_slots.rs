//! Bounds how many checks, of all tenants together, talk to one host at the same time.
//!
//! Owns one counter per host that is in use and forgets it with its last user, so memory is bounded
//! by the checks that run. Must not decide what waiting means for a check.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Slots per host name or address.
#[derive(Debug)]
pub(crate) struct HostSlots {
    per_host: usize,
    hosts: Mutex<HashMap<Arc<str>, Host>>,
}

#[derive(Debug)]
struct Host {
    gate: Arc<Semaphore>,
    /// Those that hold a slot and those that wait for one.
    users: usize,
}

/// A slot of one host, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a HostSlots,
    host: Arc<str>,
    permit: Option<OwnedSemaphorePermit>,
}

impl HostSlots {
    pub(crate) fn new(per_host: usize) -> Self {
        Self {
            per_host,
            hosts: Mutex::default(),
        }
    }

    /// Waits, in order of arrival, for a slot of `host`. May be dropped while it waits.
    pub(crate) async fn acquire(&self, host: &str) -> Slot<'_> {
        let (mut slot, gate) = self.register(host);
        // The gate is never closed, so this cannot fail.
        slot.permit = gate.acquire_owned().await.ok();
        slot
    }

    /// Counts a user of `host`; dropping the slot takes it back, whether it got its permit or not.
    fn register(&self, host: &str) -> (Slot<'_>, Arc<Semaphore>) {
        let host: Arc<str> = Arc::from(host);
        let mut hosts = self.lock();
        let entry = hosts.entry(Arc::clone(&host)).or_insert_with(|| Host {
            gate: Arc::new(Semaphore::new(self.per_host)),
            users: 0,
        });
        entry.users += 1;
        (
            Slot {
                slots: self,
                host,
                permit: None,
            },
            Arc::clone(&entry.gate),
        )
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Host>> {
        // Every change under the lock is complete before anything can panic.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.permit = None;
        let mut hosts = self.slots.lock();
        if let Some(entry) = hosts.get_mut(&self.host) {
            entry.users -= 1;
            if entry.users == 0 {
                hosts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostSlots;
    use futures_util::{FutureExt, future::join_all};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_host_has_as_many_slots_as_configured_and_other_hosts_have_their_own() {
        let slots = HostSlots::new(2);
        let first = slots.acquire("a").await;
        let _second = slots.acquire("a").await;
        assert!(slots.acquire("a").now_or_never().is_none());
        assert!(slots.acquire("b").now_or_never().is_some());
        drop(first);
        assert!(slots.acquire("a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten_also_when_waiting_was_given_up() {
        let slots = HostSlots::new(1);
        let held = slots.acquire("a").await;
        assert!(slots.acquire("a").now_or_never().is_none());
        assert_eq!(slots.lock().len(), 1);
        drop(held);
        assert_eq!(slots.lock().len(), 0);
    }

    #[tokio::test]
    async fn many_checks_of_one_host_never_exceed_its_slots() {
        let slots = HostSlots::new(4);
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        join_all((0..100).map(async |_| {
            let _slot = slots.acquire("a").await;
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::SeqCst);
        }))
        .await;
        assert_eq!(most.into_inner(), 4);
        assert_eq!(slots.lock().len(), 0);
    }
}
