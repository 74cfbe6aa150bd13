//! Waits that grow with every wrong guess, counted in Postgres beside the buckets.

use std::time::Duration;

use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::{SignedDuration, Timestamp};

use super::limiter::{LimitSubject, Limiter};
use super::{Limit, RateHeaders};
use crate::problem::ApiError;

/// How long whoever guesses wrong has to wait: a second, and twice as long each time; from the guess on that
/// is the last one looked at, a ban, twice as long each time until it is the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// What is counted: part of the stored key and of the headers.
    pub name: &'static str,
    /// The guess that bans. 0 counts nothing.
    pub max: u8,
    /// The first ban.
    pub ban: Duration,
    /// The longest one; whoever is quiet for as long again begins anew.
    pub longest: Duration,
}

/// `full_at` is when everything is forgotten: `forget` after the next guess is looked at. Guesses that are
/// looked at in the same moment are all counted, and the last one allowed bans before it is looked at.
const TAKE: PlatformSql = platform_sql!(
    "WITH taken AS (
         INSERT INTO platform.rate_limits AS r (bucket, subject_hash, failures, full_at)
         VALUES ($1, $2, 1, $3::timestamptz + ($4::bigint + ($5::bigint[])[1]) * interval '1 microsecond')
         ON CONFLICT (bucket, subject_hash) DO UPDATE
            SET failures = CASE WHEN r.full_at <= $3 THEN 1
                                ELSE least(r.failures + 1, cardinality($5::bigint[])) END,
                full_at = $3 + ($4 + ($5::bigint[])[CASE WHEN r.full_at <= $3 THEN 1
                                                         ELSE least(r.failures + 1, cardinality($5::bigint[])) END])
                               * interval '1 microsecond'
          WHERE r.full_at <= $3 + $4 * interval '1 microsecond'
         RETURNING r.full_at
     )
     SELECT full_at, true AS taken FROM taken
     UNION ALL
     SELECT full_at, false FROM platform.rate_limits
      WHERE bucket = $1 AND subject_hash = $2 AND NOT EXISTS (SELECT FROM taken)"
);

const FAIL: PlatformSql = platform_sql!(
    "UPDATE platform.rate_limits
        SET full_at = greatest(full_at, $3::timestamptz
                + ($4::bigint + ($5::bigint[])[greatest(1, least(failures, cardinality($5::bigint[])))])
                  * interval '1 microsecond')
      WHERE bucket = $1 AND subject_hash = $2
  RETURNING full_at"
);

const GIVE_BACK: PlatformSql = platform_sql!(
    "UPDATE platform.rate_limits
        SET failures = failures - 1, full_at = $3::timestamptz + $4::bigint * interval '1 microsecond'
      WHERE bucket = $1 AND subject_hash = $2 AND failures > 0"
);

const FORGET: PlatformSql =
    platform_sql!("DELETE FROM platform.rate_limits WHERE bucket = $1 AND subject_hash = $2");

const SWEEP: PlatformSql = platform_sql!(
    "DELETE FROM platform.rate_limits r
      USING (SELECT bucket, subject_hash FROM platform.rate_limits
              WHERE full_at <= $1
              ORDER BY full_at
              LIMIT $2
                FOR UPDATE SKIP LOCKED) AS over
      WHERE r.bucket = over.bucket AND r.subject_hash = over.subject_hash"
);

impl Waits {
    /// How long after wrong guess `n` the next one is looked at.
    pub fn after(&self, n: u32) -> Duration {
        let max = u32::from(self.max);
        let (first, doubled) = if n < max {
            (Duration::from_secs(1), n.saturating_sub(1))
        } else {
            (self.ban, n.saturating_sub(max))
        };
        let factor = 2_u32.checked_pow(doubled).unwrap_or(u32::MAX);
        first.saturating_mul(factor).min(self.longest)
    }

