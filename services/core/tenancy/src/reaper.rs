//! What a crash, a restore or an upgrade left behind, found by comparing the catalog with the platform's
//! tables, and removed.
//!
//! Never touches what is not named like a tenant's, nor a schema that an organisation has. Whoever makes
//! or fills a schema does so in one transaction: until it commits nobody sees the schema, and afterwards its
//! row is there.

use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};

use crate::{TEMPLATE_VERSION, TenancyError, roles};

/// Things removed in one pass at the most: what is left waits for the next.
const PASS: i64 = 50;

/// How many things were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Schemas that no row of the platform knows.
    pub schemas: u32,
    /// Rows of ready schemas that are not there.
    pub rows: u32,
    /// Ready schemas of an earlier template, which nobody will claim.
    pub outdated: u32,
    /// Roles of this database that neither a schema nor the reserve has.
    pub roles: u32,
    /// Roles in reserve that are not there.
    pub reserve: u32,
}

/// All that does not fit together, in one query. $1 is this build's version. An outdated schema may be on its
/// way through a migration, which holds its lock; a newer one is of a newer build.
fn leftovers() -> String {
    let mark = roles::MARK;
    format!(
        "SELECT * FROM (
             SELECT 'schema' AS kind, n.nspname::text AS name
               FROM pg_catalog.pg_namespace n
              WHERE n.nspname ~ '^t_[a-z2-7]{{26}}$'
                AND NOT EXISTS (SELECT FROM platform.tenants t WHERE t.schema_name = n.nspname::text)
              UNION ALL
             SELECT 'row', t.schema_name
               FROM platform.tenants t
              WHERE t.state = 'pooled'
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = t.schema_name::name)
              UNION ALL
             SELECT 'outdated', t.schema_name
               FROM platform.tenants t
              WHERE t.state = 'pooled' AND t.schema_version < $1
              UNION ALL
             SELECT 'role', r.rolname::text
               FROM pg_catalog.pg_roles r
              WHERE r.rolname ~ '^t_[a-z2-7]{{26}}$'
                AND pg_catalog.shobj_description(r.oid, 'pg_authid') = {mark}
                AND NOT EXISTS (SELECT FROM platform.tenants t WHERE t.schema_name = r.rolname::text)
                AND NOT EXISTS (SELECT FROM platform.tenant_roles w WHERE w.name = r.rolname::text)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = r.rolname)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend d
                                 WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.refobjid = r.oid)
              UNION ALL
             SELECT 'reserve', w.name
               FROM platform.tenant_roles w
              WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = w.name::name)
         ) AS leftovers
         LIMIT {PASS}"
    )
}

/// Whether it is still left over, and nobody works on it: a migration holds the schema's own lock, a claim
/// the row.
fn look_again(kind: &str) -> String {
    const UNLOCKED: &str = "pg_try_advisory_xact_lock(hashtextextended('migrate ' || $1::text, 0))";
    match kind {
        "schema" => format!(
            "SELECT FROM pg_catalog.pg_namespace
              WHERE nspname = $1::text AND {UNLOCKED}
                AND NOT EXISTS (SELECT FROM platform.tenants WHERE schema_name = $1)"
        ),
        "row" => "SELECT FROM platform.tenants
                   WHERE schema_name = $1 AND state = 'pooled'
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::text)
                     FOR UPDATE SKIP LOCKED"
            .to_owned(),
        "outdated" => format!(
            "SELECT FROM platform.tenants
              WHERE schema_name = $1 AND state = 'pooled' AND schema_version < {TEMPLATE_VERSION} AND {UNLOCKED}
                FOR UPDATE SKIP LOCKED"
        ),
        "role" => "SELECT FROM pg_catalog.pg_roles
                    WHERE rolname = $1::text
                      AND NOT EXISTS (SELECT FROM platform.tenants WHERE schema_name = $1)
                      AND NOT EXISTS (SELECT FROM platform.tenant_roles WHERE name = $1)"
            .to_owned(),
        _ => "SELECT FROM platform.tenant_roles WHERE name = $1 FOR UPDATE SKIP LOCKED".to_owned(),
    }
}

async fn drop_row(owner: &OwnerConnection, name: &str) -> Result<(), DbError> {
    let statement = "DELETE FROM platform.tenants WHERE schema_name = $1 AND state = 'pooled'";
    owner.execute(statement, &[&name]).await.map(drop)
}

/// One pass. The caller has the turn, so that no filler is at work meanwhile.
pub(crate) async fn reap(owner: &OwnerConnection, pulse: &Pulse) -> Result<Reaped, TenancyError> {
    let mut reaped = Reaped::default();
    for row in owner.query(&leftovers(), &[&TEMPLATE_VERSION]).await? {
        let (kind, name): (&str, &str) = (row.get("kind")?, row.get("name")?);
        let Some(schema) = SchemaName::parse(name) else {
            continue;
        };
        let count = match kind {
            "schema" => &mut reaped.schemas,
            "row" => &mut reaped.rows,
            "outdated" => &mut reaped.outdated,
            "role" => &mut reaped.roles,
            _ => &mut reaped.reserve,
        };
        if remove(owner, pulse, kind, &schema).await? {
            *count += 1;
            tracing::warn!(kind, %schema, "removed what was left behind");
        }
    }
    Ok(reaped)
}

/// Removes one thing, in a transaction that looks again first. Answers false where it is not left over any
/// more, or somebody works on it.
async fn remove(
    owner: &OwnerConnection,
    pulse: &Pulse,
    kind: &str,
    schema: &SchemaName,
) -> Result<bool, TenancyError> {
    owner
        .batch("BEGIN; SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = 1000")
        .await?;
    let removed = in_transaction(owner, pulse, kind, schema).await;
    let end = if matches!(removed, Ok(true)) {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    owner.batch(end).await?;
    match removed {
        Err(error) if error.is_lock_timeout() => Ok(false),
        other => Ok(other?),
    }
}

async fn in_transaction(
    owner: &OwnerConnection,
    pulse: &Pulse,
    kind: &str,
    schema: &SchemaName,
) -> Result<bool, DbError> {
    let name = schema.as_str();
    let found = owner.query(&look_again(kind), &[&name]).await?;
    if found.is_empty() {
        return Ok(false);
    }
    match kind {
        "schema" => {
            owner
                .batch(&format!("DROP SCHEMA {schema} CASCADE"))
                .await?
        }
        "row" | "outdated" => {
            drop_row(owner, name).await?;
            owner
                .batch(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))
                .await?;
            // The role has nothing any more: the next schema takes it.
            owner
                .execute(
                    "INSERT INTO platform.tenant_roles (name, made_at)
                     SELECT $1, $2 WHERE to_regrole($1) IS NOT NULL
                     ON CONFLICT DO NOTHING",
                    &[&name, &pulse.clock.now()],
                )
                .await?;
        }
        "role" => {
            owner
                .batch(&format!("DROP ROLE IF EXISTS {schema}"))
                .await?
        }
        _ => {
            let forget = "DELETE FROM platform.tenant_roles WHERE name = $1";
            owner.execute(forget, &[&name]).await?;
        }
    }
    Ok(true)
}
