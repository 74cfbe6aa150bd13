//! What the ledger and the tenants' versions say: for operators, and for whoever starts a run.

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};
use uuid::Uuid;

use super::ledger::{self, RUN_COLUMNS, Run};
use super::platform;
use crate::TenancyError;

/// Failures listed in a report at the most.
const LISTED: i64 = 100;

/// A run, as the ledger has it.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Its id.
    pub id: Uuid,
    /// Whether it takes on those alone that failed before.
    pub retry: bool,
    /// Where it leads.
    pub target: i32,
    /// `running`, `halted`, `done` or `incomplete`.
    pub state: String,
    /// Why it was halted.
    pub halted_because: Option<String>,
    /// Tenants of the run.
    pub planned: u32,
    /// Those migrated.
    pub done: u32,
    /// Those not.
    pub failed: u32,
    /// Those being migrated.
    pub open: u32,
    /// Those nobody has taken.
    pub waiting: u32,
    /// The first hundred of those that failed.
    pub failures: Vec<Failure>,
}

/// A tenant that was not migrated.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The tenant.
    pub tenant: Uuid,
    /// Its schema; `None` where it has gone meanwhile.
    pub schema: Option<SchemaName>,
    /// Its slug, where it is somebody's.
    pub slug: Option<String>,
    /// `failed`, or `locked` where others never let go of a lock.
    pub outcome: String,
    /// How often it gave way to whoever held a lock.
    pub gave_way: i32,
    /// Why.
    pub error: Option<String>,
}

/// Where the tenants stand.
#[derive(Clone, Debug)]
pub struct Status {
    /// How many schemas stand at which version.
    pub versions: Vec<(i32, i64)>,
    /// The newest run.
    pub run: Option<RunReport>,
}

/// What a run would do: how many tenants in which ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Canary, one in a hundred, one in ten, the rest.
    pub rings: [u32; 4],
}

impl Preview {
    /// All of them.
    pub fn planned(&self) -> u32 {
        self.rings.iter().sum()
    }
}

/// Where the tenants stand, and what the newest run came to. Errors: [`TenancyError::NotMigrated`].
pub async fn status(owner: &OwnerConnection) -> Result<Status, TenancyError> {
    require_ledger(owner).await?;
    let newest = format!(
        "SELECT {RUN_COLUMNS} FROM platform.migration_runs ORDER BY started_at DESC LIMIT 1"
    );
    let run = owner.query(&newest, &[]).await?;
    let run = match run.first().map(Run::read).transpose()? {
        Some(run) => Some(report(owner, run.id).await?),
        None => None,
    };
    Ok(Status {
        versions: count_by_version(owner).await?,
        run,
    })
}

/// What somebody has to look at, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Tenants that the newest run left behind: it was halted, or they failed.
    pub left_behind: i64,
    /// Organisations below [`crate::MINIMUM_VERSION`]: this build answers them 503.
    pub blocked: i64,
    /// Schemas that were not what their version says when they were last compared.
    pub drifted: i64,
}

/// What somebody has to look at now.
pub async fn troubles(owner: &OwnerConnection) -> Result<Troubles, DbError> {
    let rows = owner
        .query(
            "SELECT COALESCE((SELECT CASE WHEN state IN ('halted', 'incomplete')
                                          THEN planned_count - done_count ELSE 0 END
                                FROM platform.migration_runs ORDER BY started_at DESC LIMIT 1), 0)::bigint
                        AS left_behind,
                    count(*) FILTER (WHERE schema_version < $1 AND state NOT IN ('pooled', 'deleted')) AS blocked,
                    count(*) FILTER (WHERE drifted_at IS NOT NULL AND state <> 'deleted') AS drifted
               FROM platform.tenants",
            &[&crate::MINIMUM_VERSION],
        )
        .await?;
    let row = rows.first().ok_or(DbError::Missing)?;
    Ok(Troubles {
        left_behind: row.get("left_behind")?,
        blocked: row.get("blocked")?,
        drifted: row.get("drifted")?,
    })
}

