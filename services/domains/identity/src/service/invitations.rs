//! Inviting people, and joining by an invitation.

use db::{DbError, OnConstraint, TenantTx};
use events::identity::{InvitationChange, InvitationChanged, MemberJoined};
use gateway::{ApiError, Caller, Tenant, Visitor};
use kernel::event::Actor;
use kernel::id::InvitationId;
use kernel::page::{self, Page};
use kernel::roles::{Policy, Role};
use kernel::text;
use mail::Template;
use mail::outbox::{self, NewMail};
use passwords::{Password, PasswordHash};
use serde_json::json;

use super::{Identity, Noted, policy};
use crate::error::{Error, PeopleRefusal, PolicyError};
use crate::model::people::{
    FREE_USERS, INVITATION, Invitation, MAX_NAME_CHARS, Member, NewInvitation, may_invite,
    of_domain,
};
use crate::model::{Attempt, Device, SecretToken, TokenHash, UserState, later};
use crate::store::{attempts, invitations, members, people};

/// What somebody who was invited chooses.
#[derive(Debug)]
pub struct NewMember {
    /// What they call themselves.
    pub name: String,
    /// What they will prove themselves by.
    pub password: Password,
}

/// An invitation as whoever holds its link sees it.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Whether the address has an account here meanwhile.
    pub member: bool,
}

impl Identity {
    /// Counts a mail that asks somebody to join.
    pub async fn take_invitation<P: Policy>(&self, tenant: &Tenant<P>) -> Result<(), ApiError> {
        let session = tenant.session_id();
        let user = tenant
            .read(async |tx| people::fetch_user_of(tx, session).await)
            .await
            .map_err(Error::from)?;
        let subject = self.person(tenant.organization().id(), user.id);
        self.limiter.take(self.limits.invitation, subject).await?;
        Ok(())
    }

    /// Makes a member of whoever holds an invitation's link: their address is proven by it. Nobody is signed
    /// in. Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`], [`Error::PasswordRefused`],
    /// [`PeopleRefusal::BadName`], [`PeopleRefusal::AlreadyMember`], [`PeopleRefusal::NoSeatForYou`],
    /// [`PolicyError::DomainOff`].
    pub async fn accept_invitation(
        &self,
        visitor: &Visitor,
        sent: &str,
        chosen: &NewMember,
        device: &Device,
    ) -> Result<Member, ApiError> {
        let name = text::line(&chosen.name, MAX_NAME_CHARS)
            .map_err(|_| Error::from(PeopleRefusal::BadName))?;
        let token = SecretToken::parse(sent).map(|token| token.hash());
        let found = visitor
            .read(async |tx| match &token {
                Some(token) => invitations::find_by_token(tx, token).await,
                None => Ok(None),
            })
            .await
            .map_err(Error::from)?;
        // No hash for a link that is worth nothing.
        let hash = match found.filter(|it| it.expires_at > visitor.now()) {
            Some(found) => {
                let known = [visitor.organization().name(), &found.email, &name];
                Some(self.hash_chosen(&chosen.password, &known).await?)
            }
            None => None,
        };
        let joined = visitor
            .write(async |tx| {
                let proof = token.as_ref().zip(hash.as_ref());
                accept(tx, token.as_ref(), proof, &name, device).await
            })
            .await??;
        Ok(joined)
    }
}

