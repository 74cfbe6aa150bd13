//! When somebody was last there, for the idle limit of sessions and the list of them; and when a key was last
//! used.
//!
//! A request only leaves a note, which costs it no statement; the notes are written down beside. Of a
//! session or key there is at most one a minute. What does not fit is dropped: the next request brings it again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use db::{Db, DbError, Sql, TenantRef, sql};
use jiff::{SignedDuration, Timestamp};
use kernel::event::{Actor, Origin};
use kernel::id::{ApiKeyId, SessionId};
use kernel::rng;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// How exactly it is known when somebody was last there.
pub(crate) const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Notes that wait to be written down.
const WAITING: usize = 1_024;
/// Sessions whose last note is remembered, so that a page's twenty requests leave one.
const REMEMBERED: usize = 16_384;

/// What a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Used {
    /// A session.
    Session(SessionId),
    /// A program's key.
    Key(ApiKeyId),
}

/// What a request leaves.
struct Sight {
    tenant: TenantRef,
    used: Used,
    address: Option<IpAddr>,
    at: Timestamp,
}

/// The notes of this process.
pub(crate) struct Seen {
    notes: mpsc::Sender<Sight>,
    waiting: AsyncMutex<mpsc::Receiver<Sight>>,
    lately: Mutex<HashMap<Used, Timestamp>>,
}

impl Default for Seen {
    fn default() -> Self {
        let (notes, waiting) = mpsc::channel(WAITING);
        Self {
            notes,
            waiting: AsyncMutex::new(waiting),
            lately: Mutex::default(),
        }
    }
}

impl Seen {
    /// Leaves a note. Waits for nothing and never fails.
    pub(crate) fn note(
        &self,
        tenant: &TenantRef,
        used: Used,
        address: Option<IpAddr>,
        at: Timestamp,
    ) {
        if !self.remember(used, at) {
            return;
        }
        let sight = Sight {
            tenant: tenant.clone(),
            used,
            address,
            at,
        };
        if self.notes.try_send(sight).is_err() {
            metrics::counter!("sessions_seen_dropped_total").increment(1);
            self.forget(used);
        }
    }

    /// Whether this is the first within the minute.
    fn remember(&self, used: Used, at: Timestamp) -> bool {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |seen: &Timestamp| at.duration_since(*seen) < SEEN_EVERY;
        if lately.get(&used).is_some_and(fresh) {
            return false;
        }
        if lately.len() >= REMEMBERED {
            lately.retain(|_, seen| fresh(seen));
        }
        if lately.len() < REMEMBERED {
            lately.insert(used, at);
        }
        true
    }

    fn forget(&self, used: Used) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        lately.remove(&used);
    }

    /// Writes down what waits, and answers how much that was.
    pub(crate) async fn write(&self, db: &Db) -> usize {
        let mut waiting = self.waiting.lock().await;
        let mut written = 0;
        while let Ok(sight) = waiting.try_recv() {
            self.write_one(db, &sight).await;
            written += 1;
        }
        written
    }

    /// Writes down what comes, for as long as the process lives.
    pub(crate) async fn keep_writing(&self, db: &Db) {
        let mut waiting = self.waiting.lock().await;
        loop {
            match waiting.try_recv() {
                Ok(sight) => self.write_one(db, &sight).await,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => match waiting.recv().await {
                    Some(sight) => self.write_one(db, &sight).await,
                    None => return,
                },
            }
        }
    }

    async fn write_one(&self, db: &Db, sight: &Sight) {
        if let Err(error) = write(db, sight).await {
            // A schema or a database that can only be read just now: the next request tries again.
            tracing::debug!(%error, "when a session was last seen is not written down");
            self.forget(sight.used);
        }
    }
}

const SEE: Sql = sql!(
    "UPDATE sessions
        SET last_seen_at = $2, last_address = $3
      WHERE id = $1 AND COALESCE(last_seen_at, created_at) < $2 AND revoked_at IS NULL"
);

const USE: Sql = sql!(
    "UPDATE api_keys
        SET last_used_at = $2, last_address = $3
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2) AND revoked_at IS NULL"
);

async fn write(db: &Db, sight: &Sight) -> Result<(), DbError> {
    let origin = Origin {
        actor: Actor::Worker("sessions_seen"),
        address: None,
        request_id: rng::uuid_v7(sight.at, &*db.pulse().entropy),
    };
    let (statement, id) = match sight.used {
        Used::Session(id) => (SEE, id.uuid()),
        Used::Key(id) => (USE, id.uuid()),
    };
    db.write(&sight.tenant, origin, None, async |tx| {
        tx.execute(statement, &[&id, &sight.at, &sight.address])
            .await
            .map(drop)
    })
    .await
}
