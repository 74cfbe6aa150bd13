//! How an endpoint is, and how results change that: a state machine that does not believe a single
//! failure, nor a single success after an outage.

use egress::{Outcome, ReasonCode};
use jiff::{SignedDuration, Timestamp};

/// How an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It answers as expected.
    Up,
    /// It does not, and that is confirmed.
    Down,
    /// Nothing is known yet: the first check is still to come.
    Pending,
    /// Nobody looks.
    Paused,
    /// Somebody looked, but what came back says nothing about it.
    Unknown,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Up,
        Self::Down,
        Self::Pending,
        Self::Paused,
        Self::Unknown,
    ];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Pending => "pending",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Up => Self::Up,
            Outcome::Down => Self::Down,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// What it takes to change a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// When a first failure is checked again, counted from it and rising. All must fail for `down`.
    pub after_failure: Vec<SignedDuration>,
    /// When a first success after an outage is checked again. All must succeed for `up`.
    pub after_success: Vec<SignedDuration>,
    /// Results in a row that say nothing, until nothing is known any more.
    pub unknown_results: u8,
}

impl Default for Confirmation {
    fn default() -> Self {
        Self {
            after_failure: vec![SignedDuration::from_secs(2), SignedDuration::from_secs(5)],
            after_success: vec![SignedDuration::from_secs(2)],
            unknown_results: 3,
        }
    }
}

/// The state, since when, and what stands against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// How it is.
    pub state: State,
    /// Since when. An outage begins with its first failure, not with its confirmation.
    pub changed_at: Timestamp,
    /// Results in a row that speak against the state; negative for ones that say nothing.
    pub streak: i16,
    /// When the first of them was measured.
    pub streak_at: Option<Timestamp>,
}

/// What a result did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// How it is now.
    pub health: Health,
    /// In what time to look again to be sure; `None` for the usual slot.
    pub recheck_in: Option<SignedDuration>,
}

impl Health {
    /// `state` since `at`, with nothing against it.
    pub const fn settled(state: State, at: Timestamp) -> Self {
        Self {
            state,
            changed_at: at,
            streak: 0,
            streak_at: None,
        }
    }

    /// Takes in a result measured at `at`.
    ///
    /// The first result counts at once. `up` becomes `down` after a failure and its re-checks, `down`
    /// becomes `up` likewise, and what says nothing about the target never makes it `down`.
    pub fn apply(self, reason: ReasonCode, at: Timestamp, rules: &Confirmation) -> Transition {
        match (self.state, reason.outcome()) {
            (State::Paused, _) => self.stay(),
            (State::Pending, Outcome::Unknown) if reason == ReasonCode::Missed => self.stay(),
            (State::Pending, outcome) => Self::settled(outcome.into(), at).stay(),
            (State::Unknown, Outcome::Up) => Self::settled(State::Up, at).stay(),
            (State::Up, Outcome::Up)
            | (State::Down, Outcome::Down)
            | (State::Unknown, Outcome::Unknown) => self.undisputed().stay(),
            (State::Up | State::Unknown, Outcome::Down) => {
                self.against(State::Down, at, &rules.after_failure)
            }
            (State::Down, Outcome::Up) => self.against(State::Up, at, &rules.after_success),
            (State::Up | State::Down, Outcome::Unknown) => self.doubt(at, rules),
        }
    }

    const fn stay(self) -> Transition {
        Transition {
            health: self,
            recheck_in: None,
        }
    }

    const fn undisputed(self) -> Self {
        Self {
            streak: 0,
            streak_at: None,
            ..self
        }
    }

    /// One more result that speaks for `state`.
    fn against(self, state: State, at: Timestamp, rechecks: &[SignedDuration]) -> Transition {
        let (earlier, since) = match (self.streak, self.streak_at) {
            (streak @ 1.., Some(since)) => (usize::from(streak.unsigned_abs()), since),
            _ => (0, at),
        };
        let Some(offset) = rechecks.get(earlier) else {
            return Self::settled(state, since).stay();
        };
        let before = earlier
            .checked_sub(1)
            .and_then(|index| rechecks.get(index))
            .copied()
            .unwrap_or(SignedDuration::ZERO);
        Transition {
            health: Self {
                streak: i16::try_from(earlier + 1).unwrap_or(i16::MAX),
                streak_at: Some(since),
                ..self
            },
            recheck_in: Some(*offset - before),
        }
    }

    /// One more result that says nothing.
    fn doubt(self, at: Timestamp, rules: &Confirmation) -> Transition {
        let (streak, since) = match (self.streak, self.streak_at) {
            (streak @ ..0, Some(since)) => (streak.saturating_sub(1), since),
            _ => (-1, at),
        };
        if streak.unsigned_abs() >= u16::from(rules.unknown_results) {
            return Self::settled(State::Unknown, since).stay();
        }
        Self {
            streak,
            streak_at: Some(since),
            ..self
        }
        .stay()
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
