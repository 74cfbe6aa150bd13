//! What registration asks of whoever keeps the people. `app` joins it to identity.

use async_trait::async_trait;
use db::{DbError, TenantTx};
use jiff::Timestamp;
use kernel::id::UserId;

use crate::model::Owner;

/// The people of an organisation.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Adds the owner, whose address is not proven yet, and the mail that asks them to prove it.
    async fn add_owner(&self, tx: &TenantTx, owner: &Owner<'_>) -> Result<UserId, DbError>;

    /// The address of a person who may sign in, and when they proved it.
    async fn find_proof(&self, tx: &TenantTx, person: UserId) -> Result<Option<Proof>, DbError>;
}

/// A proven address.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// The address.
    pub email: String,
    /// Since when it is proven.
    pub verified_at: Timestamp,
}
