//! What one operator asks for and another one decides about. Pure.

use jiff::{SignedDuration, Timestamp};
use kernel::id::{ApprovalId, OperatorId, TenantId};
use tenancy::life::Verb;

use crate::error::Error;
use crate::service::Approval;

/// How long a request waits.
pub const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// What is done once a second operator agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An organisation is moved through its life.
    Move(Verb),
    /// An owner who lost access gets another way in.
    Recover,
}

impl Deed {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Move(verb) => verb.as_str(),
            Self::Recover => "recover",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        let moves = Verb::ALL.into_iter().map(Self::Move);
        moves.chain([Self::Recover]).find(|it| it.as_str() == name)
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// It waits.
    Pending,
    /// It was done.
    Approved,
    /// It was refused, or taken back.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

impl ApprovalState {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Reads a stored name at `now`: a request whose time is over is expired without a word.
    pub fn read(name: &str, expires_at: Timestamp, now: Timestamp) -> Option<Self> {
        Some(match name {
            "pending" if expires_at <= now => Self::Expired,
            "pending" => Self::Pending,
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            _ => return None,
        })
    }
}

/// An operator, as a request names them.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id.
    pub id: OperatorId,
    /// Their name.
    pub name: String,
    /// Where they sign in with.
    pub email: String,
}

/// One organisation of a request.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub tenant: TenantId,
    /// Its slug as it was confirmed; none once it is dropped.
    pub slug: Option<String>,
    /// `done`, or the code of the refusal; none until it was tried.
    pub outcome: Option<String>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The id.
    pub id: ApprovalId,
    /// What is to be done.
    pub deed: Deed,
    /// Why.
    pub reason: Option<String>,
    /// Who asked.
    pub requested_by: Person,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: ApprovalState,
    /// Who decided.
    pub decided_by: Option<Person>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// To whom, in the order they were named in.
    pub items: Vec<Item>,
}

impl Request {
    /// Refuses a decision about what waits no more. Errors: [`Error::ApprovalOver`].
    pub fn waits(&self) -> Result<(), Error> {
        match self.state {
            ApprovalState::Pending => Ok(()),
            over => Err(Error::ApprovalOver(over.as_str())),
        }
    }
}

impl Approval {
    /// Whether `verb` takes a second operator, said to one organisation or to several at once.
    pub fn is_needed(self, verb: Verb, several: bool) -> bool {
        match (self, verb) {
            (Self::Off, _) | (_, Verb::Resume | Verb::Undelete) => false,
            (Self::Destructive, Verb::Delete) => true,
            (Self::Destructive, Verb::Suspend | Verb::Freeze) => several,
        }
    }

    /// Whether the recovery of an owner does.
    pub fn is_needed_to_recover(self) -> bool {
        self == Self::Destructive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_destroys_takes_a_second_operator_and_what_mends_does_not() {
        for verb in Verb::ALL {
            for several in [false, true] {
                assert!(!Approval::Off.is_needed(verb, several));
                let expected = match verb {
                    Verb::Delete => true,
                    Verb::Suspend | Verb::Freeze => several,
                    Verb::Resume | Verb::Undelete => false,
                };
                let needed = Approval::Destructive.is_needed(verb, several);
                assert_eq!(needed, expected, "{verb:?} {several}");
            }
        }
    }

    #[test]
    fn a_stored_deed_reads_back() {
        let moves = Verb::ALL.into_iter().map(Deed::Move);
        for deed in moves.chain([Deed::Recover]) {
            assert_eq!(Deed::parse(deed.as_str()), Some(deed));
        }
        assert_eq!(Deed::parse("rename"), None);
        assert!(Approval::Destructive.is_needed_to_recover());
        assert!(!Approval::Off.is_needed_to_recover());
    }

    #[test]
    fn a_request_is_over_at_the_end_of_its_day() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let read = |name, now| ApprovalState::read(name, at(100), at(now));
        assert_eq!(read("pending", 99), Some(ApprovalState::Pending));
        assert_eq!(read("pending", 100), Some(ApprovalState::Expired));
        assert_eq!(read("approved", 200), Some(ApprovalState::Approved));
        assert_eq!(read("rejected", 200), Some(ApprovalState::Rejected));
        assert_eq!(read("expired", 200), None);
    }
}
