//! Members of an organisation and those who are invited to it, and who may change whom. Pure.

use jiff::{SignedDuration, Timestamp};
use kernel::id::{InvitationId, UserId};
use kernel::roles::{Permission, Permissions, Role};

use super::UserState;
use crate::error::PeopleRefusal;

/// How long an invitation can be accepted.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// People of an organisation whose plan says nothing.
pub const FREE_USERS: i32 = 5;
/// Characters of a name.
pub const MAX_NAME_CHARS: usize = 120;

/// Somebody who belongs to the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: UserId,
    /// Their address.
    pub email: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their standing.
    pub role: Role,
    /// Whether their account may be used.
    pub state: UserState,
    /// Since when they belong.
    pub created_at: Timestamp,
    /// When their address was proven.
    pub verified_at: Option<Timestamp>,
}

/// A member as a list shows them.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Who.
    pub member: Member,
    /// When they were there last, to the minute.
    pub last_seen_at: Option<Timestamp>,
    /// Whether signing in asks for more than a password, or for a passkey.
    pub second_factor: bool,
    /// Where they stand in the order.
    pub key: String,
}

/// Which members somebody wants to see.
#[derive(Clone, Debug)]
pub struct ListMembers {
    /// How many at the most.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Text in the name or the address.
    pub search: Option<String>,
    /// Only those of this role.
    pub role: Option<Role>,
    /// Only those in this state.
    pub state: Option<UserState>,
}

/// An invitation that nobody has accepted or taken back.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// By whom, where they still belong.
    pub invited_by: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Somebody who is to be invited.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Where the mail goes.
    pub email: kernel::email::EmailAddress,
    /// As what.
    pub role: Role,
}

/// The caller and whom they want to change, both locked, and how many owners there are.
#[derive(Debug)]
pub struct Standings {
    /// Who wants it.
    pub caller: Member,
    /// Whom.
    pub target: Member,
    /// Active owners.
    pub owners: usize,
}

impl Standings {
    /// Whether the caller may change the target at all, as both stand now: between the gate and the lock
    /// somebody may have changed the caller.
    pub fn check(&self) -> Result<(), PeopleRefusal> {
        let caller = &self.caller;
        let may = caller.state == UserState::Active
            && caller.role.allows(Permission::MembersManage)
            && !self.target.role.is_above(caller.role);
        if may {
            Ok(())
        } else {
            Err(PeopleRefusal::RoleTooHigh)
        }
    }

    /// Whether somebody else is left when the target is an owner no more.
    pub fn check_last_owner(&self) -> Result<(), PeopleRefusal> {
        let counts = self.target.role == Role::Owner && self.target.state == UserState::Active;
        if counts && self.owners <= 1 {
            return Err(PeopleRefusal::LastOwner);
        }
        Ok(())
    }

    /// Whether it is somebody else.
    pub fn check_other(&self) -> Result<(), PeopleRefusal> {
        if self.caller.id == self.target.id {
            return Err(PeopleRefusal::OwnAccount);
        }
        Ok(())
    }
}

/// Whether somebody of role `by`, who may do what is `allowed`, may invite to `role`, and take such an
/// invitation back. A key may be for less than its maker's role.
pub fn may_invite(by: Role, allowed: Permissions, role: Role) -> bool {
    let highest = if allowed.contains(Permission::MembersManage) {
        by
    } else {
        Role::Member
    };
    allowed.contains(Permission::MembersInvite) && role != Role::Owner && !role.is_above(highest)
}

/// Whether `email` is of one of `domains`; all are where none is named.
pub fn of_domain(email: &str, domains: &[String]) -> bool {
    let domain = email.rsplit('@').next().unwrap_or_default();
    domains.is_empty() || domains.iter().any(|it| it.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u128, role: Role) -> Member {
        Member {
            id: uuid::Uuid::from_u128(id).into(),
            email: "ann@example.com".to_owned(),
            name: None,
            role,
            state: UserState::Active,
            created_at: Timestamp::UNIX_EPOCH,
            verified_at: None,
        }
    }

    fn pair(caller: Role, target: Role, owners: usize) -> Standings {
        Standings {
            caller: member(1, caller),
            target: member(2, target),
            owners,
        }
    }

    #[test]
    fn nobody_changes_who_stands_above_them() {
        let may = |caller, target| pair(caller, target, 2).check().is_ok();
        for target in Role::ALL {
            assert!(may(Role::Owner, target), "{target:?}");
            assert_eq!(
                may(Role::Admin, target),
                target != Role::Owner,
                "{target:?}"
            );
            for weak in [Role::Manager, Role::Member, Role::Viewer] {
                assert!(!may(weak, target), "{weak:?} {target:?}");
            }
        }
        let mut off = pair(Role::Owner, Role::Viewer, 2);
        off.caller.state = UserState::Deactivated;
        assert!(off.check().is_err());
    }

    #[test]
    fn the_last_active_owner_stays() {
        assert!(
            pair(Role::Owner, Role::Owner, 1)
                .check_last_owner()
                .is_err()
        );
        assert!(pair(Role::Owner, Role::Owner, 2).check_last_owner().is_ok());
        assert!(pair(Role::Owner, Role::Admin, 1).check_last_owner().is_ok());
        let mut idle = pair(Role::Owner, Role::Owner, 1);
        idle.target.state = UserState::Deactivated;
        assert!(idle.check_last_owner().is_ok());
    }

    #[test]
    fn managers_invite_up_to_member_and_nobody_invites_an_owner() {
        let of = |by: Role| Role::ALL.map(|role| may_invite(by, Permissions::of(by), role));
        assert_eq!(of(Role::Owner), [false, true, true, true, true]);
        assert_eq!(of(Role::Admin), [false, true, true, true, true]);
        assert_eq!(of(Role::Manager), [false, false, false, true, true]);
        assert_eq!(of(Role::Member), [false; 5]);
        assert_eq!(of(Role::Viewer), [false; 5]);
    }

    #[test]
    fn a_domain_is_compared_whole() {
        let only = ["acme.example".to_owned()];
        assert!(of_domain("ann@Acme.Example", &only));
        assert!(!of_domain("ann@notacme.example", &only));
        assert!(!of_domain("ann@acme.example.org", &only));
        assert!(of_domain("ann@anywhere.example", &[]));
    }
}
