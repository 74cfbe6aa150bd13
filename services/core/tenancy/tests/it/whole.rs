//! Whether catalog and platform fit together: what must hold after every crash.

use std::time::{Duration, Instant};

use db::owner::OwnerConnection;
use testkit::TestDb;

/// Tables of the small template of `killed.rs`, with the history.
const SMALL: i64 = 4;

/// The one number that `sql` answers.
pub async fn count(owner: &OwnerConnection, sql: &str) -> i64 {
    let rows = owner.query(sql, &[]).await.expect("a count");
    rows.first().expect("a row").get("count").expect("a number")
}

/// Waits until `holds`, at most ten seconds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < patience, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Fails unless every schema is some tenant's and every tenant has its schema, whole and with its role;
/// every role of this database is a schema's or waits; every organisation answers on one host.
pub async fn assert_whole(test: &TestDb) {
    let owner = test.owner().await;
    let faults = format!(
        "WITH schemas AS (
             SELECT n.nspname::text AS name,
                    (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r') AS tables,
                    (SELECT count(*) FROM pg_class c
                      WHERE c.relnamespace = n.oid AND c.relkind = 'r'
                        AND has_table_privilege(n.nspname, c.oid, 'SELECT')) AS readable
               FROM pg_namespace n WHERE n.nspname ~ '^t_[a-z2-7]{{26}}$'
         ), roles AS (
             SELECT rolname::text AS name FROM pg_roles
              WHERE shobj_description(oid, 'pg_authid') = 'Signalbox in {}'
         )
         SELECT 'orphan schema ' || name AS fault FROM schemas
          WHERE name NOT IN (SELECT schema_name FROM platform.tenants)
          UNION ALL
         SELECT 'no schema ' || schema_name FROM platform.tenants
          WHERE schema_name NOT IN (SELECT name FROM schemas)
          UNION ALL
         SELECT format('half a schema %s: %s tables, %s readable', name, tables, readable) FROM schemas
          WHERE tables NOT IN ({SMALL}, (SELECT max(tables) FROM schemas)) OR readable <> tables - 1
          UNION ALL
         SELECT 'orphan role ' || name FROM roles
          WHERE name NOT IN (SELECT schema_name FROM platform.tenants)
            AND name NOT IN (SELECT name FROM platform.tenant_roles)
          UNION ALL
         SELECT 'taken and waiting ' || name FROM platform.tenant_roles
          WHERE name IN (SELECT schema_name FROM platform.tenants)
          UNION ALL
         SELECT format('%s has %s hosts', t.slug, count(h.host))
           FROM platform.tenants t LEFT JOIN platform.hosts h ON h.tenant_id = t.id
          WHERE t.state = 'active' GROUP BY t.slug HAVING count(h.host) <> 1
          UNION ALL
         SELECT format('%s is %s', schema_name, state) FROM platform.tenants
          WHERE state NOT IN ('pooled', 'active')",
        test.name()
    );
    let rows = owner.query(&faults, &[]).await.expect("the faults");
    let faults: Vec<String> = rows
        .iter()
        .map(|row| row.get("fault").expect("a fault"))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
