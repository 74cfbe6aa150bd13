//! The chain of migrations and the snapshot it is replaced by.

use db::SchemaName;
use db::owner::OwnerConnection;
use tenancy::TEMPLATE_VERSION;
use tenancy::describe::describe;
use tenancy::migrate::{self, Chain, Engine, Options, Start};
use testkit::TestDb;

const CHAINED: &str = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const SNAPSHOT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../tenant-templates/schema.sql"
);

/// A schema made by the migrations alone, one after the other.
async fn chained(owner: &OwnerConnection) -> SchemaName {
    let schema = SchemaName::parse(CHAINED).expect("a schema's name");
    owner
        .batch(&format!(
            "CREATE ROLE {CHAINED} NOLOGIN IN ROLE signalbox_tenant; GRANT {CHAINED} TO signalbox_app;
             CREATE SCHEMA {CHAINED};
             INSERT INTO platform.tenants (id, schema_name, schema_version, created_at)
             VALUES ('01900000-0000-7000-8000-000000000000', '{CHAINED}', 0, '2000-01-01')"
        ))
        .await
        .expect("an empty schema");
    migrate::run_tenant(owner, &schema)
        .await
        .expect("the chain runs");
    schema
}

async fn drop_chained(owner: &OwnerConnection) {
    let drop = format!(
        "DROP SCHEMA {CHAINED} CASCADE; DROP ROLE {CHAINED};
         DELETE FROM platform.tenants WHERE schema_name = '{CHAINED}'"
    );
    owner.batch(&drop).await.expect("the schema goes");
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "writing the snapshot is asked for by the environment"
)]
async fn the_snapshot_equals_the_chain_of_migrations() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let schema = chained(&owner).await;
    let by_chain = describe(&owner, &schema).await.expect("a description");
    drop_chained(&owner).await;

    if std::env::var_os("SIGNALBOX_ACCEPT").is_some() {
        std::fs::write(SNAPSHOT, &by_chain).expect("the snapshot is written");
    }
    let snapshot = std::fs::read_to_string(SNAPSHOT).expect("the snapshot");
    assert_eq!(
        snapshot, by_chain,
        "run again with SIGNALBOX_ACCEPT=1 to write schema.sql anew"
    );

    let made = test.tenant("acme").await;
    let by_snapshot = describe(&owner, made.schema())
        .await
        .expect("a description");
    assert_eq!(
        by_snapshot, by_chain,
        "a pooled schema differs from a migrated one"
    );
}

#[tokio::test]
async fn a_description_tells_two_schemas_apart() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let (acme, globex) = (test.tenant("acme").await, test.tenant("globex").await);
    assert_eq!(
        describe(&owner, acme.schema()).await.expect("acme"),
        describe(&owner, globex.schema()).await.expect("globex"),
    );
    let drift = format!(
        "ALTER TABLE {}.users ADD COLUMN nickname text",
        globex.schema()
    );
    owner.batch(&drift).await.expect("the drift");
    assert_ne!(
        describe(&owner, acme.schema()).await.expect("acme"),
        describe(&owner, globex.schema()).await.expect("globex"),
    );
}

#[tokio::test]
async fn migrating_again_visits_nobody() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let engine = Engine::new(
        test.url("signalbox_owner"),
        Chain::embedded(),
        Options::default(),
    );
    assert!(engine.start(Start::Run).await.expect("a run").is_none());
    assert_eq!(migrate::run_platform(&owner).await.expect("a run"), 0);
    assert_eq!(
        migrate::count_by_version(&owner).await.expect("counts"),
        [(TEMPLATE_VERSION, 3)],
    );
}

#[tokio::test]
async fn two_runners_migrate_a_schema_once() {
    let test = TestDb::start().await;
    let (one, two) = (test.owner().await, test.owner().await);
    let tenant = test.tenant("acme").await;
    let (first, second) = tokio::join!(
        migrate::run_tenant(&one, tenant.schema()),
        migrate::run_tenant(&two, tenant.schema()),
    );
    assert_eq!((first.expect("one"), second.expect("two")), (0, 0));
}
