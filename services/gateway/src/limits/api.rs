//! The limit of the API class, by address, session or key: in Redis, or this process's part of it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use kernel::id::SessionId;

use super::buckets::{Buckets, Key};
use super::shared::SharedBuckets;
use super::{Limit, RateHeaders, Source};
use crate::auth::{Keys, ProgramKey};
use crate::config::{ApiLimits, GatewayConfig};
use crate::problem::ApiError;

/// Keys with a number of their own that are remembered.
const REMEMBERED: usize = 16_384;

/// What makes the class of a bucket that of all requests of its subject.
const WHOLE: u8 = 8;

/// Whose requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    Address(Source),
    Session(SessionId),
    /// Whoever makes keys up has a bucket for each, and none of anybody's.
    Key(&'a ProgramKey),
}

impl Subject<'_> {
    fn bucket(self, keys: &Keys) -> Key {
        match self {
            Self::Address(source) => (
                0,
                source
                    .address
                    .map(|it| half_of(&keys.address_subject(it)))
                    .unwrap_or_default(),
            ),
            Self::Session(session) => (1, session.uuid().into_bytes()),
            Self::Key(key) => (2, bucket_of(key)),
        }
    }
}

/// Half of a hash that only the key's holder can make.
fn bucket_of(key: &ProgramKey) -> [u8; 16] {
    half_of(&key.hash())
}

fn half_of(hash: &[u8; 32]) -> [u8; 16] {
    hash.first_chunk().copied().unwrap_or_default()
}

/// Counts requests of the API class.
pub(crate) struct ApiLimiter {
    limits: ApiLimits,
    keys: Keys,
    shared: Option<SharedBuckets>,
    buckets: Buckets,
    /// Numbers that keys have of their own, as their rows said last.
    own: RwLock<HashMap<[u8; 16], u32>>,
}

impl ApiLimiter {
    /// Errors: a Redis that is none.
    pub(crate) fn new(config: &GatewayConfig) -> Result<Self, redis::RedisError> {
        let shared = config.redis_url.as_ref().map(SharedBuckets::new);
        Ok(Self {
            limits: config.api_limits,
            keys: config.keys.clone(),
            shared: shared.transpose()?,
            buckets: Buckets::default(),
            own: RwLock::default(),
        })
    }

    /// Counts one request. `None` where no limit is set. Errors: 429 `rate_limited`.
    pub(crate) async fn take(&self, subject: Subject<'_>) -> Result<Option<RateHeaders>, ApiError> {
        let Some(limit) = self.limit(subject) else {
            return Ok(None);
        };
        let bucket = subject.bucket(&self.keys);
        let shared = match &self.shared {
            Some(shared) => shared.take(&bucket.1, limit).await,
            None => None,
        };
        match shared {
            Some((used_us, false)) => RateHeaders::judge(limit, used_us, false),
            Some((used_us, true)) => {
                // Counted here too: whatever becomes of Redis, nobody begins anew.
                let _ = self.take_part(&bucket, limit);
                self.take_whole(&bucket, limit)?;
                RateHeaders::judge(limit, used_us, true)
            }
            None => self.take_part(&bucket, limit),
        }
        .map(Some)
    }

    /// Counts one attempt in this process alone.
    pub(crate) fn take_alone(&self, subject: Subject<'_>) -> Result<(), ApiError> {
        let Some(limit) = self.limit(subject) else {
            return Ok(());
        };
        self.take_part(&subject.bucket(&self.keys), limit).map(drop)
    }

    /// Of what a process allows while it counts alone.
    fn take_part(&self, bucket: &Key, limit: Limit) -> Result<RateHeaders, ApiError> {
        let part = Limit {
            max: (limit.max / self.limits.copies.max(1)).max(1),
            ..limit
        };
        let (used_us, taken) = self.buckets.take(bucket, part);
        RateHeaders::judge(part, used_us, taken)
    }

    /// Of all, by what this process saw of it.
    fn take_whole(&self, (class, subject): &Key, limit: Limit) -> Result<RateHeaders, ApiError> {
        let (used_us, taken) = self.buckets.take(&(class + WHOLE, *subject), limit);
        RateHeaders::judge(limit, used_us, taken)
    }

    fn limit(&self, subject: Subject<'_>) -> Option<Limit> {
        let (name, per_minute) = match subject {
            Subject::Address(source) if source.trusted => return None,
            Subject::Address(_) => ("anonymous", self.limits.anonymous_per_minute),
            Subject::Session(_) => ("session", self.limits.session_per_minute),
            Subject::Key(key) => {
                let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
                let own = own.get(&bucket_of(key)).copied();
                let all = self.limits.key_per_minute;
                (
                    "key",
                    own.map_or(all, |own| Some(all.map_or(own, |all| all.min(own)))),
                )
            }
        };
        per_minute.map(|max| Limit::per_minute(name, max))
    }

