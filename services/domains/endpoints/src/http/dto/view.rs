//! What goes out: everything an answer shows.

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::id::{EndpointId, ResultId};
use kernel::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{BarState, EndpointState, Kind, Method, Outcome, ReasonCode, Window};
use crate::model::check;
use crate::model::endpoint::Endpoint;
use crate::model::figures::{Counts, LatencyStep};
use crate::service::figures::{Latency, Summarized, Summary};

/// Something that is watched.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointView {
    id: EndpointId,
    /// What people call it.
    #[schema(example = "Shop")]
    name: String,
    /// Its address, normalised.
    #[schema(example = "https://example.com/health")]
    url: String,
    kind: Kind,
    /// How it is.
    state: EndpointState,
    /// How often it is checked.
    #[schema(example = 60)]
    interval_seconds: i32,
    /// How long a check may take.
    #[schema(example = 10_000)]
    timeout_ms: i32,
    method: Method,
    /// Which status codes mean that it is up.
    #[schema(example = "200-299")]
    expected_codes: String,
    /// When it was last asked.
    last_checked_at: Option<Timestamp>,
    /// The last result, of a check that was missed too.
    last_result: Option<CheckResult>,
    /// Since when it is as it is. An outage begins with its first failure.
    state_changed_at: Timestamp,
    created_at: Timestamp,
    /// When somebody last changed it.
    updated_at: Timestamp,
    paused_at: Option<Timestamp>,
    /// Since when it is in the bin.
    deleted_at: Option<Timestamp>,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        let settings = endpoint.settings;
        Self {
            id: endpoint.id,
            name: settings.name,
            url: settings.url,
            kind: settings.kind.into(),
            state: endpoint.health.state.into(),
            interval_seconds: settings.interval_seconds,
            timeout_ms: settings.timeout_ms,
            method: settings.method.into(),
            expected_codes: settings.expected_codes.to_string(),
            last_checked_at: endpoint.last_checked_at,
            last_result: endpoint.last_result.map(Into::into),
            state_changed_at: endpoint.health.changed_at,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            paused_at: endpoint.paused_at,
            deleted_at: endpoint.deleted_at,
        }
    }
}

/// A page of endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointPage {
    items: Vec<EndpointView>,
    /// Ask for the next page with it; `null` on the last one.
    next_cursor: Option<String>,
    /// How many there are on all pages.
    total: i64,
}

impl From<(Page<Endpoint>, i64)> for EndpointPage {
    fn from((page, total): (Page<Endpoint>, i64)) -> Self {
        let page = page.map(EndpointView::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
            total,
        }
    }
}

/// What one check found out.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckResult {
    /// Missing for a trial, which is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<ResultId>,
    /// When it began; for a missed one, when it was due.
    checked_at: Timestamp,
    outcome: Outcome,
    reason_code: ReasonCode,
    /// The reason as a sentence.
    #[schema(example = "The server refused the connection.")]
    message: String,
    /// The status code of the last answer.
    #[schema(example = 200)]
    status_code: Option<u16>,
    /// The whole check, over all redirects.
    #[schema(example = 84.312)]
    duration_ms: Option<f64>,
    timings: PhaseTimings,
    /// The addresses that were talked to. Only in the answer to whoever asked for the check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["93.184.215.14"]))]
    addresses: Vec<IpAddr>,
}

impl From<check::CheckResult> for CheckResult {
    fn from(result: check::CheckResult) -> Self {
        let timings = result.timings;
        Self {
            id: result.id,
            checked_at: result.checked_at,
            outcome: result.outcome.into(),
            reason_code: result.reason_code.into(),
            message: result.message,
            status_code: result.status_code,
            duration_ms: result.duration_us.map(|us| f64::from(us) / 1_000.0),
            timings: PhaseTimings {
                dns_us: timings.dns_us,
                connect_us: timings.connect_us,
                tls_us: timings.tls_us,
                send_us: timings.send_us,
                wait_us: timings.wait_us,
                receive_us: timings.receive_us,
            },
            addresses: result.addresses,
        }
    }
}

