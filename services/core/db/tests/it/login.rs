//! The login that serves: whatever could lift it over a wall is found at the start, and named.

use db::{Db, DbConfig, DbError, RoleWall};
use testkit::TestDb;

/// A login as the bootstrap makes it, changed by `change`, and what is then said of it. `{login}` is its
/// name, `{database}` the database, `{tenant}` a tenant's role.
const UNFIT: [(&str, &str); 17] = [
    ("ALTER ROLE {login} CREATEROLE", "it may create roles"),
    ("ALTER ROLE {login} CREATEDB", "it may create databases"),
    ("ALTER ROLE {login} BYPASSRLS", "it bypasses row security"),
    ("ALTER ROLE {login} REPLICATION", "it may replicate"),
    (
        "ALTER ROLE {login} INHERIT",
        "it inherits its tenants' rights (NOINHERIT is missing)",
    ),
    (
        "ALTER ROLE {login} IN DATABASE {database} RESET search_path",
        "its search_path is not signalbox_nowhere",
    ),
    (
        "ALTER ROLE {login} IN DATABASE {database} SET search_path = signalbox_nowhere, {tenant}",
        "its search_path is not signalbox_nowhere",
    ),
    (
        "CREATE TABLE public.hoard (id int); ALTER TABLE public.hoard OWNER TO {login}",
        "it owns tables or schemas",
    ),
    (
        "CREATE SCHEMA hoard AUTHORIZATION {login}",
        "it owns tables or schemas, it may create tables in hoard",
    ),
    (
        "GRANT pg_read_all_data TO {login}",
        "it may act as pg_read_all_data",
    ),
    (
        "CREATE ROLE between_{login}; GRANT pg_signal_backend TO between_{login}; GRANT between_{login} TO {login}",
        "it may act as pg_signal_backend",
    ),
    (
        "GRANT signalbox_owner TO {login}",
        "it may act as pg_read_all_stats and signalbox_owner",
    ),
    (
        "GRANT postgres TO {login}",
        "it may act as pg_database_owner and postgres",
    ),
    (
        "GRANT CREATE ON DATABASE {database} TO {login}",
        "it may create schemas",
    ),
    (
        "GRANT TEMPORARY ON DATABASE {database} TO {login}",
        "it may create temporary tables",
    ),
    (
        "GRANT CREATE ON SCHEMA platform TO {login}",
        "it may create tables in platform",
    ),
    (
        "CREATE TABLE signalbox_nowhere.users (id int)",
        "signalbox_nowhere is not empty",
    ),
];

/// What is said of a login after `change`: nothing where it may serve.
async fn judge(test: &TestDb, change: &str, role_wall: RoleWall) -> Option<String> {
    let login = format!("login_{}", test.name());
    let tenant = test.tenant("acme").await;
    let superuser = test.superuser().await;
    let made = format!(
        "CREATE ROLE {{login}} LOGIN NOINHERIT; GRANT {{tenant}} TO {{login}};
         GRANT USAGE ON SCHEMA signalbox_nowhere TO {{login}};
         ALTER ROLE {{login}} IN DATABASE {{database}} SET search_path = signalbox_nowhere; {change}"
    );
    let made = made
        .replace("{login}", &login)
        .replace("{database}", test.name())
        .replace("{tenant}", tenant.schema().as_str());
    superuser.batch(&made).await.expect(change);
    let config = DbConfig {
        role_wall,
        ..DbConfig::new(test.url(&login))
    };
    match Db::connect(&config).await {
        Ok(_) => None,
        Err(DbError::UnfitLogin(faults)) => Some(faults),
        Err(other) => panic!("{change}: {other}"),
    }
}

#[tokio::test]
async fn a_login_like_the_bootstraps_may_serve() {
    let test = TestDb::start().await;
    assert_eq!(judge(&test, "", RoleWall::Tenant).await, None);
}

#[tokio::test]
async fn a_login_that_may_do_more_is_refused_by_name() {
    for (change, expected) in UNFIT {
        let test = TestDb::start().await;
        let faults = judge(&test, change, RoleWall::Tenant).await;
        assert_eq!(faults.as_deref(), Some(expected), "{change}");
    }
}

#[tokio::test]
async fn a_superuser_is_refused() {
    let test = TestDb::start().await;
    let faults = judge(&test, "ALTER ROLE {login} SUPERUSER", RoleWall::Tenant).await;
    let faults = faults.expect("a refusal");
    assert!(faults.starts_with("it is a superuser, "), "{faults}");
}

#[tokio::test]
async fn the_owner_login_does_not_serve() {
    let test = TestDb::start().await;
    let config = DbConfig::new(test.url("signalbox_owner"));
    let refused = Db::connect(&config).await.err().expect("a refusal");
    let text = refused.to_string();
    for fault in [
        "it may create roles",
        "it owns tables or schemas",
        "it may create schemas",
        "its search_path is not signalbox_nowhere",
    ] {
        assert!(text.contains(fault), "{text}");
    }
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let test = TestDb::start().await;
    let change = "ALTER ROLE {login} CREATEDB CREATEROLE INHERIT";
    assert_eq!(
        judge(&test, change, RoleWall::Tenant).await.as_deref(),
        Some(
            "it may create roles, it may create databases, \
             it inherits its tenants' rights (NOINHERIT is missing)"
        )
    );
}

#[tokio::test]
async fn a_single_membership_that_is_inherited_is_found_where_postgres_has_such() {
    let test = TestDb::start().await;
    let major: u32 = test
        .cluster
        .version()
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .expect("a version");
    let (change, expected) = if major >= 16 {
        let fault = "it inherits its tenants' rights (NOINHERIT is missing)";
        ("GRANT {tenant} TO {login} WITH INHERIT TRUE", Some(fault))
    } else {
        ("GRANT {tenant} TO {login} WITH ADMIN OPTION", None)
    };
    assert_eq!(
        judge(&test, change, RoleWall::Tenant).await.as_deref(),
        expected
    );
}

#[tokio::test]
async fn the_role_wall_comes_down_on_citus_alone() {
    let test = TestDb::start().await;
    assert_eq!(
        judge(&test, "", RoleWall::Off).await.as_deref(),
        Some("the role wall may be off on Citus only")
    );
}

#[tokio::test]
async fn the_time_is_the_databases() {
    let test = TestDb::start().await;
    let db = Db::connect(&DbConfig::new(test.url("signalbox_app")))
        .await
        .expect("a handle");
    let ask = "SELECT clock_timestamp() AS at";
    let superuser = test.superuser().await;
    let rows = superuser.query(ask, &[]).await.expect("a time");
    let theirs: jiff::Timestamp = rows
        .first()
        .map(|row| row.get("at"))
        .expect("a row")
        .expect("a time");
    let apart = db.now().duration_since(theirs).abs();
    assert!(apart.as_secs() < 5, "{apart}");
}
