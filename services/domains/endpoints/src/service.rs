//! The use cases. Only here is decided what happens; each method runs in the caller's transaction and
//! leaves exactly one event where it changes something, none where it does not.

pub mod checks;
pub mod figures;
pub mod life;
pub mod list;
mod trials;

use std::sync::Arc;

use db::{OnConstraint, TenantTx};
use egress::Prober;
use events::endpoints::{EndpointChanged, EndpointCreated};
use kernel::id::EndpointId;

use crate::config::Config;
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::model::settings::{Draft, Rules, Settings};
use crate::model::slot::next_slot;
use crate::schedule;
use crate::store::{endpoints, quotas};

/// Everything an organisation can do with its endpoints.
pub struct Endpoints {
    config: Config,
    prober: Arc<Prober>,
    trials: trials::Trials,
}

impl Endpoints {
    /// The use cases under `config`, with checks carried out by `prober`.
    pub fn new(config: Config, prober: Arc<Prober>) -> Self {
        let trials = trials::Trials::new(config.trials_at_once);
        Self {
            config,
            prober,
            trials,
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            policy: self.prober.policy(),
            min_interval_seconds: self.config.min_interval_seconds,
        }
    }

    /// Begins to watch something. Its first check is due at once.
    ///
    /// Errors: the fields that break a rule, `plan_limit`, `endpoint_exists`.
    pub async fn create(&self, tx: &TenantTx, draft: Draft) -> Result<Endpoint, Error> {
        let settings = Settings::parse(draft, None, self.rules()).map_err(Error::Invalid)?;
        let new = Endpoint::new(tx.new_id(), settings, tx.now());
        self.take_quota(tx).await?;
        if !endpoints::insert(tx, &new).await? {
            let existing = endpoints::find_by_url(tx, &new.settings).await?;
            return Err(Error::Exists { existing });
        }
        schedule::add(tx, new.id, new.settings.interval_ms(), tx.now()).await?;
        tx.record(&EndpointCreated {
            endpoint_id: new.id,
            settings: new.settings.by_name(),
        })
        .await?;
        Ok(new)
    }

    /// A live endpoint. Errors: `endpoint_not_found`.
    pub async fn fetch(&self, tx: &TenantTx, id: EndpointId) -> Result<Endpoint, Error> {
        live(endpoints::find(tx, id).await?, id)
    }

    /// Replaces all settings: what `draft` does not name gets its default. `revisions` are those that may
    /// be replaced, `None` for any. Errors: as [`Endpoints::update`].
    pub async fn replace(
        &self,
        tx: &TenantTx,
        id: EndpointId,
        revisions: Option<&[i32]>,
        draft: Draft,
    ) -> Result<Endpoint, Error> {
        let endpoint = hold(tx, id, revisions).await?;
        let settings = Settings::parse(draft, None, self.rules()).map_err(Error::Invalid)?;
        change(tx, endpoint, settings).await
    }

    /// Changes the settings that `draft` names. `revisions` are those that may be changed, `None` for any.
    ///
    /// Errors: `endpoint_not_found`, `precondition_failed`, the fields that break a rule,
    /// `endpoint_exists`.
    pub async fn update(
        &self,
        tx: &TenantTx,
        id: EndpointId,
        revisions: Option<&[i32]>,
        draft: Draft,
    ) -> Result<Endpoint, Error> {
        let endpoint = hold(tx, id, revisions).await?;
        let settings = Settings::parse(draft, Some(&endpoint.settings), self.rules())
            .map_err(Error::Invalid)?;
        change(tx, endpoint, settings).await
    }

    async fn take_quota(&self, tx: &TenantTx) -> Result<(), Error> {
        if quotas::take(tx, self.config.free_endpoints).await? {
            return Ok(());
        }
        Err(Error::PlanLimit {
            max: quotas::fetch_max(tx).await?,
            upgrade_url: self.config.upgrade_url.clone(),
        })
    }
}

/// The endpoint, unless it is in the bin.
fn live(found: Option<Endpoint>, id: EndpointId) -> Result<Endpoint, Error> {
    found
        .filter(|endpoint| endpoint.deleted_at.is_none())
        .ok_or(Error::NotFound(id))
}

/// A live endpoint at one of `revisions`, locked until the transaction ends.
async fn hold(tx: &TenantTx, id: EndpointId, revisions: Option<&[i32]>) -> Result<Endpoint, Error> {
    let endpoint = live(endpoints::find_for_update(tx, id).await?, id)?;
    match revisions {
        Some(revisions) if !revisions.contains(&endpoint.revision) => Err(Error::VersionStale {
            current: endpoint.revision,
        }),
        _ => Ok(endpoint),
    }
}

async fn change(tx: &TenantTx, old: Endpoint, settings: Settings) -> Result<Endpoint, Error> {
    let Some(new) = old.changed(settings, tx.now()) else {
        return Ok(old);
    };
    if let Some(existing) = endpoints::find_by_url(tx, &new.settings).await?
        && existing != new.id
    {
        let existing = Some(existing);
        return Err(Error::Exists { existing });
    }
    // Whoever adds the same address in this very moment is found by the index.
    endpoints::save(tx, &new)
        .await
        .on_constraint(endpoints::URL_KEY, Error::Exists { existing: None })?;
    let interval_ms = new.settings.interval_ms();
    if new.paused_at.is_some() {
        // Nobody looks, so there is nothing to schedule.
    } else if !old.settings.same_target(&new.settings) {
        schedule::reschedule(tx, new.id, interval_ms, tx.now()).await?;
    } else if old.settings.interval_seconds != new.settings.interval_seconds {
        let due_at = next_slot(new.id.uuid(), interval_ms, tx.now());
        schedule::reschedule(tx, new.id, interval_ms, due_at).await?;
    }
    let (before, after) = old.settings.changes(&new.settings);
    tx.record(&EndpointChanged {
        endpoint_id: new.id,
        before,
        after,
    })
    .await?;
    Ok(new)
}
