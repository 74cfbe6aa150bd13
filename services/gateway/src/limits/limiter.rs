//! Limits that count in Postgres, by the generic cell rate algorithm: one row, one statement an attempt.

use std::net::{IpAddr, Ipv4Addr};

use db::{Db, DbError, PlatformSql, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::id::TenantId;

use super::{Limit, RateHeaders, Source};
use crate::auth::{Keys, network_of};
use crate::problem::ApiError;

/// Takes an attempt, where the bucket has room for one: `full_at` moves on by one interval. Where it has
/// not, tells how full it is.
const TAKE: PlatformSql = platform_sql!(
    "WITH taken AS (
         INSERT INTO platform.rate_limits AS r (bucket, subject_hash, full_at)
         VALUES ($1, $2, $3::timestamptz + $4::bigint * interval '1 microsecond')
         ON CONFLICT (bucket, subject_hash) DO UPDATE
            SET full_at = greatest(r.full_at, $3) + $4 * interval '1 microsecond'
          WHERE greatest(r.full_at, $3) + $4 * interval '1 microsecond'
                <= $3 + $5::bigint * interval '1 microsecond'
         RETURNING r.full_at
     )
     SELECT full_at, true AS taken FROM taken
     UNION ALL
     SELECT full_at, false FROM platform.rate_limits
      WHERE bucket = $1 AND subject_hash = $2 AND NOT EXISTS (SELECT FROM taken)"
);

const GIVE_BACK: PlatformSql = platform_sql!(
    "UPDATE platform.rate_limits
        SET full_at = full_at - $4::bigint * interval '1 microsecond'
      WHERE bucket = $1 AND subject_hash = $2 AND full_at > $3"
);

/// Counts attempts in Postgres, in short transactions of its own. Cloning is cheap.
#[derive(Clone)]
pub struct Limiter {
    db: Db,
    keys: Keys,
}

/// Whose attempts are counted, as a keyed hash: no address is stored. Nobody's, where a trusted network's would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSubject(Option<[u8; 32]>);

impl LimitSubject {
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.0.as_ref().map(<[u8; 32]>::as_slice)
    }
}

impl Limiter {
    /// A limiter on `platform.rate_limits`.
    pub fn new(db: Db, keys: Keys) -> Self {
        Self { db, keys }
    }

    /// An address, unless it is trusted; a network of 64 bits for IPv6. Without one (a Unix socket), all count as one.
    pub fn address(&self, source: Source) -> LimitSubject {
        let address = source.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        LimitSubject((!source.trusted).then(|| self.keys.address_subject(address)))
    }

    /// An account of a tenant, by its normalised e-mail address or by its id.
    pub fn account(&self, tenant: TenantId, account: &str) -> LimitSubject {
        LimitSubject(Some(self.keys.account_subject(tenant, account)))
    }

    /// An account of a tenant as it is seen from one address, or one network of IPv6, unless it is trusted.
    pub fn pair(&self, tenant: TenantId, source: Source, account: &str) -> LimitSubject {
        let network = source.address.map(network_of).unwrap_or_default();
        let pair = || self.keys.pair_subject(tenant, &network, account);
        LimitSubject((!source.trusted).then(pair))
    }

    /// An account of a tenant as it is seen from a device that its owner has used before.
    pub fn device(&self, tenant: TenantId, device: &[u8; 32], account: &str) -> LimitSubject {
        LimitSubject(Some(self.keys.pair_subject(tenant, device, account)))
    }

    pub(super) const fn db(&self) -> &Db {
        &self.db
    }

    /// Takes one attempt. Errors: 429 `rate_limited`; the database's.
    pub async fn take(&self, limit: Limit, subject: LimitSubject) -> Result<RateHeaders, ApiError> {
        let Some(hash) = limit.counted(&subject) else {
            return Ok(unlimited(limit));
        };
        let (interval, window) = (limit.interval_us(), limit.window_us());
        let (now, row) = self
            .db
            .write_platform(async |tx| {
                let now = tx.now();
                let row = tx
                    .query_opt(TAKE, &[&limit.name, &hash, &now, &interval, &window])
                    .await?;
                let row = row
                    .map(|row| Ok::<_, DbError>((row.get("full_at")?, row.get("taken")?)))
                    .transpose()?;
                Ok::<_, DbError>((now, row))
            })
            .await?;
        // No row: another attempt made the row in this very moment, and filled it.
        let (full_at, taken) = row.unwrap_or((now, false));
        judge(limit, now, full_at, taken)
    }

    /// Gives one attempt back: it turned out to be a good one.
    pub async fn give_back(&self, limit: Limit, subject: LimitSubject) -> Result<(), DbError> {
        let Some(hash) = limit.counted(&subject) else {
            return Ok(());
        };
        let interval = limit.interval_us();
        self.db
            .write_platform(async |tx| {
                let now = tx.now();
                tx.execute(GIVE_BACK, &[&limit.name, &hash, &now, &interval])
                    .await
                    .map(drop)
            })
            .await
    }
}

impl Limit {
    /// The key of the row that counts `subject`, if any does.
    fn counted(self, subject: &LimitSubject) -> Option<&[u8]> {
        subject.bytes().filter(|_| self.max != Self::UNLIMITED)
    }
}

fn unlimited(limit: Limit) -> RateHeaders {
    RateHeaders {
        limit,
        remaining: limit.max,
        reset_s: 0,
    }
}

/// What a bucket that is full at `full_at` means at `now`.
fn judge(
    limit: Limit,
    now: Timestamp,
    full_at: Timestamp,
    taken: bool,
) -> Result<RateHeaders, ApiError> {
    let used_us = full_at.duration_since(now).max(SignedDuration::ZERO);
    let used_us = i64::try_from(used_us.as_micros()).unwrap_or(i64::MAX);
    RateHeaders::judge(limit, used_us, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::RETRY_AFTER;

    const LOGIN: Limit = Limit::per_hour("login", 10);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    #[test]
    fn the_first_attempt_leaves_all_but_one() {
        let rate = judge(LOGIN, at(0), at(360), true).expect("it was taken");
        assert_eq!((rate.remaining, rate.reset_s), (9, 360));
    }

    #[test]
    fn the_last_attempt_leaves_none() {
        let rate = judge(LOGIN, at(0), at(3600), true).expect("it was taken");
        assert_eq!((rate.remaining, rate.reset_s), (0, 3600));
    }

    #[test]
    fn a_refused_attempt_says_when_to_come_back() {
        let refused = judge(LOGIN, at(10), at(3600), false).expect_err("it is full");
        let answer = refused.respond(uuid::Uuid::nil());
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|v| v.to_str().expect("text"))
        };
        assert_eq!(answer.status().as_u16(), 429);
        assert_eq!(header(RETRY_AFTER.as_str()), Some("350"));
        assert_eq!(header("ratelimit"), Some("\"login\";r=0;t=3590"));
        assert_eq!(header("ratelimit-policy"), Some("\"login\";q=10;w=3600"));
        assert_eq!(header("x-ratelimit-limit"), Some("10"));
        assert_eq!(header("x-ratelimit-remaining"), Some("0"));
    }
}
