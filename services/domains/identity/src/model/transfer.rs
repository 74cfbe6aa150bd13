//! The offer of an organisation's ownership. Pure.

use jiff::{SignedDuration, Timestamp};
use kernel::id::UserId;
use kernel::roles::Role;

use super::people::Member;
use super::{TokenHash, UserState};
use crate::error::PeopleRefusal;

/// How long an offer can be taken.
pub const TRANSFER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One of the two whom an offer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub id: UserId,
    /// Their address.
    pub email: String,
    /// What they call themselves.
    pub name: Option<String>,
}

/// An offer that can be taken.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What is kept of its link's token.
    pub token: TokenHash,
    /// The owner who made it.
    pub from: Party,
    /// Whose it is to take.
    pub to: Party,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Offer {
    /// Whether `person` is one of the two.
    pub fn concerns(&self, person: UserId) -> bool {
        self.from.id == person || self.to.id == person
    }
}

/// Whether `giver` may offer to `taker` what they own, as both stand now.
pub fn may_offer(giver: &Member, taker: &Member) -> Result<(), PeopleRefusal> {
    if !owns(giver) {
        return Err(PeopleRefusal::RoleTooHigh);
    }
    if giver.id == taker.id {
        return Err(PeopleRefusal::OwnAccount);
    }
    if taker.role == Role::Owner {
        return Err(PeopleRefusal::AlreadyOwner);
    }
    if taker.state != UserState::Active {
        return Err(PeopleRefusal::MemberInactive);
    }
    Ok(())
}

/// Whether `taker` may take what `giver` offered, as both stand now.
pub fn may_take(giver: &Member, taker: &Member) -> bool {
    owns(giver) && taker.state == UserState::Active && taker.role != Role::Owner
}

fn owns(person: &Member) -> bool {
    person.role == Role::Owner && person.state == UserState::Active
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u128, role: Role, state: UserState) -> Member {
        Member {
            id: uuid::Uuid::from_u128(id).into(),
            email: "ann@example.com".to_owned(),
            name: None,
            role,
            state,
            created_at: Timestamp::UNIX_EPOCH,
            verified_at: None,
        }
    }

    #[test]
    fn only_an_owner_gives_and_only_an_active_other_takes() {
        use UserState::{Active, Deactivated, Unverified};
        let owner = member(1, Role::Owner, Active);
        for role in Role::ALL {
            for state in [Active, Deactivated, Unverified] {
                let taker = member(2, role, state);
                let good = role != Role::Owner && state == Active;
                assert_eq!(
                    may_offer(&owner, &taker).is_ok(),
                    good,
                    "{role:?} {state:?}"
                );
                assert_eq!(may_take(&owner, &taker), good, "{role:?} {state:?}");
                let giver = member(1, role, state);
                let viewer = member(2, Role::Viewer, Active);
                let owns = role == Role::Owner && state == Active;
                assert_eq!(
                    may_offer(&giver, &viewer).is_ok(),
                    owns,
                    "{role:?} {state:?}"
                );
                assert_eq!(may_take(&giver, &viewer), owns, "{role:?} {state:?}");
            }
        }
        assert!(may_offer(&owner, &owner).is_err());
        assert!(!may_take(&owner, &owner));
    }
}
