//! What the serving login must not be able to do. Asked once, before anything is served.

use deadpool_postgres::ClientWrapper;

use crate::pool::Walls;
use crate::{DbError, Row};

/// Every way over a wall that a login can have been given, in words. $1 says whether the role wall stands.
///
/// Since Postgres 16 every membership says for itself whether it is inherited. Tenants' own roles are not
/// looked at one by one: there are thousands, and the owner login makes them.
const FAULTS: &str = r"
    WITH login AS (
        SELECT oid, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication, rolinherit
          FROM pg_catalog.pg_roles WHERE rolname = current_user
    ), owners AS (
        SELECT refobjid AS oid FROM pg_catalog.pg_shdepend
         WHERE refclassid = 'pg_catalog.pg_authid'::regclass AND deptype = 'o'
    ), powers AS (
        SELECT string_agg(g.rolname, ' and ' ORDER BY g.rolname) AS names
          FROM login l
          JOIN pg_catalog.pg_roles g ON g.oid <> l.oid AND g.rolname !~ '^t_[a-z2-7]{26}$'
         WHERE (g.rolsuper OR g.rolcreaterole OR g.rolcreatedb OR g.rolbypassrls OR g.rolreplication
                OR g.rolname LIKE 'pg\_%' OR g.oid IN (SELECT oid FROM owners))
           AND NOT l.rolsuper
           AND pg_has_role(l.oid, g.oid, 'MEMBER')
    ), open_schemas AS (
        SELECT string_agg(nspname, ' and ' ORDER BY nspname) AS names
          FROM pg_catalog.pg_namespace, login
         WHERE NOT rolsuper AND nspname NOT LIKE 'pg\_%' AND has_schema_privilege(pg_namespace.oid, 'CREATE')
    )
    SELECT concat_ws(', ',
        CASE WHEN rolsuper THEN 'it is a superuser' END,
        CASE WHEN rolcreaterole THEN 'it may create roles' END,
        CASE WHEN rolcreatedb THEN 'it may create databases' END,
        CASE WHEN rolbypassrls THEN 'it bypasses row security' END,
        CASE WHEN rolreplication THEN 'it may replicate' END,
        CASE WHEN $1 AND (rolinherit OR EXISTS (
            SELECT FROM pg_catalog.pg_auth_members m
             WHERE m.member = login.oid AND (to_jsonb(m) ->> 'inherit_option')::boolean))
            THEN 'it inherits its tenants'' rights (NOINHERIT is missing)' END,
        CASE WHEN NOT $1 AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')
            THEN 'the role wall may be off on Citus only' END,
        'it may act as ' || powers.names,
        CASE WHEN login.oid IN (SELECT oid FROM owners) THEN 'it owns tables or schemas' END,
        CASE WHEN has_database_privilege(current_database(), 'CREATE') THEN 'it may create schemas' END,
        CASE WHEN has_database_privilege(current_database(), 'TEMPORARY') THEN 'it may create temporary tables' END,
        'it may create tables in ' || open_schemas.names,
        CASE WHEN current_setting('search_path') <> 'signalbox_nowhere'
            THEN 'its search_path is not signalbox_nowhere' END,
        CASE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
             WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND n.nspname = 'signalbox_nowhere')
            THEN 'signalbox_nowhere is not empty' END
    ) AS faults
    FROM login, powers, open_schemas";

/// Refuses a login that could climb over a wall.
pub(crate) async fn check(client: &ClientWrapper, walls: Walls) -> Result<(), DbError> {
    let row = client.query_one(FAULTS, &[&walls.role]).await?;
    let faults: String = Row(row).get("faults")?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(DbError::UnfitLogin(faults))
    }
}
