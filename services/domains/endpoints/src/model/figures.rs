//! Figures over a window of time: which steps it has, and what counts of results say about each.

use jiff::{SignedDuration, Timestamp};

use super::histogram::Histogram;

/// How far back to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
}

impl Window {
    /// The name that is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// Whether its steps are shorter than an hour, so that single results must be read.
    pub const fn needs_results(self) -> bool {
        matches!(self, Self::Day)
    }

    /// The steps of the bars in a list. A bar of a week is two hours, so there are 84.
    pub fn bars(self, now: Timestamp) -> Grid {
        match self {
            Self::Day => Grid::ending(now, 1_800, 48),
            Self::Week => Grid::ending(now, 7_200, 84),
            Self::Month => Grid::ending(now, 28_800, 90),
            Self::Quarter => Grid::ending(now, 86_400, 90),
        }
    }

    /// The steps of a plot of latency.
    pub fn points(self, now: Timestamp) -> Grid {
        match self {
            Self::Day => Grid::ending(now, 600, 144),
            Self::Week => Grid::ending(now, 3_600, 7 * 24),
            Self::Month => Grid::ending(now, 3_600, 30 * 24),
            Self::Quarter => Grid::ending(now, 3_600, 90 * 24),
        }
    }
}

/// Steps of equal length, the last of which holds the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// When the first step begins: a multiple of the step since the epoch.
    pub first: Timestamp,
    /// The length of a step.
    pub step_seconds: i32,
    /// How many there are.
    pub count: usize,
}

impl Grid {
    fn ending(now: Timestamp, step_seconds: i32, count: u16) -> Self {
        let step = i64::from(step_seconds);
        let last = now.as_second().div_euclid(step) * step;
        let first = last - i64::from(count.saturating_sub(1)) * step;
        Self {
            first: Timestamp::from_second(first).unwrap_or(Timestamp::MIN),
            step_seconds,
            count: usize::from(count),
        }
    }

    /// When each step begins.
    pub fn steps(self) -> impl Iterator<Item = Timestamp> {
        (0_i64..).take(self.count).map(move |step| {
            let since = SignedDuration::from_secs(step * i64::from(self.step_seconds));
            self.first.saturating_add(since).unwrap_or(Timestamp::MAX)
        })
    }

    /// One `T` a step, from `rows` of (number of the step, value); the default where there is none.
    pub fn fill<T: Default>(self, rows: impl IntoIterator<Item = (i32, T)>) -> Vec<T> {
        let mut filled: Vec<T> = std::iter::repeat_with(T::default)
            .take(self.count)
            .collect();
        for (step, value) in rows {
            let place = usize::try_from(step)
                .ok()
                .and_then(|step| filled.get_mut(step));
            if let Some(place) = place {
                *place = value;
            }
        }
        filled
    }
}

/// Results counted by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Up.
    pub up: i64,
    /// Down.
    pub down: i64,
    /// Ones that say nothing.
    pub unknown: i64,
}

/// What the counts of a step come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarState {
    /// Only successes, as far as anything is known.
    Up,
    /// At least one failure.
    Down,
    /// Checks that say nothing.
    Unknown,
    /// No check.
    None,
}

impl Counts {
    /// All together.
    pub const fn checks(self) -> i64 {
        self.up + self.down + self.unknown
    }

    /// What they come to.
    pub const fn state(self) -> BarState {
        match self {
            Self { down: 1.., .. } => BarState::Down,
            Self { up: 1.., .. } => BarState::Up,
            Self { unknown: 1.., .. } => BarState::Unknown,
            _ => BarState::None,
        }
    }

    /// Successes among what is known, in percent, rounded down to three places: only a spotless record
    /// reads 100.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn uptime_percent(self) -> Option<f64> {
        let known = self.up + self.down;
        (known > 0).then(|| (self.up as f64 / known as f64 * 100_000.0).floor() / 1_000.0)
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            up: sum.up + one.up,
            down: sum.down + one.down,
            unknown: sum.unknown + one.unknown,
        })
    }
}

/// One step of a plot of latency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatencyStep {
    /// Half of the successes took at most this long.
    pub p50_ms: Option<f64>,
    /// 95 % took at most this long.
    pub p95_ms: Option<f64>,
    /// The results.
    pub counts: Counts,
}

impl LatencyStep {
    /// The step of a histogram.
    pub fn of(histogram: &Histogram, counts: Counts) -> Self {
        Self {
            p50_ms: histogram.percentile_ms(0.5),
            p95_ms: histogram.percentile_ms(0.95),
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T12:34:56Z".parse().unwrap()
    }

    #[test]
    fn the_last_step_holds_the_present_and_the_first_a_window_earlier() {
        for window in [Window::Day, Window::Week, Window::Month, Window::Quarter] {
            for grid in [window.bars(now()), window.points(now())] {
                let steps: Vec<_> = grid.steps().collect();
                assert_eq!(steps.len(), grid.count);
                let last = *steps.last().unwrap();
                let step = SignedDuration::from_secs(grid.step_seconds.into());
                assert!(last <= now() && now() < last + step);
                let days = match window {
                    Window::Day => 1,
                    Window::Week => 7,
                    Window::Month => 30,
                    Window::Quarter => 90,
                };
                assert_eq!(
                    i64::from(grid.step_seconds) * grid.count as i64,
                    days * 86_400
                );
            }
        }
    }

    #[test]
    fn gaps_are_filled_and_strangers_left_out() {
        let grid = Grid::ending(now(), 600, 3);
        assert_eq!(grid.fill([(1, 7), (-1, 8), (3, 9)]), [0, 7, 0]);
    }

    #[test]
    fn only_a_spotless_record_reads_a_hundred() {
        let counts = |up, down, unknown| Counts { up, down, unknown };
        assert_eq!(counts(0, 0, 5).uptime_percent(), None);
        assert_eq!(counts(10, 0, 5).uptime_percent(), Some(100.0));
        assert_eq!(counts(999_999, 1, 0).uptime_percent(), Some(99.999));
        assert_eq!(counts(2, 1, 0).uptime_percent(), Some(66.666));
        assert_eq!(counts(1, 1, 1).state(), BarState::Down);
        assert_eq!(counts(1, 0, 1).state(), BarState::Up);
        assert_eq!(counts(0, 0, 1).state(), BarState::Unknown);
        assert_eq!(counts(0, 0, 0).state(), BarState::None);
    }
}
