//! Claiming: what is due, and what there is to know about it, in one transaction.

use std::collections::HashMap;

use db::{DbError, PlatformTx, TenantRef, TenantState};
use egress::HttpProbe;
use jiff::{SignedDuration, Timestamp};
use tenancy::switches::{self, Module};

use super::Inner;
use crate::model::endpoint::Endpoint;
use crate::model::health::{Health, State};
use crate::schedule::{self, Claim};
use crate::service::checks::probe_of;
use crate::store::endpoints;

/// A claimed endpoint, and how it was when it was claimed. Whoever changes it raises the fence.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub tenant: TenantRef,
    pub claim: Claim,
    pub health: Health,
    /// What to ask; `None` where it is too late for that.
    pub probe: Option<HttpProbe>,
}

/// What one claim brought.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub due: Vec<Due>,
    /// Rows claimed, those that came to nothing included.
    claimed: usize,
    limit: usize,
}

impl Batch {
    /// Whether as many were due as were asked for: there may be more.
    pub fn is_full(&self) -> bool {
        self.limit > 0 && self.claimed == self.limit
    }
}

/// Why nothing was claimed.
enum Refused {
    /// The database is away.
    Db(DbError),
    /// This tenant's rows cannot be read: its schema is gone, or not what it should be.
    Tenant(TenantRef, DbError),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Claims at most `limit` due endpoints. A tenant that cannot be read waits; the others do not wait for it.
pub(super) async fn claim(inner: &Inner, limit: usize) -> Result<Batch, DbError> {
    loop {
        let claimed = inner
            .db
            .write_platform(async |tx| claim_in(inner, tx, limit).await)
            .await;
        match claimed {
            Ok(batch) => return Ok(batch),
            Err(Refused::Db(error)) => return Err(error),
            Err(Refused::Tenant(tenant, error)) => {
                tracing::error!(%error, tenant = tenant.slug(), "a tenant's endpoints cannot be read");
                postpone(inner, &tenant).await?;
            }
        }
    }
}

/// Moves what a tenant has due to a later time.
pub(super) async fn postpone(inner: &Inner, tenant: &TenantRef) -> Result<(), DbError> {
    inner
        .db
        .write_platform(async |tx| {
            let due_at = later(tx.now(), inner.options.postponed_by);
            schedule::postpone(tx, &[tenant.schema().as_str()], due_at).await
        })
        .await
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

async fn claim_in(inner: &Inner, tx: &PlatformTx, limit: usize) -> Result<Batch, Refused> {
    let until = later(tx.now(), inner.options.lease);
    let claims = schedule::claim(tx, until, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
    let mut batch = Batch {
        due: Vec::with_capacity(claims.len()),
        claimed: claims.len(),
        limit,
    };
    let mut by_schema: HashMap<String, Vec<Claim>> = HashMap::new();
    for claim in claims {
        by_schema
            .entry(claim.schema.clone())
            .or_default()
            .push(claim);
    }
    if by_schema.is_empty() {
        return Ok(batch);
    }
    let schemas: Vec<String> = by_schema.keys().cloned().collect();
    let mut unwatched = Vec::new();
    let tenants = tx.list_tenants_by_schema(&schemas).await?;
    let ids: Vec<_> = tenants.iter().map(TenantRef::id).collect();
    let without = switches::list_without(tx, Module::Endpoints, &ids).await?;
    // They come in the order of their ids.
    for tenant in tenants {
        if tenant.state() != TenantState::Active
            || !tenancy::is_served(&tenant)
            || without.contains(&tenant.id().uuid())
        {
            continue;
        }
        let claims = by_schema
            .remove(tenant.schema().as_str())
            .unwrap_or_default();
        let watched = read_endpoints(inner, tx, &tenant, &claims).await?;
        for claim in claims {
            match watched.get(&claim.endpoint.uuid()) {
                Some(endpoint) => batch.due.push(due(&tenant, claim, endpoint, tx.now())),
                None => unwatched.push(claim),
            }
        }
    }
    if !unwatched.is_empty() {
        schedule::drop_claims(tx, &unwatched).await?;
    }
    if !by_schema.is_empty() {
        let inactive: Vec<&str> = by_schema.keys().map(String::as_str).collect();
        let due_at = later(tx.now(), inner.options.postponed_by);
        schedule::postpone(tx, &inactive, due_at).await?;
    }
    Ok(batch)
}

async fn read_endpoints(
    inner: &Inner,
    tx: &PlatformTx,
    tenant: &TenantRef,
    claims: &[Claim],
) -> Result<HashMap<uuid::Uuid, Endpoint>, Refused> {
    let ids: Vec<uuid::Uuid> = claims.iter().map(|claim| claim.endpoint.uuid()).collect();
    let found = tx
        .enter(tenant, inner.origin(), async |tx| {
            endpoints::list_watched(tx, &ids).await
        })
        .await;
    match found {
        Ok(found) => Ok(found
            .into_iter()
            .map(|endpoint| (endpoint.id.uuid(), endpoint))
            .collect()),
        Err(error) if error.is_transient() => Err(Refused::Db(error)),
        Err(error) => Err(Refused::Tenant(tenant.clone(), error)),
    }
}

/// A check that is late by more than its interval is not carried out any more: what it would find now
/// belongs to a later slot. The first check of all is never too late.
fn due(tenant: &TenantRef, claim: Claim, endpoint: &Endpoint, now: Timestamp) -> Due {
    let late = now.duration_since(claim.due_at);
    let too_late = late > SignedDuration::from_millis(claim.interval_ms)
        && endpoint.health.state != State::Pending;
    let probe = match probe_of(&endpoint.settings) {
        Ok(probe) => (!too_late).then_some(probe),
        Err(error) => {
            tracing::error!(%error, tenant = tenant.slug(), endpoint = %endpoint.id, "no check can be made of an endpoint");
            None
        }
    };
    Due {
        tenant: tenant.clone(),
        claim,
        health: endpoint.health,
        probe,
    }
}
