//! The queue as an operator sees it, and what an operator may do to it. Nothing that works the queue
//! uses this: whoever claims by lease and fence needs no desk.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::Timestamp;
use kernel::id::TenantId;
use kernel::page::{self, Page};
use serde::Serialize;
use uuid::Uuid;

/// Dead letters put back in one transaction, at the most.
pub const BATCH: i64 = 500;

/// Where a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its time has not come.
    Waiting,
    /// Waits for a worker.
    Due,
    /// A worker has it.
    Leased,
    /// Given up.
    Dead,
}

impl JobState {
    /// The state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Leased => "leased",
            Self::Dead => "dead",
        }
    }
}

/// A piece of work, for an operator to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobView {
    /// The pointer's id.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// Where it is.
    pub state: JobState,
    /// The slug of whose work it is; absent for the platform's own.
    pub tenant: Option<String>,
    /// The id of whose work it is.
    pub tenant_id: Option<TenantId>,
    /// The schema of whose work it is.
    pub schema: Option<String>,
    /// The row it is to be done with.
    pub reference: Uuid,
    /// Attempts begun.
    pub attempts: i16,
    /// When it is tried next, or was to be.
    pub due_at: Timestamp,
    /// Until when a worker has it.
    pub leased_until: Option<Timestamp>,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Which work to look at; nothing set means all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter<'a> {
    /// Only work that is here.
    pub state: Option<JobState>,
    /// Only work of this kind.
    pub kind: Option<&'a str>,
    /// Only work of the organisation with this slug.
    pub tenant: Option<&'a str>,
}

/// Why the queue cannot be looked at like that.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No organisation has this slug.
    #[error("no organisation has the slug {0:?}")]
    UnknownTenant(String),
    /// The cursor was made by another list, or damaged.
    #[error("the cursor does not belong to this list")]
    Cursor,
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What became of a wish about one piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It was done.
    Done,
    /// There was nothing to do.
    Nothing,
    /// The state of the work does not allow it.
    Refused(JobState),
    /// There is no such work: done long ago, discarded, or never left.
    Unknown,
}

const SCHEMA_OF: PlatformSql =
    platform_sql!("SELECT schema_name FROM platform.tenants WHERE slug = $1");

async fn schema_of(tx: &PlatformTx, slug: Option<&str>) -> Result<Option<String>, DeskError> {
    let Some(slug) = slug else { return Ok(None) };
    match tx.query_opt(SCHEMA_OF, &[&slug]).await? {
        Some(row) => Ok(Some(row.get("schema_name")?)),
        None => Err(DeskError::UnknownTenant(slug.to_owned())),
    }
}

const LIST: PlatformSql = platform_sql!(
    "SELECT w.id, w.kind, w.ref, w.tenant, t.id AS tenant_id, t.slug, w.due_at, w.attempts, w.leased_until, w.dead_at, w.last_error
       FROM platform.work w
       LEFT JOIN platform.tenants t ON t.schema_name = w.tenant
      WHERE ($1::text IS NULL
             OR $1 = CASE WHEN w.dead_at IS NOT NULL THEN 'dead'
                          WHEN w.leased_until > $6 THEN 'leased'
                          WHEN w.due_at > $6 THEN 'waiting'
                          ELSE 'due' END)
        AND ($2::text IS NULL OR w.kind = $2)
        AND ($3::text IS NULL OR w.tenant = $3)
        AND ($4::timestamptz IS NULL OR (w.due_at, w.id) > ($4, $5))
      ORDER BY w.due_at, w.id
      LIMIT $7"
);

/// One page of the queue, what is due first at the top.
pub async fn list(
    tx: &PlatformTx,
    filter: JobFilter<'_>,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<JobView>, DeskError> {
    let limit = limit.clamp(1, page::MAX_LIMIT);
    let schema = schema_of(tx, filter.tenant).await?;
    let state = filter.state.map(JobState::as_str);
    let scope = format!("jobs {state:?} {:?} {:?}", filter.kind, filter.tenant);
    let after: Option<(Timestamp, Uuid)> =
        page::read(&scope, cursor).map_err(|_| DeskError::Cursor)?;
    let (after_at, after_id) = after.unzip();
    let rows = tx
        .query(
            LIST,
            &[
                &state,
                &filter.kind,
                &schema,
                &after_at,
                &after_id,
                &tx.now(),
                &i64::from(limit.saturating_add(1)),
            ],
        )
        .await?;
    let rows = rows.iter().map(|row| JobView::read(row, tx.now()));
    let rows: Vec<JobView> = rows.collect::<Result<_, _>>()?;
    Ok(Page::cut(rows, limit, &scope, |job| (job.due_at, job.id)))
}

const FIND: PlatformSql = platform_sql!(
    "SELECT w.id, w.kind, w.ref, w.tenant, t.id AS tenant_id, t.slug, w.due_at, w.attempts, w.leased_until, w.dead_at, w.last_error
       FROM platform.work w
       LEFT JOIN platform.tenants t ON t.schema_name = w.tenant
      WHERE w.id = $1"
);

