//! The end of an organisation: when its days of grace are over, everything goes.
//!
//! Step by step, each a small transaction of its own: dropping a schema at once takes a lock for each of its
//! tables and indexes and exhausts the lock table, for everybody. The first step makes it final: nobody finds
//! the organisation any more, and its row says `deleted`. What is left then is dropped table by table, and where
//! a step was the last before a crash, the next run finds what remains in the catalog.

use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};
use jiff::{SignedDuration, Timestamp};
use kernel::id::TenantId;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Act, Mandate};

/// How long nobody else may take the slug.
pub const TOMBSTONE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What becomes of the rows of a platform table that belong to the organisation: a statement over its id,
/// its schema, or neither where nothing has to happen. A test reads the catalog and fails where a table that
/// names tenants has no line here.
pub const PLATFORM: &[(&str, Remains)] = &[
    (
        "address_hashes",
        Remains::OfId("DELETE FROM platform.address_hashes WHERE tenant_id = $1"),
    ),
    // That two operators agreed stays, without the name and without what one of them wrote.
    (
        "approval_tenants",
        Remains::OfId(
            "WITH of_it AS (UPDATE platform.approval_tenants SET slug = NULL WHERE tenant_id = $1
                            RETURNING approval_id)
             UPDATE platform.operator_approvals SET reason = NULL WHERE id IN (SELECT approval_id FROM of_it)",
        ),
    ),
    (
        "audit_anchors",
        Remains::OfSchema("DELETE FROM platform.audit_anchors WHERE tenant = $1"),
    ),
    (
        "check_schedule",
        Remains::OfSchema("DELETE FROM platform.check_schedule WHERE tenant = $1"),
    ),
    (
        "hosts",
        Remains::OfId("DELETE FROM platform.hosts WHERE tenant_id = $1"),
    ),
    // That it was migrated stays, without what Postgres said of it.
    (
        "migration_attempts",
        Remains::OfId("UPDATE platform.migration_attempts SET error = NULL WHERE tenant_id = $1"),
    ),
    (
        "module_switches",
        Remains::OfId("DELETE FROM platform.module_switches WHERE tenant_id = $1"),
    ),
    // That something was done stays, without a name, a reason or anything else that somebody wrote.
    (
        "operator_audit",
        Remains::OfId(
            "UPDATE platform.operator_audit SET subject = NULL, reason = NULL, detail = '{}' WHERE tenant_id = $1",
        ),
    ),
    (
        "recoveries",
        Remains::OfId("DELETE FROM platform.recoveries WHERE tenant_id = $1"),
    ),
    (
        "support_accesses",
        Remains::OfId("DELETE FROM platform.support_accesses WHERE tenant_id = $1"),
    ),
    // Written by the first step, gone when its time is over.
    ("tombstones", Remains::Nothing),
    // The row itself: the first step empties it.
    ("tenants", Remains::Nothing),
    (
        "work",
        Remains::OfSchema("DELETE FROM platform.work WHERE tenant = $1"),
    ),
];

/// See [`PLATFORM`].
#[derive(Clone, Copy, Debug)]
pub enum Remains {
    /// A statement over the tenant's id.
    OfId(&'static str),
    /// A statement over the schema's name.
    OfSchema(&'static str),
    /// Nothing has to happen.
    Nothing,
}

/// Answers of registrations name the organisation, and are kept for a day anyway.
const ANSWERS: &str =
    "DELETE FROM platform.idempotency_keys WHERE answer -> 'organization' ->> 'id' = $1";

/// Why nothing was dropped.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// No such schema.
    #[error("there is no schema {0}")]
    NotFound(String),
    /// It is not being deleted.
    #[error("it is {0}: only what has been deleted, and only after its days of grace, is dropped")]
    NotDeleting(String),
    /// Its days of grace are not over.
    #[error("its days of grace end at {0}")]
    InGrace(Timestamp),
    /// The database refused. What was dropped so far stays dropped; run it again.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nobody finds the organisation any more. It answered on these hosts, which caches have to forget.
    Forgotten(Vec<String>),
    /// One relation of the schema is gone.
    Relation(String),
    /// The schema is gone.
    Schema,
    /// The role is gone.
    Role,
    /// Nothing was left to do.
    Done,
}

/// What was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Hosts that caches have to forget; none where an earlier run has said so.
    pub hosts: Vec<String>,
    /// Relations that went one by one.
    pub relations: u32,
}

