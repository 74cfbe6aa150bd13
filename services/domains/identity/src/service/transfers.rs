//! Handing an organisation over: its owner offers, another member accepts, and both have just proven who they
//! are.

use db::{DbError, TenantTx};
use events::identity::{OwnershipOfferEnded, OwnershipOffered, OwnershipTransferred};
use gateway::Caller;
use kernel::id::{SessionId, UserId};
use kernel::roles::Role;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;

use super::members::standings;
use crate::error::{Error, PeopleRefusal};
use crate::model::people::Member;
use crate::model::transfer::{Offer, Party, TRANSFER, may_offer, may_take};
use crate::model::{SecretToken, later};
use crate::store::{one_time, people, transfers};

/// Offers the caller's ownership to a member, and mails them a link. Errors:
/// [`PeopleRefusal::MemberNotFound`], [`PeopleRefusal::OwnAccount`], [`PeopleRefusal::AlreadyOwner`],
/// [`PeopleRefusal::MemberInactive`], [`PeopleRefusal::TransferOpen`].
pub async fn offer_ownership(tx: &TenantTx, caller: Caller, to: UserId) -> Result<Offer, Error> {
    // Locks every owner: two offers wait for each other.
    let held = standings(tx, caller.user, to).await?;
    may_offer(&held.caller, &held.target)?;
    if transfers::find(tx).await?.is_some() {
        return Err(PeopleRefusal::TransferOpen.into());
    }
    let token = SecretToken::generate(tx.entropy());
    let offer = Offer {
        token: token.hash(),
        from: party(&held.caller),
        to: party(&held.target),
        created_at: tx.now(),
        expires_at: later(tx.now(), TRANSFER),
    };
    transfers::put(tx, &offer).await?;
    outbox::supersede(tx, Template::OwnershipOffered, &offer.to.email).await?;
    let mail = NewMail {
        template: Template::OwnershipOffered,
        recipient: &offer.to.email,
        params: json!({
            "organization": tx.tenant().name(),
            "offered_by": offer.from.email,
            "valid_days": TRANSFER.as_hours() / 24,
        }),
        secret: Some(token.expose()),
        dedupe_key: None,
    };
    outbox::enqueue(tx, mail).await?;
    tell(tx, &offer.from, "offered", &offer.to).await?;
    let offered = OwnershipOffered {
        from: offer.from.id,
        to: offer.to.id,
    };
    tx.record(&offered).await?;
    Ok(offer)
}

/// The open offer.
pub async fn find_offer(tx: &TenantTx) -> Result<Option<Offer>, DbError> {
    transfers::find(tx).await
}

/// The same for `caller`: one of the two it is about, or an owner. Nobody else learns of it.
pub fn shown_offer(found: Option<Offer>, caller: Caller) -> Option<Offer> {
    found.filter(|it| it.concerns(caller.user) || caller.role == Role::Owner)
}

/// Whether the person behind `session` has an offer to answer.
pub async fn is_ownership_offered(tx: &TenantTx, session: SessionId) -> Result<bool, DbError> {
    transfers::is_offered(tx, session).await
}

/// Takes the offer back, or declines it. Errors: [`PeopleRefusal::TransferNotFound`].
pub async fn end_offer(tx: &TenantTx, caller: Caller) -> Result<(), Error> {
    let found = shown_offer(transfers::find(tx).await?, caller);
    let offer = found.ok_or(PeopleRefusal::TransferNotFound)?;
    if !one_time::take(tx, &offer.token).await? {
        return Err(PeopleRefusal::TransferNotFound.into());
    }
    outbox::supersede(tx, Template::OwnershipOffered, &offer.to.email).await?;
    let declined = caller.user == offer.to.id;
    if declined {
        tell(tx, &offer.from, "declined", &offer.to).await?;
    } else {
        tell(tx, &offer.to, "withdrawn", &offer.from).await?;
    }
    let ended = OwnershipOfferEnded {
        from: offer.from.id,
        to: offer.to.id,
        declined,
    };
    Ok(tx.record(&ended).await?)
}

/// Makes the caller the owner, and whoever offered it an administrator. `sent` is the token of the mail's
/// link, where they come by it. Errors: [`PeopleRefusal::TransferNotFound`], [`Error::TokenNotFound`].
pub async fn accept_ownership(
    tx: &TenantTx,
    caller: Caller,
    sent: Option<&str>,
) -> Result<(), Error> {
    let found = transfers::find(tx).await?;
    let offer = found
        .filter(|it| it.to.id == caller.user)
        .ok_or(PeopleRefusal::TransferNotFound)?;
    if let Some(sent) = sent {
        let token = SecretToken::parse(sent).ok_or(Error::TokenNotFound)?;
        if token.hash() != offer.token {
            return Err(Error::TokenNotFound);
        }
    }
    let held = standings(tx, caller.user, offer.from.id).await;
    let held = held.map_err(|error| match error {
        Error::People(PeopleRefusal::MemberNotFound) => PeopleRefusal::TransferNotFound.into(),
        other => other,
    })?;
    // Whoever came first has used it up, and what either of them is may have changed meanwhile.
    let (taker, giver) = (held.caller, held.target);
    if !one_time::take(tx, &offer.token).await? || !may_take(&giver, &taker) {
        return Err(PeopleRefusal::TransferNotFound.into());
    }
    people::change_role(tx, taker.id, Role::Owner).await?;
    people::change_role(tx, giver.id, Role::Admin).await?;
    tell(tx, &offer.from, "given", &offer.to).await?;
    tell(tx, &offer.to, "taken", &offer.from).await?;
    tracing::warn!(target: "security", from = %giver.id, to = %taker.id, "an organisation has another owner");
    let transferred = OwnershipTransferred {
        from: giver.id,
        to: taker.id,
        role: taker.role,
    };
    Ok(tx.record(&transferred).await?)
}

/// Mails one of the two what happened, and names the other.
async fn tell(tx: &TenantTx, to: &Party, what: &str, other: &Party) -> Result<(), DbError> {
    let mail = NewMail {
        template: Template::OwnershipChanged,
        recipient: &to.email,
        params: json!({
            "organization": tx.tenant().name(), "what": what, "other": other.email,
        }),
        secret: None,
        dedupe_key: None,
    };
    outbox::enqueue(tx, mail).await
}

fn party(member: &Member) -> Party {
    Party {
        id: member.id,
        email: member.email.clone(),
        name: member.name.clone(),
    }
}
