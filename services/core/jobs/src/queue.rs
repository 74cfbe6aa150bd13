//! The rows of `platform.work`: claimed under a lease, given back, buried. Nothing here knows what a kind
//! of work means.
//!
//! Whoever claims a pointer raises its fence. Every later statement about that claim names the fence, so
//! a worker whose lease ran out and was taken over can no longer do anything to the pointer.

use db::{Db, DbError, PlatformSql, PlatformTx, Row, TenantRef, TenantState, platform_sql};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long a claim holds. A handler's deadline is shorter, so a lease only ever runs out with its worker.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Pointers claimed at once, at the most.
pub(crate) const BATCH: usize = 100;

/// A claimed pointer.
#[derive(Debug)]
pub(crate) struct Pointer {
    pub id: Uuid,
    /// The tenant's schema; `None` for the platform's own work.
    pub schema: Option<String>,
    pub kind: String,
    pub reference: Uuid,
    pub due_at: Timestamp,
    /// Attempts begun, this one included.
    pub attempts: i16,
    pub fence: i64,
}

/// A claimed pointer that may be worked on.
#[derive(Debug)]
pub(crate) struct Ready {
    pub pointer: Pointer,
    pub tenant: Option<TenantRef>,
}

/// What one claim brought.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub ready: Vec<Ready>,
    /// Whether as many were due as were asked for: there may be more.
    pub full: bool,
}

/// The oldest due pointers, at most 1,000, are dealt out tenant by tenant: the first of each, then the
/// second of each. One tenant's thousand mails do not make another's single one wait.
const CLAIM: PlatformSql = platform_sql!(
    "WITH due AS (
         SELECT id, due_at, row_number() OVER (PARTITION BY tenant ORDER BY due_at, id) AS turn
           FROM (SELECT id, tenant, due_at
                   FROM platform.work
                  WHERE dead_at IS NULL
                    AND due_at <= $1
                    AND (leased_until IS NULL OR leased_until <= $1)
                  ORDER BY due_at
                  LIMIT 1000) AS oldest
     ), mine AS (
         SELECT w.id
           FROM due
           JOIN platform.work w ON w.id = due.id
          WHERE w.dead_at IS NULL
            AND w.due_at <= $1
            AND (w.leased_until IS NULL OR w.leased_until <= $1)
          ORDER BY due.turn, due.due_at, due.id
          LIMIT $3
            FOR UPDATE OF w SKIP LOCKED
     )
     UPDATE platform.work w
        SET leased_until = $2, fence = w.fence + 1, attempts = w.attempts + 1
       FROM mine
      WHERE w.id = mine.id
     RETURNING w.id, w.tenant, w.kind, w.ref, w.due_at, w.attempts, w.fence"
);

/// Claims at most `limit` due pointers. Those of a tenant that is not active, unless their kind is one of
/// `in_any_state`, or whose schema this build cannot serve, go back with a later date.
pub(crate) async fn claim(db: &Db, limit: usize, in_any_state: &[&str]) -> Result<Batch, DbError> {
    let limit = limit.min(BATCH);
    db.write_platform(async |tx| {
        let now = tx.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let rows = tx
            .query(CLAIM, &[&now, &until, &i64::try_from(limit).unwrap_or(0)])
            .await?;
        let full = limit > 0 && rows.len() == limit;
        let mut pointers: Vec<Pointer> =
            rows.iter().map(Pointer::read).collect::<Result<_, _>>()?;
        pointers.sort_by_key(|pointer| (pointer.due_at, pointer.id));
        let (ready, waiting) = sort_out(pointers, &served_tenants(tx, &rows).await?, in_any_state);
        if !waiting.is_empty() {
            postpone_all(tx, &waiting, now).await?;
        }
        Ok(Batch { ready, full })
    })
    .await
}

impl Pointer {
    fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            schema: row.get("tenant")?,
            kind: row.get("kind")?,
            reference: row.get("ref")?,
            due_at: row.get("due_at")?,
            attempts: row.get("attempts")?,
            fence: row.get("fence")?,
        })
    }
}

async fn served_tenants(tx: &PlatformTx, rows: &[Row]) -> Result<Vec<TenantRef>, DbError> {
    let mut schemas: Vec<String> = Vec::new();
    for row in rows {
        schemas.extend(row.get::<Option<String>>("tenant")?);
    }
    if schemas.is_empty() {
        return Ok(Vec::new());
    }
    schemas.sort_unstable();
    schemas.dedup();
    let mut tenants = tx.list_tenants_by_schema(&schemas).await?;
    tenants.retain(tenancy::is_served);
    Ok(tenants)
}

