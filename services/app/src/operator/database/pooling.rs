//! What stands between the house and Postgres: whether a pooler hands one client's session to another,
//! and whether it carries prepared statements along.

use std::collections::BTreeSet;
use std::time::Duration;

use db::DbError;
use db::owner::{OwnerConnection, Prepared};
use tokio::time::timeout;

use super::{Finding, Level};

const CHECK: &str = "pooling";
/// Turns in which two clients use the connection one after the other.
const TURNS: usize = 10;

/// How long a statement waits for a second session. A pooler that has but one to give loses none.
const PATIENCE: Duration = Duration::from_secs(2);

/// What somebody else left behind: settings of the session, and another role than the login's. A pooler sets
/// itself what a client said of itself when it came.
const LEFT_BEHIND: &str = "
    SELECT name FROM pg_settings
     WHERE source = 'session' AND setting IS DISTINCT FROM reset_val
       AND (name, setting) NOT IN (('application_name', 'signalbox'), ('client_encoding', 'UTF8'))
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
    let (shared, left) = match take_turns(one, other).await {
        Err(error) if error.is_foreign_statement() => return Ok(statements_lost(&error)),
        found => found?,
    };
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
    Ok(match (shared, hints_by_listen) {
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

/// Answers whether sessions are shared, and what was found of somebody else's.
async fn take_turns(
    one: &OwnerConnection,
    other: &OwnerConnection,
) -> Result<(bool, BTreeSet<String>), DbError> {
    let (one, other) = (Client::of(one).await?, Client::of(other).await?);
    let (mut ones, mut others, mut left) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..TURNS {
        for (client, backends) in [(&one, &mut ones), (&other, &mut others)] {
            left.extend(client.left_behind().await?);
            client.scope().await?;
            backends.insert(client.backend().await?);
            left.extend(client.left_behind().await?);
        }
    }
    // A statement of one client while the other has the session that it was used in last.
    one.connection.batch("BEGIN; SELECT 1").await?;
    let kept = timeout(PATIENCE, other.backend()).await;
    one.connection.batch("COMMIT").await?;
    if let Ok(backend) = kept {
        others.insert(backend?);
    }
    // A pooler with nothing else to do gives both the session that came free last.
    let shared = ones.len() > 1 || others.len() > 1 || !ones.is_disjoint(&others);
    Ok((shared, left))
}

/// A client whose statements stay prepared: to end one is one more thing to be done in some session, at some
/// time.
struct Client<'a> {
    connection: &'a OwnerConnection,
    left_behind: Prepared,
    backend: Prepared,
}

impl<'a> Client<'a> {
    async fn of(connection: &'a OwnerConnection) -> Result<Self, DbError> {
        Ok(Self {
            connection,
            left_behind: connection.prepare(LEFT_BEHIND).await?,
            backend: connection.prepare("SELECT pg_backend_pid() AS pid").await?,
        })
    }

    /// A request's scope, which ends with its transaction.
    async fn scope(&self) -> Result<(), DbError> {
        let scope =
            "BEGIN; SET LOCAL search_path = pg_catalog; SET LOCAL work_mem = '123kB'; COMMIT";
        self.connection.batch(scope).await
    }

    async fn left_behind(&self) -> Result<Vec<String>, DbError> {
        let left = self.connection.query_prepared(&self.left_behind, &[]);
        left.await?.iter().map(|row| row.get("name")).collect()
    }

    async fn backend(&self) -> Result<i32, DbError> {
        let rows = self.connection.query_prepared(&self.backend, &[]).await?;
        rows.first().ok_or(DbError::Missing)?.get("pid")
    }
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
