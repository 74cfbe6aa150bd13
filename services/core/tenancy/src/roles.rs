//! Tenants' roles: made many at a time, ahead of need, and remembered until a schema takes one.
//!
//! A role bears the name of its future schema, so the tenant's id is chosen with the role. Roles belong to
//! the whole server, schemas to one database: a comment on each says which database made it, and nobody
//! else removes it.

use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};
use kernel::rng;

use crate::TenancyError;
use crate::provision::schema_name;

/// Roles made together. Each batch costs every connection one rebuilding of its memberships.
pub(crate) const BATCH: u32 = 256;

/// The comment of this database's roles. Also used by the reaper, to tell them from others'.
pub(crate) const MARK: &str = "'Signalbox in ' || current_database()";

/// Makes roles for `names`, inside the caller's transaction.
pub(crate) async fn make(
    owner: &OwnerConnection,
    names: &[SchemaName],
) -> Result<(), TenancyError> {
    let facts = format!(
        "SELECT quote_literal({MARK}) AS mark, current_setting('server_version_num')::int AS version,
                EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS citus,
                EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_app' AND rolinherit) AS inherits"
    );
    let rows = owner.query(&facts, &[]).await?;
    let row = rows.first().ok_or(DbError::Missing)?;
    let (mark, version): (String, i32) = (row.get("mark")?, row.get("version")?);
    // Citus opens its connections to other nodes as the role that acts. Without a password nobody else can.
    let citus: bool = row.get("citus")?;
    let login = if citus { "LOGIN" } else { "NOLOGIN" };
    // Since Postgres 16 a membership says for itself what the login's NOINHERIT says before. A login that
    // inherits, where the wall of roles is down, is for Citus only.
    let options = match (version >= 160_000, citus && row.get("inherits")?) {
        (true, true) => " WITH INHERIT TRUE, SET TRUE",
        (true, false) => " WITH INHERIT FALSE, SET TRUE",
        (false, _) => "",
    };
    let mut text = String::new();
    for name in names {
        text.push_str(&format!(
            "CREATE ROLE {name} {login} IN ROLE signalbox_tenant;
             GRANT {name} TO signalbox_app{options};
             COMMENT ON ROLE {name} IS {mark};"
        ));
    }
    Ok(owner.batch(&text).await?)
}

/// Makes `count` roles and remembers them, in one transaction.
pub(crate) async fn stock(
    owner: &OwnerConnection,
    pulse: &Pulse,
    count: u32,
) -> Result<(), TenancyError> {
    let now = pulse.clock.now();
    let names: Result<Vec<SchemaName>, TenancyError> = (0..count)
        .map(|_| schema_name(&rng::uuid_v7(now, &*pulse.entropy)))
        .collect();
    let names = names?;
    let texts: Vec<&str> = names.iter().map(SchemaName::as_str).collect();
    owner
        .batch("BEGIN; SET LOCAL client_min_messages = warning")
        .await?;
    let made = async {
        make(owner, &names).await?;
        owner
            .execute(
                "INSERT INTO platform.tenant_roles (name, made_at) SELECT unnest($1::text[]), $2",
                &[&texts, &now],
            )
            .await?;
        Ok(owner.batch("COMMIT").await?)
    }
    .await;
    if made.is_err() {
        owner.batch("ROLLBACK").await?;
    }
    made
}

/// Takes a role out of those that wait, inside the caller's transaction: nobody else gets it, and should
/// the transaction fail it waits again. `None` where there is none.
pub(crate) async fn take(owner: &OwnerConnection) -> Result<Option<SchemaName>, TenancyError> {
    // A database that was restored on another server remembers roles that are not there.
    let rows = owner
        .query(
            "DELETE FROM platform.tenant_roles
              WHERE name = (SELECT r.name FROM platform.tenant_roles r
                             WHERE EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE p.rolname = r.name)
                             ORDER BY r.name
                             LIMIT 1
                               FOR UPDATE SKIP LOCKED)
             RETURNING name",
            &[],
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let corrupt = DbError::Corrupt {
        table: "platform.tenant_roles",
        column: "name",
    };
    Ok(Some(SchemaName::parse(row.get("name")?).ok_or(corrupt)?))
}