/// What may be worked on, and the ids of what has to wait for its tenant.
fn sort_out(
    pointers: Vec<Pointer>,
    served: &[TenantRef],
    in_any_state: &[&str],
) -> (Vec<Ready>, Vec<Uuid>) {
    let (mut ready, mut waiting) = (Vec::new(), Vec::new());
    for pointer in pointers {
        let tenant = match &pointer.schema {
            None => None,
            Some(schema) => {
                let found = served.iter().find(|t| t.schema().as_str() == schema);
                let any = in_any_state.contains(&pointer.kind.as_str());
                match found.filter(|it| any || it.state() == TenantState::Active) {
                    Some(tenant) => Some(tenant.clone()),
                    None => {
                        waiting.push(pointer.id);
                        continue;
                    }
                }
            }
        };
        ready.push(Ready { pointer, tenant });
    }
    (ready, waiting)
}

const POSTPONE_ALL: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET due_at = $2, leased_until = NULL, attempts = attempts - 1
      WHERE id = ANY($1)"
);

/// How long a pointer waits before anybody looks again whether its tenant is active.
const TENANT_WAIT: SignedDuration = SignedDuration::from_mins(5);

async fn postpone_all(tx: &PlatformTx, ids: &[Uuid], now: Timestamp) -> Result<(), DbError> {
    let due_at = now.saturating_add(TENANT_WAIT).unwrap_or(Timestamp::MAX);
    tx.execute(POSTPONE_ALL, &[&ids, &due_at]).await.map(drop)
}

const POSTPONE: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET due_at = $3, leased_until = NULL, attempts = attempts - 1
      WHERE id = $1 AND fence = $2"
);

/// Gives a claim back without counting it as an attempt.
pub(crate) async fn postpone(db: &Db, pointer: &Pointer, due_at: Timestamp) -> Result<(), DbError> {
    db.write_platform(async |tx| {
        tx.execute(POSTPONE, &[&pointer.id, &pointer.fence, &due_at])
            .await
            .map(drop)
    })
    .await
}

const REMOVE: PlatformSql = platform_sql!("DELETE FROM platform.work WHERE id = $1 AND fence = $2");

/// Removes the pointer, where the claim still holds. Answers whether it did.
pub(crate) async fn remove(tx: &PlatformTx, id: Uuid, fence: i64) -> Result<bool, DbError> {
    Ok(tx.execute(REMOVE, &[&id, &fence]).await? == 1)
}

const RETRY: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET due_at = $3, leased_until = NULL, last_error = $4
      WHERE id = $1 AND fence = $2"
);

/// Puts the pointer back for another attempt.
pub(crate) async fn retry(
    db: &Db,
    id: Uuid,
    fence: i64,
    due_at: Timestamp,
    error: &str,
) -> Result<(), DbError> {
    db.write_platform(async |tx| {
        tx.execute(RETRY, &[&id, &fence, &due_at, &shortened(error)])
            .await
            .map(drop)
    })
    .await
}

const BURY: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET dead_at = $3, leased_until = NULL, last_error = $4
      WHERE id = $1 AND fence = $2"
);

/// Makes a dead letter of the pointer, where the claim still holds. Answers whether it did.
pub(crate) async fn bury(
    tx: &PlatformTx,
    id: Uuid,
    fence: i64,
    error: &str,
) -> Result<bool, DbError> {
    let buried = tx
        .execute(BURY, &[&id, &fence, &tx.now(), &shortened(error)])
        .await?;
    Ok(buried == 1)
}

/// Characters kept of an error.
const ERROR_CHARS: usize = 500;

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_CHARS).collect()
}

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.work (id, tenant, kind, ref, due_at) VALUES ($1, NULL, $2, $3, $4)"
);

/// Leaves a pointer to work of the platform's own. A tenant's is left by `TenantTx::enqueue`.
pub async fn enqueue(
    tx: &PlatformTx,
    kind: &'static str,
    reference: Uuid,
    due_at: Timestamp,
) -> Result<(), DbError> {
    let id: Uuid = tx.new_id();
    tx.execute(ADD, &[&id, &kind, &reference, &due_at])
        .await
        .map(drop)
}

const OLDEST_DUE: PlatformSql = platform_sql!(
    "SELECT due_at
       FROM platform.work
      WHERE dead_at IS NULL
        AND due_at <= $1
        AND (leased_until IS NULL OR leased_until <= $1)
      ORDER BY due_at
      LIMIT 1"
);

const COUNT_DEAD: PlatformSql =
    platform_sql!("SELECT count(*) AS dead FROM platform.work WHERE dead_at IS NOT NULL");

/// How the queue is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Health {
    /// How long the oldest pointer that nobody works on has been due.
    pub age: SignedDuration,
    pub dead_letters: i64,
}

/// Measures the queue.
pub(crate) async fn measure(db: &Db) -> Result<Health, DbError> {
    db.read_platform(async |tx| {
        let now = tx.now();
        let age = match tx.query_opt(OLDEST_DUE, &[&now]).await? {
            Some(row) => now.duration_since(row.get::<Timestamp>("due_at")?),
            None => SignedDuration::ZERO,
        };
        let dead_letters = tx.query_one(COUNT_DEAD, &[]).await?.get("dead")?;
        Ok(Health { age, dead_letters })
    })
    .await
}