/// Invites somebody. Errors: [`PeopleRefusal::RoleTooHigh`], [`PeopleRefusal::MailDomain`],
/// [`PeopleRefusal::AlreadyMember`], [`PeopleRefusal::NoSeat`], [`PeopleRefusal::AlreadyInvited`].
pub async fn invite(
    tx: &TenantTx,
    caller: Caller,
    new: &NewInvitation,
) -> Result<Invitation, Error> {
    if new.role == Role::Owner {
        return Err(PeopleRefusal::OwnerByChange.into());
    }
    if !may_invite(caller.role, caller.allowed, new.role) {
        return Err(PeopleRefusal::RoleTooHigh.into());
    }
    check_domain(tx, new.email.as_str()).await??;
    let folded = new.email.folded();
    if people::find_account(tx, &folded).await?.is_some() {
        return Err(PeopleRefusal::AlreadyMember.into());
    }
    if let Some(max) = members::find_full(tx).await? {
        return Err(PeopleRefusal::NoSeat { max }.into());
    }
    let inviter = people::fetch_user(tx, caller.user).await?;
    let token = SecretToken::generate(tx.entropy());
    let invitation = Invitation {
        id: tx.new_id(),
        email: new.email.as_str().to_owned(),
        role: new.role,
        invited_by: Some(inviter.email),
        created_at: tx.now(),
        expires_at: later(tx.now(), INVITATION),
    };
    invitations::add(tx, &invitation, &folded, caller.user, &token.hash())
        .await
        .on_constraint(
            invitations::EMAIL_KEY,
            Error::from(PeopleRefusal::AlreadyInvited),
        )?;
    send(tx, &invitation, &token).await?;
    record(tx, &invitation, InvitationChange::Created).await?;
    Ok(invitation)
}

async fn check_domain(tx: &TenantTx, email: &str) -> Result<Result<(), PeopleRefusal>, Error> {
    let domains = policy::fetch_policy(tx).await?.rules.mail_domains;
    if of_domain(email, &domains) {
        Ok(Ok(()))
    } else {
        Ok(Err(PeopleRefusal::MailDomain(domains)))
    }
}

/// A page of open invitations, newest first. Errors: a cursor of another list.
pub async fn list_invitations(
    tx: &TenantTx,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Invitation>, Error> {
    let scope = format!("invitations {}", tx.tenant().id());
    let before = page::read(&scope, cursor)?;
    let rows = invitations::list(tx, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |last| last.id))
}

/// Mails an invitation again, with another link and seven more days. The link before works no more. Errors:
/// [`PeopleRefusal::InvitationNotFound`], [`PeopleRefusal::RoleTooHigh`], [`PeopleRefusal::MailDomain`].
pub async fn resend_invitation(
    tx: &TenantTx,
    caller: Caller,
    id: InvitationId,
) -> Result<Invitation, Error> {
    let held = hold(tx, caller, id).await?;
    check_domain(tx, &held.email).await??;
    let token = SecretToken::generate(tx.entropy());
    let renewed = Invitation {
        expires_at: later(tx.now(), INVITATION),
        ..held
    };
    invitations::renew(tx, id, &token.hash(), renewed.expires_at).await?;
    send(tx, &renewed, &token).await?;
    record(tx, &renewed, InvitationChange::Resent).await?;
    Ok(renewed)
}

/// Takes an invitation back. Errors: [`PeopleRefusal::InvitationNotFound`], [`PeopleRefusal::RoleTooHigh`].
pub async fn revoke_invitation(
    tx: &TenantTx,
    caller: Caller,
    id: InvitationId,
) -> Result<(), Error> {
    let held = hold(tx, caller, id).await?;
    invitations::revoke(tx, id).await?;
    outbox::supersede(tx, Template::Invitation, &held.email).await?;
    record(tx, &held, InvitationChange::Revoked).await
}

async fn hold(tx: &TenantTx, caller: Caller, id: InvitationId) -> Result<Invitation, Error> {
    let held = invitations::lock(tx, id).await?;
    let held = held.ok_or(PeopleRefusal::InvitationNotFound)?;
    if !may_invite(caller.role, caller.allowed, held.role) {
        return Err(PeopleRefusal::RoleTooHigh.into());
    }
    Ok(held)
}

