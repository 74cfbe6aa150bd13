//! Who belongs to the organisation, and as what.

use db::{DbError, TenantTx};
use events::identity::{MemberChanged, MemberDeactivated, MemberReactivated, MemberRemoved};
use gateway::Caller;
use kernel::id::{SessionId, UserId};
use kernel::page::{self, Page};
use kernel::roles::Role;
use kernel::search;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;

use crate::error::{Error, PeopleRefusal};
use crate::model::UserState;
use crate::model::people::{ListMembers, Listed, Member, Standings};
use crate::store::{invitations, members, people, sessions};

/// A page of members, by address. Errors: a cursor of another list, a search with control characters.
pub async fn list_members(tx: &TenantTx, wanted: &ListMembers) -> Result<Page<Listed>, Error> {
    let scope = format!(
        "members {} {} {} {}",
        tx.tenant().id(),
        wanted.role.map_or("", Role::as_str),
        wanted.state.map_or("", UserState::as_str),
        wanted.search.as_deref().unwrap_or_default(),
    );
    let after: Option<(String, UserId)> = page::read(&scope, wanted.cursor.as_deref())?;
    // A forged one may hold what no row does, and what Postgres does not take as text.
    if after.as_ref().is_some_and(|(key, _)| key.contains('\0')) {
        return Err(page::bad_cursor().into());
    }
    let pattern = search::pattern(wanted.search.as_deref())?;
    let more = i64::from(wanted.limit) + 1;
    let rows = members::list(tx, wanted, pattern.as_deref(), after.as_ref(), more).await?;
    Ok(Page::cut(rows, wanted.limit, &scope, |last| {
        (last.key.clone(), last.member.id)
    }))
}

/// Gives a person another role, from their very next request on. Idempotent. Errors:
/// [`PeopleRefusal::MemberNotFound`], [`PeopleRefusal::RoleTooHigh`], [`PeopleRefusal::OwnerByChange`],
/// [`PeopleRefusal::LastOwner`].
pub async fn change_role(
    tx: &TenantTx,
    caller: Caller,
    id: UserId,
    role: Role,
) -> Result<Member, Error> {
    let held = hold(tx, caller, id).await?;
    if held.target.role == role {
        return Ok(held.target);
    }
    if role == Role::Owner {
        return Err(PeopleRefusal::OwnerByChange.into());
    }
    if role.is_above(held.caller.role) {
        return Err(PeopleRefusal::RoleTooHigh.into());
    }
    held.check_last_owner()?;
    people::change_role(tx, id, role).await?;
    let before = held.target.role;
    if before.is_above(role) {
        // What somebody of less standing could not have asked for is not left behind by them.
        invitations::revoke_of(tx, id).await?;
    }
    tell(tx, &held.target, role, "role_changed").await?;
    let changed = MemberChanged {
        user_id: id,
        before,
        after: role,
    };
    tx.record(&changed).await?;
    Ok(Member {
        role,
        ..held.target
    })
}

/// Switches a person's account off: their sessions end and their keys do nothing. Idempotent. Errors:
/// [`PeopleRefusal::MemberNotFound`], [`PeopleRefusal::RoleTooHigh`], [`PeopleRefusal::OwnAccount`],
/// [`PeopleRefusal::LastOwner`].
pub async fn deactivate(tx: &TenantTx, caller: Caller, id: UserId) -> Result<Member, Error> {
    let held = hold(tx, caller, id).await?;
    held.check_other()?;
    if held.target.state == UserState::Deactivated {
        return Ok(held.target);
    }
    held.check_last_owner()?;
    people::change_state(tx, id, UserState::Deactivated).await?;
    let ended_sessions = sessions::revoke_all(tx, id, None).await?;
    invitations::revoke_of(tx, id).await?;
    tell(tx, &held.target, held.target.role, "deactivated").await?;
    let deactivated = MemberDeactivated {
        user_id: id,
        ended_sessions,
    };
    tx.record(&deactivated).await?;
    Ok(Member {
        state: UserState::Deactivated,
        ..held.target
    })
}

/// Lets a person in again. Their sessions stay over; their keys work. Idempotent. Errors:
/// [`PeopleRefusal::MemberNotFound`], [`PeopleRefusal::RoleTooHigh`].
pub async fn reactivate(tx: &TenantTx, caller: Caller, id: UserId) -> Result<Member, Error> {
    let held = hold(tx, caller, id).await?;
    if held.target.state != UserState::Deactivated {
        return Ok(held.target);
    }
    // Nobody vouches for another person's address.
    let state = match held.target.verified_at {
        Some(_) => UserState::Active,
        None => UserState::Unverified,
    };
    people::change_state(tx, id, state).await?;
    tell(tx, &held.target, held.target.role, "reactivated").await?;
    tx.record(&MemberReactivated { user_id: id }).await?;
    Ok(Member {
        state,
        ..held.target
    })
}

/// Removes a person: account, sessions, keys, everything that let them in. Errors:
/// [`PeopleRefusal::MemberNotFound`], [`PeopleRefusal::RoleTooHigh`], [`PeopleRefusal::OwnAccount`],
/// [`PeopleRefusal::LastOwner`].
pub async fn remove(tx: &TenantTx, caller: Caller, id: UserId) -> Result<(), Error> {
    let held = hold(tx, caller, id).await?;
    held.check_other()?;
    held.check_last_owner()?;
    let member = held.target;
    let ended_sessions = erase(tx, &member).await?;
    tell(tx, &member, member.role, "removed").await?;
    let removed = MemberRemoved {
        user_id: member.id,
        email: member.email,
        role: member.role,
        ended_sessions,
    };
    Ok(tx.record(&removed).await?)
}

/// Takes a locked person out of the organisation, and answers which sessions that ended. Mails to them that
/// are to leave all the same are queued afterwards.
pub(super) async fn erase(tx: &TenantTx, member: &Member) -> Result<Vec<SessionId>, DbError> {
    let ended_sessions = sessions::revoke_all(tx, member.id, None).await?;
    invitations::revoke_of(tx, member.id).await?;
    members::remove(tx, member.id, &member.email).await?;
    members::give_seat_back(tx).await?;
    Ok(ended_sessions)
}

/// Caller and target as they stand now, locked; the caller may change the target.
async fn hold(tx: &TenantTx, caller: Caller, id: UserId) -> Result<Standings, Error> {
    let held = standings(tx, caller.user, id).await?;
    held.check()?;
    Ok(held)
}

/// Two people as they stand now, locked with every owner. Errors: [`DbError::Refused`] where the caller is
/// gone meanwhile, [`PeopleRefusal::MemberNotFound`].
pub(super) async fn standings(
    tx: &TenantTx,
    caller: UserId,
    id: UserId,
) -> Result<Standings, Error> {
    let locked = members::lock(tx, caller, id).await?;
    let find = |wanted| locked.iter().find(|it| it.id == wanted).cloned();
    let owners = |it: &&Member| it.role == Role::Owner && it.state == UserState::Active;
    Ok(Standings {
        caller: find(caller).ok_or(DbError::Refused)?,
        target: find(id).ok_or(PeopleRefusal::MemberNotFound)?,
        owners: locked.iter().filter(owners).count(),
    })
}

/// Mails somebody what was done to their account.
async fn tell(tx: &TenantTx, member: &Member, role: Role, what: &str) -> Result<(), DbError> {
    let params = json!({
        "organization": tx.tenant().name(), "what": what, "role": role,
    });
    let mail = NewMail {
        template: Template::MembershipChanged,
        recipient: &member.email,
        params,
        secret: None,
        dedupe_key: None,
    };
    outbox::enqueue(tx, mail).await
}
