//! Durations counted in buckets whose bounds grow by a tenth. Two histograms of any spans add up to the
//! histogram of both, so a percentile over any window is right within 5 %.

use std::collections::BTreeMap;

/// The bound of bucket 0, microseconds.
const FIRST_BOUND_US: f64 = 100.0;
/// How much the bounds grow.
const GROWTH: f64 = 1.1;
/// The last bucket takes everything above 146 s: no check takes that long.
const LAST_BUCKET: i32 = 149;

/// The bucket of a duration: the first whose bound, `100 * 1.1^n` µs, is not below it.
pub fn bucket(duration_us: u32) -> i32 {
    let steps = (f64::from(duration_us.max(1)) / FIRST_BOUND_US).ln() / GROWTH.ln();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a 32-bit number, far within i32"
    )]
    let bucket = steps.ceil() as i32;
    bucket.clamp(0, LAST_BUCKET)
}

/// Counts by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<i32, u64>,
}

impl Histogram {
    /// Adds `count` durations of `bucket`.
    pub fn add(&mut self, bucket: i32, count: u64) {
        if count > 0 {
            *self.counts.entry(bucket).or_default() += count;
        }
    }

    /// The duration in milliseconds that `share` (0 to 1) of all do not exceed, by nearest rank; `None`
    /// without durations.
    pub fn percentile_ms(&self, share: f64) -> Option<f64> {
        let total: u64 = self.counts.values().sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank between 0 and the total, and totals are far below 2^52"
        )]
        let rank = ((total as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        self.counts.iter().find_map(|(bucket, count)| {
            seen += count;
            (seen >= rank).then(|| middle_ms(*bucket))
        })
    }
}

/// The geometric middle of a bucket, in milliseconds to the microsecond: at most 5 % from all it holds.
fn middle_ms(bucket: i32) -> f64 {
    let middle_us = FIRST_BOUND_US * GROWTH.powf(f64::from(bucket) - 0.5);
    middle_us.round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram(durations: &[u32]) -> Histogram {
        let mut all = Histogram::default();
        for duration in durations {
            all.add(bucket(*duration), 1);
        }
        all
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::default().percentile_ms(0.5), None);
    }

    #[test]
    fn the_longest_and_the_shortest_check_have_a_bucket() {
        assert_eq!(
            (bucket(0), bucket(100), bucket(u32::MAX)),
            (0, 0, LAST_BUCKET)
        );
        assert!(bucket(62_000_000) < LAST_BUCKET);
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_a_tenth_of_the_true_one(
            mut durations in proptest::collection::vec(100..70_000_000_u32, 1..300), share in 0.0..=1.0
        ) {
            let found = histogram(&durations).percentile_ms(share).unwrap() * 1_000.0;
            durations.sort_unstable();
            let rank = ((durations.len() as f64 * share).ceil() as usize).max(1);
            let exact = f64::from(durations[rank - 1]);
            prop_assert!((found - exact).abs() <= exact * 0.1 + 1.0, "{} for {}", found, exact);
        }

        #[test]
        fn two_histograms_add_up_to_the_histogram_of_both(
            one in proptest::collection::vec(any::<u32>(), 0..50),
            other in proptest::collection::vec(any::<u32>(), 0..50),
        ) {
            let mut sum = histogram(&one);
            for (bucket, count) in histogram(&other).counts {
                sum.add(bucket, count);
            }
            prop_assert_eq!(sum, histogram(&[one, other].concat()));
        }
    }
}
