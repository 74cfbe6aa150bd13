//! The catalog lint on the platform, on a fresh tenant, and on a schema with every fault.

use checks::Offence;
use checks::catalog::{EVERY_SCHEMA, Lint, TENANT};
use db::owner::OwnerConnection;

use super::{column, live};
use crate::{blames, clean};

#[test]
fn the_platform_passes_the_catalog_lint() {
    live(async |server| {
        let owner = server.connect("signalbox_owner").await;
        clean(offences(&owner, "platform", &EVERY_SCHEMA).await);
    });
}

#[test]
fn a_fresh_tenant_passes_the_catalog_lint() {
    live(async |server| {
        let owner = server.connect("signalbox_owner").await;
        clean(offences(&owner, server.tenant.as_str(), &EVERY_SCHEMA).await);
        clean(offences(&owner, server.tenant.as_str(), &TENANT).await);
    });
}

/// A statement, and what the lint then says of schema `bad`.
const FAULTS: [(&str, &[&str]); 26] = [
    ("CREATE TABLE b (id int)", &["bad: b has no primary key"]),
    (
        "CREATE TABLE b (id int, CONSTRAINT bees PRIMARY KEY (id))",
        &["bad: bees on b is not named"],
    ),
    (
        "ALTER TABLE a ADD CONSTRAINT a_unique UNIQUE (name)",
        &["bad: a_unique on a is not named"],
    ),
    (
        "ALTER TABLE a ADD CONSTRAINT a_id_key UNIQUE (name)",
        &["bad: a_id_key on a is not named"],
    ),
    (
        "ALTER TABLE a ADD CONSTRAINT name_check CHECK (name <> '')",
        &["bad: name_check on a is not named"],
    ),
    (
        "ALTER TABLE a ADD CONSTRAINT a_parent FOREIGN KEY (parent) REFERENCES a (id)",
        &["bad: a_parent on a is not named"],
    ),
    (
        "CREATE INDEX names ON a (name)",
        &["bad: names on a is not named"],
    ),
    (
        "CREATE UNIQUE INDEX a_name_idx ON a (name)",
        &["bad: a_name_idx on a is not named"],
    ),
    (
        "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        &["bad: t on a is a trigger"],
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        &["bad: f is a function"],
    ),
    (
        "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
        &["bad: p is a function"],
    ),
    (
        "CREATE TABLE b (CONSTRAINT b_pkey PRIMARY KEY (id)) INHERITS (a)",
        &["bad: a inherits", "bad: b inherits"],
    ),
    (
        "CREATE TABLE b (id int, CONSTRAINT b_pkey PRIMARY KEY (id)) PARTITION BY LIST (id)",
        &["bad: b inherits", "bad: b_pkey inherits"],
    ),
    ("CREATE TYPE e AS ENUM ('x')", &["bad: e is a type"]),
    ("CREATE TYPE c AS (x int)", &["bad: c is a type"]),
    ("CREATE DOMAIN d AS text", &["bad: d is a type"]),
    (
        "ALTER TABLE a ADD x platform.tenants",
        &["bad: a.x has a type that is not built in"],
    ),
    (
        "ALTER TABLE a ADD CONSTRAINT a_parent_fkey FOREIGN KEY (parent) REFERENCES platform.tenants (id)",
        &["bad: a_parent_fkey is a foreign key out"],
    ),
    (
        "ALTER TABLE platform.hosts ADD CONSTRAINT hosts_a_fkey FOREIGN KEY (tenant_id) REFERENCES a (id)",
        &["bad: hosts_a_fkey on platform.hosts is a foreign key into"],
    ),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE b (id int) SERVER s",
        &["bad: b is a foreign table"],
    ),
    (
        "CREATE TYPE platform.c AS (id int); CREATE TABLE b OF platform.c (CONSTRAINT b_pkey PRIMARY KEY (id))",
        &["bad: b is a table of a type"],
    ),
    (
        "ALTER TABLE a ADD n int GENERATED ALWAYS AS IDENTITY",
        &["bad: a_n_seq is a sequence smaller than bigint"],
    ),
    (
        "ALTER TABLE a ALTER name SET DEFAULT now()::text",
        &["bad: a.name has a default"],
    ),
    (
        "ALTER TABLE a ALTER name SET DEFAULT current_timestamp::text",
        &["bad: a.name has a default"],
    ),
    (
        "ALTER TABLE a ALTER parent SET DEFAULT gen_random_uuid()",
        &["bad: a.parent has a default"],
    ),
    (
        "DO $$ BEGIN FOR n IN 1..40 LOOP EXECUTE format('CREATE TABLE b%s (id int, CONSTRAINT b%s_pkey PRIMARY KEY (id))', n, n); END LOOP; END $$",
        &["bad: 41 tables"],
    ),
];

#[test]
fn every_fault_is_found_in_the_catalog() {
    live(async |server| {
        let superuser = server.connect("postgres").await;
        for (fault, expected) in FAULTS {
            // One table that passes, and one fault beside it; nothing of it stays.
            let good = "CREATE TABLE a (id uuid, parent uuid, name text DEFAULT 'now()', CONSTRAINT a_pkey PRIMARY KEY (id),
                            CONSTRAINT a_parent_name_check CHECK (parent IS NULL OR name <> '') NO INHERIT)";
            let made =
                format!("BEGIN; CREATE SCHEMA bad; SET LOCAL search_path = bad; {good}; {fault}");
            superuser.batch(&made).await.expect(fault);
            let mut found = offences(&superuser, "bad", &EVERY_SCHEMA).await;
            found.extend(offences(&superuser, "bad", &TENANT).await);
            superuser.batch("ROLLBACK").await.expect("the schema goes");
            blames(found, expected);
        }
    });
}

async fn offences(connection: &OwnerConnection, schema: &str, lints: &[Lint]) -> Vec<Offence> {
    let mut found = Vec::new();
    for lint in lints {
        for offender in column(connection, lint.sql, "offender", schema).await {
            // refinery's own table keeps refinery's names.
            if !offender.contains("refinery_schema_history") {
                found.push(Offence::of(schema, format!("{offender} {}", lint.message)));
            }
        }
    }
    found
}
