//! The three walls, each by an attack that only it stops: refused with it on, leaking with it off. The
//! other two are off both times.
//!
//! Whether the type wall stands is decided when a program is built: the documentation tests of `db` show
//! what does not compile, and here is what it would do.

use db::{Db, DbConfig, RoleWall, Sql, TenantRef, sql};
use testkit::worker;

use crate::stage::{ACMES, GLOBEXS, Stage, column};

#[derive(Clone, Copy)]
enum Wall {
    On,
    Off,
}

/// A handle with the walls of path and role as asked for.
///
/// Path off: the login's own search_path names a tenant. Role off: the login has its tenants' rights by
/// inheritance and never steps into their roles.
async fn house(stage: &Stage, path: Wall, role: Wall) -> (Db, TenantRef) {
    let database = stage.test.name();
    let (acme, globex) = (stage.acme.schema(), stage.globex.schema());
    let (login, role_wall) = match role {
        Wall::On => ("signalbox_app".to_owned(), RoleWall::Tenant),
        Wall::Off => (format!("open_{database}"), RoleWall::Off),
    };
    let path = match path {
        Wall::On => "signalbox_nowhere",
        Wall::Off => globex.as_str(),
    };
    let superuser = stage.test.superuser().await;
    if let Wall::Off = role {
        let open =
            format!("CREATE ROLE {login} LOGIN INHERIT IN ROLE signalbox_app, {acme}, {globex}");
        superuser.batch(&open).await.expect("an open login");
    }
    let path = format!("ALTER ROLE {login} IN DATABASE {database} SET search_path = {path}");
    superuser.batch(&path).await.expect("the login's path");
    let config = DbConfig {
        role_wall,
        ..DbConfig::new(stage.test.url(&login))
    };
    let db = Db::connect_unchecked(&config, stage.test.db.pulse().clone()).expect("a handle");
    // Found through this handle, so that its scope follows these walls.
    let acme = db
        .read_platform(async |tx| tx.find_tenant_by_host("acme.localhost").await)
        .await
        .expect("an answer")
        .expect("acme");
    (db, acme)
}

const BY_KEY: Sql = sql!("SELECT key FROM quotas WHERE key = $1");

#[tokio::test]
async fn the_type_keeps_a_persons_text_out_of_a_statement() {
    let stage = Stage::set().await;
    let (db, acme) = house(&stage, Wall::Off, Wall::Off).await;
    let typed = format!(
        "' UNION SELECT key FROM {}.quotas -- ",
        stage.globex.schema()
    );
    let on = db
        .read(&acme, worker(), None, async |tx| {
            tx.query(BY_KEY, &[&typed]).await
        })
        .await
        .expect("an answer");
    assert!(on.is_empty(), "{on:?}");
    let off = db
        .read(&acme, worker(), None, async |tx| {
            tx.query_unchecked(&format!("SELECT key FROM quotas WHERE key = '{typed}'"))
                .await
        })
        .await
        .expect("an answer");
    assert_eq!(column(&off, "key").expect("keys"), [GLOBEXS]);
}

#[tokio::test]
async fn without_the_type_a_text_walks_around_the_other_two() {
    let stage = Stage::set().await;
    let (db, acme) = house(&stage, Wall::On, Wall::On).await;
    let globex = stage.globex.schema();
    let leaked = db
        .read(&acme, worker(), None, async |tx| {
            tx.query_unchecked(&format!("SELECT set_config('role', '{globex}', true)"))
                .await?;
            tx.query_unchecked(&format!("SELECT key FROM {globex}.quotas"))
                .await
        })
        .await
        .expect("an answer");
    assert_eq!(column(&leaked, "key").expect("keys"), [GLOBEXS]);
}

#[tokio::test]
async fn the_path_makes_a_forgotten_tenant_an_error() {
    for (path, leaks) in [(Wall::On, false), (Wall::Off, true)] {
        let stage = Stage::set().await;
        let (db, _) = house(&stage, path, Wall::Off).await;
        let answer = db
            .read_platform(async |tx| tx.query_unchecked("SELECT key FROM quotas").await)
            .await;
        if leaks {
            let leaked = answer.expect("an answer");
            assert_eq!(column(&leaked, "key").expect("keys"), [GLOBEXS]);
        } else {
            let refused = answer.expect_err("no such table");
            assert!(refused.is_missing_schema(), "{refused}");
        }
    }
}

#[tokio::test]
async fn the_role_refuses_the_table_of_another_tenant() {
    for (role, leaks) in [(Wall::On, false), (Wall::Off, true)] {
        let stage = Stage::set().await;
        let (db, acme) = house(&stage, Wall::Off, role).await;
        let globex = stage.globex.schema();
        let read = db
            .read(&acme, worker(), None, async |tx| {
                tx.query_unchecked(&format!("SELECT key FROM {globex}.quotas"))
                    .await
            })
            .await;
        let written = db
            .write(&acme, worker(), None, async |tx| {
                tx.query_unchecked(&format!(
                    "INSERT INTO {globex}.quotas (key, max) VALUES ('planted', 1)"
                ))
                .await
            })
            .await;
        let theirs = stage.keys(&stage.globex).await.expect("globex's rows");
        if leaks {
            let read = read.expect("an answer");
            assert_eq!(column(&read, "key").expect("keys"), [GLOBEXS]);
            written.expect("a row");
            assert_eq!(theirs, [GLOBEXS, "planted"]);
        } else {
            let (read, written) = (read.expect_err("refused"), written.expect_err("refused"));
            assert!(read.is_denied(), "{read}");
            assert!(written.is_denied(), "{written}");
            assert_eq!(theirs, [GLOBEXS]);
        }
    }
}

#[tokio::test]
async fn with_all_walls_on_a_tenant_sees_its_own() {
    let stage = Stage::set().await;
    assert_eq!(stage.keys(&stage.acme).await.expect("keys"), [ACMES]);
    assert_eq!(stage.keys(&stage.globex).await.expect("keys"), [GLOBEXS]);
}

#[tokio::test]
async fn a_tenants_role_makes_nothing_and_reads_nothing_of_the_platform() {
    let stage = Stage::set().await;
    for attempt in [
        "CREATE TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE platform.mine (id int)",
        "CREATE TEMPORARY TABLE quotas (key text)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER TABLE quotas ADD COLUMN mine int",
        "DROP TABLE quotas",
        "TRUNCATE quotas",
        "SELECT id FROM platform.tenants",
        "SELECT host FROM platform.hosts",
        "SELECT key_hash FROM platform.idempotency_keys",
        "SELECT id FROM platform.work",
        "SELECT version FROM refinery_schema_history",
        "SELECT rolpassword FROM pg_catalog.pg_authid",
    ] {
        let refused = stage
            .test
            .db
            .write(&stage.acme, worker(), None, async |tx| {
                tx.query_unchecked(attempt).await
            })
            .await
            .expect_err(attempt);
        assert!(refused.is_denied(), "{attempt}: {refused}");
    }
}
