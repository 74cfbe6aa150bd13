//! The rows of `platform.migration_runs` and `platform.migration_attempts`: planned, taken, ended.
//!
//! An attempt is a lease without a clock: it is alive while the session of its worker holds the advisory
//! lock of its name. A worker that is killed loses session, lock and open transaction together, and its
//! attempt is planned anew by whoever looks next.

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};
use uuid::Uuid;

use super::rings::Counts;
use crate::TenancyError;

/// Workers that died over one tenant before it counts as failed.
const DEATHS: i16 = 3;
/// Characters kept of an error.
const ERROR_CHARS: usize = 500;

/// A tenant that this worker has taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub run: Uuid,
    pub tenant: Uuid,
    pub attempt: i16,
    /// `None` where the tenant has gone since the run was planned.
    pub schema: Option<SchemaName>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
    Locked,
    Gone,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Locked => "locked",
            Self::Gone => "gone",
        }
    }
}

/// Says who this session is, for as long as it lasts, and that a server which loses sight of it need not
/// wait for hours.
pub(super) async fn sign_on(owner: &OwnerConnection, worker: &str) -> Result<(), DbError> {
    owner
        .batch(
            "SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 30;
             SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3",
        )
        .await?;
    owner
        .execute(
            "SELECT pg_advisory_lock(hashtextextended('migration worker ' || $1, 0))",
            &[&worker],
        )
        .await
        .map(drop)
}

/// `$4` rings: canaries first (the named ones, else the oldest organisation), then up to one in a hundred,
/// up to one in ten, the rest. Ready schemas, which are nobody's yet, come last.
const PLAN: &str = "
    WITH behind AS (
        SELECT t.id, t.schema_version, (t.slug = ANY($3)) IS TRUE AS canary,
               row_number() OVER (ORDER BY (t.slug = ANY($3)) IS TRUE DESC, t.state = 'pooled',
                                           t.created_at, t.id) AS place
          FROM platform.tenants t
         WHERE t.schema_version < $2 AND t.state <> 'deleted'
           AND NOT EXISTS (SELECT FROM platform.migration_attempts a
                            WHERE a.run_id = $1 AND a.tenant_id = t.id)
           AND (NOT $5 OR (SELECT a.outcome
                             FROM platform.migration_attempts a
                            WHERE a.tenant_id = t.id AND a.version = $2 AND a.ended_at IS NOT NULL
                            ORDER BY a.ended_at DESC LIMIT 1) IN ('failed', 'locked'))
    ), size AS (
        SELECT count(*) AS total, greatest(1, count(*) FILTER (WHERE canary)) AS canaries FROM behind
    )
    INSERT INTO platform.migration_attempts
           (run_id, tenant_id, attempt, ring, place, from_version, version)
    SELECT $1, b.id, 1,
           CASE WHEN NOT $4 THEN 3
                WHEN b.place <= s.canaries THEN 0
                WHEN b.place <= ceil(s.total / 100.0) THEN 1
                WHEN b.place <= ceil(s.total / 10.0) THEN 2
                ELSE 3 END,
           b.place, b.schema_version, $2
      FROM behind b CROSS JOIN size s";

/// Which tenants a run takes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub run: Uuid,
    pub target: i32,
    pub canaries: &'a [String],
    /// Ring by ring; everybody is in the last one if not.
    pub in_rings: bool,
    /// Those alone whose last attempt failed.
    pub failed_only: bool,
}

/// Plans an attempt for everybody who is behind and not in the run yet. Answers how many.
pub(super) async fn plan(owner: &OwnerConnection, plan: Plan<'_>) -> Result<u64, DbError> {
    owner
        .execute(
            PLAN,
            &[
                &plan.run,
                &plan.target,
                &plan.canaries,
                &plan.in_rings,
                &plan.failed_only,
            ],
        )
        .await
}

