//! Recovering an owner who lost access, by an operator's word. What the organisation sees of it is behind a port.

use db::PlatformTx;
use kernel::id::{ApprovalId, TenantId};
use tenancy::audit::Mandate;
use tenancy::recovery::{self as rows, Recovery, State, Wanted};
use tenancy::verbs::{self, Selector};

use crate::error::Error;
use crate::model::Caller;
use crate::ports::Recoveries;

/// Begins the waiting time. Errors: [`Error::TenantNotFound`], [`Error::RecoveryNotConfirmed`],
/// [`Error::Recovery`], [`Error::Field`] at `email`.
pub async fn begin(
    tx: &PlatformTx,
    caller: &Caller,
    recoveries: &dyn Recoveries,
    wanted: &Wanted<'_>,
    confirmed: &str,
    reason: Option<String>,
) -> Result<Recovery, Error> {
    confirm(tx, wanted.tenant, confirmed).await?;
    let mandate = caller.mandate(reason);
    Ok(recoveries.begin(tx, wanted, &mandate).await?)
}

/// The organisation's slug, where it was typed again. Errors: [`Error::TenantNotFound`],
/// [`Error::RecoveryNotConfirmed`].
pub(super) async fn confirm(
    tx: &PlatformTx,
    id: TenantId,
    confirmed: &str,
) -> Result<Option<String>, Error> {
    let subject = verbs::fetch_for_update(tx, &Selector::Id(id)).await?;
    match subject.slug {
        Some(slug) if slug != confirmed => Err(Error::RecoveryNotConfirmed(slug)),
        slug => Ok(slug),
    }
}

/// What is under way, or waits for a second operator. Errors: [`Error::TenantNotFound`].
pub async fn find(tx: &PlatformTx, id: TenantId) -> Result<Option<Recovery>, Error> {
    let known = tenancy::roster::find(tx, &Selector::Id(id)).await?;
    known.ok_or(Error::TenantNotFound)?;
    let open = rows::find(tx, id).await?;
    let lapsed = |it: &Recovery| it.state == State::Asked && it.due_at <= tx.now();
    Ok(open.filter(|it| !lapsed(it)))
}

/// Stops it. Errors: [`Error::TenantNotFound`], [`Error::Recovery`].
pub async fn stop(
    tx: &PlatformTx,
    caller: &Caller,
    recoveries: &dyn Recoveries,
    id: TenantId,
) -> Result<(), Error> {
    let stopped = recoveries.stop(tx, id, &caller.mandate(None)).await;
    Ok(stopped.map(drop)?)
}

/// Ends what was asked for by a request that came to nothing: it was rejected, or is refused by now.
pub(super) async fn drop_asked(
    tx: &PlatformTx,
    approval: ApprovalId,
    state: State,
    mandate: &Mandate,
    why: &str,
) -> Result<(), Error> {
    if let Some(asked) = rows::lock(tx, approval.uuid()).await? {
        rows::end(tx, &asked, state, mandate, Some(why)).await?;
    }
    Ok(())
}
