//! The recovery of an owner who lost access: asked for by operators, told to everybody, stopped by whoever objects,
//! and over with a new password. Each step is one transaction of platform and organisation, so that both logs tell
//! of it or none.

mod judging;
mod redeem;

use db::{DbError, PlatformTx, TenantRef, TenantState, TenantTx};
use events::recovery::{RecoveryBegan, RecoveryEnded, RecoverySent, RecoveryStopped};
use gateway::Caller;
use jiff::{SignedDuration, Timestamp};
use kernel::event::{Actor, Origin};
use kernel::id::{ApprovalId, OperatorId, RecoveryId, TenantId};
use kernel::roles::Role;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::recovery::{self as rows, LINK, Recovery, Refusal, State, Wanted};

use crate::error::{Error, PeopleRefusal};
use crate::model::{Purpose, SecretToken, later};
use crate::store::{one_time, recovery as store};
use judging::{fetch, find_fault, find_owner, hold};

/// The kind of work that takes a recovery to its next state.
pub const RECOVER_OWNER: &str = "recover_owner";
/// How long the link of an organisation that can only be read waits until somebody looks again.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What is promised to those who are told.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How long everybody can object.
    pub wait: SignedDuration,
    /// Whom they may ask.
    pub contact: Option<String>,
}

/// Refuses what cannot be recovered, or else writes down that a second operator decides until `until`. Nobody of
/// the organisation is told yet.
pub async fn ask(
    tx: &PlatformTx,
    wanted: &Wanted<'_>,
    mandate: &Mandate,
    approval: ApprovalId,
    until: Timestamp,
) -> Result<(), Refusal> {
    let tenant = hold(tx, wanted.tenant).await?;
    let owner = find_owner(tx, &tenant, wanted.email, mandate).await?;
    Ok(rows::ask(tx, wanted, owner, approval, until).await?)
}

/// Begins the waiting time, and tells everybody.
pub async fn begin(
    tx: &PlatformTx,
    terms: &Terms,
    wanted: &Wanted<'_>,
    mandate: &Mandate,
) -> Result<Recovery, Refusal> {
    let tenant = hold(tx, wanted.tenant).await?;
    let owner = find_owner(tx, &tenant, wanted.email, mandate).await?;
    let due_at = later(tx.now(), terms.wait);
    let begun = rows::begin(tx, wanted, owner, mandate, due_at).await?;
    announce(tx, terms, &tenant, &begun, mandate).await?;
    Ok(begun)
}

/// The same for what was asked for by the request `approval`, which is approved.
pub async fn begin_asked(
    tx: &PlatformTx,
    terms: &Terms,
    tenant: TenantId,
    approval: ApprovalId,
    mandate: &Mandate,
) -> Result<Recovery, Refusal> {
    let tenant = fetch(tx, tenant).await?;
    let asked = rows::lock(tx, approval.uuid()).await?;
    let asked = asked.ok_or(Refusal::NotFound)?;
    let owner = find_owner(tx, &tenant, &asked.email, mandate).await?;
    if owner != asked.owner {
        return Err(Refusal::OtherOwner);
    }
    let due_at = later(tx.now(), terms.wait);
    let begun = rows::advance(tx, asked, State::Waiting, due_at, mandate).await?;
    announce(tx, terms, &tenant, &begun, mandate).await?;
    Ok(begun)
}

/// Stops what is under way, by an operator's word. Errors: [`Refusal::NotFound`].
pub async fn stop(
    tx: &PlatformTx,
    tenant: TenantId,
    mandate: &Mandate,
) -> Result<Recovery, Refusal> {
    let tenant = fetch(tx, tenant).await?;
    let open = rows::lock(tx, tenant.id().uuid()).await?;
    let open = open.ok_or(Refusal::NotFound)?;
    halt(tx, &tenant, origin_of(tx, mandate), &open, mandate).await?;
    Ok(open)
}