    /// In microseconds, for every number of guesses up to the longest ban.
    fn all(&self) -> Vec<i64> {
        let mut all = Vec::new();
        loop {
            let n = u32::try_from(all.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let wait = self.after(n);
            all.push(micros(wait));
            // 64 doublings are more than there is time.
            if (n >= u32::from(self.max) && wait >= self.longest) || n >= 64 + u32::from(self.max) {
                return all;
            }
        }
    }

    /// The same for guesses that are looked at right now: only a ban begins before it is known what they are.
    fn bans(&self) -> Vec<i64> {
        let mut all = self.all();
        let free = usize::from(self.max).saturating_sub(1);
        all.iter_mut().take(free).for_each(|wait| *wait = 0);
        all
    }

    /// The key of the row that counts `subject`, if any does.
    fn counted<'s>(&self, subject: &'s LimitSubject) -> Option<&'s [u8]> {
        subject.bytes().filter(|_| self.max > 0)
    }

    fn forget_us(&self) -> i64 {
        micros(self.longest)
    }

    /// Seconds from `now` on, where everything is forgotten at `full_at`.
    fn left_s(&self, full_at: Timestamp, now: Timestamp) -> u64 {
        let forget = SignedDuration::from_micros(self.forget_us());
        let wait = full_at.duration_since(now).saturating_sub(forget);
        u64::try_from(wait.as_micros())
            .unwrap_or(0)
            .div_ceil(1_000_000)
    }

    fn refusal(&self, wait_s: u64) -> ApiError {
        let limit = Limit {
            name: self.name,
            max: u32::from(self.max),
            per: self.ban,
        };
        let empty = RateHeaders {
            limit,
            remaining: 0,
            reset_s: wait_s,
        };
        empty.refuse(wait_s)
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Limiter {
    /// Counts a guess that is about to be looked at as a wrong one. A right one is taken back by
    /// [`Limiter::forget_guesses`]. Errors: 429 `rate_limited` before the wait is over.
    pub async fn take_guess(&self, waits: Waits, subject: LimitSubject) -> Result<(), ApiError> {
        let Some(hash) = waits.counted(&subject) else {
            return Ok(());
        };
        let (forget, bans) = (waits.forget_us(), waits.bans());
        let (now, row) = self
            .db()
            .write_platform(async |tx| {
                let now = tx.now();
                let row = tx
                    .query_opt(TAKE, &[&waits.name, &hash, &now, &forget, &bans])
                    .await?;
                let row = row
                    .map(|row| Ok::<_, DbError>((row.get("full_at")?, row.get("taken")?)))
                    .transpose()?;
                Ok::<_, DbError>((now, row))
            })
            .await?;
        match row {
            Some((_, true)) => Ok(()),
            Some((full_at, false)) => Err(waits.refusal(waits.left_s(full_at, now).max(1))),
            // Another guess made the row in this very moment.
            None => Err(waits.refusal(1)),
        }
    }

    /// The guess was a wrong one. Answers the seconds until the next one is looked at.
    pub async fn fail_guess(&self, waits: Waits, subject: LimitSubject) -> Result<u64, DbError> {
        let Some(hash) = waits.counted(&subject) else {
            return Ok(0);
        };
        let (forget, all) = (waits.forget_us(), waits.all());
        self.db()
            .write_platform(async |tx| {
                let now = tx.now();
                let row = tx
                    .query_opt(FAIL, &[&waits.name, &hash, &now, &forget, &all])
                    .await?;
                // A right guess beside it has wiped the slate.
                row.map_or(Ok(0), |row| Ok(waits.left_s(row.get("full_at")?, now)))
            })
            .await
    }

    /// The guess was not looked at after all.
    pub async fn give_guess_back(
        &self,
        waits: Waits,
        subject: LimitSubject,
    ) -> Result<(), DbError> {
        let Some(hash) = waits.counted(&subject) else {
            return Ok(());
        };
        let forget = waits.forget_us();
        self.db()
            .write_platform(async |tx| {
                let now = tx.now();
                tx.execute(GIVE_BACK, &[&waits.name, &hash, &now, &forget])
                    .await
                    .map(drop)
            })
            .await
    }

    /// The guess was right: nothing wrong is remembered.
    pub async fn forget_guesses(&self, waits: Waits, subject: LimitSubject) -> Result<(), DbError> {
        let Some(hash) = waits.counted(&subject) else {
            return Ok(());
        };
        self.db()
            .write_platform(async |tx| tx.execute(FORGET, &[&waits.name, &hash]).await.map(drop))
            .await
    }
}

/// Removes at most `limit` rows of limits that mean nothing any more, the oldest first. Answers how many.
pub async fn sweep_limits(tx: &PlatformTx, limit: i64) -> Result<u64, DbError> {
    tx.execute(SWEEP, &[&tx.now(), &limit]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = Waits {
        name: "guess",
        max: 5,
        ban: Duration::from_secs(900),
        longest: Duration::from_secs(86_400),
    };

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_the_longest() {
        let seconds: Vec<i64> = WAITS.all().iter().map(|us| us / 1_000_000).collect();
        let expected = [
            1, 2, 4, 8, 900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400,
        ];
        assert_eq!(seconds, expected);
        assert_eq!(WAITS.after(u32::MAX), WAITS.longest);
    }

    #[test]
    fn only_bans_begin_before_a_guess_is_looked_at() {
        let bans = WAITS.bans();
        assert_eq!(bans.len(), WAITS.all().len());
        assert_eq!(
            bans.iter().take(5).copied().collect::<Vec<_>>(),
            [0, 0, 0, 0, 900_000_000]
        );
    }

    #[test]
    fn a_ban_that_never_grows_ends_the_list_all_the_same() {
        let never = Waits {
            ban: Duration::ZERO,
            ..WAITS
        };
        assert!(never.all().len() < 100);
    }
}
