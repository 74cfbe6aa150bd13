//! What a run does next, decided from what has come of it so far. Pure: no clock, no database.

/// When a run stops for a person to look. A failed canary stops it always.
#[derive(Clone, Copy, Debug)]
pub struct Halting {
    /// It halts when more than so many of a hundred attempted tenants have failed,
    pub percent: u32,
    /// and more than so many in all: among the first hundred attempts one alone would be too many. `None`
    /// tolerates [`A_FEW`], or so many of a hundred planned tenants where that is fewer: a run never goes on
    /// when more than `percent` of all its tenants have failed.
    pub tolerated: Option<u32>,
}

/// So many failures say nothing yet of a migration, if there is a crowd to migrate.
const A_FEW: u32 = 3;

impl Default for Halting {
    fn default() -> Self {
        Self {
            percent: 1,
            tolerated: None,
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
        let share_of = |tenants: u32| u64::from(tenants) * u64::from(self.percent);
        let a_few = u64::from(A_FEW).min(share_of(counts.planned) / 100);
        let tolerated = self.tolerated.map_or(a_few, u64::from);
        failures * 100 > share_of(counts.judged) && failures > tolerated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is next where `failures` of `judged` attempts failed, of `planned` tenants.
    fn after(halting: Halting, planned: u32, judged: u32, failures: u32) -> Next {
        let counts = Counts {
            planned,
            judged,
            judged_failures: failures,
            ring: Some(3),
            ..Counts::default()
        };
        halting.next(&counts)
    }

    #[test]
    fn more_than_one_in_a_hundred_and_more_than_a_few_halt() {
        let of_many = |judged, failures| after(Halting::default(), 2000, judged, failures);
        assert_eq!(of_many(20, 3), Next::Take(3), "a few alone do not");
        assert!(matches!(of_many(20, 4), Next::Halt(_)));
        assert!(matches!(of_many(399, 4), Next::Halt(_)));
        assert_eq!(of_many(400, 4), Next::Take(3), "one in a hundred does not");
        assert_eq!(of_many(2000, 20), Next::Take(3));
        assert!(matches!(of_many(2000, 21), Next::Halt(_)));
    }

    #[test]
    fn no_run_goes_on_past_one_in_a_hundred_of_its_tenants() {
        for planned in 1..1000 {
            let most = planned / 100;
            for judged in most + 1..=planned {
                let next = after(Halting::default(), planned, judged, most + 1);
                let halts = matches!(next, Next::Halt(_));
                assert!(halts, "{} of {judged} of {planned}", most + 1);
            }
            let enough = after(Halting::default(), planned, planned, most);
            assert_eq!(enough, Next::Take(3), "{most} of {planned}");
        }
    }

    #[test]
    fn a_number_that_is_said_is_tolerated_whatever_the_share() {
        let said = |tolerated| Halting {
            tolerated: Some(tolerated),
            ..Halting::default()
        };
        assert_eq!(after(said(0), 2000, 100, 1), Next::Take(3));
        assert!(matches!(after(said(0), 2000, 99, 1), Next::Halt(_)));
        assert_eq!(after(said(2), 5, 5, 2), Next::Take(3));
        assert!(matches!(after(said(2), 5, 5, 3), Next::Halt(_)));
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
