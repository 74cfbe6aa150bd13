//! Figures over a window: bars and percentiles for the list, latency for one endpoint.

use std::collections::HashMap;

use db::TenantTx;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::EndpointId;
use uuid::Uuid;

use super::{Endpoints, live};
use crate::error::Error;
use crate::model::figures::{Counts, Grid, LatencyStep, Window};
use crate::model::health::State;
use crate::model::histogram::Histogram;
use crate::store::{endpoints, list, result_hours, results};

/// Endpoints in one summary at the most.
pub const MAX_SUMMARIZED: usize = 200;

/// The latency of an endpoint over a window.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The length of a step.
    pub step_seconds: i32,
    /// Every step, when it begins and what it holds; gaps included.
    pub steps: Vec<(Timestamp, LatencyStep)>,
}

/// Figures of the endpoints in a list.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The length of a step.
    pub step_seconds: i32,
    /// How many live endpoints are in each state that any is in.
    pub totals: Vec<(State, i64)>,
    /// In the order of names.
    pub items: Vec<Summarized>,
}

/// Figures of one endpoint.
#[derive(Clone, Debug)]
pub struct Summarized {
    /// Which.
    pub id: EndpointId,
    /// See [`Counts::uptime_percent`].
    pub uptime_percent: Option<f64>,
    /// 95 % of its successes took at most this long.
    pub p95_ms: Option<f64>,
    /// Every step, when it begins and what it holds.
    pub bars: Vec<(Timestamp, Counts)>,
}

impl Endpoints {
    /// How an endpoint's latency went. Errors: `endpoint_not_found`.
    pub async fn latency(
        &self,
        tx: &TenantTx,
        id: EndpointId,
        window: Window,
    ) -> Result<Latency, Error> {
        live(endpoints::find(tx, id).await?, id)?;
        let grid = window.points(tx.now());
        let rows = if window.needs_results() {
            results::latency_by_step(tx, id, grid).await?
        } else {
            result_hours::latency_by_hour(tx, id, grid).await?
        };
        Ok(Latency {
            step_seconds: grid.step_seconds,
            steps: grid.steps().zip(grid.fill(rows)).collect(),
        })
    }

    /// Bars, uptime and percentile of these live endpoints, or of the first by name. Errors: more than
    /// [`MAX_SUMMARIZED`] ids.
    pub async fn summarize(
        &self,
        tx: &TenantTx,
        window: Window,
        ids: Option<&[Uuid]>,
    ) -> Result<Summary, Error> {
        if ids.is_some_and(|ids| ids.len() > MAX_SUMMARIZED) {
            return Err(too_many());
        }
        let most = i64::try_from(MAX_SUMMARIZED).unwrap_or(i64::MAX);
        let ids = list::list_ids(tx, ids, most).await?;
        let keys: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let totals = list::count_by_state(tx).await?;
        let grid = window.bars(tx.now());
        let counts = if window.needs_results() {
            results::count_by_step(tx, &keys, grid).await?
        } else {
            result_hours::count_by_step(tx, &keys, grid).await?
        };
        let histograms = result_hours::sum_histograms(tx, &keys, grid).await?;
        Ok(Summary {
            step_seconds: grid.step_seconds,
            totals,
            items: assemble(&ids, grid, counts, &histograms.into_iter().collect()),
        })
    }
}

fn assemble(
    ids: &[EndpointId],
    grid: Grid,
    counts: Vec<(EndpointId, i32, Counts)>,
    histograms: &HashMap<EndpointId, Histogram>,
) -> Vec<Summarized> {
    let mut by_endpoint: HashMap<EndpointId, Vec<(i32, Counts)>> = HashMap::new();
    for (id, step, counts) in counts {
        by_endpoint.entry(id).or_default().push((step, counts));
    }
    ids.iter()
        .map(|id| {
            let counts = grid.fill(by_endpoint.remove(id).unwrap_or_default());
            Summarized {
                id: *id,
                uptime_percent: counts.iter().copied().sum::<Counts>().uptime_percent(),
                p95_ms: histograms.get(id).and_then(|all| all.percentile_ms(0.95)),
                bars: grid.steps().zip(counts).collect(),
            }
        })
        .collect()
}

fn too_many() -> Error {
    let message = format!("Name at most {MAX_SUMMARIZED} endpoints.");
    FieldError::new("ids", "too_many", message).into()
}
