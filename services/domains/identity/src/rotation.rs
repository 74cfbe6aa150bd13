//! When a refresh token may be exchanged. Pure.
//!
//! Every exchange uses the token up and hands out a child. A program whose connection broke never saw
//! its child and comes again with the parent: within a minute it gets another one. Of the children of
//! one parent only one can ever be in use, so as soon as a second holder appears (the parent after a
//! child was used, or another child) the whole family is revoked (RFC 9700 4.14.2).

use jiff::Timestamp;

use crate::model::LOST_ANSWER;

/// A refresh token, with what is known of its family.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// When it is too old.
    pub expires_at: Timestamp,
    /// When it was exchanged first.
    pub used_at: Option<Timestamp>,
    /// One of its children was used.
    pub child_used: bool,
    /// A child of its parent's was used.
    pub sibling_used: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// A new child.
    Granted,
    /// Nothing: it is too old.
    Expired,
    /// Two hold what one should: the family is revoked.
    Reused,
}

impl Presented {
    /// Judges it at `now`.
    pub fn exchange(&self, now: Timestamp) -> Exchange {
        let in_time = |used: Timestamp| now.duration_since(used) <= LOST_ANSWER;
        let reused = match self.used_at {
            // Its sibling is in use, so this child was not lost: somebody else received it.
            None => self.sibling_used,
            Some(used) => self.child_used || !in_time(used),
        };
        if reused {
            Exchange::Reused
        } else if self.expires_at <= now {
            Exchange::Expired
        } else {
            Exchange::Granted
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOON: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(seconds: i64) -> Timestamp {
        NOON + SignedDuration::from_secs(seconds)
    }

    fn fresh() -> Presented {
        Presented {
            expires_at: after(1_000_000),
            used_at: None,
            child_used: false,
            sibling_used: false,
        }
    }

    #[test]
    fn a_fresh_token_is_exchanged_until_it_is_too_old() {
        assert_eq!(fresh().exchange(after(999_999)), Exchange::Granted);
        assert_eq!(fresh().exchange(after(1_000_000)), Exchange::Expired);
    }

    #[test]
    fn a_lost_answer_is_given_again_for_a_minute() {
        let used = Presented {
            used_at: Some(after(0)),
            ..fresh()
        };
        assert_eq!(used.exchange(after(60)), Exchange::Granted);
        assert_eq!(used.exchange(after(61)), Exchange::Reused);
    }

    #[test]
    fn a_parent_whose_child_is_in_use_was_stolen() {
        let parent = Presented {
            used_at: Some(after(0)),
            child_used: true,
            ..fresh()
        };
        assert_eq!(parent.exchange(after(1)), Exchange::Reused);
    }

    #[test]
    fn a_second_child_of_one_parent_was_stolen() {
        let second = Presented {
            sibling_used: true,
            ..fresh()
        };
        assert_eq!(second.exchange(after(1)), Exchange::Reused);
    }

    #[test]
    fn the_child_that_is_in_use_may_lose_its_answer_too() {
        let child = Presented {
            used_at: Some(after(0)),
            sibling_used: true,
            ..fresh()
        };
        assert_eq!(child.exchange(after(30)), Exchange::Granted);
    }

    #[test]
    fn an_old_token_that_was_used_still_tells_of_a_theft() {
        let old = Presented {
            expires_at: after(5),
            used_at: Some(after(0)),
            child_used: true,
            ..fresh()
        };
        assert_eq!(old.exchange(after(10)), Exchange::Reused);
    }
}
