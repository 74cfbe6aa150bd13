//! Operators on their own listener: who gets in, who may do what, what is written down, and what happens
//! to the organisations.

mod accounts;
mod approvals;
mod described;
mod matrix;
mod names;
mod networks;
mod notices;
mod page_tokens;
mod signing_in;
mod support;
mod tenants;
mod tokens;
mod walls;

use db::{DbError, PlatformSql, platform_sql};
use testkit::TestApp;

// Ids of one moment have no order, and the clock of a test stands still: rows are read as they were written.
const ACTS: PlatformSql = platform_sql!(
    "SELECT action, actor, subject, detail FROM platform.operator_audit ORDER BY ctid"
);

/// One row of the audit log.
#[derive(Debug, PartialEq, Eq)]
struct Act {
    action: String,
    actor: String,
    subject: Option<String>,
    detail: serde_json::Value,
}

/// Every row of the audit log, in its order.
async fn acts(app: &TestApp) -> Vec<Act> {
    let rows = app.house.db.read_platform(async |tx| {
        let rows = tx.query(ACTS, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok::<_, DbError>(Act {
                    action: row.get("action")?,
                    actor: row.get("actor")?,
                    subject: row.get("subject")?,
                    detail: row.get("detail")?,
                })
            })
            .collect::<Result<Vec<_>, _>>()
    });
    rows.await.expect("the log")
}
