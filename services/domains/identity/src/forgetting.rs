//! Forgetting from which addresses people came, thirty days later: one pointer an organisation, called by
//! its sessions, and a bounded number of rows at a time.

use async_trait::async_trait;
use db::{DbError, TenantTx};
use events::identity::SessionCreated;
use jiff::SignedDuration;
use jobs::{Claimed, Handler, Hint, JobError, StoredEvent, Subscriber};
use kernel::event::Event;

use crate::model::{ADDRESSES_KEPT, earlier, later};
use crate::store::attempts;

/// The kind of work.
pub const FORGET_ADDRESSES: &str = "forget_addresses";
/// Rows of one transaction.
const BATCH: i64 = 1000;
/// The shortest time between two looks: the addresses of a day go together.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// While there is none: somebody may try and not get in, which calls nobody.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Calls for it where somebody signs in.
pub struct CallForgetting;

#[async_trait]
impl Subscriber for CallForgetting {
    fn events(&self) -> &[&'static str] {
        &[SessionCreated::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, _: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        tx.enqueue_once(FORGET_ADDRESSES, later(tx.now(), ADDRESSES_KEPT))
            .await?;
        Ok(Vec::new())
    }
}

/// Forgets.
pub struct Forgetting;

#[async_trait]
impl Handler for Forgetting {
    fn kind(&self) -> &'static str {
        FORGET_ADDRESSES
    }

    /// Never given up: a dead pointer would stand in the way of every later one.
    fn attempts(&self) -> i16 {
        i16::MAX
    }

    /// A promise to people, whatever their organisation's state.
    fn in_any_state(&self) -> bool {
        true
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        job.finish(async |tx| Ok(forget(tx).await?)).await
    }
}

async fn forget(tx: &TenantTx) -> Result<(), DbError> {
    let now = tx.now();
    let forgotten = attempts::forget_addresses(tx, earlier(now, ADDRESSES_KEPT), BATCH).await?;
    let next = if i64::try_from(forgotten) == Ok(BATCH) {
        now
    } else {
        match attempts::oldest_address(tx).await? {
            Some(at) => later(at, ADDRESSES_KEPT).max(later(now, DAY)),
            None => later(now, WEEK),
        }
    };
    tx.enqueue_once(FORGET_ADDRESSES, next).await
}
