//! Rows of `endpoints`, one at a time.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::EndpointId;

use crate::model::check::CheckResult;
use crate::model::endpoint::Endpoint;
use crate::model::health::{Health, State};
use crate::model::settings::{Kind, Settings};

const FIND: Sql = sql!(
    "SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
            state, state_changed_at, streak, streak_at, last_checked_at, last_result::text,
            revision, created_at, updated_at, paused_at, deleted_at
       FROM endpoints
      WHERE id = $1"
);

/// The endpoint, in the bin or not.
pub async fn find(tx: &TenantTx, id: EndpointId) -> Result<Option<Endpoint>, DbError> {
    let row = tx.query_opt(FIND, &[&id.uuid()]).await?;
    row.as_ref().map(read).transpose()
}

const FIND_FOR_UPDATE: Sql = sql!(
    "SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
            state, state_changed_at, streak, streak_at, last_checked_at, last_result::text,
            revision, created_at, updated_at, paused_at, deleted_at
       FROM endpoints
      WHERE id = $1
        FOR UPDATE"
);

/// The same, locked until the transaction ends.
pub async fn find_for_update(tx: &TenantTx, id: EndpointId) -> Result<Option<Endpoint>, DbError> {
    let row = tx.query_opt(FIND_FOR_UPDATE, &[&id.uuid()]).await?;
    row.as_ref().map(read).transpose()
}

const LIST_BY_ID: Sql = sql!(
    "SELECT id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
            state, state_changed_at, streak, streak_at, last_checked_at, last_result::text,
            revision, created_at, updated_at, paused_at, deleted_at
       FROM endpoints
      WHERE id = ANY($1) AND deleted_at IS NULL AND paused_at IS NULL"
);

/// Those of `ids` that are watched.
pub async fn list_watched(tx: &TenantTx, ids: &[uuid::Uuid]) -> Result<Vec<Endpoint>, DbError> {
    let rows = tx.query(LIST_BY_ID, &[&ids]).await?;
    rows.iter().map(read).collect()
}

const FIND_BY_URL: Sql = sql!(
    "SELECT id
       FROM endpoints
      WHERE kind = $1 AND url = $2 AND deleted_at IS NULL"
);

/// The live endpoint with this address.
pub async fn find_by_url(
    tx: &TenantTx,
    settings: &Settings,
) -> Result<Option<EndpointId>, DbError> {
    let row = tx
        .query_opt(FIND_BY_URL, &[&settings.kind.as_str(), &settings.url])
        .await?;
    row.map(|row| row.id("id")).transpose()
}

const INSERT: Sql = sql!(
    "INSERT INTO endpoints (id, name, kind, url, method, expected_codes, interval_seconds,
                            timeout_ms, state, state_changed_at, revision, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (kind, url) WHERE deleted_at IS NULL DO NOTHING"
);

/// Adds a new endpoint. `false` where a live one has its address.
pub async fn insert(tx: &TenantTx, new: &Endpoint) -> Result<bool, DbError> {
    let settings = &new.settings;
    let inserted = tx
        .execute(
            INSERT,
            &[
                &new.id.uuid(),
                &settings.name,
                &settings.kind.as_str(),
                &settings.url,
                &settings.method.as_str(),
                &settings.expected_codes.to_string(),
                &settings.interval_seconds,
                &settings.timeout_ms,
                &new.health.state.as_str(),
                &new.health.changed_at,
                &new.revision,
                &new.created_at,
                &new.updated_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The unique index over the addresses of live endpoints.
pub const URL_KEY: &str = "endpoints_url_key";

const SAVE: Sql = sql!(
    "UPDATE endpoints
        SET name = $2, kind = $3, url = $4, method = $5, expected_codes = $6,
            interval_seconds = $7, timeout_ms = $8, state = $9, state_changed_at = $10,
            streak = $11, streak_at = $12, revision = $13, updated_at = $14, paused_at = $15,
            deleted_at = $16
      WHERE id = $1"
);

/// Writes what people have changed. The row was locked by [`find_for_update`]. Errors: [`URL_KEY`] where
/// a live endpoint has its address.
pub async fn save(tx: &TenantTx, endpoint: &Endpoint) -> Result<(), DbError> {
    let (settings, health) = (&endpoint.settings, &endpoint.health);
    tx.execute(
        SAVE,
        &[
            &endpoint.id.uuid(),
            &settings.name,
            &settings.kind.as_str(),
            &settings.url,
            &settings.method.as_str(),
            &settings.expected_codes.to_string(),
            &settings.interval_seconds,
            &settings.timeout_ms,
            &health.state.as_str(),
            &health.changed_at,
            &health.streak,
            &health.streak_at,
            &endpoint.revision,
            &endpoint.updated_at,
            &endpoint.paused_at,
            &endpoint.deleted_at,
        ],
    )
    .await
    .map(drop)
}

const REMOVE: Sql = sql!("DELETE FROM endpoints WHERE id = $1");

/// Removes the row for good. Nothing refers to it any more.
pub async fn remove(tx: &TenantTx, id: EndpointId) -> Result<(), DbError> {
    tx.execute(REMOVE, &[&id.uuid()]).await.map(drop)
}

/// Reads a row with all columns.
pub(super) fn read(row: &Row) -> Result<Endpoint, DbError> {
    Ok(Endpoint {
        id: row.id("id")?,
        settings: Settings {
            name: row.get("name")?,
            kind: stored("kind", Kind::parse(row.get("kind")?))?,
            url: row.get("url")?,
            method: stored("method", row.get::<&str>("method")?.parse().ok())?,
            expected_codes: stored(
                "expected_codes",
                row.get::<&str>("expected_codes")?.parse().ok(),
            )?,
            interval_seconds: row.get("interval_seconds")?,
            timeout_ms: row.get("timeout_ms")?,
        },
        health: Health {
            state: read_state(row)?,
            changed_at: row.get("state_changed_at")?,
            streak: row.get("streak")?,
            streak_at: row.get("streak_at")?,
        },
        last_checked_at: row.get("last_checked_at")?,
        last_result: read_result(row.get("last_result")?)?,
        revision: row.get("revision")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        paused_at: row.get("paused_at")?,
        deleted_at: row.get("deleted_at")?,
    })
}

pub(super) fn read_state(row: &Row) -> Result<State, DbError> {
    stored("state", State::parse(row.get("state")?))
}

fn read_result(json: Option<&str>) -> Result<Option<CheckResult>, DbError> {
    json.map(|json| stored("last_result", serde_json::from_str(json).ok()))
        .transpose()
}

fn stored<T>(column: &'static str, value: Option<T>) -> Result<T, DbError> {
    value.ok_or(DbError::Corrupt {
        table: "endpoints",
        column,
    })
}
