//! The result of one check, as it is stored and shown.

use std::net::IpAddr;

use egress::{Outcome, ProbeResult, ReasonCode, Timings};
use jiff::Timestamp;
use kernel::id::ResultId;
use serde::{Deserialize, Serialize};

/// What one check found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its id; `None` for a trial, which is not stored.
    pub id: Option<ResultId>,
    /// When it began; for one that never took place, when it should have.
    pub checked_at: Timestamp,
    /// What it says about the target.
    pub outcome: Outcome,
    /// Why, from a closed list.
    pub reason_code: ReasonCode,
    /// Why, as a sentence.
    pub message: String,
    /// The answer's status code.
    pub status_code: Option<u16>,
    /// How long it took; `None` for one that never took place.
    pub duration_us: Option<u32>,
    /// How long each phase took.
    pub timings: Timings,
    /// The addresses that were talked to. Known to whoever asked for the check, not stored.
    #[serde(skip)]
    pub addresses: Vec<IpAddr>,
}

impl CheckResult {
    /// A result that was measured.
    pub fn measured(id: Option<ResultId>, checked_at: Timestamp, probe: ProbeResult) -> Self {
        let missed = probe.reason == ReasonCode::Missed;
        Self {
            id,
            checked_at,
            outcome: probe.outcome,
            reason_code: probe.reason,
            message: probe.message,
            status_code: probe.status_code,
            duration_us: (!missed).then_some(probe.duration_us),
            timings: probe.timings,
            addresses: probe.addresses,
        }
    }

    /// The mark of a slot that nobody filled in its time. It says nothing about the target.
    pub fn missed(id: ResultId, due_at: Timestamp) -> Self {
        Self {
            id: Some(id),
            checked_at: due_at,
            outcome: ReasonCode::Missed.outcome(),
            reason_code: ReasonCode::Missed,
            message: ReasonCode::Missed.meaning().to_owned(),
            status_code: None,
            duration_us: None,
            timings: Timings::default(),
            addresses: Vec::new(),
        }
    }

    /// Whether the target was asked at all.
    pub fn took_place(&self) -> bool {
        self.reason_code != ReasonCode::Missed
    }
}