/// The same by the word of `caller`, an owner. Errors: [`PeopleRefusal::OwnersOnly`],
/// [`PeopleRefusal::RecoveryNotFound`].
pub async fn object(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    caller: Caller,
) -> Result<(), Error> {
    if caller.role != Role::Owner {
        return Err(PeopleRefusal::OwnersOnly.into());
    }
    let open = rows::lock(tx, tenant.id().uuid()).await?;
    let known = open.filter(Recovery::is_known);
    let known = known.ok_or(PeopleRefusal::RecoveryNotFound)?;
    let origin = Origin {
        actor: Actor::User(caller.user),
        ..origin
    };
    let mandate = Mandate {
        actor: OperatorActor::Organization,
        reason: None,
    };
    Ok(halt(tx, tenant, origin, &known, &mandate).await?)
}

async fn halt(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    stopped: &Recovery,
    mandate: &Mandate,
) -> Result<(), DbError> {
    rows::end(tx, stopped, State::Stopped, mandate, None).await?;
    if !stopped.is_known() {
        return Ok(());
    }
    tx.enter(tenant, origin, async |tx| {
        let event = RecoveryStopped {
            recovery_id: stopped.id,
            user_id: stopped.owner,
            from: stopped.state.as_str().to_owned(),
        };
        tx.record(&event).await?;
        close(tx, stopped, "stopped").await
    })
    .await
}

/// Its link is worth nothing more, and everybody hears what became of it.
async fn close(tx: &TenantTx, over: &Recovery, what: &str) -> Result<(), DbError> {
    one_time::withdraw(tx, over.owner, Purpose::RecoverOwnership).await?;
    outbox::supersede(tx, Template::RecoverOwnership, over.email.as_str()).await?;
    tell(tx, over, what, None).await
}

/// Does what is due: sends the link, or ends what nobody used. Nothing where it is over already.
pub async fn step(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    id: RecoveryId,
) -> Result<(), DbError> {
    // An organisation that was brought here from elsewhere brings work whose row stayed behind.
    let open = rows::lock(tx, id.uuid()).await?;
    let Some(open) = open.filter(|it| it.tenant == tenant.id()) else {
        return Ok(());
    };
    let again = match (open.state, tenant.state()) {
        _ if tx.now() < open.due_at => Some(open.due_at),
        // Nobody could use it.
        (State::Waiting, TenantState::ReadOnly) => Some(later(tx.now(), AGAIN)),
        _ => None,
    };
    if let Some(at) = again {
        let work = async |tx: &TenantTx| tx.enqueue(RECOVER_OWNER, id.uuid(), at).await;
        return tx.enter(tenant, origin, work).await;
    }
    if open.state == State::Sent {
        return give_up(tx, tenant, origin, &open, State::Expired, "expired").await;
    }
    match find_fault(tx, tenant, origin, &open).await? {
        Some(fault) => give_up(tx, tenant, origin, &open, State::Void, fault.code()).await,
        None => send(tx, tenant, origin, open).await,
    }
}

async fn send(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    waited: Recovery,
) -> Result<(), DbError> {
    let expires_at = later(tx.now(), LINK);
    let sent = rows::advance(tx, waited, State::Sent, expires_at, &of_worker()).await?;
    let token = SecretToken::generate(tx.entropy());
    tx.enter(tenant, origin, async |tx| {
        keep_token(tx, &sent, &token, expires_at).await?;
        let mail = NewMail {
            template: Template::RecoverOwnership,
            recipient: sent.email.as_str(),
            params: json!({
                "organization": tx.tenant().name(), "valid_hours": LINK.as_hours(),
            }),
            secret: Some(token.expose()),
            dedupe_key: None,
        };
        outbox::enqueue_notice(tx, mail).await?;
        tx.enqueue(RECOVER_OWNER, sent.id.uuid(), expires_at)
            .await?;
        let event = RecoverySent {
            recovery_id: sent.id,
            user_id: sent.owner,
            email: sent.email.masked(),
            expires_at,
        };
        tx.record(&event).await
    })
    .await
}