/// Drops the organisation in `schema` when its days of grace are over, or what an earlier run has left of it.
/// Safe to run again, and by several at a time. Errors: `NotFound`, `NotDeleting`, `InGrace`.
pub async fn drop_tenant(
    owner: &OwnerConnection,
    schema: &SchemaName,
    pulse: &Pulse,
    mandate: &Mandate,
) -> Result<Dropped, DropError> {
    let mut dropped = Dropped::default();
    loop {
        match step(owner, schema, pulse, mandate).await? {
            Step::Forgotten(hosts) => dropped.hosts = hosts,
            Step::Relation(_) => dropped.relations += 1,
            Step::Schema | Step::Role => {}
            Step::Done => return Ok(dropped),
        }
    }
}

/// Deleted organisations of which a schema or a role is still there: a run that was cut short. A role that
/// another database of the server needs does not count.
pub async fn list_unfinished(owner: &OwnerConnection) -> Result<Vec<SchemaName>, DbError> {
    let rows = owner
        .query(
            "SELECT schema_name FROM platform.tenants t
              WHERE state = 'deleted'
                AND (EXISTS (SELECT FROM pg_namespace WHERE nspname = t.schema_name)
                     OR EXISTS (SELECT FROM pg_roles r
                                 WHERE r.rolname = t.schema_name
                                   AND NOT EXISTS (SELECT FROM pg_shdepend d
                                                    WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                                                      AND d.dbid NOT IN (0, (SELECT oid FROM pg_database
                                                                              WHERE datname = current_database())))))
              ORDER BY id",
            &[],
        )
        .await?;
    let names = rows.iter().map(|row| row.get::<String>("schema_name"));
    let names: Result<Vec<String>, DbError> = names.collect();
    Ok(names?
        .iter()
        .filter_map(|it| SchemaName::parse(it))
        .collect())
}

