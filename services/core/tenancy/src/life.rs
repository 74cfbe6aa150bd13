//! The life of an organisation: which state follows which, and nothing else. Pure.
//!
//! A schema in waiting becomes `active` by registration's claim alone, what nobody confirmed becomes `deleting`
//! after a week ([`crate::lapse`]), and `deleting` becomes `deleted` when its days of grace are over; every
//! other move is somebody's verb and stands in this table.

use db::TenantState;
use db::TenantState::{Active, Deleted, Deleting, ReadOnly, Suspended};

/// What an operator may do to an organisation's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Sign-in, export and billing only; checks and jobs pause.
    Suspend,
    /// Reads only.
    Freeze,
    /// Everything again.
    Resume,
    /// Begins the days of grace.
    Delete,
    /// Ends the days of grace: back to what it was.
    Undelete,
}

/// What a verb comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To this state.
    To(TenantState),
    /// Back to the state before the deletion.
    Back,
    /// It is there already.
    Nothing,
}

/// The state does not allow the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot {}: {}", .from.as_str(), .verb.as_str(), .verb.instead(*.from))]
pub struct NotAllowed {
    /// The state it is in.
    pub from: TenantState,
    /// What was asked for.
    pub verb: Verb,
}

/// Every move there is.
pub const MOVES: [(TenantState, Verb, Step); 10] = [
    (Active, Verb::Suspend, Step::To(Suspended)),
    (ReadOnly, Verb::Suspend, Step::To(Suspended)),
    (Active, Verb::Freeze, Step::To(ReadOnly)),
    (Suspended, Verb::Freeze, Step::To(ReadOnly)),
    (ReadOnly, Verb::Resume, Step::To(Active)),
    (Suspended, Verb::Resume, Step::To(Active)),
    (Active, Verb::Delete, Step::To(Deleting)),
    (ReadOnly, Verb::Delete, Step::To(Deleting)),
    (Suspended, Verb::Delete, Step::To(Deleting)),
    (Deleting, Verb::Undelete, Step::Back),
];

impl Verb {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Suspend,
        Self::Freeze,
        Self::Resume,
        Self::Delete,
        Self::Undelete,
    ];

    /// The word on the command line and in the audit row.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Freeze => "freeze",
            Self::Resume => "resume",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
        }
    }

    /// The action of the audit row.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Suspend => "tenant.suspended",
            Self::Freeze => "tenant.frozen",
            Self::Resume => "tenant.resumed",
            Self::Delete => "tenant.deletion_began",
            Self::Undelete => "tenant.deletion_undone",
        }
    }

    /// Whether an organisation in `state` already is what the verb makes of it.
    const fn is_done(self, state: TenantState) -> bool {
        match self {
            Self::Suspend => matches!(state, Suspended),
            Self::Freeze => matches!(state, ReadOnly),
            Self::Resume => matches!(state, Active),
            Self::Delete => matches!(state, Deleting | Deleted),
            Self::Undelete => matches!(state, Active | ReadOnly | Suspended),
        }
    }

    const fn instead(self, state: TenantState) -> &'static str {
        match state {
            Deleting => "undelete it first",
            Deleted => "it is gone; import it from an export or a backup",
            Active | ReadOnly | Suspended => "its state has no such move",
        }
    }
}

/// What `verb` makes of an organisation in `state`. Saying it twice is saying it once.
pub fn step(state: TenantState, verb: Verb) -> Result<Step, NotAllowed> {
    if verb.is_done(state) {
        return Ok(Step::Nothing);
    }
    MOVES
        .iter()
        .find(|(from, by, _)| *from == state && *by == verb)
        .map(|(_, _, step)| *step)
        .ok_or(NotAllowed { from: state, verb })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATES: [TenantState; 5] = [Active, ReadOnly, Suspended, Deleting, Deleted];

    #[test]
    fn each_state_takes_exactly_these_verbs() {
        let allowed = |state| {
            Verb::ALL
                .into_iter()
                .filter(|verb| !matches!(step(state, *verb), Err(_) | Ok(Step::Nothing)))
                .map(Verb::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(allowed(Active), ["suspend", "freeze", "delete"]);
        assert_eq!(allowed(ReadOnly), ["suspend", "resume", "delete"]);
        assert_eq!(allowed(Suspended), ["freeze", "resume", "delete"]);
        assert_eq!(allowed(Deleting), ["undelete"]);
        assert_eq!(allowed(Deleted), <[&str; 0]>::default());
    }

    #[test]
    fn what_is_gone_stays_gone() {
        for verb in [Verb::Suspend, Verb::Freeze, Verb::Resume, Verb::Undelete] {
            assert_eq!(
                step(Deleted, verb),
                Err(NotAllowed {
                    from: Deleted,
                    verb
                })
            );
        }
        assert_eq!(step(Deleted, Verb::Delete), Ok(Step::Nothing));
    }

    fn follow(state: TenantState, before: Option<TenantState>, verb: Verb) -> Option<TenantState> {
        match step(state, verb) {
            Ok(Step::To(to)) => Some(to),
            Ok(Step::Back) => before,
            Ok(Step::Nothing) => Some(state),
            Err(_) => None,
        }
    }

    proptest! {
        #[test]
        fn a_verb_said_twice_is_a_verb_said_once(
            state in proptest::sample::select(STATES.to_vec()),
            before in proptest::sample::select(vec![Active, ReadOnly, Suspended]),
            verb in proptest::sample::select(Verb::ALL.to_vec()),
        ) {
            if let Some(once) = follow(state, Some(before), verb) {
                prop_assert_eq!(follow(once, Some(before), verb), Some(once));
            }
        }

        #[test]
        fn undoing_a_deletion_leads_back_whatever_came_before(
            verbs in proptest::collection::vec(proptest::sample::select(Verb::ALL.to_vec()), 0..40),
        ) {
            let (mut state, mut before) = (Active, None);
            for verb in verbs {
                let was = state;
                if let Some(next) = follow(state, before, verb) {
                    if next == Deleting && was != Deleting {
                        before = Some(was);
                    }
                    if was == Deleting && next != Deleting {
                        prop_assert_eq!(Some(next), before);
                    }
                    state = next;
                }
                prop_assert!(state != Deleted, "nobody's verb makes a tombstone");
            }
        }
    }
}