/// How many schemas stand at which version.
pub async fn count_by_version(owner: &OwnerConnection) -> Result<Vec<(i32, i64)>, TenancyError> {
    let rows = owner
        .query(
            "SELECT schema_version, count(*) AS tenants FROM platform.tenants
              WHERE state <> 'deleted' GROUP BY schema_version ORDER BY schema_version",
            &[],
        )
        .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        counts.push((row.get("schema_version")?, row.get("tenants")?));
    }
    Ok(counts)
}

/// How many of the platform's own migrations have not been applied.
pub async fn count_platform_pending(owner: &OwnerConnection) -> Result<usize, TenancyError> {
    let known = platform::migrations::runner().get_migrations().len();
    if !exists(owner, "platform.refinery_schema_history").await? {
        return Ok(known);
    }
    let rows = owner
        .query(
            "SELECT count(*) AS applied FROM platform.refinery_schema_history",
            &[],
        )
        .await?;
    let applied: i64 = rows.first().ok_or(DbError::Missing)?.get("applied")?;
    Ok(known.saturating_sub(usize::try_from(applied).unwrap_or(0)))
}

pub(super) async fn require_ledger(owner: &OwnerConnection) -> Result<(), TenancyError> {
    if exists(owner, "platform.migration_attempts").await? {
        Ok(())
    } else {
        Err(TenancyError::NotMigrated)
    }
}

async fn exists(owner: &OwnerConnection, table: &str) -> Result<bool, DbError> {
    let rows = owner
        .query("SELECT to_regclass($1) IS NOT NULL AS there", &[&table])
        .await?;
    rows.first().ok_or(DbError::Missing)?.get("there")
}

pub(super) async fn report(owner: &OwnerConnection, id: Uuid) -> Result<RunReport, TenancyError> {
    let run = ledger::find_run(owner, id).await?;
    let counts = ledger::count(owner, id).await?;
    let rows = owner
        .query(
            "SELECT a.tenant_id, a.outcome, a.gave_way_count, a.error, t.schema_name, t.slug
               FROM platform.migration_attempts a
               LEFT JOIN platform.tenants t ON t.id = a.tenant_id
              WHERE a.run_id = $1 AND a.outcome IN ('failed', 'locked')
              ORDER BY a.ring, a.place LIMIT $2",
            &[&id, &LISTED],
        )
        .await?;
    let failures: Result<_, DbError> = rows.iter().map(Failure::read).collect();
    Ok(RunReport {
        id: run.id,
        retry: run.retry,
        target: run.target,
        state: run.state,
        halted_because: run.halted_because,
        planned: counts.planned,
        done: counts.done,
        failed: counts.failed,
        open: counts.open,
        waiting: counts.waiting,
        failures: failures?,
    })
}

impl Failure {
    fn read(row: &Row) -> Result<Self, DbError> {
        let schema: Option<&str> = row.get("schema_name")?;
        Ok(Self {
            tenant: row.get("tenant_id")?,
            schema: schema.map(ledger::schema_of).transpose()?,
            slug: row.get("slug")?,
            outcome: row.get("outcome")?,
            gave_way: row.get("gave_way_count")?,
            error: row.get("error")?,
        })
    }
}

/// How many tenants of a run are planned for which ring.
pub(super) async fn preview(owner: &OwnerConnection, run: Uuid) -> Result<Preview, DbError> {
    let mut preview = Preview::default();
    let rows = owner
        .query(
            "SELECT ring, count(*) AS tenants FROM platform.migration_attempts
              WHERE run_id = $1 AND started_at IS NULL GROUP BY ring",
            &[&run],
        )
        .await?;
    for row in rows {
        let ring: i16 = row.get("ring")?;
        let place = usize::try_from(ring).unwrap_or(usize::MAX);
        if let Some(tenants) = preview.rings.get_mut(place) {
            *tenants = u32::try_from(row.get::<i64>("tenants")?).unwrap_or(u32::MAX);
        }
    }
    Ok(preview)
}
