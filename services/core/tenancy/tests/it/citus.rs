//! What is different where the Citus extension is there. It is not here: its row in the catalog stands in for it.

use db::{Db, DbConfig, NewTenant, RoleWall, Sql, TenantRef, sql};
use tenancy::migrate::{Chain, Engine, Options, Start};
use tenancy::{Filler, PoolSize, TEMPLATE_VERSION};
use testkit::{FragilePostgres, TestDb, connect, worker};

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
    if db.cluster.is_citus() {
        assert!(newest_role_logs_in(&db).await);
        return;
    }
    assert!(!newest_role_logs_in(&db).await);
    let superuser = db.superuser().await;
    superuser.batch(PRETEND).await.expect("it looks like Citus");
    assert!(newest_role_logs_in(&db).await);
}

const ADD: Sql = sql!("INSERT INTO quotas (key, max) VALUES ('theirs', $1)");
const READ: Sql = sql!("SELECT max FROM quotas WHERE key = 'theirs'");

async fn theirs(db: &Db, tenant: &TenantRef) -> Option<i32> {
    let row = db
        .read(tenant, worker(), None, async |tx| {
            tx.query_opt(READ, &[]).await
        })
        .await;
    let row = row.expect("an answer");
    row.map(|row| row.get("max").expect("a number"))
}

/// As deploy/README.md says: the login has its organisations' rights itself, and no role is taken on.
#[tokio::test]
async fn without_the_wall_of_roles_organisations_are_made_kept_apart_and_migrated() {
    let postgres = FragilePostgres::start().await;
    let superuser = connect(&postgres.url("postgres")).await;
    superuser.batch(PRETEND).await.expect("it looks like Citus");
    let inherit = "ALTER ROLE signalbox_app INHERIT";
    superuser.batch(inherit).await.expect("the login");
    let mut config = DbConfig::new(postgres.url("signalbox_app"));
    let refused = Db::connect(&config).await.map(drop).expect_err("the wall");
    assert!(refused.to_string().contains("NOINHERIT"), "{refused}");
    config.role_wall = RoleWall::Off;
    let db = Db::connect(&config).await.expect("the app connects");
    let owner_url = postgres.url("signalbox_owner");
    let filler = Filler::new(owner_url.clone(), db.pulse().clone(), PoolSize(2));
    filler
        .with_roles_at_once(2)
        .fill()
        .await
        .expect("two schemas");

    let mut tenants = Vec::new();
    for (slug, max) in [("acme", 1), ("globex", 2)] {
        let host = format!("{slug}.localhost");
        let new = NewTenant {
            name: slug,
            slug,
            host: &host,
        };
        let claimed = db
            .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
            .await;
        let tenant = claimed.expect("a claim").expect("a ready schema");
        let written = db.write(&tenant, worker(), None, async |tx| {
            tx.execute(ADD, &[&max]).await?;
            tx.enqueue("work", tx.new_id(), tx.now()).await
        });
        written.await.expect("a row of theirs, and work");
        tenants.push(tenant);
    }
    let whose = "SELECT DISTINCT tenant FROM platform.work";
    assert_eq!(superuser.query(whose, &[]).await.expect("work").len(), 2);

    let chain = Chain::embedded().with("V99__labels", "CREATE TABLE labels (id uuid PRIMARY KEY)");
    let engine = Engine::new(owner_url, chain.expect("a chain"), Options::default());
    let report = engine.start(Start::Run).await.expect("a run");
    let report = report.expect("somebody who is behind");
    assert_eq!((report.state.as_str(), report.done), ("done", 2));
    for (tenant, max) in tenants.iter().zip([1, 2]) {
        assert_eq!(theirs(&db, tenant).await, Some(max));
    }
}
