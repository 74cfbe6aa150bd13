//! Whether the log is what was sealed, looked at some rows at a time.

use db::{Db, DbError, TenantRef, TenantTx};
use kernel::event::Origin;

use crate::model::canonical::Hash;
use crate::model::chain::{Fault, Walk};
use crate::store::chain::{self, Standing};

/// Rows read at a time.
const PIECE: i64 = 1000;
/// Rows of one transaction.
pub const STRETCH: i64 = 10 * PIECE;

/// What was found in a stretch of the log.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where the log stood when this stretch was begun.
    pub standing: Standing,
    /// The last row before this stretch.
    pub after: i64,
    /// The last row of it.
    pub until: i64,
    /// What does not hold.
    pub faults: Vec<Fault>,
    /// Whether it reaches to the end.
    pub complete: bool,
}

/// Looks at no more than `rows` rows behind `after`, whose own hash is taken as it stands.
pub async fn stretch(tx: &TenantTx, after: i64, rows: i64) -> Result<Report, DbError> {
    let standing = chain::standing(tx).await?;
    let end = standing.last.map_or(0, |(seq, _)| seq);
    let mut walk = match after {
        0 => Walk::start(),
        // Behind a row that is gone nothing fits, which is then found.
        _ => Walk::after(
            after,
            chain::hash_at(tx, after).await?.unwrap_or(Hash::START),
        ),
    };
    let last = after.saturating_add(rows).min(end);
    let mut seen = after;
    while seen < last {
        let found = chain::list_sealed(tx, seen, last, PIECE).await?;
        for row in &found {
            walk.step(row.seq, &row.entry.members(row.seq), row.hash);
            check_anchor(&mut walk, &standing, row.seq, row.hash);
            seen = row.seq;
        }
        if i64::try_from(found.len()) != Ok(PIECE) {
            break;
        }
    }
    let complete = last >= end;
    if complete {
        check_end(&mut walk, &standing, end);
    }
    Ok(Report {
        standing,
        after,
        until: last.max(after),
        faults: walk.faults,
        complete,
    })
}

/// The row where the platform stopped has the hash that the platform noted.
fn check_anchor(walk: &mut Walk, standing: &Standing, seq: i64, hash: Option<Hash>) {
    if let Some(anchor) = standing.anchor
        && anchor.seq == seq
        && hash != Some(anchor.hash)
    {
        walk.fault(Fault::Rewritten { seq });
    }
}

/// The log ends where the platform stopped.
fn check_end(walk: &mut Walk, standing: &Standing, end: i64) {
    let anchor = standing.anchor.map_or(0, |anchor| anchor.seq);
    if end < anchor {
        walk.fault(Fault::CutOff { seq: end, anchor });
    } else if end > anchor {
        walk.fault(Fault::Appended { seq: end, anchor });
    }
}

/// What became of a whole log.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Where it stood when its end was reached.
    pub standing: Standing,
    /// What does not hold.
    pub faults: Vec<Fault>,
}

/// Looks at all of a log, in as many transactions as that takes.
pub async fn verify_all(db: &Db, tenant: &TenantRef, origin: Origin) -> Result<Whole, DbError> {
    let (mut after, mut faults) = (0, Vec::new());
    loop {
        let report = db
            .read(tenant, origin, None, async |tx| {
                stretch(tx, after, STRETCH).await
            })
            .await?;
        faults.extend(report.faults);
        after = report.until;
        if report.complete {
            return Ok(Whole {
                standing: report.standing,
                faults,
            });
        }
    }
}
