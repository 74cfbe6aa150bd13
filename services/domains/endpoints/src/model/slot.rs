//! When an endpoint is checked: a grid of its own on the wall clock. The phase comes from the id, so
//! load is even, a restart changes nothing, and a slow check delays no later one.

use jiff::Timestamp;
use uuid::Uuid;

/// The first slot after `after`, strictly. `interval_ms` is at least 1.
pub fn next_slot(id: Uuid, interval_ms: i64, after: Timestamp) -> Timestamp {
    let interval_ms = interval_ms.max(1);
    let since_phase = after.as_millisecond() - phase_ms(id, interval_ms);
    let slot = (since_phase.div_euclid(interval_ms) + 1) * interval_ms;
    Timestamp::from_millisecond(slot + phase_ms(id, interval_ms)).unwrap_or(Timestamp::MAX)
}

/// Where in the interval this endpoint's slots lie.
fn phase_ms(id: Uuid, interval_ms: i64) -> i64 {
    let (high, low) = id.as_u64_pair();
    // Ids made in the same millisecond differ in their low half only: the multiplication and the shift
    // (the finaliser of SplitMix64) carry that difference into every bit.
    let mut hash = high.rotate_left(32) ^ low;
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    i64::try_from(hash % interval_ms.unsigned_abs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_instant() -> impl Strategy<Value = Timestamp> {
        (0..4_102_444_800_000_000_i64).prop_map(|us| Timestamp::from_microsecond(us).unwrap())
    }

    proptest! {
        #[test]
        fn the_next_slot_is_after_now_and_within_one_interval(
            id: u128, interval_ms in 1..2_678_400_000_i64, now in any_instant()
        ) {
            let slot = next_slot(Uuid::from_u128(id), interval_ms, now);
            prop_assert!(slot > now);
            prop_assert!(slot.as_millisecond() - now.as_millisecond() <= interval_ms);
        }

        #[test]
        fn slots_do_not_drift_however_long_a_check_takes(
            id: u128, interval_ms in 1_000..86_400_000_i64, now in any_instant(), took_ms in 0..200_000_i64
        ) {
            let id = Uuid::from_u128(id);
            let slot = next_slot(id, interval_ms, now);
            let done = Timestamp::from_millisecond(slot.as_millisecond() + took_ms).unwrap();
            let next = next_slot(id, interval_ms, done);
            prop_assert_eq!((next.as_millisecond() - slot.as_millisecond()) % interval_ms, 0);
            prop_assert!(next > done);
        }
    }

    #[test]
    fn endpoints_made_together_are_spread_over_the_interval() {
        let made = 0x0192_0000_0000_7000_8000_0000_0000_0000_u128;
        let mut slots = [0; 60];
        for number in 0..6_000 {
            let id = Uuid::from_u128(made + number);
            let second = phase_ms(id, 60_000) / 1_000;
            slots[usize::try_from(second).unwrap()] += 1;
        }
        let (least, most) = (slots.iter().min().unwrap(), slots.iter().max().unwrap());
        assert!(*least > 60 && *most < 150, "{least} to {most} a second");
    }
}