const SETTLE: &str = "
    WITH dead AS (
        UPDATE platform.migration_attempts
           SET ended_at = clock_timestamp(), error = 'its worker ended in the middle of it',
               outcome = CASE WHEN attempt < $3 THEN 'abandoned' ELSE 'failed' END
         WHERE run_id = $1 AND started_at IS NOT NULL AND ended_at IS NULL
           AND (worker = $2
                OR pg_try_advisory_xact_lock(hashtextextended('migration worker ' || worker, 0)))
        RETURNING run_id, tenant_id, attempt, ring, place, from_version, version, outcome
    )
    INSERT INTO platform.migration_attempts
           (run_id, tenant_id, attempt, ring, place, from_version, version)
    SELECT run_id, tenant_id, attempt + 1, ring, place, from_version, version
      FROM dead
     WHERE outcome = 'abandoned'";

/// Ends the attempts of workers that are gone, and plans another for each. `worker` itself holds none.
pub(super) async fn settle_dead(
    owner: &OwnerConnection,
    run: Uuid,
    worker: &str,
) -> Result<u64, DbError> {
    owner.execute(SETTLE, &[&run, &worker, &DEATHS]).await
}

const COUNT: &str = "
    SELECT count(*) FILTER (WHERE attempt = 1) AS planned,
           count(*) FILTER (WHERE started_at IS NULL) AS waiting,
           count(*) FILTER (WHERE started_at IS NOT NULL AND ended_at IS NULL) AS open,
           count(*) FILTER (WHERE outcome = 'done') AS done,
           count(*) FILTER (WHERE outcome IN ('failed', 'locked')) AS failed,
           count(*) FILTER (WHERE outcome IN ('done', 'failed', 'locked') AND NOT accepted) AS judged,
           count(*) FILTER (WHERE outcome IN ('failed', 'locked') AND NOT accepted) AS judged_failures,
           count(*) FILTER (WHERE outcome IN ('failed', 'locked') AND NOT accepted AND ring = 0)
               AS failed_canaries,
           min(ring) FILTER (WHERE ended_at IS NULL) AS ring
      FROM platform.migration_attempts
     WHERE run_id = $1";

/// What has come of a run.
pub(super) async fn count(owner: &OwnerConnection, run: Uuid) -> Result<Counts, DbError> {
    let rows = owner.query(COUNT, &[&run]).await?;
    let row = rows.first().ok_or(DbError::Missing)?;
    let number = |column: &str| -> Result<u32, DbError> {
        Ok(u32::try_from(row.get::<i64>(column)?).unwrap_or(u32::MAX))
    };
    Ok(Counts {
        planned: number("planned")?,
        waiting: number("waiting")?,
        open: number("open")?,
        done: number("done")?,
        failed: number("failed")?,
        judged: number("judged")?,
        judged_failures: number("judged_failures")?,
        failed_canaries: number("failed_canaries")?,
        ring: row.get("ring")?,
    })
}

const TAKE: &str = "
    WITH mine AS (
        SELECT run_id, tenant_id, attempt
          FROM platform.migration_attempts
         WHERE run_id = $1 AND ring = $2 AND started_at IS NULL
         ORDER BY place
         LIMIT 1
           FOR UPDATE SKIP LOCKED
    )
    UPDATE platform.migration_attempts a
       SET worker = $3, started_at = clock_timestamp()
      FROM mine
     WHERE a.run_id = mine.run_id AND a.tenant_id = mine.tenant_id AND a.attempt = mine.attempt
    RETURNING a.tenant_id, a.attempt,
              (SELECT t.schema_name FROM platform.tenants t
                WHERE t.id = a.tenant_id AND t.state <> 'deleted') AS schema_name";

