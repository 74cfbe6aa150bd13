//! The people of organisations, as other domains ask for them: registration's and operators' questions,
//! answered by identity.

use ::operators::{Owners, Recoveries};
use async_trait::async_trait;
use db::{DbError, PlatformTx, TenantTx};
use identity::NewOwner;
use identity::recovery::{self, Terms};
use jiff::Timestamp;
use kernel::id::{ApprovalId, TenantId, UserId};
use registration::{Owner, People, Proof};
use tenancy::audit::Mandate;
use tenancy::recovery::{Recovery, Refusal, Wanted};

/// They.
pub struct PeopleOfIdentity;

#[async_trait]
impl People for PeopleOfIdentity {
    async fn add_owner(&self, tx: &TenantTx, owner: &Owner<'_>) -> Result<UserId, DbError> {
        let new = NewOwner {
            email: owner.email,
            password_hash: owner.password_hash,
        };
        identity::add_owner(tx, &new).await
    }

    async fn call_last(
        &self,
        tx: &TenantTx,
        person: UserId,
        removed_at: Timestamp,
    ) -> Result<bool, DbError> {
        identity::call_last(tx, person, removed_at).await
    }

    async fn withdraw(&self, tx: &TenantTx, person: UserId) -> Result<bool, DbError> {
        identity::withdraw(tx, person).await
    }

    async fn find_proof(&self, tx: &TenantTx, person: UserId) -> Result<Option<Proof>, DbError> {
        let proof = identity::find_proof(tx, person).await?;
        Ok(proof.map(|(email, verified_at)| Proof { email, verified_at }))
    }
}

#[async_trait]
impl Owners for PeopleOfIdentity {
    async fn list(&self, tx: &TenantTx) -> Result<Vec<String>, DbError> {
        identity::list_owners(tx).await
    }
}

/// The recovery of owners, on these terms.
pub struct RecoveriesOfIdentity(pub Terms);

#[async_trait]
impl Recoveries for RecoveriesOfIdentity {
    async fn ask(
        &self,
        tx: &PlatformTx,
        wanted: &Wanted<'_>,
        mandate: &Mandate,
        approval: ApprovalId,
        until: Timestamp,
    ) -> Result<(), Refusal> {
        recovery::ask(tx, wanted, mandate, approval, until).await
    }

    async fn begin(
        &self,
        tx: &PlatformTx,
        wanted: &Wanted<'_>,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal> {
        recovery::begin(tx, &self.0, wanted, mandate).await
    }

    async fn begin_asked(
        &self,
        tx: &PlatformTx,
        tenant: TenantId,
        approval: ApprovalId,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal> {
        recovery::begin_asked(tx, &self.0, tenant, approval, mandate).await
    }

    async fn stop(
        &self,
        tx: &PlatformTx,
        tenant: TenantId,
        mandate: &Mandate,
    ) -> Result<Recovery, Refusal> {
        recovery::stop(tx, tenant, mandate).await
    }
}
