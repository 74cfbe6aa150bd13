//! Buckets of the generic cell rate algorithm in this process: of each, the moment at which it is full again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::Limit;

/// Whose bucket: a class of subjects, and 16 bytes that stand for one of them.
pub type Key = (u8, [u8; 16]);

/// Locks, so that requests seldom wait for each other.
const SHARDS: usize = 64;
/// Buckets of a shard that are not worth looking through.
const FEW: usize = 256;

/// All buckets of the process. Those that are empty are forgotten.
pub struct Buckets {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    started: Instant,
}

#[derive(Default)]
struct Shard {
    /// Microseconds after the start.
    full_at: HashMap<Key, i64>,
    sweep_at: usize,
}

/// What became of an attempt: how long the bucket takes to be empty, and whether it had room.
pub type Taken = (i64, bool);

impl Default for Buckets {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            started: Instant::now(),
        }
    }
}

impl Buckets {
    /// Takes one attempt, if there is room for it.
    pub fn take(&self, key: &Key, limit: Limit) -> Taken {
        let now = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.take_at(key, limit, now)
    }

    fn take_at(&self, key: &Key, limit: Limit, now: i64) -> Taken {
        // A remainder of the count is a place in the list.
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get(at) else {
            return (limit.window_us(), false);
        };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.sweep(now);
        let used = shard.full_at.get(key).map_or(0, |full_at| full_at - now);
        let used = used.max(0);
        let next = used.saturating_add(limit.interval_us());
        if next > limit.window_us() {
            return (used, false);
        }
        shard.full_at.insert(*key, now.saturating_add(next));
        (next, true)
    }
}

impl Shard {
    /// Forgets what is empty, whenever there is twice as much as was left the last time.
    fn sweep(&mut self, now: i64) {
        if self.full_at.len() >= self.sweep_at.max(FEW) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.sweep_at = self.full_at.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Limit = Limit::per_minute("key", 10);
    const SECOND: i64 = 1_000_000;

    fn taken(buckets: &Buckets, limit: Limit, now: i64, attempts: u32) -> usize {
        let key = (0, [1; 16]);
        let attempts = 0..attempts;
        attempts
            .filter(|_| buckets.take_at(&key, limit, now).1)
            .count()
    }

    #[test]
    fn a_bucket_holds_its_burst_and_fills_again_evenly() {
        let buckets = Buckets::default();
        assert_eq!(taken(&buckets, TEN, 0, 12), 10);
        assert_eq!(taken(&buckets, TEN, 6 * SECOND - 1, 2), 0);
        assert_eq!(taken(&buckets, TEN, 6 * SECOND, 2), 1);
        assert_eq!(taken(&buckets, TEN, 600 * SECOND, 12), 10);
        let other = (1, [1; 16]);
        assert!(buckets.take_at(&other, TEN, 600 * SECOND).1, "its own");
    }

    #[test]
    fn another_number_is_obeyed_from_the_next_attempt_on() {
        let buckets = Buckets::default();
        assert_eq!(taken(&buckets, TEN, 0, 5), 5);
        let hundred = Limit::per_minute("key", 100);
        assert_eq!(taken(&buckets, hundred, 0, 100), 50);
        let one = Limit::per_minute("key", 1);
        assert_eq!(taken(&buckets, one, 0, 5), 0);
    }

    #[test]
    fn empty_buckets_are_forgotten() {
        let buckets = Buckets::default();
        for subject in 0..100_000_u128 {
            let now = i64::try_from(subject).expect("small") * SECOND;
            buckets.take_at(&(0, subject.to_be_bytes()), TEN, now);
        }
        let held = |shard: &Mutex<Shard>| shard.lock().expect("whole").full_at.len();
        let held: usize = buckets.shards.iter().map(held).sum();
        assert!(held <= SHARDS * FEW, "{held}");
    }
}