async fn send(tx: &TenantTx, invitation: &Invitation, token: &SecretToken) -> Result<(), Error> {
    outbox::supersede(tx, Template::Invitation, &invitation.email).await?;
    let mail = NewMail {
        template: Template::Invitation,
        recipient: &invitation.email,
        params: json!({
            "organization": tx.tenant().name(),
            "invited_by": invitation.invited_by.as_deref().unwrap_or("Somebody"),
            "role": invitation.role,
            "valid_days": INVITATION.as_hours() / 24,
        }),
        secret: Some(token.expose()),
        dedupe_key: None,
    };
    Ok(outbox::enqueue(tx, mail).await?)
}

async fn record(
    tx: &TenantTx,
    invitation: &Invitation,
    change: InvitationChange,
) -> Result<(), Error> {
    let changed = InvitationChanged {
        invitation_id: invitation.id,
        change,
        email: invitation.email.clone(),
        role: invitation.role,
    };
    Ok(tx.record(&changed).await?)
}

/// What the holder of a link may know of it. Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`].
pub async fn find_invitation(tx: &TenantTx, sent: &str) -> Result<Invited, Error> {
    let token = SecretToken::parse(sent).ok_or(Error::TokenNotFound)?;
    let found = invitations::find_by_token(tx, &token.hash()).await?;
    let invitation = found.ok_or(Error::TokenNotFound)?;
    if invitation.expires_at <= tx.now() {
        return Err(Error::TokenExpired);
    }
    let member = find_member(tx, &invitation).await?;
    Ok(Invited { invitation, member })
}

async fn find_member(tx: &TenantTx, invitation: &Invitation) -> Result<bool, DbError> {
    let folded = kernel::email::EmailAddress::parse(&invitation.email).map(|it| it.folded());
    match folded {
        Some(folded) => Ok(people::find_account(tx, &folded).await?.is_some()),
        None => Ok(false),
    }
}

/// `token` is what was sent, where it can be one; `proof` is there as well where its invitation could be
/// accepted a moment ago.
async fn accept(
    tx: &TenantTx,
    token: Option<&TokenHash>,
    proof: Option<(&TokenHash, &PasswordHash)>,
    name: &str,
    device: &Device,
) -> Noted<Member> {
    let refused = async |error: Error| {
        attempts::add_attempt(tx, Attempt::InvitationRefused, None, device).await?;
        Ok(Err(error))
    };
    let Some((token, hash)) = proof else {
        let known = match token {
            Some(token) => invitations::find_by_token(tx, token).await?.is_some(),
            None => false,
        };
        return refused(if known {
            Error::TokenExpired
        } else {
            Error::TokenNotFound
        })
        .await;
    };
    // Two who hold the same link wait for each other here.
    let Some(invitation) = invitations::lock_by_token(tx, token).await? else {
        return refused(Error::TokenNotFound).await;
    };
    if find_member(tx, &invitation).await? {
        return refused(PeopleRefusal::AlreadyMember.into()).await;
    }
    // The rules may have changed since they were invited.
    if check_domain(tx, &invitation.email).await?.is_err() {
        return refused(PolicyError::DomainOff.into()).await;
    }
    if !members::take_seat(tx, FREE_USERS).await? {
        return refused(PeopleRefusal::NoSeatForYou.into()).await;
    }
    let member = Member {
        id: tx.new_id(),
        email: invitation.email,
        name: Some(name.to_owned()),
        role: invitation.role,
        state: UserState::Active,
        created_at: tx.now(),
        verified_at: Some(tx.now()),
    };
    invitations::accept(tx, invitation.id, member.id).await?;
    members::add(tx, &member, hash)
        .await
        .on_constraint(people::EMAIL_KEY, Error::from(PeopleRefusal::AlreadyMember))?;
    attempts::add_attempt(tx, Attempt::InvitationAccepted, Some(member.id), device).await?;
    let joined = MemberJoined {
        user_id: member.id,
        invitation_id: invitation.id,
        email: member.email.clone(),
        role: member.role,
    };
    tx.acting_as(Actor::User(member.id)).record(&joined).await?;
    Ok(Ok(member))
}
