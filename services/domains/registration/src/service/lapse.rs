//! An organisation that nobody confirms: one more mail, and a day later its end.
//!
//! Each step is work that the one before has left, so that the end never comes without a day's notice, however
//! long the workers were away.

use db::{DbError, PlatformTx, TenantRef, TenantTx};
use kernel::event::Origin;
use kernel::id::UserId;
use tenancy::lapse::{self, NOTICE, PROBATION};

use crate::ports::People;

/// The kind of work that asks an owner once more to prove their address.
pub const CALL_LAST: &str = "call_last";
/// The kind of work that ends an organisation whose owner never did.
pub const REMOVE_UNPROVEN: &str = "remove_unproven";

/// Sees to it that a new organisation does not stay without a proof.
pub(super) async fn watch(tx: &TenantTx, owner: UserId) -> Result<(), DbError> {
    let asked_at = tx.now() + (PROBATION - NOTICE);
    tx.enqueue(CALL_LAST, owner.uuid(), asked_at).await
}

/// Asks `owner` once more, and leaves the end to be done a day later; neither where they have proven
/// their address.
pub async fn call_last(tx: &TenantTx, people: &dyn People, owner: UserId) -> Result<(), DbError> {
    let removed_at = tx.now() + NOTICE;
    if people.call_last(tx, owner, removed_at).await? {
        tx.enqueue(REMOVE_UNPROVEN, owner.uuid(), removed_at)
            .await?;
    }
    Ok(())
}

/// Ends an organisation whose owner has not proven their address, in one transaction with every link they
/// have: a proof is either before it, and nothing ends, or comes too late. Answers the hosts that caches
/// have to forget.
pub async fn remove_unproven(
    tx: &PlatformTx,
    people: &dyn People,
    tenant: &TenantRef,
    origin: Origin,
    owner: UserId,
) -> Result<Vec<String>, DbError> {
    let Some(unproven) = lapse::find_for_update(tx, tenant.id()).await? else {
        return Ok(Vec::new());
    };
    let withdrawn = tx
        .enter(tenant, origin, async |inside| {
            people.withdraw(inside, owner).await
        })
        .await?;
    if withdrawn {
        lapse::end(tx, unproven).await
    } else {
        Ok(Vec::new())
    }
}
