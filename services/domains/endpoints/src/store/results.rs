//! Rows of `results`: every check as it was measured.

use db::{DbError, Row, Sql, TenantTx, sql};
use egress::{Outcome, ReasonCode, Timings};
use jiff::Timestamp;
use kernel::id::{EndpointId, ResultId};

use crate::model::check::CheckResult;
use crate::model::figures::{Counts, Grid, LatencyStep};

/// The end of the page before.
#[derive(Clone, Copy, Debug)]
pub struct After {
    /// When its last result was measured.
    pub checked_at: Timestamp,
    /// Its id.
    pub id: ResultId,
}

const PAGE: Sql = sql!(
    "SELECT id, checked_at, reason_code, message, status_code, duration_us, dns_us, connect_us,
            tls_us, send_us, wait_us, receive_us
       FROM results
      WHERE endpoint_id = $1
        AND ($2::text IS NULL OR outcome = $2)
        AND ($4::uuid IS NULL OR (checked_at, id) < ($3::timestamptz, $4))
      ORDER BY checked_at DESC, id DESC
      LIMIT $5"
);

/// At most `limit` results, newest first.
pub async fn list_page(
    tx: &TenantTx,
    endpoint: EndpointId,
    outcome: Option<Outcome>,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<CheckResult>, DbError> {
    let outcome = outcome.map(Outcome::as_str);
    let (at, id) = (after.map(|a| a.checked_at), after.map(|a| a.id.uuid()));
    let rows = tx
        .query(PAGE, &[&endpoint.uuid(), &outcome, &at, &id, &limit])
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<CheckResult, DbError> {
    let reason: ReasonCode = row
        .get::<&str>("reason_code")?
        .parse()
        .map_err(|_| corrupt("reason_code"))?;
    Ok(CheckResult {
        id: Some(row.id("id")?),
        checked_at: row.get("checked_at")?,
        outcome: reason.outcome(),
        reason_code: reason,
        message: row.get("message")?,
        status_code: row
            .get::<Option<i16>>("status_code")?
            .and_then(|code| u16::try_from(code).ok()),
        duration_us: microseconds(row, "duration_us")?,
        timings: Timings {
            dns_us: microseconds(row, "dns_us")?,
            connect_us: microseconds(row, "connect_us")?,
            tls_us: microseconds(row, "tls_us")?,
            send_us: microseconds(row, "send_us")?,
            wait_us: microseconds(row, "wait_us")?,
            receive_us: microseconds(row, "receive_us")?,
        },
        addresses: Vec::new(),
    })
}

fn microseconds(row: &Row, column: &'static str) -> Result<Option<u32>, DbError> {
    let stored: Option<i32> = row.get(column)?;
    stored
        .map(|us| u32::try_from(us).map_err(|_| corrupt(column)))
        .transpose()
}

fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt {
        table: "results",
        column,
    }
}

const COUNT_BY_STEP: Sql = sql!(
    "SELECT endpoint_id,
            floor(date_part('epoch', checked_at - $2::timestamptz) / $3::integer)::integer AS step,
            count(*) FILTER (WHERE outcome = 'up') AS up,
            count(*) FILTER (WHERE outcome = 'down') AS down,
            count(*) FILTER (WHERE outcome = 'unknown') AS unknown
       FROM results
      WHERE endpoint_id = ANY($1) AND checked_at >= $2
      GROUP BY endpoint_id, step"
);

/// The results of these endpoints, counted by step of the grid.
pub async fn count_by_step(
    tx: &TenantTx,
    endpoints: &[uuid::Uuid],
    grid: Grid,
) -> Result<Vec<(EndpointId, i32, Counts)>, DbError> {
    let rows = tx
        .query(
            COUNT_BY_STEP,
            &[&endpoints, &grid.first, &grid.step_seconds],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.id("endpoint_id")?, row.get("step")?, read_counts(row)?)))
        .collect()
}

pub(super) fn read_counts(row: &Row) -> Result<Counts, DbError> {
    Ok(Counts {
        up: row.get("up")?,
        down: row.get("down")?,
        unknown: row.get("unknown")?,
    })
}

const LATENCY_BY_STEP: Sql = sql!(
    "SELECT floor(date_part('epoch', checked_at - $2::timestamptz) / $3::integer)::integer AS step,
            count(*) FILTER (WHERE outcome = 'up') AS up,
            count(*) FILTER (WHERE outcome = 'down') AS down,
            count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_us)
                FILTER (WHERE outcome = 'up') AS p50_us,
            percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_us)
                FILTER (WHERE outcome = 'up') AS p95_us
       FROM results
      WHERE endpoint_id = $1 AND checked_at >= $2
      GROUP BY step"
);

/// The latency of one endpoint by step of the grid.
pub async fn latency_by_step(
    tx: &TenantTx,
    endpoint: EndpointId,
    grid: Grid,
) -> Result<Vec<(i32, LatencyStep)>, DbError> {
    let rows = tx
        .query(
            LATENCY_BY_STEP,
            &[&endpoint.uuid(), &grid.first, &grid.step_seconds],
        )
        .await?;
    let milliseconds = |us: Option<i32>| us.map(|us| f64::from(us) / 1_000.0);
    rows.iter()
        .map(|row| {
            let step = LatencyStep {
                p50_ms: milliseconds(row.get("p50_us")?),
                p95_ms: milliseconds(row.get("p95_us")?),
                counts: read_counts(row)?,
            };
            Ok((row.get("step")?, step))
        })
        .collect()
}

const REMOVE_SOME: Sql = sql!(
    "DELETE FROM results
      WHERE id IN (SELECT id FROM results WHERE endpoint_id = $1 LIMIT $2)"
);

/// Removes at most `limit` results. Answers how many.
pub async fn remove_some(tx: &TenantTx, endpoint: EndpointId, limit: i64) -> Result<u64, DbError> {
    tx.execute(REMOVE_SOME, &[&endpoint.uuid(), &limit]).await
}
