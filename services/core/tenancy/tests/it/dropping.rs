//! The end of an organisation: nothing of it is left, whatever happened on the way.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::owner::OwnerConnection;
use db::{Pulse, SchemaName};
use fakes::{PostgresOptions, PrivatePostgres};
use jiff::{SignedDuration, Timestamp};
use kernel::clock::ManualClock;
use kernel::rng::SystemEntropy;
use tenancy::drop::{self, DropError, Dropped, PLATFORM, Step};
use tenancy::{Filler, PoolSize, TEMPLATE_VERSION, bootstrap, migrate};
use testkit::TestDb;

use crate::archive::{count, furnish, mandate};

/// A tenant with rows everywhere, its deletion begun and its grace ending at noon on the first of December.
async fn condemned(test: &TestDb, slug: &str) -> SchemaName {
    // The roles of the first schemas belong to the databases of all tests: no one of them can drop them.
    for taken in 0..3 {
        test.tenant(&format!("other-{taken}")).await;
    }
    test.fill(1).await;
    let tenant = test.tenant(slug).await;
    let (schema, id) = (tenant.schema().clone(), tenant.id());
    let owner = test.owner().await;
    furnish(&owner, &schema).await;
    let rows = format!(
        "UPDATE platform.tenants SET state = 'deleting', state_before = 'active', state_reason = 'canary asked', verified_at = '2026-01-01',
                purge_at = '2026-12-01T12:00:00Z', name = 'Canary Incorporated' WHERE id = '{id}';
         INSERT INTO platform.hosts (host, tenant_id, canonical, created_at, kind, redirects_until)
         VALUES ('canary-before.localhost', '{id}', false, '2026-01-01', 'own', '2026-12-24');
         INSERT INTO platform.hosts (host, tenant_id, canonical, created_at, kind, proof, verified_at)
         VALUES ('canary.example', '{id}', false, '2026-01-01', 'custom', 'canary proof', '2026-01-01');
         INSERT INTO platform.operator_audit (id, at, actor, action, tenant_id, subject, reason, detail)
         VALUES (gen_random_uuid(), '2026-01-01', 'cli:ann', 'tenant.renamed', '{id}', 'canary', 'canary said so',
                 '{{\"from\": \"canary-before\"}}');
         INSERT INTO platform.idempotency_keys (key_hash, body_hash, answer, created_at)
         VALUES ('\\x77', '\\x78', '{{\"organization\": {{\"id\": \"{id}\", \"name\": \"Canary\"}}, \"email\": \"canary\"}}',
                 '2026-11-20');
         INSERT INTO platform.operators (id, email, name, role, password_hash, totp_secret, created_at)
         VALUES (gen_random_uuid(), 'ada@example.com', 'Ada', 'operator', '!', '', '2026-01-01');
         INSERT INTO platform.support_accesses
                (id, tenant_id, operator_id, reason, ticket, created_at, code_expires_at)
         SELECT gen_random_uuid(), '{id}', id, 'canary asked', 'CANARY-7', '2026-01-01', '2026-01-01'
           FROM platform.operators;
         INSERT INTO platform.recoveries (id, tenant_id, owner_id, email, state, created_at, due_at)
         VALUES (gen_random_uuid(), '{id}', gen_random_uuid(), 'ann@canary.example', 'waiting', '2026-01-01',
                 '2026-01-04');
         WITH asked AS (
             INSERT INTO platform.operator_approvals (id, verb, reason, requested_by, requested_at, expires_at)
             SELECT gen_random_uuid(), 'delete', 'canary is gone', id, '2026-01-01', '2026-01-02'
               FROM platform.operators
             RETURNING id
         )
         INSERT INTO platform.approval_tenants (approval_id, tenant_id, position, slug)
         SELECT id, '{id}', 0, 'canary' FROM asked"
    );
    owner.batch(&rows).await.expect("rows of the platform");
    // Noon on the first of December.
    test.clock.advance(SignedDuration::from_hours(11 * 24));
    schema
}

