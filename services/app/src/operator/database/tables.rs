//! Questions to tables and indexes, those of all organisations together: a thousand schemas are one answer.

use db::DbError;
use db::owner::OwnerConnection;

use super::{Finding, Level, Thresholds, all_or, bytes};

/// Findings of one kind that are told one by one; the rest is a number.
const TOLD: usize = 20;

/// Cleaned never, or longer than a day ago, and a fifth of it dead.
pub(super) async fn unvacuumed(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let rows = owner
        .query(
            "SELECT format('%I.%I', schemaname, relname) AS name, n_dead_tup AS dead
               FROM pg_stat_user_tables
              WHERE n_dead_tup >= $1::bigint
                AND n_dead_tup * 5 >= n_live_tup
                AND coalesce(greatest(last_vacuum, last_autovacuum), '-infinity')
                    < clock_timestamp() - interval '1 day'
              ORDER BY n_dead_tup DESC",
            &[&limits.dead_rows],
        )
        .await?;
    let mut found = Vec::new();
    for row in rows.iter().take(TOLD) {
        let (name, dead): (String, i64) = (row.get("name")?, row.get("dead")?);
        found.push(Finding::bad(
            "vacuum",
            Level::Action,
            format!("{name} has {dead} dead rows and was not cleaned for a day"),
            format!(
                "VACUUM (ANALYZE) {name}; if they come back, autovacuum is off or too slow (autovacuum_max_workers)"
            ),
        ));
    }
    found.extend(rest("vacuum", Level::Action, rows.len()));
    Ok(all_or(
        "vacuum",
        "every table with dead rows was cleaned within a day",
        found,
    ))
}

/// What a broken CREATE INDEX CONCURRENTLY left: written at every change, used by no query.
pub(super) async fn invalid_indexes(owner: &OwnerConnection) -> Result<Vec<Finding>, DbError> {
    let rows = owner
        .query(
            "SELECT format('%I.%I', n.nspname, c.relname) AS name
               FROM pg_index i
               JOIN pg_class c ON c.oid = i.indexrelid
               JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE NOT i.indisvalid AND n.nspname NOT LIKE 'pg\\_%'
              ORDER BY 1",
            &[],
        )
        .await?;
    let mut found = Vec::new();
    for row in rows.iter().take(TOLD) {
        let name: String = row.get("name")?;
        found.push(Finding::bad(
            "invalid_indexes",
            Level::Action,
            format!("the index {name} is not valid"),
            format!("REINDEX INDEX CONCURRENTLY {name}"),
        ));
    }
    found.extend(rest("invalid_indexes", Level::Action, rows.len()));
    Ok(all_or("invalid_indexes", "every index is valid", found))
}

/// Not used once since the statistics began, neither here nor in any organisation, and not there to
/// keep anything unique.
pub(super) async fn unused_indexes(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let rows = owner
        .query(
            "SELECT CASE WHEN s.schemaname ~ '^t_[a-z2-7]{26}$' THEN '<every organisation>'
                         ELSE s.schemaname END || '.' || s.indexrelname AS name,
                    count(*) AS copies, sum(pg_relation_size(s.indexrelid))::bigint AS size
               FROM pg_stat_user_indexes s
               JOIN pg_index i ON i.indexrelid = s.indexrelid
              WHERE NOT i.indisunique AND NOT i.indisprimary
              GROUP BY 1
             HAVING sum(s.idx_scan) = 0 AND sum(pg_relation_size(s.indexrelid)) >= $1::bigint
              ORDER BY size DESC",
            &[&limits.unused_index_bytes],
        )
        .await?;
    let mut found = Vec::new();
    for row in rows.iter().take(TOLD) {
        let (name, copies): (String, i64) = (row.get("name")?, row.get("copies")?);
        let size: i64 = row.get("size")?;
        found.push(Finding::bad(
            "unused_indexes",
            Level::Note,
            format!(
                "{name} was never used since the statistics began: {} in {copies} place(s)",
                bytes(size)
            ),
            "drop it by a migration, once a full month of statistics says the same",
        ));
    }
    found.extend(rest("unused_indexes", Level::Note, rows.len()));
    Ok(all_or("unused_indexes", "no large index is unused", found))
}

/// Pages beyond what the rows need, by the statistics of ANALYZE: an estimate, good to a fifth or so.
pub(super) async fn bloat(
    owner: &OwnerConnection,
    limits: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let rows = owner
        .query(
            "WITH widths AS (
                 SELECT schemaname, tablename, sum((1 - null_frac) * avg_width) AS width
                   FROM pg_stats
                  GROUP BY schemaname, tablename
             ), tables AS (
                 SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relpages::bigint AS pages,
                        -- Header and pointer of a row are 28 bytes; 8,168 of a page are for rows.
                        ceil(c.reltuples * (28 + w.width) / 8168)::bigint AS needed
                   FROM pg_class c
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                   JOIN widths w ON w.schemaname = n.nspname AND w.tablename = c.relname
                  WHERE c.relkind = 'r' AND c.reltuples >= 0 AND n.nspname NOT LIKE 'pg\\_%'
                    AND n.nspname <> 'information_schema'
             )
             SELECT name, pages * 8192 AS size, (pages - needed) * 8192 AS spare
               FROM tables
              WHERE (pages - needed) * 8192 >= $1::bigint AND pages > 2 * needed
              ORDER BY spare DESC",
            &[&limits.bloat_bytes],
        )
        .await?;
    let mut found = Vec::new();
    for row in rows.iter().take(TOLD) {
        let (name, size): (String, i64) = (row.get("name")?, row.get("size")?);
        let spare: i64 = row.get("spare")?;
        found.push(Finding::bad(
            "bloat",
            Level::Action,
            format!(
                "about {} of the {} of {name} are empty",
                bytes(spare),
                bytes(size)
            ),
            format!(
                "new rows fill them; to give them back, VACUUM (FULL) {name} in a quiet hour (it locks the table), or pg_repack"
            ),
        ));
    }
    found.extend(rest("bloat", Level::Action, rows.len()));
    Ok(all_or("bloat", "no table is mostly empty", found))
}

fn rest(check: &'static str, level: Level, all: usize) -> Option<Finding> {
    let more = all.checked_sub(TOLD).filter(|more| *more > 0)?;
    Some(Finding {
        check,
        level,
        what: format!("and {more} more"),
        advice: None,
    })
}