/// Ends one that came to nothing, and tells everybody.
async fn give_up(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    over: &Recovery,
    state: State,
    why: &str,
) -> Result<(), DbError> {
    rows::end(tx, over, state, &of_worker(), Some(why)).await?;
    tx.enter(tenant, origin, async |tx| {
        let event = RecoveryEnded {
            recovery_id: over.id,
            user_id: over.owner,
            from: over.state.as_str().to_owned(),
            why: why.to_owned(),
        };
        tx.record(&event).await?;
        close(tx, over, state.as_str()).await
    })
    .await
}

async fn announce(
    tx: &PlatformTx,
    terms: &Terms,
    tenant: &TenantRef,
    begun: &Recovery,
    mandate: &Mandate,
) -> Result<(), DbError> {
    let origin = origin_of(tx, mandate);
    tx.enter(tenant, origin, async |tx| {
        // Stands for the link until that is sent: `GET /me` tells by it that there is something to tell.
        let nobodys = SecretToken::generate(tx.entropy());
        keep_token(tx, begun, &nobodys, later(begun.due_at, LINK)).await?;
        tell(tx, begun, "began", terms.contact.as_deref()).await?;
        tx.enqueue(RECOVER_OWNER, begun.id.uuid(), begun.due_at)
            .await?;
        let event = RecoveryBegan {
            recovery_id: begun.id,
            user_id: begun.owner,
            email: begun.email.masked(),
            due_at: begun.due_at,
        };
        tx.record(&event).await
    })
    .await
}

/// The member of a token's detail that says which recovery it is of.
const RECOVERY: &str = "recovery_id";
/// The member that names the address it gives.
const EMAIL: &str = "email";

async fn keep_token(
    tx: &TenantTx,
    of: &Recovery,
    token: &SecretToken,
    until: Timestamp,
) -> Result<(), DbError> {
    let detail = json!({ RECOVERY: of.id, EMAIL: of.email.as_str() });
    let purpose = Purpose::RecoverOwnership;
    one_time::replace(
        tx,
        Some(of.owner),
        purpose,
        &token.hash(),
        Some(&detail),
        until,
    )
    .await
}

/// Mails everybody what happens, the owner first.
async fn tell(
    tx: &TenantTx,
    of: &Recovery,
    what: &str,
    contact: Option<&str>,
) -> Result<(), DbError> {
    for address in store::list_everybody(tx).await? {
        tell_one(tx, of, what, contact, &address).await?;
    }
    Ok(())
}

/// Whatever state the organisation is in.
async fn tell_one(
    tx: &TenantTx,
    of: &Recovery,
    what: &str,
    contact: Option<&str>,
    address: &str,
) -> Result<(), DbError> {
    let mail = NewMail {
        template: Template::OwnerRecovery,
        recipient: address,
        params: json!({
            "organization": tx.tenant().name(), "what": what, "email": of.email.masked(),
            "at": outbox::for_people(of.due_at), "contact": contact,
        }),
        secret: None,
        dedupe_key: None,
    };
    outbox::enqueue_notice(tx, mail).await
}

fn of_worker() -> Mandate {
    Mandate {
        actor: OperatorActor::Worker,
        reason: None,
    }
}

/// Who acts in the organisation by an operator's word. From where they do it is not the organisation's to know.
fn origin_of(tx: &PlatformTx, mandate: &Mandate) -> Origin {
    let actor = match mandate.actor {
        OperatorActor::Operator(id) => Actor::Operator(OperatorId::from(id)),
        _ => Actor::Worker(RECOVER_OWNER),
    };
    Origin {
        actor,
        address: None,
        request_id: tx.new_id(),
    }
}

/// Whether one is under way of which everybody was told.
pub async fn is_under_way(tx: &TenantTx) -> Result<bool, DbError> {
    store::is_under_way(tx).await
}