/// Every place in the database where `word` stands: rows of every table of every schema, schemas, roles.
async fn traces(superuser: &OwnerConnection, word: &str) -> BTreeSet<String> {
    let tables = "
        SELECT format('%I.%I', n.nspname, c.relname) AS name
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'";
    let mut found = BTreeSet::new();
    for row in superuser.query(tables, &[]).await.expect("the tables") {
        let name: String = row.get("name").expect("a name");
        let hits = format!("{name} AS t WHERE t::text ILIKE '%{word}%'");
        if count(superuser, &hits).await > 0 {
            found.insert(name);
        }
    }
    for catalog in [
        "pg_namespace WHERE nspname",
        "pg_roles WHERE rolname",
        "pg_class WHERE relname",
    ] {
        if count(superuser, &format!("{catalog} ILIKE '%{word}%'")).await > 0 {
            found.insert(catalog.to_owned());
        }
    }
    found
}

async fn clean(test: &TestDb, schema: &SchemaName) {
    let superuser = test.superuser().await;
    let places = |names: &[&str]| {
        names
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>()
    };
    // For 90 days the slugs are nobody's; the rest of it is gone.
    assert_eq!(
        traces(&superuser, "canary").await,
        places(&["platform.tombstones"])
    );
    // The name of the schema was drawn, says nothing, and proves which row was deleted.
    assert_eq!(
        traces(&superuser, schema.as_str()).await,
        places(&["platform.tenants"])
    );
    for personal in ["192.0.2.77", "2001:db8::77", "Person1"] {
        assert_eq!(
            traces(&superuser, personal).await,
            places(&[]),
            "{personal}"
        );
    }
    let row = format!(
        "platform.tenants WHERE schema_name = '{schema}' AND state = 'deleted' AND slug IS NULL AND name IS NULL"
    );
    assert_eq!(count(&superuser, &row).await, 1);
    let held = "SELECT slug, until FROM platform.tombstones ORDER BY slug";
    let rows = superuser.query(held, &[]).await.expect("the tombstones");
    let held: Vec<(String, Timestamp)> = rows
        .iter()
        .map(|row| {
            (
                row.get("slug").expect("a slug"),
                row.get("until").expect("until"),
            )
        })
        .collect();
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    assert_eq!(
        held,
        [
            ("canary".to_owned(), at("2027-03-01T12:00:00Z")),
            ("canary-before".to_owned(), at("2026-12-24T00:00:00Z")),
        ]
    );
    let unfinished = drop::list_unfinished(&superuser).await.expect("a list");
    assert!(unfinished.is_empty(), "{unfinished:?}");
    let acts = "platform.operator_audit WHERE tenant_id IS NOT NULL";
    assert_eq!(
        count(&superuser, acts).await,
        2,
        "that something was done stays"
    );
}

#[tokio::test]
async fn what_is_dropped_leaves_no_trace() {
    let test = TestDb::start().await;
    let schema = condemned(&test, "canary").await;
    let superuser = test.superuser().await;
    let before = traces(&superuser, "canary").await;
    for place in [
        "tenants",
        "hosts",
        "operator_audit",
        "idempotency_keys",
        "support_accesses",
        "recoveries",
        "operator_approvals",
        "approval_tenants",
    ] {
        assert!(before.contains(&format!("platform.{place}")), "{before:?}");
    }
    let tables = before.iter().filter(|it| it.starts_with(schema.as_str()));
    assert!(tables.count() >= 8, "{before:?}");

    let owner = test.owner().await;
    let dropped = drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate())
        .await
        .expect("a drop");
    assert_eq!(
        dropped.hosts,
        [
            "canary-before.localhost",
            "canary.example",
            "canary.localhost"
        ]
    );
    clean(&test, &schema).await;
    // Nobody else lost anything.
    let others = "platform.tenants WHERE state = 'active' AND slug LIKE 'other-%'";
    assert_eq!(count(&superuser, others).await, 3);
    let again = drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate()).await;
    assert_eq!(again.expect("nothing to do"), Dropped::default());
}

