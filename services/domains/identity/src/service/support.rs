//! Support access on the organisation's side: consent, the session that a code is exchanged for, and its end.
//! Each is one transaction of platform and organisation, so that both logs tell of it or none.

use db::{DbError, PlatformTx, TenantRef, TenantTx};
use events::support::{SupportAllowed, SupportBegan, SupportEnded, SupportWithdrawn};
use gateway::SessionSecret;
use jiff::Timestamp;
use kernel::event::{Actor, Origin};
use kernel::id::{SessionId, UserId};
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;
use tenancy::audit::OperatorActor;
use tenancy::support::{self, Access};

use crate::error::Error;
use crate::model::{Device, SecretToken, later};
use crate::store::support as store;

/// A look that has just begun.
#[derive(Debug)]
pub struct Begun {
    /// The session.
    pub session: SessionId,
    /// What its cookie proves it by.
    pub secret: SessionSecret,
    /// Until when at the most.
    pub ends_at: Timestamp,
}

/// Exchanges a code. It ends with the consent, and after a quarter of an hour in any case. Errors:
/// [`Error::SupportCodeNotFound`], [`Error::SupportNotAllowed`].
pub async fn begin(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    code: &str,
    device: &Device,
) -> Result<Begun, Error> {
    let code = SecretToken::parse(code).ok_or(Error::SupportCodeNotFound)?;
    let session: SessionId = tx.new_id();
    let until = support::find_consent(tx, tenant.id()).await?;
    let ends_at = later(tx.now(), support::SESSION).min(until.unwrap_or(tx.now()));
    let taken = support::take_code(tx, tenant.id(), &code.hash(), session, ends_at).await?;
    let access = taken.ok_or(Error::SupportCodeNotFound)?;
    until.ok_or(Error::SupportNotAllowed)?;
    let secret = SessionSecret::generate(tx.entropy());
    tx.enter(tenant, origin, async |inside| {
        open(inside, &access, &secret, device).await
    })
    .await?;
    Ok(Begun {
        session,
        secret,
        ends_at,
    })
}

async fn open(
    tx: &TenantTx,
    access: &Access,
    secret: &SessionSecret,
    device: &Device,
) -> Result<(), Error> {
    let owners = store::list_owners(tx).await?;
    let (oldest, _) = owners.first().ok_or(Error::SupportNotAllowed)?;
    let (id, operator) = (access.session, access.operator_id);
    store::add_session(
        tx,
        id,
        *oldest,
        operator,
        &secret.hash(),
        device,
        access.ends_at,
    )
    .await?;
    let began = SupportBegan {
        access_id: access.id,
        session_id: id,
        operator_id: operator,
        operator: access.operator.clone(),
        reason: access.reason.clone(),
        ticket: access.ticket.clone(),
        ends_at: access.ends_at,
    };
    tx.acting_as(Actor::Operator(operator))
        .record(&began)
        .await?;
    let minutes = (access.ends_at.duration_since(tx.now()).as_secs() + 59) / 60;
    for (_, address) in &owners {
        let key = format!("support/{}/{address}", access.id);
        let told = NewMail {
            template: Template::SupportBegan,
            recipient: address,
            params: json!({
                "organization": tx.tenant().name(), "operator": access.operator, "reason": access.reason,
                "ticket": access.ticket, "minutes": minutes,
            }),
            secret: None,
            dedupe_key: Some(&key),
        };
        outbox::enqueue(tx, told).await?;
    }
    Ok(())
}

/// Ends the look that is `session`: whoever looks has had enough, or its time is over.
pub async fn end(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    session: SessionId,
    actor: &OperatorActor,
) -> Result<(), DbError> {
    let ended = support::end(tx, tenant.id(), Some(session), actor).await?;
    tx.enter(tenant, origin, async |inside| {
        for access in &ended {
            store::end_sessions(inside, &[access.session]).await?;
            let over = SupportEnded {
                access_id: access.id,
                session_id: access.session,
                operator_id: access.operator_id,
                operator: access.operator.clone(),
                ended_sessions: vec![access.session],
            };
            let actor = match actor {
                OperatorActor::Worker => Actor::Worker("support"),
                _ => Actor::Operator(access.operator_id),
            };
            inside.acting_as(actor).record(&over).await?;
        }
        Ok(())
    })
    .await
}

/// Lets operators look until `until`; without it no more, and who looks is out at once.
pub async fn set_consent(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    by: UserId,
    until: Option<Timestamp>,
) -> Result<(), DbError> {
    let organization_id = tenant.id();
    let before = support::set_consent(tx, organization_id, until).await?;
    let ended = match until {
        Some(_) => Vec::new(),
        None => support::end(tx, organization_id, None, &OperatorActor::Organization).await?,
    };
    let ended_sessions: Vec<SessionId> = ended.iter().map(|access| access.session).collect();
    tx.enter(tenant, origin, async |inside| {
        store::end_sessions(inside, &ended_sessions).await?;
        let inside = inside.acting_as(Actor::User(by));
        match until {
            Some(until) => {
                let allowed = SupportAllowed {
                    organization_id,
                    until,
                    before,
                };
                inside.record(&allowed).await
            }
            None => {
                let withdrawn = SupportWithdrawn {
                    organization_id,
                    before,
                    ended_sessions,
                };
                inside.record(&withdrawn).await
            }
        }
    })
    .await
}

/// Writes down that the look `session` on `host` is over: its time is. Nothing where somebody else has.
pub async fn end_overdue(tx: &PlatformTx, host: &str, session: SessionId) -> Result<(), DbError> {
    let Some(tenant) = tx.find_tenant_by_host(host).await? else {
        return Ok(());
    };
    let origin = Origin {
        actor: Actor::Worker("support"),
        address: None,
        request_id: tx.new_id(),
    };
    end(tx, &tenant, origin, session, &OperatorActor::Worker).await
}
