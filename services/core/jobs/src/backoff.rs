//! How long a failed piece of work waits for its next attempt.

use jiff::SignedDuration;
use kernel::rng::Entropy;

/// The wait doubles with each attempt, from 10 s after the first.
const STEP_S: i64 = 5;
/// It never grows beyond an hour.
const LONGEST_S: i64 = 60 * 60;

/// The wait after `attempts` failed attempts: `2^attempts * 5 s`, at most an hour, and up to a quarter more
/// by chance, so that what failed together does not come back together.
pub(crate) fn after(attempts: i16, entropy: &dyn Entropy) -> SignedDuration {
    // 2^10 * 5 s is beyond the longest wait already.
    let doublings = attempts.clamp(0, 10);
    let wait_ms = ((STEP_S << doublings).min(LONGEST_S)) * 1000;
    let mut bytes = [0; 2];
    entropy.fill(&mut bytes);
    let jitter_ms = wait_ms / 4 * i64::from(u16::from_le_bytes(bytes)) / i64::from(u16::MAX);
    SignedDuration::from_millis(wait_ms + jitter_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Randomness at one of its ends.
    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn waits(entropy: &dyn Entropy) -> Vec<i64> {
        (1..=12)
            .map(|attempts| after(attempts, entropy).as_secs())
            .collect()
    }

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        assert_eq!(
            waits(&Always(0)),
            [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
        );
    }

    #[test]
    fn chance_adds_a_quarter_at_the_most() {
        assert_eq!(
            waits(&Always(255)),
            [12, 25, 50, 100, 200, 400, 800, 1600, 3200, 4500, 4500, 4500]
        );
    }
}
