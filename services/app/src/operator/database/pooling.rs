//! What stands between the house and Postgres: whether a pooler hands one client's session to another,
//! and whether it carries prepared statements along.

use std::collections::BTreeSet;

use db::DbError;
use db::owner::OwnerConnection;

use super::{Finding, Level};

const CHECK: &str = "pooling";
/// Turns in which two clients use the connection one after the other.
const TURNS: usize = 10;

/// What somebody else left behind: settings of the session, and another role than the login's.
const LEFT_BEHIND: &str = "
    SELECT name FROM pg_settings WHERE source = 'session'
    UNION ALL
    SELECT 'role' WHERE session_user <> current_user
    ORDER BY 1";

/// Two clients of the serving login take turns, each with a scope that ends with its transaction, as every
/// request has one. Neither may find anything of another client's, and a statement that was prepared has to
/// be there.
pub async fn pooling(
    one: &OwnerConnection,
    other: &OwnerConnection,
    hints_by_listen: bool,
) -> Result<Finding, DbError> {
    let (mut backends, mut left) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..TURNS {
        for client in [one, other] {
            match turn(client).await {
                Ok((backend, found)) => {
                    if std::ptr::eq(client, one) {
                        backends.insert(backend);
                    }
                    left.extend(found);
                }
                Err(error) if error.is_foreign_statement() => return Ok(statements_lost(&error)),
                Err(error) => return Err(error),
            }
        }
    }
    if !left.is_empty() {
        let left: Vec<String> = left.into_iter().collect();
        return Ok(Finding::bad(
            CHECK,
            Level::Action,
            format!("a fresh client finds {} of another one's", left.join(", ")),
            "let the pooler reset sessions (PgBouncer: server_reset_query_always = 1), or let nobody \
             else use the serving login",
        ));
    }
    Ok(match (backends.len() > 1, hints_by_listen) {
        (false, _) => Finding::ok(CHECK, "sessions are the house's own"),
        (true, false) => Finding::ok(CHECK, "a pooler shares sessions and leaks nothing"),
        (true, true) => Finding::bad(
            CHECK,
            Level::Action,
            "a pooler shares sessions, and hints between processes come by LISTEN",
            "set SIGNALBOX_REDIS_URL, or connect directly: no LISTEN outlives a transaction there",
        ),
    })
}

/// One scope of one client. Answers which backend served it, and what it found before and after.
async fn turn(client: &OwnerConnection) -> Result<(i32, Vec<String>), DbError> {
    let mut found = left_behind(client).await?;
    client
        .batch("BEGIN; SET LOCAL search_path = pg_catalog; SET LOCAL work_mem = '123kB'; COMMIT")
        .await?;
    let rows = client.query("SELECT pg_backend_pid() AS pid", &[]).await?;
    let backend = rows.first().ok_or(DbError::Missing)?.get("pid")?;
    found.extend(left_behind(client).await?);
    Ok((backend, found))
}

async fn left_behind(client: &OwnerConnection) -> Result<Vec<String>, DbError> {
    let rows = client.query(LEFT_BEHIND, &[]).await?;
    rows.iter().map(|row| row.get("name")).collect()
}

fn statements_lost(error: &DbError) -> Finding {
    Finding::bad(
        CHECK,
        Level::Action,
        format!("two clients in turn: {error}"),
        "statements are prepared once and used again: take PgBouncer 1.21 or newer with \
         max_prepared_statements, or connect directly",
    )
}
