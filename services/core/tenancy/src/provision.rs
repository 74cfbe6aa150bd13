//! Making one schema for a role that waits: tables, grants, history and the platform's row, in one transaction.

use data_encoding::{BASE32_NOPAD, Encoding};
use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};
use uuid::Uuid;

use crate::migrate::{self, TEMPLATE_VERSION};
use crate::{TenancyError, roles};

/// What every tenant begins with, as the chain of migrations would leave it (a test proves that).
pub(crate) const TEMPLATE: &str = include_str!("../../../../tenant-templates/schema.sql");

/// The role may read and write its own tables, only append to what is a record, and knows nothing of
/// migrations. The log of sign-ins forgets where somebody was who belongs no more; what they tried stays. The
/// owner keeps what it makes. The tables are found by what depends on the schema: `ON ALL TABLES IN SCHEMA`
/// reads the whole catalog five times, 90 ms beside 2,000 schemas.
pub(crate) const GRANTS: &str = "
    GRANT USAGE ON SCHEMA {schema} TO {schema};
    DO $$ BEGIN EXECUTE (
        SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO {schema}', string_agg(c.oid::regclass::text, ', '))
          FROM pg_depend d
          JOIN pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
         WHERE d.classid = 'pg_class'::regclass
           AND d.refclassid = 'pg_namespace'::regclass AND d.refobjid = '{schema}'::regnamespace
    ); END $$;
    REVOKE ALL ON {schema}.refinery_schema_history FROM {schema};
    REVOKE UPDATE, DELETE ON {schema}.events, {schema}.audit_log, {schema}.auth_log FROM {schema};
    GRANT UPDATE (seq, hash) ON {schema}.audit_log TO {schema};
    GRANT UPDATE (address, user_agent) ON {schema}.auth_log TO {schema};
";

/// Makes one schema in the state `pooled`. A crash at any point leaves all of it or nothing. Answers `None`
/// where no role waits.
pub(crate) async fn make_pooled(
    owner: &OwnerConnection,
    pulse: &Pulse,
    template: &str,
) -> Result<Option<SchemaName>, TenancyError> {
    owner
        .batch("BEGIN; SET LOCAL client_min_messages = warning")
        .await?;
    let made = async {
        let Some(schema) = roles::take(owner).await? else {
            owner.batch("ROLLBACK").await?;
            return Ok(None);
        };
        owner
            .batch(&format!(
                "CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; {template}"
            ))
            .await?;
        migrate::mark_as_current(owner, &schema).await?;
        owner
            .batch(&GRANTS.replace("{schema}", schema.as_str()))
            .await?;
        owner
            .execute(
                "INSERT INTO platform.tenants (id, schema_name, schema_version, created_at)
                 VALUES ($1, $2, $3, $4)",
                &[
                    &id_of(&schema)?,
                    &schema.as_str(),
                    &TEMPLATE_VERSION,
                    &pulse.clock.now(),
                ],
            )
            .await?;
        owner.batch("COMMIT").await?;
        Ok(Some(schema))
    }
    .await;
    if made.is_err() {
        owner.batch("ROLLBACK").await?;
    }
    made
}

/// Makes an empty schema and its role, and puts the schema on the path, inside the caller's transaction.
pub(crate) async fn open(owner: &OwnerConnection, schema: &SchemaName) -> Result<(), TenancyError> {
    roles::make(owner, std::slice::from_ref(schema)).await?;
    Ok(owner
        .batch(&format!(
            "CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}"
        ))
        .await?)
}

/// The id that the name of a schema and role was made of.
fn id_of(schema: &SchemaName) -> Result<Uuid, DbError> {
    let corrupt = || DbError::Corrupt {
        table: "platform.tenant_roles",
        column: "name",
    };
    let body = schema
        .as_str()
        .trim_start_matches("t_")
        .to_ascii_uppercase();
    let bytes = BASE32_NOPAD
        .decode(body.as_bytes())
        .map_err(|_| corrupt())?;
    Uuid::from_slice(&bytes).map_err(|_| corrupt())
}

/// The name of a tenant's schema and role, made of its id.
pub(crate) fn schema_name(id: &Uuid) -> Result<SchemaName, TenancyError> {
    let base32: &Encoding = &BASE32_NOPAD;
    let name = format!("t_{}", base32.encode(id.as_bytes()).to_ascii_lowercase());
    let corrupt = DbError::Corrupt {
        table: "platform.tenants",
        column: "schema_name",
    };
    Ok(SchemaName::parse(&name).ok_or(corrupt)?)
}
