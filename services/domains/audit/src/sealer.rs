//! The sealer: gives the rows of one organisation's log their places, some time after they were written.
//!
//! It is called by the events that the same rows come with: one pointer an organisation, however much
//! happens there, and none where nothing does. Whoever writes rows never meets it: it touches committed
//! rows only, and in two columns that nobody else writes.

use async_trait::async_trait;
use db::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jobs::{Claimed, Handler, Hint, JobError, StoredEvent, Subscriber};
use uuid::Uuid;

use crate::model::canonical::Hash;
use crate::store::chain;

/// The kind of work that seals.
pub const SEAL_AUDIT: &str = "seal_audit";
/// How long rows gather before they are sealed together.
const GATHER: SignedDuration = SignedDuration::from_secs(5);
/// Rows sealed in one transaction at the most.
pub const BATCH: i64 = 1000;

/// Calls the sealer for every event: each came with a row.
pub struct CallSealer;

#[async_trait]
impl Subscriber for CallSealer {
    fn events(&self) -> &[&'static str] {
        events::KINDS
    }

    async fn on_event(&self, tx: &TenantTx, _: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let due_at = tx.now().saturating_add(GATHER).unwrap_or(Timestamp::MAX);
        tx.enqueue_once(SEAL_AUDIT, due_at).await?;
        Ok(Vec::new())
    }
}

/// Seals.
pub struct Sealer;

#[async_trait]
impl Handler for Sealer {
    fn kind(&self) -> &'static str {
        SEAL_AUDIT
    }

    /// Never given up: a dead pointer would stand in the way of every later one.
    fn attempts(&self) -> i16 {
        i16::MAX
    }

    /// The pointer is taken away first: an event that still finds it is delivered before the rows are read
    /// here, so its row is among them; one that does not leaves a pointer of its own.
    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let tenant = job.tenant()?.clone();
        let sealed = job
            .finish_platform(async |tx| {
                let sealed = tx
                    .enter(&tenant, job.origin(), async |tx| seal(tx).await)
                    .await?;
                if let Some((seq, hash, _)) = sealed {
                    chain::set_anchor(tx, tenant.schema().as_str(), seq, hash).await?;
                }
                Ok::<_, JobError>(sealed)
            })
            .await?;
        if let Some((seq, hash, rows)) = sealed {
            metrics::counter!("audit_rows_sealed_total").increment(rows);
            // Where logs are kept elsewhere, this line is an anchor that nobody with the database can change.
            tracing::info!(target: "audit", tenant = %tenant.id(), seq, %hash, "the audit log is sealed");
        }
        Ok(())
    }
}

/// Seals what waits, and calls again where more does. Answers the last place, its hash, and how many rows.
async fn seal(tx: &TenantTx) -> Result<Option<(i64, Hash, u64)>, JobError> {
    let (mut seq, mut hash) = chain::standing(tx).await?.head();
    let entries = chain::list_unsealed(tx, BATCH).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let mut links = Vec::with_capacity(entries.len());
    for entry in &entries {
        seq += 1;
        hash = hash.next(&entry.members(seq));
        links.push((entry.id, seq, hash));
    }
    let ids: Vec<Uuid> = links.iter().map(|link| link.0).collect();
    let seqs: Vec<i64> = links.iter().map(|link| link.1).collect();
    let hashes: Vec<&[u8]> = links.iter().map(|link| link.2.as_bytes()).collect();
    let rows = chain::seal(tx, &ids, &seqs, &hashes).await?;
    if usize::try_from(rows) != Ok(links.len()) {
        return Err(JobError::Retry(
            "somebody else seals the same rows".to_owned(),
        ));
    }
    if i64::try_from(links.len()) == Ok(BATCH) {
        tx.enqueue_once(SEAL_AUDIT, tx.now()).await?;
    }
    Ok(Some((seq, hash, rows)))
}
