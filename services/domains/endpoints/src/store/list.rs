//! Pages of endpoints, in every order and under every filter.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::EndpointId;

use super::endpoints::{read, read_state};
use crate::model::endpoint::Endpoint;
use crate::model::health::State;

/// The end of the page before: the sort key of its last row, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// The key as [`Listed::key`] had it.
    pub key: String,
    /// The id.
    pub id: EndpointId,
}

/// Which endpoints, and in which order.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Those in the bin instead of the live ones.
    pub deleted: bool,
    /// Only those with this in their name or address, as a pattern of `ILIKE`.
    pub pattern: Option<String>,
    /// Only those in this state.
    pub state: Option<&'a str>,
    /// `name`, `state` or `created_at`.
    pub sort: &'a str,
    /// Whether the last comes first.
    pub descending: bool,
}

/// An endpoint and where it stands in the order.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its sort key.
    pub key: String,
}

/// Rows of one page, and how many there are on all pages.
pub struct Rows {
    /// The rows.
    pub rows: Vec<Listed>,
    /// How many pass the filter.
    pub total: i64,
}

// The page that everybody opens: no filter, no cursor. Every request plans its statements anew for its
// tenant's schema, so this one is as short as it can be: the count alone would double its cost.
const FIRST_BY_NAME: Sql = sql!(
    "SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
            state, state_changed_at, streak, streak_at, last_checked_at, last_result::text,
            revision, created_at, updated_at, paused_at, deleted_at, lower(name) AS key
       FROM endpoints
      WHERE deleted_at IS NULL
      ORDER BY key, id
      LIMIT $1"
);

const COUNT_LIVE: Sql = sql!("SELECT count(*) AS total FROM endpoints WHERE deleted_at IS NULL");

/// The first `limit` live endpoints by name. They are only counted where there may be more.
pub async fn list_first(tx: &TenantTx, limit: i64) -> Result<Rows, DbError> {
    let rows = tx.query(FIRST_BY_NAME, &[&limit]).await?;
    let rows: Vec<Listed> = rows.iter().map(read_listed).collect::<Result<_, _>>()?;
    let listed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let total = if listed < limit {
        listed
    } else {
        tx.query_one(COUNT_LIVE, &[]).await?.get("total")?
    };
    Ok(Rows { rows, total })
}

// One row at least: the total counts on a page without rows too.
const PAGE: Sql = sql!(
    "WITH matching AS (
         SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
                state, state_changed_at, streak, streak_at, last_checked_at, last_result::text,
                revision, created_at, updated_at, paused_at, deleted_at,
                CASE $4::text
                    WHEN 'name' THEN lower(name)
                    WHEN 'state' THEN state
                    ELSE to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
                END AS key
           FROM endpoints
          WHERE (deleted_at IS NOT NULL) = $1
            AND ($2::text IS NULL OR name ILIKE $2 OR url ILIKE $2)
            AND ($3::text IS NULL OR state = $3)
     )
     SELECT counted.total, page.id, name, kind, url, method, expected_codes, interval_seconds,
            timeout_ms, state, state_changed_at, streak, streak_at, last_checked_at, last_result,
            revision, created_at, updated_at, paused_at, deleted_at, key
       FROM (SELECT count(*) AS total FROM matching) AS counted
       LEFT JOIN LATERAL (
            SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
                   state, state_changed_at, streak, streak_at, last_checked_at, last_result,
                   revision, created_at, updated_at, paused_at, deleted_at, key
              FROM matching
             WHERE $7::uuid IS NULL
                OR ($5 AND (key, id) < ($6::text, $7))
                OR (NOT $5 AND (key, id) > ($6::text, $7))
             ORDER BY CASE WHEN $5 THEN key END DESC, CASE WHEN $5 THEN id END DESC, key, id
             LIMIT $8
            ) AS page ON true
      ORDER BY CASE WHEN $5 THEN key END DESC, CASE WHEN $5 THEN page.id END DESC, key, page.id"
);

/// At most `limit` endpoints after `after`.
pub async fn list_page(
    tx: &TenantTx,
    filter: &Filter<'_>,
    after: Option<&After>,
    limit: i64,
) -> Result<Rows, DbError> {
    let (key, id) = (after.map(|a| &a.key), after.map(|a| a.id.uuid()));
    let rows = tx
        .query(
            PAGE,
            &[
                &filter.deleted,
                &filter.pattern,
                &filter.state,
                &filter.sort,
                &filter.descending,
                &key,
                &id,
                &limit,
            ],
        )
        .await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.get::<Option<uuid::Uuid>>("id")?.is_some() {
            listed.push(read_listed(row)?);
        }
    }
    Ok(Rows {
        rows: listed,
        total,
    })
}

fn read_listed(row: &Row) -> Result<Listed, DbError> {
    Ok(Listed {
        endpoint: read(row)?,
        key: row.get("key")?,
    })
}

const LIST_IDS_BY_NAME: Sql = sql!(
    "SELECT id
       FROM endpoints
      WHERE deleted_at IS NULL AND ($1::uuid[] IS NULL OR id = ANY($1))
      ORDER BY lower(name), id
      LIMIT $2"
);

/// Ids of live endpoints by name: those of `ids`, or the first.
pub async fn list_ids(
    tx: &TenantTx,
    ids: Option<&[uuid::Uuid]>,
    limit: i64,
) -> Result<Vec<EndpointId>, DbError> {
    let rows = tx.query(LIST_IDS_BY_NAME, &[&ids, &limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

const COUNT_BY_STATE: Sql = sql!(
    "SELECT state, count(*) AS total
       FROM endpoints
      WHERE deleted_at IS NULL
      GROUP BY state"
);

/// How many live endpoints are in each state.
pub async fn count_by_state(tx: &TenantTx) -> Result<Vec<(State, i64)>, DbError> {
    let rows = tx.query(COUNT_BY_STATE, &[]).await?;
    rows.iter()
        .map(|row| Ok((read_state(row)?, row.get("total")?)))
        .collect()
}
