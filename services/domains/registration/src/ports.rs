//! What registration asks of whoever keeps the people. `app` joins it to identity.

use async_trait::async_trait;
use db::{DbError, PlatformTx, TenantTx};
use gateway::Root;
use jiff::Timestamp;
use kernel::event::Origin;
use kernel::id::UserId;
use tenancy::audit::Mandate;

use crate::model::Owner;

/// The people of an organisation.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Adds the owner, whose address is not proven yet, and the mail that asks them to prove it.
    async fn add_owner(&self, tx: &TenantTx, owner: &Owner<'_>) -> Result<UserId, DbError>;

    /// Mails a person who has not proven their address a last link, for the workspace is removed at
    /// `removed_at`. Answers whether there was reason to.
    async fn call_last(
        &self,
        tx: &TenantTx,
        person: UserId,
        removed_at: Timestamp,
    ) -> Result<bool, DbError>;

    /// Takes away every link of a person who has not proven their address: until the transaction ends they
    /// cannot, and after it neither. Answers whether they had not.
    async fn withdraw(&self, tx: &TenantTx, person: UserId) -> Result<bool, DbError>;

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

/// Where somebody registers: a request on the root host, or an operator's terminal.
#[expect(
    async_fn_in_trait,
    reason = "whoever registers waits on the thread they came on"
)]
pub trait Place {
    /// Runs `work` in a read-only transaction on `platform`.
    async fn read_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`.
    async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E>;

    /// The base domain below which organisations' hosts hang, without a port.
    fn domain(&self) -> &str;

    /// The address of the console on `host`.
    fn url_of(&self, host: &str) -> String;

    /// Who registers, from where.
    fn origin(&self) -> Origin;

    /// The operator in whose audit log it is written, where one registers for somebody.
    fn mandate(&self) -> Option<&Mandate>;
}

impl Place for Root {
    async fn read_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        Self::read_platform(self, work).await
    }

    async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        Self::write_platform(self, work).await
    }

    fn domain(&self) -> &str {
        Self::domain(self)
    }

    fn url_of(&self, host: &str) -> String {
        Self::url_of(self, host)
    }

    fn origin(&self) -> Origin {
        Self::origin(self)
    }

    fn mandate(&self) -> Option<&Mandate> {
        None
    }
}