/// One piece of work.
pub async fn find(tx: &PlatformTx, id: Uuid) -> Result<Option<JobView>, DbError> {
    let row = tx.query_opt(FIND, &[&id]).await?;
    row.map(|row| JobView::read(&row, tx.now())).transpose()
}

impl JobView {
    fn read(row: &Row, now: Timestamp) -> Result<Self, DbError> {
        let due_at: Timestamp = row.get("due_at")?;
        let leased_until: Option<Timestamp> = row.get("leased_until")?;
        let dead_at: Option<Timestamp> = row.get("dead_at")?;
        let state = if dead_at.is_some() {
            JobState::Dead
        } else if leased_until.is_some_and(|until| until > now) {
            JobState::Leased
        } else if due_at > now {
            JobState::Waiting
        } else {
            JobState::Due
        };
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            state,
            tenant: row.get("slug")?,
            tenant_id: row.get::<Option<Uuid>>("tenant_id")?.map(TenantId::from),
            schema: row.get("tenant")?,
            reference: row.get("ref")?,
            attempts: row.get("attempts")?,
            due_at,
            leased_until,
            dead_at,
            last_error: row.get("last_error")?,
        })
    }
}

/// The fence is raised, so that a worker which had it before it was given up can do nothing to it.
const REVIVE: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET due_at = $2, attempts = 0, leased_until = NULL, dead_at = NULL, fence = fence + 1
      WHERE id = $1 AND dead_at IS NOT NULL"
);

const HASTEN: PlatformSql = platform_sql!(
    "UPDATE platform.work
        SET due_at = $2
      WHERE id = $1 AND dead_at IS NULL AND due_at > $2
        AND (leased_until IS NULL OR leased_until <= $2)"
);

/// Has it tried now: a dead letter from its first attempt on, what waits for its next attempt at once.
/// With work that is due or in somebody's hands there is nothing to do.
pub async fn retry(tx: &PlatformTx, id: Uuid) -> Result<Wish, DbError> {
    let now = tx.now();
    if tx.execute(REVIVE, &[&id, &now]).await? == 1 || tx.execute(HASTEN, &[&id, &now]).await? == 1
    {
        return Ok(Wish::Done);
    }
    Ok(match find(tx, id).await? {
        Some(_) => Wish::Nothing,
        None => Wish::Unknown,
    })
}

const REVIVE_ALL: PlatformSql = platform_sql!(
    "WITH chosen AS (
         SELECT id
           FROM platform.work
          WHERE dead_at IS NOT NULL
            AND ($2::text IS NULL OR kind = $2)
            AND ($3::text IS NULL OR tenant = $3)
          ORDER BY dead_at
          LIMIT $4
            FOR UPDATE SKIP LOCKED
     )
     UPDATE platform.work w
        SET due_at = $1, attempts = 0, leased_until = NULL, dead_at = NULL, fence = w.fence + 1
       FROM chosen
      WHERE w.id = chosen.id
     RETURNING w.id"
);

/// Has at most [`BATCH`] dead letters tried again, the oldest first. Answers which; none when none is
/// left.
pub async fn retry_dead(
    tx: &PlatformTx,
    kind: Option<&str>,
    tenant: Option<&str>,
) -> Result<Vec<Uuid>, DeskError> {
    let schema = schema_of(tx, tenant).await?;
    let rows = tx
        .query(REVIVE_ALL, &[&tx.now(), &kind, &schema, &BATCH])
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.get("id"))
        .collect::<Result<_, _>>()?)
}

const COUNT_DEAD: PlatformSql = platform_sql!(
    "SELECT count(*) AS dead
       FROM platform.work
      WHERE dead_at IS NOT NULL
        AND ($1::text IS NULL OR kind = $1)
        AND ($2::text IS NULL OR tenant = $2)"
);

/// How many dead letters [`retry_dead`] would find.
pub async fn count_dead(
    tx: &PlatformTx,
    kind: Option<&str>,
    tenant: Option<&str>,
) -> Result<i64, DeskError> {
    let schema = schema_of(tx, tenant).await?;
    let row = tx.query_one(COUNT_DEAD, &[&kind, &schema]).await?;
    Ok(row.get("dead")?)
}

const DISCARD: PlatformSql =
    platform_sql!("DELETE FROM platform.work WHERE id = $1 AND dead_at IS NOT NULL");

/// Removes a dead letter for good. Work that is not dead is still tried, and stays.
pub async fn discard(tx: &PlatformTx, id: Uuid) -> Result<Wish, DbError> {
    if tx.execute(DISCARD, &[&id]).await? == 1 {
        return Ok(Wish::Done);
    }
    Ok(match find(tx, id).await? {
        Some(job) => Wish::Refused(job.state),
        None => Wish::Unknown,
    })
}
