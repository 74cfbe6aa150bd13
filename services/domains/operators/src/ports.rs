//! What operators ask of whoever keeps the people. `app` joins it to identity.

use async_trait::async_trait;
use db::{DbError, PlatformTx, TenantTx};
use jiff::Timestamp;
use kernel::id::{ApprovalId, TenantId};
use tenancy::audit::Mandate;
use tenancy::recovery::{Recovery, Refusal, Wanted};

/// The owners of an organisation.
#[async_trait]
pub trait Owners: Send + Sync + 'static {
    /// The addresses of those who have proven theirs.
    async fn list(&self, tx: &TenantTx) -> Result<Vec<String>, DbError>;
}

/// The organisation's side of the recovery of its owner: who that is, and telling everybody.
#[async_trait]
pub trait Recoveries: Send + Sync + 'static {
    /// Refuses what cannot be recovered, or else keeps it until a second operator has decided, which they can
    /// until `until`.
    async fn ask(
        &self,
        tx: &PlatformTx,
        wanted: &Wanted<'_>,
        mandate: &Mandate,
        approval: ApprovalId,
        until: Timestamp,
    ) -> Result<(), Refusal>;

    /// Begins the waiting time.
    async fn begin(
        &self,
        tx: &PlatformTx,
        wanted: &Wanted<'_>,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal>;

    /// Begins that of what was kept for `approval`.
    async fn begin_asked(
        &self,
        tx: &PlatformTx,
        tenant: TenantId,
        approval: ApprovalId,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal>;

    /// Stops what is under way.
    async fn stop(
        &self,
        tx: &PlatformTx,
        tenant: TenantId,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal>;
}