#[tokio::test]
async fn a_drop_that_was_killed_after_any_step_is_finished_by_the_next() {
    let mut killed_after = 0;
    loop {
        let test = TestDb::start().await;
        let schema = condemned(&test, "canary").await;
        let mut steps = Vec::new();
        {
            // The connection goes with this scope, and with it whatever was not committed.
            let owner = test.owner().await;
            for _ in 0..killed_after {
                let step = drop::step(&owner, &schema, test.db.pulse(), mandate()).await;
                steps.push(step.expect("a step"));
            }
            owner
                .batch(&format!(
                    "BEGIN; DELETE FROM platform.tenants WHERE schema_name = '{schema}x'"
                ))
                .await
                .expect("something under way");
        }
        let superuser = test.superuser().await;
        let unfinished = drop::list_unfinished(&superuser).await.expect("a list");
        let begun = !steps.is_empty() && !steps.contains(&Step::Role);
        assert_eq!(unfinished.contains(&schema), begun, "{steps:?}");
        let owner = test.owner().await;
        drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate())
            .await
            .expect("the rest");
        clean(&test, &schema).await;
        if steps.contains(&Step::Done) {
            assert!(
                matches!(steps.first(), Some(Step::Forgotten(_))),
                "{steps:?}"
            );
            assert!(steps.len() > 15, "{steps:?}");
            return;
        }
        // Every table would be the same step: the first and the last ones, and what is around them.
        killed_after += if (3..14).contains(&killed_after) {
            4
        } else {
            1
        };
    }
}

#[tokio::test]
async fn work_left_by_a_transaction_that_was_under_way_goes_too() {
    let test = TestDb::start().await;
    let schema = condemned(&test, "canary").await;
    let owner = test.owner().await;
    drop::step(&owner, &schema, test.db.pulse(), mandate())
        .await
        .expect("forgotten");
    let late = format!(
        "INSERT INTO platform.work (id, tenant, kind, ref, due_at)
         VALUES (gen_random_uuid(), '{schema}', 'canary', gen_random_uuid(), '2026-01-01')"
    );
    owner.batch(&late).await.expect("late work");
    drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate())
        .await
        .expect("the rest");
    clean(&test, &schema).await;
}

#[tokio::test]
async fn nothing_is_dropped_before_its_time_or_without_a_deletion() {
    let test = TestDb::start().await;
    let schema = condemned(&test, "canary").await;
    let owner = test.owner().await;
    let before = count(&owner, &format!("{schema}.users")).await;
    test.clock.advance(SignedDuration::from_secs(-1));
    let early = drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate()).await;
    assert!(matches!(early, Err(DropError::InGrace(_))), "{early:?}");
    test.clock.advance(SignedDuration::from_hours(1));
    for state in ["active", "read_only", "suspended"] {
        let undone = format!(
            "UPDATE platform.tenants SET state = '{state}', purge_at = NULL, state_before = NULL
              WHERE schema_name = '{schema}'"
        );
        owner.batch(&undone).await.expect("another state");
        let refused = drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate()).await;
        assert!(
            matches!(&refused, Err(DropError::NotDeleting(is)) if is == state),
            "{refused:?}"
        );
    }
    let nobody = SchemaName::parse("t_abcdefghijklmnopqrstuvwxyz").expect("a name");
    let missing = drop::drop_tenant(&owner, &nobody, test.db.pulse(), mandate()).await;
    assert!(
        matches!(missing, Err(DropError::NotFound(_))),
        "{missing:?}"
    );
    assert_eq!(count(&owner, &format!("{schema}.users")).await, before);
    assert_eq!(
        count(&owner, "platform.hosts WHERE host = 'canary.example'").await,
        1
    );
}

#[tokio::test]
async fn every_platform_table_that_names_tenants_has_a_line() {
    let test = TestDb::start().await;
    let naming = "
        SELECT DISTINCT c.relname::text AS name
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'platform'::regnamespace AND c.relkind = 'r'
           AND a.attname IN ('tenant', 'tenant_id', 'schema_name', 'slug')
         ORDER BY 1";
    let rows = test
        .superuser()
        .await
        .query(naming, &[])
        .await
        .expect("the tables");
    let there: BTreeSet<String> = rows
        .iter()
        .map(|row| row.get("name").expect("a name"))
        .collect();
    let judged: BTreeSet<String> = PLATFORM.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(
        there, judged,
        "each belongs in drop::PLATFORM, with what becomes of its rows"
    );
}

