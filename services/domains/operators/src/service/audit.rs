//! Reading what was done, with the names of those who did it.

use db::PlatformTx;
use kernel::page::{self, Page};

use crate::error::Error;
use crate::store::audit;
pub use crate::store::audit::{AuditFilter, Entry};

/// A page of acts, the newest first.
pub async fn list(
    tx: &PlatformTx,
    filter: &AuditFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Entry>, Error> {
    let scope = format!("audit {filter:?}");
    let before = page::read(&scope, cursor)?;
    let rows = audit::list(tx, filter, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |entry| entry.deed.id))
}
