//! Rule 9 on this repository and on wrong ones.

use checks::Repository;
use checks::statements::{Kind, offences, statements};

use crate::{blames, clean, house, tree};

const FILE: &str = "services/domains/endpoints/src/store.rs";

#[test]
fn statements_say_what_they_may() {
    clean(offences(house()));
}

#[test]
fn this_repository_has_statements_of_both_kinds() {
    let found = statements(house());
    for kind in [Kind::Tenant, Kind::Platform] {
        assert!(
            found.iter().any(|statement| statement.kind == kind),
            "no {kind:?} statement is found"
        );
    }
}

#[test]
fn statements_are_found_with_their_place_and_text() {
    let source = "const A: Sql = sql!(\n    \"SELECT id\n       FROM a\"\n);\nfn f() { tx.query(db::platform_sql!(r#\"SELECT \"x\" FROM platform.a\"#)) }";
    let found = statements(&tree(&[(FILE, source)]));
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.line, it.kind, it.text.as_str()))
        .collect();
    let expected = [
        (2, Kind::Tenant, "SELECT id\n       FROM a"),
        (5, Kind::Platform, "SELECT \"x\" FROM platform.a"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn tests_and_comments_hold_no_statements() {
    let repo = tree(&[
        (
            FILE,
            "//! sql!(\"SELECT 1\")\n#[cfg(test)]\nmod tests { const X: Sql = sql!(\"DROP TABLE x\"); }",
        ),
        (
            "services/core/db/tests/it/walls.rs",
            "const X: Sql = sql!(\"SELECT id FROM t_other.users\");",
        ),
        (
            "services/dev/testkit/src/lib.rs",
            "const X: Sql = sql!(\"SELECT id FROM t_other.users\");",
        ),
    ]);
    assert_eq!(statements(&repo), []);
    clean(offences(&repo));
}

#[test]
fn a_statement_that_is_no_literal_is_named() {
    blames(
        offences(&tree(&[(FILE, "const X: Sql = sql!(SELECT_ONE);")])),
        &[&format!("{FILE}:1: sql! takes one")],
    );
}

#[test]
fn wrong_statements_of_a_tenant_are_named() {
    let cases = [
        ("SELECT id FROM a WHERE at < now()", "`now`"),
        ("SELECT CURRENT_TIMESTAMP", "`current_timestamp`"),
        ("UPDATE a SET at = clock_timestamp()", "`clock_timestamp`"),
        ("SELECT id FROM a ORDER BY random()", "`random`"),
        (
            "INSERT INTO a (id) VALUES (gen_random_uuid())",
            "`gen_random_uuid`",
        ),
        ("SELECT * FROM a", "columns are listed"),
        ("SELECT a.* FROM a", "columns are listed"),
        (
            "INSERT INTO a (id) VALUES ($1) RETURNING *",
            "columns are listed",
        ),
        ("SET search_path = a", "`set` is no query"),
        ("RESET ROLE", "`reset` is no query"),
        ("BEGIN", "`begin` is no query"),
        ("COMMIT", "`commit` is no query"),
        ("DROP TABLE a", "`drop` is no query"),
        ("SELECT set_config('role', 'x', true)", "`set_config`"),
        ("SELECT id FROM a; SELECT id FROM b", "`;`"),
        (
            "SELECT id FROM platform.tenants",
            "platform.tenants is not a tenant's",
        ),
        ("SELECT id FROM a, t_other.users u", "t_other.users is not"),
        (
            "SELECT id FROM a JOIN platform.hosts h ON true",
            "platform.hosts is not",
        ),
        ("INSERT INTO public.a (id) VALUES ($1)", "public.a is not"),
        ("UPDATE t_x.a SET id = $1", "t_x.a is not"),
        ("DELETE FROM ONLY t_x.a", "t_x.a is not"),
        (
            "DELETE FROM a USING t_x.b WHERE a.id = b.id",
            "t_x.b is not",
        ),
        (
            "SELECT id FROM a WHERE id IN (SELECT id FROM \"t_x\".b)",
            "t_x.b is not",
        ),
        (
            "SELECT id FROM unnest($1::uuid[]) AS i(id), t_x.b",
            "t_x.b is not",
        ),
    ];
    for (sql, message) in cases {
        blames(offences(&tenant(sql)), &[&format!("{FILE}:1: {message}")]);
    }
}

#[test]
fn right_statements_of_a_tenant_are_fine() {
    let right = [
        "SELECT e.id, count(*), 2 * 3 FROM endpoints e JOIN results r ON r.endpoint = e.id",
        "INSERT INTO platform.work (kind, ref) VALUES ($1, $2) ON CONFLICT (ref) DO UPDATE SET kind = excluded.kind",
        "UPDATE platform.check_schedule AS s SET due_at = $1 FROM endpoints e WHERE s.endpoint = e.id",
        "SELECT id FROM users u WHERE u.name IS NOT DISTINCT FROM u.nick FOR NO KEY UPDATE OF u",
        "SELECT extract(epoch FROM r.checked_at) FROM results r JOIN users USING (id)",
        "WITH x AS (SELECT id FROM a), y (n) AS MATERIALIZED (SELECT 1) SELECT x.id FROM x, y",
        "SELECT 'FROM t_x.b; SET now()' -- FROM t_x.b now()\n FROM a",
    ];
    for sql in right {
        clean(offences(&tenant(sql)));
    }
}

#[test]
fn a_platform_statement_without_its_schema_is_named() {
    let cases = [
        ("SELECT id FROM tenants", "write platform.tenants"),
        ("UPDATE work SET lease = $1", "write platform.work"),
        (
            "SELECT id FROM platform.tenants t, hosts h",
            "write platform.hosts",
        ),
        (
            "WITH x AS (SELECT id FROM hosts) SELECT id FROM x",
            "write platform.hosts",
        ),
        ("SELECT id FROM t_x.users", "write platform.users"),
        ("SELECT * FROM platform.tenants", "columns are listed"),
        ("SET ROLE x", "`set` is no query"),
    ];
    for (sql, message) in cases {
        let repo = tree(&[(
            FILE,
            format!("const X: PlatformSql = platform_sql!(\"{sql}\");"),
        )]);
        blames(offences(&repo), &[&format!("{FILE}:1: {message}")]);
    }
}

#[test]
fn a_platform_statement_may_read_names_that_it_makes() {
    let sql = "WITH due AS (SELECT id FROM platform.work FOR UPDATE SKIP LOCKED) \
               UPDATE platform.work w SET lease = now() FROM due, unnest($1::text[]) WITH ORDINALITY AS k(a, n) WHERE w.id = due.id";
    let repo = tree(&[(
        FILE,
        format!("const X: PlatformSql = platform_sql!(\"{sql}\");"),
    )]);
    clean(offences(&repo));
}

#[test]
fn the_line_inside_a_statement_is_named() {
    let source = "//! Doc.\nconst X: Sql = sql!(\n    \"SELECT id\n       FROM t_x.a\"\n);";
    blames(
        offences(&tree(&[(FILE, source)])),
        &[&format!("{FILE}:4: t_x.a is not")],
    );
}

fn tenant(sql: &str) -> Repository {
    tree(&[(FILE, format!("const X: Sql = sql!(r#\"{sql}\"#);"))])
}
