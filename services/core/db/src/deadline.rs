//! How long Postgres may take: for one statement, and in all where somebody waits for the answer.

use std::time::Duration;

/// Postgres ends a statement that takes longer, where nobody waits for it.
const STATEMENT: Duration = Duration::from_secs(5);
/// What is left of the time of somebody who waits, for Postgres to say that it has ended a statement: the
/// connection is then clean and stays.
const TO_SAY_SO: Duration = Duration::from_millis(500);

/// The limits of a handle, or of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Postgres ends a statement that takes longer.
    pub(crate) statement: Duration,
    /// A transaction is given up after so long, the wait for a connection included: Postgres may be in no
    /// state to end anything. `None` where nobody waits.
    pub(crate) answer: Option<Duration>,
}

impl Limits {
    /// Of work that is tried again by itself.
    pub(crate) const OF_WORK: Self = Self {
        statement: STATEMENT,
        answer: None,
    };

    /// Of requests, which are answered within `answer`.
    pub(crate) fn of_requests(answer: Duration) -> Self {
        Self {
            statement: answer.saturating_sub(TO_SAY_SO).max(answer / 2),
            answer: Some(answer),
        }
    }

    /// The same where a tenant's statements may run as long as its row says.
    pub(crate) fn with_statement(self, own: Option<Duration>) -> Self {
        let Some(statement) = own else { return self };
        Self {
            statement,
            answer: self.answer.map(|answer| answer.max(statement + TO_SAY_SO)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn postgres_has_time_to_say_that_it_ended_a_statement() {
        let limits = Limits::of_requests(ms(2000));
        assert_eq!(limits.statement, ms(1500));
        assert_eq!(limits.answer, Some(ms(2000)));
        assert_eq!(Limits::of_requests(ms(200)).statement, ms(100));
    }

    #[test]
    fn a_tenant_with_longer_statements_waits_for_them() {
        let usual = Limits::of_requests(ms(2000));
        let patient = usual.with_statement(Some(ms(30_000)));
        assert_eq!(patient.statement, ms(30_000));
        assert_eq!(patient.answer, Some(ms(30_500)));
        let strict = usual.with_statement(Some(ms(700)));
        assert_eq!((strict.statement, strict.answer), (ms(700), Some(ms(2000))));
        assert_eq!(usual.with_statement(None), usual);
        assert_eq!(Limits::OF_WORK.with_statement(Some(ms(700))).answer, None);
    }
}
