//! Rows of `result_hours`: results counted by the hour, with the histogram of their durations.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::EndpointId;

use super::results::read_counts;
use crate::model::figures::{Counts, Grid, LatencyStep};
use crate::model::histogram::Histogram;

const COUNT_BY_STEP: Sql = sql!(
    "SELECT endpoint_id,
            floor(date_part('epoch', hour - $2::timestamptz) / $3::integer)::integer AS step,
            sum(up_count) AS up, sum(down_count) AS down, sum(unknown_count) AS unknown
       FROM result_hours
      WHERE endpoint_id = ANY($1) AND hour >= $2
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

const SUM_BUCKETS: Sql = sql!(
    "SELECT endpoint_id, (array_lower(latency_buckets, 1) + place - 1)::integer AS bucket,
            sum(checks) AS checks
       FROM result_hours, unnest(latency_buckets) WITH ORDINALITY AS counted (checks, place)
      WHERE endpoint_id = ANY($1) AND hour >= $2 AND checks > 0
      GROUP BY endpoint_id, bucket
      ORDER BY endpoint_id"
);

/// The histogram of each of these endpoints since the grid's first step.
pub async fn sum_histograms(
    tx: &TenantTx,
    endpoints: &[uuid::Uuid],
    grid: Grid,
) -> Result<Vec<(EndpointId, Histogram)>, DbError> {
    let rows = tx.query(SUM_BUCKETS, &[&endpoints, &grid.first]).await?;
    let mut histograms: Vec<(EndpointId, Histogram)> = Vec::new();
    for row in &rows {
        let id = row.id("endpoint_id")?;
        let count = u64::try_from(row.get::<i64>("checks")?).unwrap_or(0);
        match histograms.last_mut() {
            Some((last, histogram)) if *last == id => histogram.add(row.get("bucket")?, count),
            _ => {
                let mut histogram = Histogram::default();
                histogram.add(row.get("bucket")?, count);
                histograms.push((id, histogram));
            }
        }
    }
    Ok(histograms)
}

const LATENCY_BY_STEP: Sql = sql!(
    "SELECT floor(date_part('epoch', hour - $2::timestamptz) / $3::integer)::integer AS step,
            up_count::bigint AS up, down_count::bigint AS down, unknown_count::bigint AS unknown,
            array_lower(latency_buckets, 1) AS lowest, latency_buckets
       FROM result_hours
      WHERE endpoint_id = $1 AND hour >= $2"
);

/// The latency of one endpoint by the hour.
pub async fn latency_by_hour(
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
    rows.iter()
        .map(|row| {
            let step = LatencyStep::of(&read_histogram(row)?, read_counts(row)?);
            Ok((row.get("step")?, step))
        })
        .collect()
}

fn read_histogram(row: &Row) -> Result<Histogram, DbError> {
    let lowest: Option<i32> = row.get("lowest")?;
    let counts: Vec<Option<i32>> = row.get("latency_buckets")?;
    let mut histogram = Histogram::default();
    for (bucket, count) in (lowest.unwrap_or(0)..).zip(counts) {
        histogram.add(
            bucket,
            count.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        );
    }
    Ok(histogram)
}

const REMOVE_ALL: Sql = sql!("DELETE FROM result_hours WHERE endpoint_id = $1");

/// Removes all counts of an endpoint.
pub async fn remove_all(tx: &TenantTx, endpoint: EndpointId) -> Result<(), DbError> {
    tx.execute(REMOVE_ALL, &[&endpoint.uuid()]).await.map(drop)
}
