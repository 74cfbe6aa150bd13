//! How large organisations are: measured a few at a time, each once a day.

use db::DbError;
use db::owner::OwnerConnection;
use jiff::{SignedDuration, Timestamp};

/// A measurement holds this long.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Measures at most `limit` organisations whose measurement is old. Answers how many.
pub async fn measure(owner: &OwnerConnection, now: Timestamp, limit: i64) -> Result<u64, DbError> {
    let before = now.saturating_sub(EVERY).unwrap_or(Timestamp::MIN);
    owner
        .execute(
            "WITH due AS (
                 SELECT id, schema_name FROM platform.tenants
                  WHERE state NOT IN ('pooled', 'deleted') AND (sized_at IS NULL OR sized_at <= $2)
                  ORDER BY sized_at NULLS FIRST
                  LIMIT $3
                    FOR UPDATE SKIP LOCKED
             ), measured AS (
                 SELECT due.id, COALESCE(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
                   FROM due
                   LEFT JOIN pg_namespace n ON n.nspname = due.schema_name::name
                   LEFT JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
                                        AND d.classid = 'pg_class'::regclass
                   LEFT JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r'
                  GROUP BY due.id
             )
             UPDATE platform.tenants t
                SET size_bytes = measured.bytes, sized_at = $1
               FROM measured
              WHERE t.id = measured.id",
            &[&now, &before, &limit],
        )
        .await
}
