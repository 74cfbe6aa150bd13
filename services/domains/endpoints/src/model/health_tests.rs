//! The state machine by example, and its promises over any sequence of results.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_176_000 + second).unwrap()
}

/// Applies one result a second, the first at second 1.
fn after(start: State, reasons: &[ReasonCode]) -> Transition {
    let rules = Confirmation::default();
    let mut last = Health::settled(start, at(0)).stay();
    for (second, reason) in (1..).zip(reasons) {
        last = last.health.apply(*reason, at(second), &rules);
    }
    last
}

use ReasonCode::{BlockedTarget, ConnectRefused as Refused, Missed, Ok as Fine, Status};

#[test]
fn the_first_result_counts_at_once() {
    for (reason, state) in [
        (Fine, State::Up),
        (Refused, State::Down),
        (BlockedTarget, State::Unknown),
    ] {
        let now = after(State::Pending, &[reason]);
        assert_eq!(now.health, Health::settled(state, at(1)));
        assert_eq!(now.recheck_in, None);
    }
    assert_eq!(
        after(State::Pending, &[Missed]).health.state,
        State::Pending
    );
}

#[test]
fn a_failure_is_checked_again_twice_before_it_is_believed() {
    let first = after(State::Up, &[Refused]);
    assert_eq!(first.health.state, State::Up);
    assert_eq!(first.recheck_in, Some(SignedDuration::from_secs(2)));
    let second = after(State::Up, &[Refused, Status]);
    assert_eq!(second.health.state, State::Up);
    assert_eq!(second.recheck_in, Some(SignedDuration::from_secs(3)));
    let third = after(State::Up, &[Refused, Status, Refused]);
    assert_eq!(third.recheck_in, None);
    assert_eq!(
        third.health,
        Health::settled(State::Down, at(1)),
        "the outage began with its first failure"
    );
}

#[test]
fn a_success_in_between_begins_the_count_anew() {
    let now = after(State::Up, &[Refused, Refused, Fine, Refused, Refused]);
    assert_eq!(now.health.state, State::Up);
    assert_eq!(now.health.streak_at, Some(at(4)));
}

#[test]
fn an_outage_is_over_after_two_successes() {
    let first = after(State::Down, &[Fine]);
    assert_eq!(first.health.state, State::Down);
    assert_eq!(first.recheck_in, Some(SignedDuration::from_secs(2)));
    assert_eq!(
        after(State::Down, &[Fine, Fine]).health,
        Health::settled(State::Up, at(1))
    );
    assert_eq!(
        after(State::Down, &[Fine, Refused, Fine]).health.state,
        State::Down
    );
}

#[test]
fn what_says_nothing_for_long_leaves_nothing_known() {
    assert_eq!(after(State::Up, &[Missed, Missed]).health.state, State::Up);
    assert_eq!(
        after(State::Down, &[BlockedTarget; 3]).health,
        Health::settled(State::Unknown, at(1))
    );
    assert_eq!(after(State::Unknown, &[Fine]).health.state, State::Up);
    assert_eq!(
        after(State::Unknown, &[Refused, Refused]).health.state,
        State::Unknown
    );
}

#[test]
fn a_paused_endpoint_ignores_results() {
    let now = after(State::Paused, &[Fine, Refused, Refused, Refused, Refused]);
    assert_eq!(now.health, Health::settled(State::Paused, at(0)));
}

fn any_reason() -> impl Strategy<Value = ReasonCode> {
    proptest::sample::select(ReasonCode::ALL)
}

fn any_state() -> impl Strategy<Value = State> {
    proptest::sample::select(State::ALL.to_vec())
}

proptest! {
    #[test]
    fn down_needs_three_failures_in_a_row(
        start in any_state(), reasons in proptest::collection::vec(any_reason(), 1..30)
    ) {
        let rules = Confirmation::default();
        let mut health = Health::settled(start, at(0));
        let mut failures = 0;
        for (second, reason) in (1..).zip(&reasons) {
            failures = if reason.outcome() == Outcome::Down { failures + 1 } else { 0 };
            let before = health;
            health = health.apply(*reason, at(second), &rules).health;
            if health.state == State::Down && before.state != State::Down {
                prop_assert!(failures >= 3 || before.state == State::Pending);
                let first = if before.state == State::Pending { second } else { second - 2 };
                prop_assert_eq!(health.changed_at, at(first));
            }
            if health.state == State::Up && before.state == State::Down {
                prop_assert_eq!(reasons.get(second as usize - 2), Some(&Fine));
            }
        }
    }

    #[test]
    fn nothing_but_failures_makes_it_down(
        start in any_state(), reasons in proptest::collection::vec(any_reason(), 0..30)
    ) {
        let reasons: Vec<_> =
            reasons.into_iter().filter(|reason| reason.outcome() != Outcome::Down).collect();
        let state = after(start, &reasons).health.state;
        prop_assert!(state != State::Down || start == State::Down);
    }

    #[test]
    fn a_recheck_is_asked_for_exactly_while_something_waits_for_it(
        start in any_state(), reasons in proptest::collection::vec(any_reason(), 1..30)
    ) {
        let now = after(start, &reasons);
        prop_assert_eq!(now.recheck_in.is_some(), now.health.streak > 0);
        prop_assert_eq!(now.health.streak != 0, now.health.streak_at.is_some());
        if let Some(wait) = now.recheck_in {
            prop_assert!(wait.is_positive());
        }
    }
}
