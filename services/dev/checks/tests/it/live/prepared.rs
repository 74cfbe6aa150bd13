//! Every statement of the house is accepted by Postgres, under the role and path it will run with.
//!
//! Preparing alone would find typos; the rights are only looked at when a plan is made ready to run,
//! which EXPLAIN does without running it.

use checks::Offence;
use checks::statements::{Kind, statements};
use db::owner::OwnerConnection;

use super::live;
use crate::{clean, house};

#[test]
fn every_statement_of_a_tenant_runs_under_its_role_and_path() {
    live(async |server| clean(refused(&server.enter().await, Kind::Tenant).await));
}

#[test]
fn every_statement_of_the_platform_runs_under_the_serving_login() {
    live(async |server| {
        clean(refused(&server.connect("signalbox_app").await, Kind::Platform).await);
    });
}

#[test]
fn what_a_tenant_may_not_say_is_refused() {
    live(async |server| {
        let connection = server.enter().await;
        let cases = [
            ("SELECT id FROM users WHERE id = $1", None),
            (
                "INSERT INTO platform.work (id, kind, ref, due_at) VALUES ($1, $2, $3, $4)",
                None,
            ),
            ("SELECT id, emial FROM users", Some("does not exist")),
            ("SELECT id FROM tenants", Some("does not exist")),
            (
                "SELECT id FROM users WHERE id = $1::text",
                Some("operator does not exist"),
            ),
            (
                "DELETE FROM audit_log WHERE id = $1",
                Some("permission denied for table audit_log"),
            ),
            (
                "SELECT id FROM platform.tenants",
                Some("permission denied for table tenants"),
            ),
            (
                "SELECT version FROM refinery_schema_history",
                Some("permission denied"),
            ),
            (
                "INSERT INTO platform.work (id, tenant) VALUES ($1, $2)",
                Some("permission denied for table work"),
            ),
        ];
        check(&connection, &cases).await;
    });
}

#[test]
fn what_the_serving_login_may_not_say_is_refused() {
    live(async |server| {
        let connection = server.connect("signalbox_app").await;
        let users = format!("SELECT id FROM {}.users", server.tenant);
        let cases = [
            ("SELECT id FROM platform.tenants WHERE slug = $1", None),
            ("SELECT id FROM users", Some("does not exist")),
            (
                "DELETE FROM platform.tenants WHERE id = $1",
                Some("permission denied for table tenants"),
            ),
            (users.as_str(), Some("permission denied for schema")),
        ];
        check(&connection, &cases).await;
    });
}

async fn check(connection: &OwnerConnection, cases: &[(&str, Option<&str>)]) {
    for (text, expected) in cases {
        let refusal = refusal(connection, text).await;
        let as_expected = match (&refusal, expected) {
            (None, None) => true,
            (Some(is), Some(should)) => is.contains(should),
            _ => false,
        };
        assert!(as_expected, "{text}: {refusal:?}, expected {expected:?}");
    }
}

async fn refused(connection: &OwnerConnection, kind: Kind) -> Vec<Offence> {
    let mut found = Vec::new();
    for statement in statements(house())
        .iter()
        .filter(|statement| statement.kind == kind)
    {
        if let Some(message) = refusal(connection, &statement.text).await {
            found.push(Offence::at(&statement.file, statement.line, message));
        }
    }
    found
}

/// Why Postgres would refuse to run `text`, whatever its parameters.
#[expect(
    clippy::expect_used,
    reason = "the queries about the statement are this test's own"
)]
async fn refusal(connection: &OwnerConnection, text: &str) -> Option<String> {
    if let Err(error) = connection.batch(&format!("PREPARE probe AS {text}")).await {
        return Some(error.to_string());
    }
    let about = "SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = 'probe'";
    let rows = connection
        .query(about, &[])
        .await
        .expect("the statement is known");
    let count: i32 = rows
        .first()
        .expect("one row")
        .get("count")
        .expect("its parameters");
    let nulls = vec!["NULL"; usize::try_from(count).expect("a count")].join(", ");
    let arguments = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    let explained = connection
        .batch(&format!("EXPLAIN EXECUTE probe {arguments}"))
        .await;
    connection
        .batch("DEALLOCATE probe")
        .await
        .expect("the statement goes");
    explained.err().map(|error| error.to_string())
}
