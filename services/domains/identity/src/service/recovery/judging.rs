//! Whether an owner can be recovered, in the beginning and at every step: there is one, whom nobody else can help,
//! and who could sign in by the new address and a password.

use db::{DbError, PlatformTx, TenantRef, TenantState, TenantTx};
use kernel::email::EmailAddress;
use kernel::event::Origin;
use kernel::id::{TenantId, UserId};
use tenancy::audit::Mandate;
use tenancy::recovery::{self as rows, Recovery, Refusal};
use tenancy::verbs::{self, Selector, VerbError};

use super::origin_of;
use crate::model::Method;
use crate::model::people::of_domain;
use crate::store::{people, policy, recovery as store};

/// The organisation, locked: people sign in to it, and no other recovery is under way.
pub(super) async fn hold(tx: &PlatformTx, id: TenantId) -> Result<TenantRef, Refusal> {
    let tenant = fetch(tx, id).await?;
    rows::lapse_of(tx, id).await?;
    match rows::lock(tx, id.uuid()).await? {
        Some(open) => Err(Refusal::Open(Box::new(open))),
        None => Ok(tenant),
    }
}

pub(super) async fn fetch(tx: &PlatformTx, id: TenantId) -> Result<TenantRef, Refusal> {
    let found = verbs::fetch_for_update(tx, &Selector::Id(id)).await;
    let subject = found.map_err(|error| match error {
        VerbError::Db(error) => Refusal::Db(error),
        _ => Refusal::NoTenant,
    })?;
    let host = subject.hosts.first().ok_or(Refusal::NoTenant)?;
    let tenant = tx.find_tenant_by_host(host).await?;
    tenant.ok_or(Refusal::NoTenant)
}

/// The one owner who can be given `email`.
pub(super) async fn find_owner(
    tx: &PlatformTx,
    tenant: &TenantRef,
    email: &EmailAddress,
    mandate: &Mandate,
) -> Result<UserId, Refusal> {
    let origin = origin_of(tx, mandate);
    tx.enter(tenant, origin, async |tx| judge(tx, email).await)
        .await?
}

/// Why what was asked for holds no more.
pub(super) async fn find_fault(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    of: &Recovery,
) -> Result<Option<Refusal>, DbError> {
    let judged = tx
        .enter(tenant, origin, async |tx| judge(tx, &of.email).await)
        .await?;
    Ok(match judged {
        Ok(owner) if owner == of.owner => None,
        Ok(_) => Some(Refusal::OtherOwner),
        Err(fault) => Some(fault),
    })
}

/// The one owner, who could sign in by `email` and a password. The inner refusal is a finding, not a failure: the
/// transaction goes on.
async fn judge(tx: &TenantTx, email: &EmailAddress) -> Result<Result<UserId, Refusal>, DbError> {
    let state = tx.tenant().state();
    if !matches!(state, TenantState::Active | TenantState::Suspended) {
        return Ok(Err(Refusal::Unavailable(state.as_str())));
    }
    let owners = store::lock_owners(tx).await?;
    let owner = match owners.as_slice() {
        [] => return Ok(Err(Refusal::NoOwner)),
        [(owner, _)] => *owner,
        _ => return Ok(Err(Refusal::OtherOwner)),
    };
    let held = people::find_account(tx, &email.folded()).await?;
    if held.is_some_and(|it| it.user.id != owner) {
        return Ok(Err(Refusal::AddressTaken));
    }
    let rules = policy::fetch(tx).await?.rules;
    if !of_domain(email.as_str(), &rules.mail_domains) {
        return Ok(Err(Refusal::MailDomain(rules.mail_domains)));
    }
    if !rules.methods.contains(&Method::Password) {
        return Ok(Err(Refusal::PasswordOff));
    }
    Ok(Ok(owner))
}