#[tokio::test]
async fn a_schema_of_many_relations_does_not_exhaust_the_lock_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = PostgresOptions {
        durable: false,
        // As Postgres comes: 64 locks for each of few connections.
        settings: vec![
            "max_locks_per_transaction=64".into(),
            "max_connections=12".into(),
        ],
        ..PostgresOptions::new(folder.path().join("pg"))
    };
    let postgres = PrivatePostgres::start(options).await.expect("a Postgres");
    bootstrap::run(&postgres.connection_url().into())
        .await
        .expect("the bootstrap");
    let url = postgres.connection_url_to("signalbox_owner", "postgres");
    let owner = migrate::connect(&url.clone().into())
        .await
        .expect("the owner");
    migrate::run_platform(&owner).await.expect("the platform");
    let now: Timestamp = "2026-12-01T12:00:00Z".parse().expect("an instant");
    let pulse = Pulse {
        clock: Arc::new(ManualClock::at(now)),
        entropy: Arc::new(SystemEntropy),
    };
    Filler::new(url.into(), pulse.clone(), PoolSize(1))
        .fill()
        .await
        .expect("a schema");
    let rows = owner
        .query("SELECT schema_name FROM platform.tenants", &[])
        .await
        .expect("it");
    let schema: String = rows
        .first()
        .expect("one")
        .get("schema_name")
        .expect("its name");
    let schema = SchemaName::parse(&schema).expect("a name");
    for table in 0..250 {
        let many = format!(
            "CREATE TABLE {schema}.many_{table} (a text PRIMARY KEY, b text UNIQUE, c text UNIQUE, d text UNIQUE);
             UPDATE platform.tenants SET state = 'deleting', slug = 'many', name = 'Many', state_before = 'active',
                    purge_at = '2026-12-01' WHERE schema_version = {TEMPLATE_VERSION}"
        );
        owner.batch(&many).await.expect("a table");
    }
    let at_once = owner.batch(&format!("DROP SCHEMA {schema} CASCADE")).await;
    let error = at_once
        .expect_err("the control: at once, it is too much")
        .to_string();
    assert!(error.contains("shared memory"), "{error}");

    let dropped = drop::drop_tenant(&owner, &schema, &pulse, mandate())
        .await
        .expect("a drop");
    assert!(dropped.relations > 250, "{dropped:?}");
    let left = format!("pg_namespace WHERE nspname = '{schema}'");
    assert_eq!(count(&owner, &left).await, 0);
    std::mem::drop(owner);
    postgres.stop().await;
}

#[tokio::test]
async fn a_role_that_another_database_needs_stays_and_nothing_else_does() {
    let test = TestDb::start().await;
    if test.cluster.is_citus() {
        return;
    }
    let copy = TestDb::start().await;
    // Of the first schemas: every test's database is a copy of the one they were made in.
    let tenant = test.tenant("canary").await;
    let (schema, owner) = (tenant.schema().clone(), test.owner().await);
    let end = format!(
        "UPDATE platform.tenants SET state = 'deleting', state_before = 'active', purge_at = '2026-11-01'
          WHERE schema_name = '{schema}'"
    );
    owner.batch(&end).await.expect("its end");
    drop::drop_tenant(&owner, &schema, test.db.pulse(), mandate())
        .await
        .expect("a drop");
    let left = |catalog: &str| format!("{catalog} = '{schema}'");
    let superuser = test.superuser().await;
    assert_eq!(
        count(&superuser, &left("pg_namespace WHERE nspname")).await,
        0
    );
    assert_eq!(count(&superuser, &left("pg_roles WHERE rolname")).await, 1);
    let unfinished = drop::list_unfinished(&owner).await.expect("a list");
    assert_eq!(unfinished, [], "it is not tried again every minute");
    let there = copy.superuser().await;
    assert_eq!(count(&there, &left("pg_namespace WHERE nspname")).await, 1);
}
