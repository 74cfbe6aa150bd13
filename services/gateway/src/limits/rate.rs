//! A limit and its state, and the headers that tell a client about them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::problem::ApiError;

/// `max` times a `per`, spread evenly after a burst of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, `login`: part of the stored key and of the headers.
    pub name: &'static str,
    /// How often. [`Limit::UNLIMITED`] counts nothing.
    pub max: u32,
    /// In which time.
    pub per: Duration,
}

impl Limit {
    /// As [`Limit::max`], switches a limit off: for tests and measurements.
    pub const UNLIMITED: u32 = u32::MAX;

    /// `max` an hour.
    pub const fn per_hour(name: &'static str, max: u32) -> Self {
        Self {
            name,
            max,
            per: Duration::from_secs(3600),
        }
    }

    /// `max` a minute.
    pub const fn per_minute(name: &'static str, max: u32) -> Self {
        Self {
            name,
            max,
            per: Duration::from_secs(60),
        }
    }

    /// Microseconds after which one more is allowed.
    pub(super) fn interval_us(&self) -> i64 {
        i64::try_from(self.per.as_micros() / u128::from(self.max.max(1))).unwrap_or(i64::MAX)
    }

    /// Microseconds in which all are allowed again.
    pub(super) fn window_us(&self) -> i64 {
        self.interval_us().saturating_mul(i64::from(self.max))
    }
}

/// Where a client stands with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateHeaders {
    /// The limit.
    pub limit: Limit,
    /// Attempts left at this moment.
    pub remaining: u32,
    /// Seconds until all of them are there again.
    pub reset_s: u64,
}

impl RateHeaders {
    /// What it means that a bucket is empty in `used_us`, and had room for an attempt or not.
    pub(super) fn judge(limit: Limit, used_us: i64, taken: bool) -> Result<Self, ApiError> {
        let interval = limit.interval_us().max(1);
        let room_us = limit.window_us().saturating_sub(used_us).max(0);
        let rate = Self {
            limit,
            remaining: u32::try_from(room_us / interval).unwrap_or(u32::MAX),
            reset_s: whole_seconds(used_us),
        };
        if taken {
            return Ok(rate);
        }
        let wait_us = interval.saturating_sub(room_us);
        let empty = Self {
            remaining: 0,
            ..rate
        };
        Err(empty.refuse(whole_seconds(wait_us)))
    }

    /// Adds `RateLimit`, `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) and the older
    /// `X-RateLimit-*`, unless a stricter limit has told about itself already.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(RATE_LIMIT) {
            for (name, value) in self.pairs() {
                headers.insert(name, value);
            }
        }
    }

    fn pairs(&self) -> [(HeaderName, HeaderValue); 5] {
        let Limit { name, max, per } = self.limit;
        let text = |text: String| {
            // Names are ours and the rest is digits.
            HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
        };
        [
            (
                RATE_LIMIT,
                text(format!(
                    "\"{name}\";r={};t={}",
                    self.remaining, self.reset_s
                )),
            ),
            (
                RATE_LIMIT_POLICY,
                text(format!("\"{name}\";q={max};w={}", per.as_secs())),
            ),
            (X_LIMIT, HeaderValue::from(max)),
            (X_REMAINING, HeaderValue::from(self.remaining)),
            (X_RESET, HeaderValue::from(self.reset_s)),
        ]
    }

    /// 429 `rate_limited`: one more is allowed after `retry_after_s`.
    pub(crate) fn refuse(&self, retry_after_s: u64) -> ApiError {
        let refusal = ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many attempts. Wait a moment and try again.",
        )
        .retry_after(retry_after_s);
        self.pairs()
            .into_iter()
            .fold(refusal, |refusal, (name, value)| {
                refusal.with_header(name, value)
            })
    }
}

/// Rounded up, so that whoever waits this long has waited long enough.
fn whole_seconds(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).div_ceil(1_000_000)
}

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