/// How long each phase of the last request took; `null` where it did not end or was not needed.
#[derive(Debug, Serialize, ToSchema)]
struct PhaseTimings {
    /// Looking the name up.
    dns_us: Option<u32>,
    /// The TCP connection.
    connect_us: Option<u32>,
    /// The TLS handshake.
    tls_us: Option<u32>,
    /// Sending the request.
    send_us: Option<u32>,
    /// Waiting for the first byte of the answer.
    wait_us: Option<u32>,
    /// Receiving the answer.
    receive_us: Option<u32>,
}

/// A page of results, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultPage {
    items: Vec<CheckResult>,
    /// Ask for the next page with it; `null` on the last one.
    next_cursor: Option<String>,
}

impl From<Page<check::CheckResult>> for ResultPage {
    fn from(page: Page<check::CheckResult>) -> Self {
        let page = page.map(CheckResult::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// The latency of an endpoint over a window.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatencyView {
    window: Window,
    /// The length of a step.
    #[schema(example = 600)]
    step_seconds: i32,
    /// Every step, oldest first; gaps included.
    points: Vec<LatencyPoint>,
}

/// One step of a plot of latency.
#[derive(Debug, Serialize, ToSchema)]
struct LatencyPoint {
    /// When the step begins.
    at: Timestamp,
    /// Half of the successes took at most this long; `null` without any.
    p50_ms: Option<f64>,
    /// 95 % of them took at most this long.
    p95_ms: Option<f64>,
    /// Results of any outcome.
    checks: i64,
    /// Those that say "down".
    failures: i64,
}

impl LatencyView {
    /// The latency over `window`.
    pub fn new(window: Window, latency: Latency) -> Self {
        Self {
            window,
            step_seconds: latency.step_seconds,
            points: latency.steps.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<(Timestamp, LatencyStep)> for LatencyPoint {
    fn from((at, step): (Timestamp, LatencyStep)) -> Self {
        Self {
            at,
            p50_ms: step.p50_ms,
            p95_ms: step.p95_ms,
            checks: step.counts.checks(),
            failures: step.counts.down,
        }
    }
}

/// Figures of endpoints over a window.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryView {
    window: Window,
    /// The length of a bar.
    #[schema(example = 1_800)]
    step_seconds: i32,
    totals: StateTotals,
    /// In the order of names.
    items: Vec<SummaryItem>,
}

/// How many endpoints are in each state, all of them.
#[derive(Debug, Default, Serialize, ToSchema)]
struct StateTotals {
    up: i64,
    down: i64,
    pending: i64,
    paused: i64,
    unknown: i64,
}

/// Figures of one endpoint.
#[derive(Debug, Serialize, ToSchema)]
struct SummaryItem {
    id: EndpointId,
    /// Successes among what is known; `null` without results.
    #[schema(example = 99.95)]
    uptime_percent: Option<f64>,
    /// 95 % of the successes took at most this long.
    #[schema(example = 183.4)]
    p95_ms: Option<f64>,
    /// Every step, oldest first.
    bars: Vec<Bar>,
}

/// What a step's results come to.
#[derive(Debug, Serialize, ToSchema)]
struct Bar {
    /// When the step begins.
    at: Timestamp,
    state: BarState,
    /// Results of any outcome.
    checks: i64,
    /// Those that say "down".
    failures: i64,
}

impl SummaryView {
    /// The figures over `window`.
    pub fn new(window: Window, summary: Summary) -> Self {
        let mut totals = StateTotals::default();
        for (state, count) in summary.totals {
            match state.into() {
                EndpointState::Up => totals.up = count,
                EndpointState::Down => totals.down = count,
                EndpointState::Pending => totals.pending = count,
                EndpointState::Paused => totals.paused = count,
                EndpointState::Unknown => totals.unknown = count,
            }
        }
        Self {
            window,
            step_seconds: summary.step_seconds,
            totals,
            items: summary.items.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Summarized> for SummaryItem {
    fn from(item: Summarized) -> Self {
        Self {
            id: item.id,
            uptime_percent: item.uptime_percent,
            p95_ms: item.p95_ms,
            bars: item.bars.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<(Timestamp, Counts)> for Bar {
    fn from((at, counts): (Timestamp, Counts)) -> Self {
        Self {
            at,
            state: counts.state().into(),
            checks: counts.checks(),
            failures: counts.down,
        }
    }
}