/// What is to be dropped now: the oldest `limit` whose days of grace are over, and what a run that was cut
/// short has left.
pub async fn list_due(
    owner: &OwnerConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SchemaName>, DbError> {
    let rows = owner
        .query(
            "SELECT schema_name FROM platform.tenants
              WHERE state = 'deleting' AND purge_at <= $1
              ORDER BY purge_at
              LIMIT $2",
            &[&now, &limit],
        )
        .await?;
    let mut due = list_unfinished(owner).await?;
    for row in &rows {
        due.extend(SchemaName::parse(row.get("schema_name")?));
    }
    Ok(due)
}

/// Does the next thing that is left to do, in one transaction.
pub async fn step(
    owner: &OwnerConnection,
    schema: &SchemaName,
    pulse: &Pulse,
    mandate: &Mandate,
) -> Result<Step, DropError> {
    owner
        .batch(
            "BEGIN; SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = 5000;
             SET LOCAL statement_timeout = 0",
        )
        .await?;
    let done = in_transaction(owner, schema, pulse, mandate).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = owner.batch(end).await;
    let step = done?;
    ended?;
    Ok(step)
}

const TENANT: &str = "
    SELECT id, state, slug, purge_at, verified_at IS NOT NULL AS verified
      FROM platform.tenants WHERE schema_name = $1 FOR UPDATE";

async fn in_transaction(
    owner: &OwnerConnection,
    schema: &SchemaName,
    pulse: &Pulse,
    mandate: &Mandate,
) -> Result<Step, DropError> {
    let rows = owner.query(TENANT, &[&schema.as_str()]).await?;
    let row = rows
        .first()
        .ok_or_else(|| DropError::NotFound(schema.to_string()))?;
    let (id, state): (Uuid, &str) = (row.get("id")?, row.get("state")?);
    if state == "deleted" {
        return take_down(owner, schema, id).await;
    }
    let purge_at: Option<Timestamp> = row.get("purge_at")?;
    let now = pulse.clock.now();
    match purge_at {
        Some(at) if state == "deleting" && at <= now => {}
        Some(at) if state == "deleting" => return Err(DropError::InGrace(at)),
        _ => return Err(DropError::NotDeleting(state.to_owned())),
    }
    // What was never confirmed may not keep a name from anybody.
    if row.get("verified")? {
        bury(owner, id, row.get("slug")?, now).await?;
    }
    empty(owner, id, now).await?;
    let hosts = owner
        .query(
            "SELECT host FROM platform.hosts WHERE tenant_id = $1 ORDER BY host",
            &[&id],
        )
        .await?;
    let hosts: Result<Vec<String>, DbError> = hosts.iter().map(|row| row.get("host")).collect();
    sweep(owner, schema, id).await?;
    let act = Act {
        mandate,
        action: "tenant.dropped",
        tenant: Some(TenantId::from(id)),
        subject: None,
        detail: json!({}),
    };
    audit::record_as_owner(owner, pulse, &act).await?;
    Ok(Step::Forgotten(hosts?))
}

/// The slug, and those that led to it until now, are nobody's for a while.
async fn bury(
    owner: &OwnerConnection,
    id: Uuid,
    slug: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    owner
        .execute(
            "INSERT INTO platform.tombstones (slug, tenant_id, until)
             SELECT slug, $2, max(until)
               FROM (SELECT $1::text AS slug, $3::timestamptz AS until
                      UNION ALL
                     SELECT split_part(host, '.', 1), redirects_until FROM platform.hosts
                      WHERE tenant_id = $2 AND kind = 'own' AND redirects_until > $4) AS names
              GROUP BY slug
                 ON CONFLICT (slug) DO UPDATE
                SET tenant_id = excluded.tenant_id, until = greatest(tombstones.until, excluded.until)",
            &[&slug, &id, &(now + TOMBSTONE), &now],
        )
        .await
        .map(drop)
}

/// The row keeps no name.
async fn empty(owner: &OwnerConnection, id: Uuid, now: Timestamp) -> Result<(), DbError> {
    owner
        .execute(
            "UPDATE platform.tenants
                SET state = 'deleted', slug = NULL, name = NULL, purge_at = NULL, state_before = NULL,
                    state_reason = NULL, state_changed_at = $2, support_until = NULL
              WHERE id = $1",
            &[&id, &now],
        )
        .await
        .map(drop)
}

/// Whatever the platform's tables hold of the organisation.
async fn sweep(owner: &OwnerConnection, schema: &SchemaName, id: Uuid) -> Result<(), DbError> {
    for (_, remains) in PLATFORM {
        match remains {
            Remains::OfId(statement) => owner.execute(statement, &[&id]).await?,
            Remains::OfSchema(statement) => owner.execute(statement, &[&schema.as_str()]).await?,
            Remains::Nothing => 0,
        };
    }
    owner.execute(ANSWERS, &[&id.to_string()]).await?;
    Ok(())
}

/// The next relation: one that no other refers to, so that a drop locks little more than itself. Both are asked
/// of what depends on what, for which there is an index: otherwise each step reads every organisation's tables
/// and constraints, 0.6 s beside 2,000.
const NEXT: &str = "
    SELECT c.relname::text AS name,
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
      FROM pg_depend d
      JOIN pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     WHERE d.classid = 'pg_class'::regclass
       AND d.refclassid = 'pg_namespace'::regclass AND d.refobjid = to_regnamespace($1)
     ORDER BY c.relkind NOT IN ('v', 'm'),
              EXISTS (SELECT FROM pg_depend r
                        JOIN pg_constraint f ON f.oid = r.objid AND f.contype = 'f' AND f.conrelid <> c.oid
                       WHERE r.classid = 'pg_constraint'::regclass
                         AND r.refclassid = 'pg_class'::regclass AND r.refobjid = c.oid),
              c.relname
     LIMIT 1";

const LEFT: &str = "
    SELECT to_regnamespace($1) IS NOT NULL AS has_schema, to_regrole($1) IS NOT NULL AS has_role,
           (SELECT string_agg(DISTINCT o.datname, ', ' ORDER BY o.datname)
              FROM pg_shdepend d JOIN pg_database o ON o.oid = d.dbid
             WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = to_regrole($1)
               AND o.datname <> current_database()) AS needed_by";

async fn take_down(
    owner: &OwnerConnection,
    schema: &SchemaName,
    id: Uuid,
) -> Result<Step, DropError> {
    let rows = owner.query(NEXT, &[&schema.as_str()]).await?;
    if let Some(row) = rows.first() {
        let (name, kind): (String, &str) = (row.get("name")?, row.get("kind")?);
        let quoted = name.replace('"', "\"\"");
        owner
            .batch(&format!("DROP {kind} {schema}.\"{quoted}\" CASCADE"))
            .await?;
        return Ok(Step::Relation(name));
    }
    let rows = owner.query(LEFT, &[&schema.as_str()]).await?;
    let left = rows.first().ok_or(DbError::Missing)?;
    if left.get("has_schema")? {
        // Without relations it is nearly empty: what could be left are functions and types.
        owner
            .batch(&format!("DROP SCHEMA {schema} CASCADE"))
            .await?;
        return Ok(Step::Schema);
    }
    if left.get("has_role")? {
        // A transaction that was under way when the first step committed may have left work behind.
        sweep(owner, schema, id).await?;
        // Roles belong to the whole server: a copy of this database beside it has rights for the same one.
        if let Some(databases) = left.get::<Option<String>>("needed_by")? {
            tracing::warn!(
                role = %schema, databases,
                "the organisation is dropped, but its role stays: another database of this server has rights for it. Drop that database, and the role goes in the next turn"
            );
            return Ok(Step::Done);
        }
        owner.batch(&format!("DROP ROLE {schema}")).await?;
        return Ok(Step::Role);
    }
    Ok(Step::Done)
}
