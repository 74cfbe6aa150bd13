//! What a run does next, decided from what has come of it so far. Pure: no clock, no database.

/// When a run stops for a person to look. A failed canary stops it always.
#[derive(Clone, Copy, Debug)]
pub struct Halting {
    /// It halts when more than so many of a hundred attempted tenants have failed,
    pub percent: u32,
    /// and more than so many in all: among the first hundred, one alone would be too many.
    pub tolerated: u32,
}

impl Default for Halting {
    fn default() -> Self {
        Self {
            percent: 1,
            tolerated: 3,
        }
    }
}

/// What has come of a run: how many attempts, by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub planned: u32,
    pub waiting: u32,
    pub open: u32,
    pub done: u32,
    pub failed: u32,
    /// Done or failed, and not accepted by a person who let a halted run go on.
    pub judged: u32,
    pub judged_failures: u32,
    pub failed_canaries: u32,
    /// The first ring that has not ended.
    pub ring: Option<i16>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Take a tenant of this ring, if one is left that nobody has taken; wait for the others if not.
    Take(i16),
    /// Stop, and say why.
    Halt(String),
    /// Nobody is left.
    Over,
}

impl Halting {
    /// A ring is begun when the one before it has ended, and not if that one spoke against it.
    pub(super) fn next(self, counts: &Counts) -> Next {
        if counts.failed_canaries > 0 {
            return Next::Halt("the canary was not migrated".to_owned());
        }
        if self.are_too_many(counts) {
            return Next::Halt(format!(
                "{} of {} tenants were not migrated",
                counts.judged_failures, counts.judged
            ));
        }
        counts.ring.map_or(Next::Over, Next::Take)
    }

    fn are_too_many(self, counts: &Counts) -> bool {
        let failures = u64::from(counts.judged_failures);
        let share = failures * 100 > u64::from(counts.judged) * u64::from(self.percent);
        share && counts.judged_failures > self.tolerated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(judged: u32, judged_failures: u32) -> Next {
        let counts = Counts {
            judged,
            judged_failures,
            ring: Some(3),
            ..Counts::default()
        };
        Halting::default().next(&counts)
    }

    #[test]
    fn more_than_one_in_a_hundred_and_more_than_a_few_halt() {
        assert_eq!(after(20, 3), Next::Take(3), "a few alone do not");
        assert!(matches!(after(20, 4), Next::Halt(_)));
        assert!(matches!(after(399, 4), Next::Halt(_)));
        assert_eq!(after(400, 4), Next::Take(3), "one in a hundred does not");
        assert_eq!(after(2000, 20), Next::Take(3));
        assert!(matches!(after(2000, 21), Next::Halt(_)));
    }

    #[test]
    fn without_tolerance_the_share_alone_decides() {
        let strict = Halting {
            percent: 1,
            tolerated: 0,
        };
        let counts = |judged, judged_failures| Counts {
            judged,
            judged_failures,
            ring: Some(3),
            ..Counts::default()
        };
        assert_eq!(strict.next(&counts(100, 1)), Next::Take(3));
        assert!(matches!(strict.next(&counts(99, 1)), Next::Halt(_)));
    }

    #[test]
    fn a_failed_canary_halts_alone_and_nobody_left_ends_it() {
        let canary = Counts {
            judged: 1,
            judged_failures: 1,
            failed_canaries: 1,
            ring: Some(1),
            ..Counts::default()
        };
        assert!(matches!(Halting::default().next(&canary), Next::Halt(_)));
        assert_eq!(Halting::default().next(&Counts::default()), Next::Over);
    }
}
