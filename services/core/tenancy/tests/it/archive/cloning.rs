//! Clones: whole ones, masked ones, and the table that says what is personal.

use tenancy::archive::personal::{ACCESS, COLUMNS};
use tenancy::archive::{NewClone, clone_tenant};

use super::*;

fn new<'a>(test: &'a TestDb, slug: &'a str, mask: bool) -> NewClone<'a> {
    NewClone {
        slug,
        base_host: "localhost",
        pulse: test.db.pulse(),
        mandate: mandate(),
        mask,
        rehearsal: false,
    }
}

async fn schema_of(owner: &OwnerConnection, slug: &str) -> String {
    let found = "SELECT schema_name FROM platform.tenants WHERE slug = $1";
    let rows = owner.query(found, &[&slug]).await.expect("the row");
    rows.first()
        .expect("a tenant")
        .get("schema_name")
        .expect("its schema")
}

/// Tables of `schema` in whose rows `canary` stands.
async fn tables_with(owner: &OwnerConnection, schema: &str, canary: &str) -> Vec<String> {
    let tables = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
    let mut found = Vec::new();
    for row in owner.query(tables, &[&schema]).await.expect("the tables") {
        let name: String = row.get("name").expect("a name");
        let hits = format!("{schema}.{name} AS t WHERE t::text ILIKE '%{canary}%'");
        if count(owner, &hits).await > 0 {
            found.push(name);
        }
    }
    found
}

#[tokio::test]
async fn a_clone_has_everything_but_whoever_was_signed_in() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    furnished(&test, "acme").await;
    clone_tenant(&owner, "acme", new(&test, "acme-two", false))
        .await
        .expect("a clone");
    let (first, second) = (
        archive::fingerprint(&owner, "acme").await.expect("acme"),
        archive::fingerprint(&owner, "acme-two")
            .await
            .expect("its clone"),
    );
    for (one, two) in first.sums.iter().zip(&second.sums) {
        let table = one.table.as_str();
        match table {
            "mails" => assert_eq!(one.rows, two.rows),
            "platform.work" => assert_eq!(two.rows, 0),
            _ if ACCESS.contains(&table) => assert_eq!(two.rows, 0, "{table}"),
            _ => assert_eq!(one, two),
        }
    }
    let schema = schema_of(&owner, "acme-two").await;
    assert_eq!(
        count(
            &owner,
            &format!("{schema}.mails WHERE state = 'queued' OR secret IS NOT NULL")
        )
        .await,
        0
    );
    assert_eq!(count(&owner, "platform.address_hashes").await, 6);
}

#[tokio::test]
async fn a_masked_clone_holds_nothing_personal_and_checks_nobody() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let source = furnished(&test, "acme").await;
    clone_tenant(&owner, "acme", new(&test, "acme-masked", true))
        .await
        .expect("a clone");
    let schema = schema_of(&owner, "acme-masked").await;
    for canary in ["canary", "192.0.2.77", "2001:db8::77", "hash 1", "quote"] {
        let there = tables_with(&owner, source.as_str(), canary).await;
        assert!(!there.is_empty(), "{canary} is nowhere in the first one");
        assert_eq!(
            tables_with(&owner, &schema, canary).await,
            [""; 0],
            "{canary}"
        );
    }
    assert_eq!(count(&owner, &format!("{schema}.users")).await, 3);
    assert_eq!(count(&owner, &format!("{schema}.results")).await, 6000);
    assert_eq!(
        count(
            &owner,
            &format!("{schema}.endpoints WHERE state = 'paused' AND paused_at IS NOT NULL")
        )
        .await,
        3
    );
    assert_eq!(
        count(
            &owner,
            &format!("platform.check_schedule WHERE tenant = '{schema}'")
        )
        .await,
        0
    );
    assert_eq!(
        count(&owner, &format!("platform.work WHERE tenant = '{schema}'")).await,
        0
    );
    assert_eq!(count(&owner, "platform.address_hashes").await, 3);
    let named = "platform.tenants WHERE slug = 'acme-masked' AND name = 'Masked organization'";
    assert_eq!(count(&owner, named).await, 1);
}

#[tokio::test]
async fn a_clone_that_cannot_be_made_leaves_nothing() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let schema = furnished(&test, "acme").await;
    let schemas = count(&owner, "pg_namespace").await;
    clone_tenant(&owner, "acme", new(&test, "acme", false))
        .await
        .expect_err("the slug is taken");
    clone_tenant(&owner, "nobody", new(&test, "acme-two", false))
        .await
        .expect_err("nobody to clone");
    let drift = format!("ALTER TABLE {schema}.users ADD COLUMN nickname text");
    owner.batch(&drift).await.expect("the drift");
    let error = clone_tenant(&owner, "acme", new(&test, "acme-two", false))
        .await
        .expect_err("drift");
    assert!(error.to_string().contains("users"), "{error}");
    assert_eq!(count(&owner, "pg_namespace").await, schemas);
}

#[tokio::test]
async fn every_column_that_can_hold_something_personal_is_judged() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let schema = test.tenant("acme").await.schema().clone();
    let columns = "
        SELECT c.relname || '.' || a.attname AS name
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r'
           AND c.relname <> 'refinery_schema_history'
           AND format_type(a.atttypid, NULL) NOT IN
               ('uuid', 'timestamp with time zone', 'integer', 'smallint', 'bigint', 'boolean', 'integer[]', 'date', 'numeric')
         ORDER BY 1";
    let rows = owner
        .query(columns, &[&schema.as_str()])
        .await
        .expect("columns");
    let mut there: Vec<String> = rows
        .iter()
        .map(|row| row.get("name").expect("a name"))
        .collect();
    let mut judged: Vec<String> = COLUMNS
        .iter()
        .map(|(table, column, _)| format!("{table}.{column}"))
        .collect();
    there.sort();
    judged.sort();
    assert_eq!(
        there, judged,
        "each belongs in archive::personal::COLUMNS, with what becomes of it"
    );

    // An archive holds rows of tables alone: anything else that holds state would be lost.
    let others = format!(
        "pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind NOT IN ('r', 'i', 't')"
    );
    assert_eq!(count(&owner, &others).await, 0);
}
