//! What operators ask of whoever keeps the people. `app` joins it to identity.

use async_trait::async_trait;
use db::{DbError, TenantTx};

/// The owners of an organisation.
#[async_trait]
pub trait Owners: Send + Sync + 'static {
    /// The addresses of those who have proven theirs.
    async fn list(&self, tx: &TenantTx) -> Result<Vec<String>, DbError>;
}
