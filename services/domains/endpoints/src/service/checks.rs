//! Checks that people ask for: a trial before saving, and one out of turn. A probe never runs inside a
//! transaction.

use std::time::Duration;

use db::{DbError, TenantTx};
use egress::{HttpMethod, HttpProbe, ProbeResult, Target};
use events::endpoints::EndpointChecked;
use jiff::Timestamp;
use kernel::id::{EndpointId, ResultId, TenantId};

use super::{Endpoints, hold, live};
use crate::error::Error;
use crate::model::check::CheckResult;
use crate::model::endpoint::Endpoint;
use crate::model::health::Transition;
use crate::model::settings::{Settings, parse_codes, parse_target, parse_timeout};
use crate::model::slot::next_slot;
use crate::schedule;
use crate::store::endpoints;
use crate::store::recording::{self, Recorded};

/// The longest a trial may take: somebody is waiting for it.
pub const MAX_TRIAL_MS: i32 = 10_000;

/// What is tried before it is saved.
#[derive(Clone, Debug, Default)]
pub struct TrialDraft {
    /// Where to ask.
    pub url: String,
    /// How to ask.
    pub method: Option<HttpMethod>,
    /// Which answers mean "up".
    pub expected_codes: Option<String>,
    /// How long it may take.
    pub timeout_ms: Option<i64>,
}

impl Endpoints {
    /// Parses a trial. Errors: the fields that break a rule.
    pub fn plan_trial(&self, draft: TrialDraft) -> Result<HttpProbe, Error> {
        let target = parse_target(&draft.url, self.prober.policy());
        let expected = draft.expected_codes.as_deref().map(parse_codes).transpose();
        let timeout_ms = draft
            .timeout_ms
            .map_or(Ok(MAX_TRIAL_MS), |ms| parse_timeout(ms, MAX_TRIAL_MS));
        match (target, expected, timeout_ms) {
            (Ok(target), Ok(expected), Ok(timeout_ms)) => Ok(HttpProbe {
                target,
                method: draft.method.unwrap_or_default(),
                expected: expected.unwrap_or_default(),
                timeout: milliseconds(timeout_ms),
            }),
            (target, expected, timeout_ms) => Err(Error::Invalid(
                [target.err(), expected.err(), timeout_ms.err()]
                    .into_iter()
                    .flatten()
                    .collect(),
            )),
        }
    }

    /// Carries out a trial. Nothing of it is kept. Errors: `rate_limited`.
    pub async fn try_out(
        &self,
        tenant: TenantId,
        probe: &HttpProbe,
        now: Timestamp,
    ) -> Result<CheckResult, Error> {
        let _running = self.trials.begin(tenant).ok_or(Error::TooManyTrials)?;
        let result = self.prober.http(probe).await;
        Ok(CheckResult::measured(None, now, result))
    }

    /// What a check of this endpoint asks. Errors: `endpoint_not_found`.
    pub async fn plan_check(&self, tx: &TenantTx, id: EndpointId) -> Result<Planned, Error> {
        let endpoint = live(endpoints::find(tx, id).await?, id)?;
        Ok(Planned {
            probe: probe_of(&endpoint.settings)?,
            endpoint,
            checked_at: tx.now(),
        })
    }

    /// Asks.
    pub async fn probe(&self, planned: &Planned) -> ProbeResult {
        self.prober.http(&planned.probe).await
    }

    /// Records what came of it, just as the worker does, and who asked for it. A check of the worker's
    /// that is running now is not recorded besides.
    ///
    /// Errors: `endpoint_not_found`, and `precondition_failed` where the endpoint has another target by
    /// now.
    pub async fn record_check(
        &self,
        tx: &TenantTx,
        planned: Planned,
        probed: ProbeResult,
    ) -> Result<CheckResult, Error> {
        let id = planned.endpoint.id;
        let endpoint = hold(tx, id, None).await?;
        if !endpoint.settings.same_target(&planned.endpoint.settings) {
            let current = endpoint.revision;
            return Err(Error::VersionStale { current });
        }
        let result_id: ResultId = tx.new_id();
        let result = CheckResult::measured(Some(result_id), planned.checked_at, probed);
        let rules = &self.config.confirmation;
        let transition = endpoint
            .health
            .apply(result.reason_code, result.checked_at, rules);
        let recorded = Recorded {
            endpoint: id,
            id: result_id.uuid(),
            result,
            health: transition.health,
            claim: None,
        };
        recording::record(tx, &[&recorded]).await?;
        if endpoint.paused_at.is_none() {
            let interval_ms = endpoint.settings.interval_ms();
            let due_at = next_due(id, interval_ms, transition, tx.now());
            schedule::reschedule(tx, id, interval_ms, due_at).await?;
        }
        tx.record(&EndpointChecked {
            endpoint_id: id,
            result_id,
            outcome: recorded.result.outcome.to_string(),
            reason_code: recorded.result.reason_code.to_string(),
        })
        .await?;
        Ok(recorded.result)
    }
}

/// A check that is about to run.
#[derive(Clone, Debug)]
pub struct Planned {
    endpoint: Endpoint,
    probe: HttpProbe,
    checked_at: Timestamp,
}

/// When to look again after a result: soon where something waits for confirmation, else at the next slot.
pub(crate) fn next_due(
    id: EndpointId,
    interval_ms: i64,
    transition: Transition,
    now: Timestamp,
) -> Timestamp {
    let slot = next_slot(id.uuid(), interval_ms, now);
    match transition.recheck_in {
        Some(wait) => slot.min(now.saturating_add(wait).unwrap_or(Timestamp::MAX)),
        None => slot,
    }
}

/// The probe that these settings describe.
pub(crate) fn probe_of(settings: &Settings) -> Result<HttpProbe, DbError> {
    // What is stored was written by the same parser.
    let target = Target::parse(&settings.url).map_err(|_| DbError::Corrupt {
        table: "endpoints",
        column: "url",
    })?;
    Ok(HttpProbe {
        target,
        method: settings.method,
        expected: settings.expected_codes.clone(),
        timeout: milliseconds(settings.timeout_ms),
    })
}

fn milliseconds(ms: i32) -> Duration {
    Duration::from_millis(u64::from(ms.unsigned_abs()))
}
