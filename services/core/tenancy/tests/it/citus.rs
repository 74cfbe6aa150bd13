//! What is different where the Citus extension is there. It is not here: its row in the catalog stands in for it.

use testkit::TestDb;

const PRETEND: &str = "SET allow_system_table_mods = on;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (99999, 'citus', 10, 11, false, '13.2');";

/// Whether the role of the newest schema can log in.
async fn newest_role_logs_in(db: &TestDb) -> bool {
    let superuser = db.superuser().await;
    // Every schema from here on takes a role that is made anew.
    superuser
        .batch("DELETE FROM platform.tenant_roles")
        .await
        .expect("no role waits");
    db.fill(db_ready(db).await + 1).await;
    let rows = superuser
        .query(
            "SELECT r.rolcanlogin AS logs_in
               FROM platform.tenants t JOIN pg_roles r ON r.rolname = t.schema_name
              ORDER BY r.oid DESC LIMIT 1",
            &[],
        )
        .await
        .expect("the newest role");
    rows.first()
        .expect("a role")
        .get("logs_in")
        .expect("a truth")
}

async fn db_ready(db: &TestDb) -> u32 {
    let rows = db
        .superuser()
        .await
        .query(
            "SELECT count(*)::bigint AS ready FROM platform.tenants WHERE state = 'pooled'",
            &[],
        )
        .await
        .expect("a count");
    let ready: i64 = rows.first().expect("a row").get("ready").expect("a count");
    u32::try_from(ready).expect("a few")
}

#[tokio::test]
async fn organisations_roles_log_in_on_citus_and_nowhere_else() {
    let db = TestDb::start().await;
    assert!(!newest_role_logs_in(&db).await);
    let superuser = db.superuser().await;
    superuser.batch(PRETEND).await.expect("it looks like Citus");
    assert!(newest_role_logs_in(&db).await);
}
