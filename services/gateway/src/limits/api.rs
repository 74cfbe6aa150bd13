//! The limit of the API class: in this process, by address or session.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use kernel::id::SessionId;

use super::{Limit, RateHeaders};
use crate::auth::network_of;
use crate::config::ApiLimits;
use crate::problem::ApiError;

/// After so many attempts, those who have been away long enough are forgotten.
const SWEEP_EVERY: u32 = 10_000;

type Counter<K> =
    RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// Whose requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Address(Option<IpAddr>),
    Session(SessionId),
}

/// Counts requests of the API class.
pub(crate) struct ApiLimiter {
    anonymous: Option<Class<[u8; 16]>>,
    session: Option<Class<SessionId>>,
    clock: DefaultClock,
}

struct Class<K: std::hash::Hash + Eq + Clone> {
    limit: Limit,
    counter: Counter<K>,
    attempts: AtomicU32,
}

impl ApiLimiter {
    pub(crate) fn new(limits: ApiLimits) -> Self {
        Self {
            anonymous: Class::new("anonymous", limits.anonymous_per_minute),
            session: Class::new("session", limits.session_per_minute),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one request. `None` where no limit is set. Errors: 429 `rate_limited`.
    pub(crate) fn take(&self, subject: Subject) -> Result<Option<RateHeaders>, ApiError> {
        match subject {
            Subject::Address(address) => self.anonymous.as_ref().map(|class| {
                let network = address.map(network_of).unwrap_or_default();
                class.take(&network, &self.clock)
            }),
            Subject::Session(session) => self
                .session
                .as_ref()
                .map(|class| class.take(&session, &self.clock)),
        }
        .transpose()
    }
}

impl<K: std::hash::Hash + Eq + Clone> Class<K> {
    fn new(name: &'static str, per_minute: Option<u32>) -> Option<Self> {
        let max = NonZeroU32::new(per_minute?)?;
        let state = DefaultKeyedStateStore::<K>::default();
        let quota = Quota::per_minute(max);
        Some(Self {
            limit: Limit::per_minute(name, max.get()),
            counter: RateLimiter::new(quota, state, DefaultClock::default()),
            attempts: AtomicU32::new(0),
        })
    }

    fn take(&self, key: &K, clock: &DefaultClock) -> Result<RateHeaders, ApiError> {
        if self.attempts.fetch_add(1, Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.counter.retain_recent();
        }
        let interval_us = u64::try_from(self.limit.interval_us()).unwrap_or(u64::MAX);
        let rate = |remaining: u32| {
            let used = u64::from(self.limit.max.saturating_sub(remaining));
            RateHeaders {
                limit: self.limit,
                remaining,
                reset_s: used.saturating_mul(interval_us).div_ceil(1_000_000),
            }
        };
        match self.counter.check_key(key) {
            Ok(state) => Ok(rate(state.remaining_burst_capacity())),
            Err(wait) => {
                let wait = wait.wait_time_from(clock.now());
                Err(rate(0).refuse(wait.as_secs() + 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn limiter(anonymous: Option<u32>, session: Option<u32>) -> ApiLimiter {
        ApiLimiter::new(ApiLimits {
            anonymous_per_minute: anonymous,
            session_per_minute: session,
        })
    }

    fn address(text: &str) -> Subject {
        Subject::Address(Some(text.parse().expect("an address")))
    }

    #[test]
    fn each_address_has_its_own_bucket() {
        let limiter = limiter(Some(2), None);
        let left = |subject| limiter.take(subject).map(|rate| rate.map(|r| r.remaining));
        assert_eq!(left(address("192.0.2.1")).ok(), Some(Some(1)));
        assert_eq!(left(address("192.0.2.1")).ok(), Some(Some(0)));
        let refused = left(address("192.0.2.1")).expect_err("it is empty");
        assert_eq!(refused.code(), "rate_limited");
        assert_eq!(left(address("192.0.2.2")).ok(), Some(Some(1)));
    }

    #[test]
    fn a_session_is_not_counted_for_its_address() {
        let limiter = limiter(Some(1), Some(2));
        let session = Subject::Session(Uuid::from_u128(1).into());
        assert!(limiter.take(session).is_ok());
        assert!(limiter.take(session).is_ok());
        assert!(limiter.take(session).is_err());
        assert!(limiter.take(address("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_limit_can_be_switched_off() {
        let limiter = limiter(None, None);
        for _ in 0..10_000 {
            assert_eq!(limiter.take(address("192.0.2.1")).ok(), Some(None));
        }
    }
}
