//! `platform.check_schedule`: when each endpoint is checked next, and who has claimed it.
//!
//! A row exists for every endpoint that is watched. Whoever wants both locks takes the endpoint's row
//! first and the schedule's second: so does the worker, and nobody waits in a circle. A change that makes
//! a running check meaningless raises the fence or removes the row; that check's result is then dropped.

use db::{DbError, PlatformSql, PlatformTx, Sql, TenantTx, platform_sql, sql};
use jiff::Timestamp;
use kernel::id::EndpointId;
use uuid::Uuid;

const ADD: Sql = sql!(
    "INSERT INTO platform.check_schedule (endpoint_id, interval_ms, next_due_at)
     VALUES ($1, $2, $3)"
);

/// Begins to watch an endpoint.
pub async fn add(
    tx: &TenantTx,
    id: EndpointId,
    interval_ms: i64,
    due_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(ADD, &[&id.uuid(), &interval_ms, &due_at])
        .await
        .map(drop)
}

const MOVE: Sql = sql!(
    "UPDATE platform.check_schedule
        SET interval_ms = $2, next_due_at = $3, leased_until = NULL, fence = fence + 1
      WHERE endpoint_id = $1"
);

/// Checks an endpoint at `due_at` next. A check that is running now is not recorded.
pub async fn reschedule(
    tx: &TenantTx,
    id: EndpointId,
    interval_ms: i64,
    due_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(MOVE, &[&id.uuid(), &interval_ms, &due_at])
        .await
        .map(drop)
}

const REMOVE: Sql = sql!("DELETE FROM platform.check_schedule WHERE endpoint_id = $1");

/// Stops watching an endpoint. A check that is running now is not recorded.
pub async fn remove(tx: &TenantTx, id: EndpointId) -> Result<(), DbError> {
    tx.execute(REMOVE, &[&id.uuid()]).await.map(drop)
}

/// A due endpoint that this process has claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The tenant's schema.
    pub schema: String,
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// How often it is checked.
    pub interval_ms: i64,
    /// When the check was due.
    pub due_at: Timestamp,
    /// What the row must still say when the result is written.
    pub fence: i64,
}

const CLAIM: PlatformSql = platform_sql!(
    "WITH due AS (
         SELECT tenant, endpoint_id
           FROM platform.check_schedule
          WHERE next_due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
          ORDER BY next_due_at
          LIMIT $3
            FOR UPDATE SKIP LOCKED
     )
     UPDATE platform.check_schedule s
        SET leased_until = $2, fence = s.fence + 1
       FROM due
      WHERE s.tenant = due.tenant AND s.endpoint_id = due.endpoint_id
     RETURNING s.tenant, s.endpoint_id, s.interval_ms, s.next_due_at, s.fence"
);

/// Claims at most `limit` due endpoints until `until`. A claim that ran out is taken over.
pub async fn claim(tx: &PlatformTx, until: Timestamp, limit: i64) -> Result<Vec<Claim>, DbError> {
    let rows = tx.query(CLAIM, &[&tx.now(), &until, &limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Claim {
                schema: row.get("tenant")?,
                endpoint: row.id("endpoint_id")?,
                interval_ms: row.get("interval_ms")?,
                due_at: row.get("next_due_at")?,
                fence: row.get("fence")?,
            })
        })
        .collect()
}

const POSTPONE: PlatformSql = platform_sql!(
    "UPDATE platform.check_schedule
        SET next_due_at = $3, leased_until = NULL, fence = fence + 1
      WHERE tenant = ANY($1) AND next_due_at <= $2"
);

/// Moves everything these tenants have due to a later time: nobody may or can look at them now.
pub async fn postpone(tx: &PlatformTx, schemas: &[&str], due_at: Timestamp) -> Result<(), DbError> {
    tx.execute(POSTPONE, &[&schemas, &tx.now(), &due_at])
        .await
        .map(drop)
}

const DROP: PlatformSql = platform_sql!(
    "DELETE FROM platform.check_schedule s
      USING unnest($1::text[], $2::uuid[], $3::bigint[]) AS gone (tenant, endpoint_id, fence)
      WHERE s.tenant = gone.tenant AND s.endpoint_id = gone.endpoint_id AND s.fence = gone.fence"
);

/// Removes rows whose endpoint is not watched (any more).
pub async fn drop_claims(tx: &PlatformTx, gone: &[Claim]) -> Result<(), DbError> {
    let schemas: Vec<&str> = gone.iter().map(|it| it.schema.as_str()).collect();
    let endpoints: Vec<Uuid> = gone.iter().map(|it| it.endpoint.uuid()).collect();
    let fences: Vec<i64> = gone.iter().map(|it| it.fence).collect();
    tx.execute(DROP, &[&schemas, &endpoints, &fences])
        .await
        .map(drop)
}
