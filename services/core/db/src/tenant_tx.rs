//! A tenant's transaction: the only door to a tenant's rows.

use std::sync::Arc;

use jiff::Timestamp;
use kernel::event::{Actor, Origin};
use kernel::rng::{self, Entropy};
use uuid::Uuid;

use crate::progress::Scope;
use crate::transaction::{Params, Transaction};
use crate::{DbError, Pulse, Row, Sql, TenantRef};

/// A transaction inside one tenant's schema and role. No `Deref`, no raw client, no text but [`Sql`].
///
/// It carries what a use case needs besides rows: the time, ids, and who is acting.
pub struct TenantTx {
    transaction: Arc<Transaction>,
    scope: Scope,
    tenant: TenantRef,
    origin: Origin,
    pulse: Pulse,
    now: Timestamp,
}

impl TenantTx {
    /// The tenant's own transaction.
    pub(crate) fn new(
        transaction: Arc<Transaction>,
        tenant: TenantRef,
        origin: Origin,
        pulse: Pulse,
    ) -> Self {
        let now = pulse.clock.now();
        Self::inside(transaction, Scope::OWN, tenant, origin, pulse, now)
    }

    /// A stay in the tenant, inside a transaction of the platform that began at `now`.
    pub(crate) fn inside(
        transaction: Arc<Transaction>,
        scope: Scope,
        tenant: TenantRef,
        origin: Origin,
        pulse: Pulse,
        now: Timestamp,
    ) -> Self {
        Self {
            transaction,
            scope,
            tenant,
            origin,
            pulse,
            now,
        }
    }

    /// All rows of `sql`.
    pub async fn query(&self, sql: Sql, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let answer = self.transaction.run(self.scope, sql.text(), params).await?;
        Ok(answer.rows)
    }

    /// The first row of `sql`, if there is one.
    pub async fn query_opt(&self, sql: Sql, params: Params<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The one row of `sql`. Errors: [`DbError::Missing`].
    pub async fn query_one(&self, sql: Sql, params: Params<'_>) -> Result<Row, DbError> {
        self.query_opt(sql, params).await?.ok_or(DbError::Missing)
    }

    /// Rows changed by `sql`.
    pub async fn execute(&self, sql: Sql, params: Params<'_>) -> Result<u64, DbError> {
        let answer = self.transaction.run(self.scope, sql.text(), params).await?;
        Ok(answer.changed)
    }

    /// When this transaction began, by the database's clock. One instant for all it writes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new UUIDv7.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        rng::uuid_v7(self.now, self.entropy()).into()
    }

    /// Randomness for secrets.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.pulse.entropy
    }

    /// Whose rows these are.
    pub fn tenant(&self) -> &TenantRef {
        &self.tenant
    }

    /// Who is acting, from where, in which request.
    pub fn origin(&self) -> Origin {
        let actor = self.transaction.gate().and_then(crate::Gate::actor);
        Origin {
            actor: actor.unwrap_or(self.origin.actor),
            ..self.origin
        }
    }

    /// Who is acting.
    pub fn actor(&self) -> Actor {
        self.origin().actor
    }

    /// The same transaction in the name of `actor`, who has just proven who they are (a token, a
    /// registration).
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            transaction: Arc::clone(&self.transaction),
            scope: self.scope,
            tenant: self.tenant.clone(),
            origin: Origin {
                actor,
                ..self.origin
            },
            pulse: self.pulse.clone(),
            now: self.now,
        }
    }

    /// Runs a text that no type has seen: the hole that the type wall closes.
    #[cfg(feature = "walls-off")]
    pub async fn query_unchecked(&self, text: &str) -> Result<Vec<Row>, DbError> {
        let answer = self.transaction.run(self.scope, text, &[]).await?;
        Ok(answer.rows)
    }
}
