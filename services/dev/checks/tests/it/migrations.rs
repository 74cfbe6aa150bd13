//! The lint of migrations on this repository and on wrong ones.

use checks::migrations::{chain_offences, tenant_offences};

use crate::{blames, clean, house, tree};

#[test]
fn migrations_are_numbered_without_gaps() {
    clean(chain_offences(house()));
}

#[test]
fn tenant_migrations_keep_a_schema_movable() {
    clean(tenant_offences(house()));
}

#[test]
fn a_break_in_the_chain_is_named() {
    let repo = tree(&[
        ("migrations/V1__platform.sql", ""),
        ("migrations/V3__hosts.sql", ""),
        ("tenant-templates/V1__users.sql", ""),
        ("tenant-templates/V2__mails.sql", ""),
        ("tenant-templates/V2__events.sql", ""),
        ("tenant-templates/V4_x.sql", ""),
        ("tenant-templates/V5__Not-snake.sql", ""),
        ("tenant-templates/schema.sql", ""),
    ]);
    let offenders = [
        "migrations/V3__hosts.sql: follows as V2",
        "tenant-templates/V2__mails.sql: follows as V3",
        "tenant-templates/V4_x.sql: is called",
        "tenant-templates/V5__Not-snake.sql: is called",
    ];
    blames(chain_offences(&repo), &offenders);
    blames(
        chain_offences(&tree::<&str>(&[])),
        &["migrations: has no", "tenant-templates: has no"],
    );
}

#[test]
fn what_ties_a_tenant_down_is_named() {
    let cases = [
        ("CREATE TYPE mood AS ENUM ('sad')", "CREATE TYPE"),
        ("CREATE DOMAIN slug AS text", "CREATE DOMAIN"),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT a.b FROM c.d $$",
            "CREATE FUNCTION",
        ),
        (
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a",
            "CREATE TRIGGER",
        ),
        ("CREATE EXTENSION IF NOT EXISTS citext", "CREATE EXTENSION"),
        ("CREATE SCHEMA x", "CREATE SCHEMA"),
        (
            "CREATE MATERIALIZED VIEW v AS SELECT 1",
            "CREATE MATERIALIZED",
        ),
        ("ALTER TABLE a INHERITS (b)", "INHERITS"),
        ("ALTER TABLE a ATTACH PARTITION b", "PARTITION"),
        ("ALTER TABLE platform.work ADD x int", "platform.work"),
        ("ALTER TABLE a ADD b uuid REFERENCES t_x.b (id)", "t_x.b"),
        ("CREATE INDEX i ON other.a (id)", "other.a"),
        ("INSERT INTO other.a VALUES (1)", "other.a"),
        ("GRANT SELECT ON a TO public", "public is empty"),
    ];
    for (sql, message) in cases {
        let repo = tree(&[("tenant-templates/V1__x.sql", format!("-- Why.\n{sql};"))]);
        blames(
            tenant_offences(&repo),
            &[&format!("tenant-templates/V1__x.sql:2: {message}")],
        );
    }
}

#[test]
fn a_table_without_a_reason_is_named() {
    let table = "CREATE TABLE users (id uuid PRIMARY KEY);";
    let cases = [
        (table.to_owned(), 1),
        (format!("-- All accounts.\n{table}"), 2),
        (format!("\n-- users: too late.\n{table}"), 3),
        (
            format!(
                "-- the users_old\n{}",
                table.replace("TABLE", "TABLE IF NOT EXISTS")
            ),
            2,
        ),
    ];
    for (sql, line) in cases {
        let repo = tree(&[("tenant-templates/V1__x.sql", sql)]);
        blames(
            tenant_offences(&repo),
            &[&format!(
                "tenant-templates/V1__x.sql:{line}: the opening comment"
            )],
        );
    }
}

#[test]
fn a_plain_migration_is_fine() {
    let sql = "-- users: who may sign in.\n-- mails: what we sent, public or platform.work or not.\n\
               CREATE TABLE users (id uuid PRIMARY KEY, function text CHECK (function <> 'CREATE TYPE'));\n\
               CREATE TABLE mails (id uuid PRIMARY KEY, to_user uuid REFERENCES users (id));\n\
               UPDATE mails m SET id = u.id FROM users u WHERE u.id = m.to_user;";
    let repo = tree(&[
        ("tenant-templates/V1__x.sql", sql),
        ("tenant-templates/schema.sql", "CREATE TABLE a ();"),
    ]);
    clean(tenant_offences(&repo));
}