    /// What the row of a proven key says about how often: it counts from the next request on.
    pub(crate) fn learn(&self, key: &ProgramKey, per_minute: Option<u32>) {
        let bucket = bucket_of(key);
        let known = {
            let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
            own.get(&bucket).copied()
        };
        if known == per_minute {
            return;
        }
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        match per_minute {
            // The row says it again.
            Some(_) if own.len() >= REMEMBERED => own.clear(),
            Some(max) => drop(own.insert(bucket, max)),
            None => drop(own.remove(&bucket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use kernel::rng::SystemEntropy;
    use uuid::Uuid;

    fn limiter(anonymous: Option<u32>, session: Option<u32>) -> ApiLimiter {
        of_copies(1, anonymous, session)
    }

    fn of_copies(copies: u32, anonymous: Option<u32>, session: Option<u32>) -> ApiLimiter {
        let master = secrecy::SecretString::from("m".repeat(32));
        let keys = Keys::derive("https://signalbox.example", &master, &[]).expect("long enough");
        let base = "https://signalbox.example".parse().expect("a URL");
        let config = GatewayConfig {
            api_limits: ApiLimits {
                anonymous_per_minute: anonymous,
                session_per_minute: session,
                key_per_minute: Some(2),
                copies,
            },
            ..GatewayConfig::new(base, keys)
        };
        ApiLimiter::new(&config).expect("a limiter")
    }

    fn take(limiter: &ApiLimiter, subject: Subject<'_>) -> Result<Option<RateHeaders>, ApiError> {
        // Without Redis nothing is waited for.
        limiter.take(subject).now_or_never().expect("an answer")
    }

    #[test]
    fn each_copy_allows_its_part_and_never_less_than_one() {
        for (copies, allowed) in [(1, 10), (3, 3), (100, 1)] {
            let limiter = of_copies(copies, Some(10), None);
            let taken = (0..20).filter(|_| take(&limiter, address("192.0.2.1")).is_ok());
            assert_eq!(taken.count(), allowed, "{copies} copies");
        }
    }

    fn source(text: &str, trusted: bool) -> Source {
        Source {
            address: Some(text.parse().expect("an address")),
            trusted,
        }
    }

    fn address(text: &str) -> Subject<'static> {
        Subject::Address(source(text, false))
    }

    #[test]
    fn each_address_has_its_own_bucket() {
        let limiter = limiter(Some(2), None);
        let left = |subject| take(&limiter, subject).map(|rate| rate.map(|r| r.remaining));
        assert_eq!(left(address("192.0.2.1")).ok(), Some(Some(1)));
        assert_eq!(left(address("192.0.2.1")).ok(), Some(Some(0)));
        let refused = left(address("192.0.2.1")).expect_err("it is empty");
        assert_eq!(refused.code(), "rate_limited");
        assert_eq!(left(address("192.0.2.2")).ok(), Some(Some(1)));
    }

    #[test]
    fn a_trusted_address_is_not_counted_and_its_sessions_are() {
        let limiter = limiter(Some(1), Some(1));
        let trusted = Subject::Address(source("192.0.2.1", true));
        for _ in 0..10 {
            assert_eq!(take(&limiter, trusted).ok(), Some(None));
            assert!(limiter.take_alone(trusted).is_ok());
        }
        assert!(take(&limiter, address("192.0.2.1")).is_ok(), "none was");
        let session = Subject::Session(Uuid::from_u128(1).into());
        assert!(take(&limiter, session).is_ok());
        assert!(take(&limiter, session).is_err());
    }

    #[test]
    fn a_session_is_not_counted_for_its_address() {
        let limiter = limiter(Some(1), Some(2));
        let session = Subject::Session(Uuid::from_u128(1).into());
        assert!(take(&limiter, session).is_ok());
        assert!(take(&limiter, session).is_ok());
        assert!(take(&limiter, session).is_err());
        assert!(take(&limiter, address("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_key_has_the_number_of_its_row_and_nobody_else_uses_it_up() {
        let limiter = limiter(None, None);
        let id = Uuid::from_u128(1);
        let key = ProgramKey::generate(id, &SystemEntropy);
        let made_up = ProgramKey::generate(id, &SystemEntropy);
        let left = |key| take(&limiter, Subject::Key(key)).ok().flatten();
        let left = |key| left(key).map(|rate| (rate.limit.max, rate.remaining));
        assert_eq!(left(&made_up), Some((2, 1)));
        assert_eq!(left(&made_up), Some((2, 0)));
        assert_eq!(left(&made_up), None);
        assert_eq!(left(&key), Some((2, 1)), "the same id, another secret");
        limiter.learn(&key, Some(1));
        assert_eq!(left(&key), None, "its one of this minute is used");
        limiter.learn(&key, Some(600));
        assert_eq!(left(&key).map(|it| it.0), Some(2), "no more than others");
        limiter.learn(&key, None);
        assert_eq!(left(&key), None);
    }

    #[test]
    fn a_limit_can_be_switched_off() {
        let limiter = limiter(None, None);
        for _ in 0..10_000 {
            assert_eq!(take(&limiter, address("192.0.2.1")).ok(), Some(None));
        }
    }
}