/// Takes the next tenant of `ring`, if one is left that nobody has taken.
pub(super) async fn take(
    owner: &OwnerConnection,
    run: Uuid,
    ring: i16,
    worker: &str,
) -> Result<Option<Taken>, TenancyError> {
    let rows = owner.query(TAKE, &[&run, &ring, &worker]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let name: Option<&str> = row.get("schema_name")?;
    Ok(Some(Taken {
        run,
        tenant: row.get("tenant_id")?,
        attempt: row.get("attempt")?,
        schema: name.map(schema_of).transpose()?,
    }))
}

pub(super) fn schema_of(name: &str) -> Result<SchemaName, DbError> {
    SchemaName::parse(name).ok_or(DbError::Corrupt {
        table: "platform.tenants",
        column: "schema_name",
    })
}

/// Notes that the tenant's migration gave way to whoever holds a lock.
pub(super) async fn note_gave_way(owner: &OwnerConnection, taken: &Taken) -> Result<(), DbError> {
    owner
        .execute(
            "UPDATE platform.migration_attempts SET gave_way_count = gave_way_count + 1
              WHERE run_id = $1 AND tenant_id = $2 AND attempt = $3",
            &[&taken.run, &taken.tenant, &taken.attempt],
        )
        .await
        .map(drop)
}

/// Ends an attempt. Answers whether it was still this worker's to end.
pub(super) async fn end(
    owner: &OwnerConnection,
    taken: &Taken,
    outcome: Outcome,
    error: Option<&str>,
) -> Result<bool, DbError> {
    let error: Option<String> = error.map(|text| text.chars().take(ERROR_CHARS).collect());
    let ended = owner
        .execute(
            "UPDATE platform.migration_attempts
                SET ended_at = clock_timestamp(), outcome = $4, error = $5
              WHERE run_id = $1 AND tenant_id = $2 AND attempt = $3 AND ended_at IS NULL",
            &[
                &taken.run,
                &taken.tenant,
                &taken.attempt,
                &outcome.as_str(),
                &error,
            ],
        )
        .await?;
    Ok(ended == 1)
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub id: Uuid,
    /// Whether it takes on those alone that failed before.
    pub retry: bool,
    pub state: String,
    pub target: i32,
    pub halted_because: Option<String>,
}

pub(super) const RUN_COLUMNS: &str = "id, kind, state, target_version, halted_because";

impl Run {
    pub(super) fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            retry: row.get::<&str>("kind")? == "retry",
            state: row.get("state")?,
            target: row.get("target_version")?,
            halted_because: row.get("halted_because")?,
        })
    }
}

/// The run, as it stands.
pub(super) async fn find_run(owner: &OwnerConnection, id: Uuid) -> Result<Run, DbError> {
    let text = format!("SELECT {RUN_COLUMNS} FROM platform.migration_runs WHERE id = $1");
    let rows = owner.query(&text, &[&id]).await?;
    Run::read(rows.first().ok_or(DbError::Missing)?)
}

/// Locks a run until the transaction ends. Answers whether it still goes on.
pub(super) async fn lock_running(owner: &OwnerConnection, id: Uuid) -> Result<bool, DbError> {
    let rows = owner
        .query(
            "SELECT id FROM platform.migration_runs WHERE id = $1 AND state = 'running' FOR UPDATE",
            &[&id],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// The newest run towards `target` that is in `state`.
pub(super) async fn find_newest(
    owner: &OwnerConnection,
    target: i32,
    state: &str,
) -> Result<Option<Run>, DbError> {
    let text = format!(
        "SELECT {RUN_COLUMNS} FROM platform.migration_runs
          WHERE target_version = $1 AND state = $2 ORDER BY started_at DESC LIMIT 1"
    );
    let rows = owner.query(&text, &[&target, &state]).await?;
    rows.first().map(Run::read).transpose()
}

/// Ends a run that goes on.
pub(super) async fn end_run(
    owner: &OwnerConnection,
    run: Uuid,
    state: &str,
    halted_because: Option<&str>,
) -> Result<(), DbError> {
    owner
        .execute(
            "UPDATE platform.migration_runs
                SET state = $2, ended_at = clock_timestamp(), halted_because = $3
              WHERE id = $1 AND state = 'running'",
            &[&run, &state, &halted_because],
        )
        .await
        .map(drop)
}

/// Writes down how many came to what, for whoever reads the runs without the attempts.
pub(super) async fn sum_up(owner: &OwnerConnection, run: Uuid) -> Result<(), DbError> {
    let text = format!(
        "UPDATE platform.migration_runs
            SET planned_count = c.planned, done_count = c.done, failed_count = c.failed
           FROM ({COUNT}) AS c
          WHERE id = $1"
    );
    owner.execute(&text, &[&run]).await.map(drop)
}
