//! The loop that claims work and hands it to its handlers.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use db::{Db, DbError};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::Instrument;

use crate::handler::{note_dead_letter, note_failure};
use crate::queue::{self, Batch, Ready};
use crate::{Bus, Claimed, Handler, Hint, JobError, Signal, Subscription, backoff};

/// Handlers that run at the same time in one process.
const AT_ONCE: usize = 8;
/// How long one may take. Shorter than the lease: nobody takes over what is still being worked on.
const DEADLINE: Duration = Duration::from_secs(45);
/// How long an idle runner sleeps when no hint wakes it.
const POLL: Duration = Duration::from_millis(500);
/// How long it sleeps when the database cannot be asked.
const DATABASE_AWAY: Duration = Duration::from_secs(3);
/// How often the queue is measured.
const MEASURE: Duration = Duration::from_secs(15);
/// How long work waits that nobody here can do: another process may be newer.
const NO_HANDLER: SignedDuration = SignedDuration::from_secs(60);

/// Runs the queue. Cloning it is cheap; any number of processes may run at once.
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    bus: Bus,
    handlers: BTreeMap<&'static str, Box<dyn Handler>>,
    /// Kinds of work that wait for no state of their organisation.
    in_any_state: Vec<&'static str>,
}

/// Two handlers claim the same kind of work.
#[derive(Debug, thiserror::Error)]
#[error("two handlers for work of the kind {0}")]
pub struct DuplicateHandler(pub &'static str);

impl Runner {
    /// A runner with one handler for each kind of work.
    pub fn new(
        db: Db,
        bus: Bus,
        handlers: Vec<Box<dyn Handler>>,
    ) -> Result<Self, DuplicateHandler> {
        let mut by_kind = BTreeMap::new();
        let mut in_any_state = Vec::new();
        for handler in handlers {
            let kind = handler.kind();
            if handler.in_any_state() {
                in_any_state.push(kind);
            }
            if by_kind.insert(kind, handler).is_some() {
                return Err(DuplicateHandler(kind));
            }
        }
        Ok(Self {
            inner: Arc::new(Inner {
                db,
                bus,
                handlers: by_kind,
                in_any_state,
            }),
        })
    }

    /// The kinds of work that have a handler, sorted.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.inner.handlers.keys().copied().collect()
    }

    /// Runs everything that is due, one after the other, work that this work leaves behind included.
    /// Answers how many attempts that took.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        let mut attempts = 0;
        loop {
            let batch = self.claim(AT_ONCE).await?;
            if batch.ready.is_empty() && !batch.full {
                return Ok(attempts);
            }
            for ready in batch.ready {
                self.inner.work_on(ready).await;
                attempts += 1;
            }
        }
    }

    /// Runs until `shutdown`, then waits for what is being worked on.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut hints = self.inner.bus.subscribe();
        let mut measuring = interval(MEASURE);
        measuring.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut running = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let free = AT_ONCE.saturating_sub(running.len());
            let (more, pause) = match self.claim(free).await {
                Ok(batch) => {
                    // A batch that all had to wait for its tenants leaves room for what is behind it.
                    let more = batch.full && batch.ready.is_empty();
                    for ready in batch.ready {
                        let inner = Arc::clone(&self.inner);
                        running.spawn(async move { inner.work_on(ready).await });
                    }
                    (more, POLL)
                }
                Err(error) => {
                    tracing::warn!(%error, "no work can be claimed");
                    (false, DATABASE_AWAY)
                }
            };
            if more {
                continue;
            }
            tokio::select! {
                () = &mut shutdown => break,
                () = sleep(pause) => {}
                () = work_queued(&mut hints), if pause == POLL => {}
                Some(_) = running.join_next(), if pause == POLL => {}
                _ = measuring.tick() => self.inner.measure().await,
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn claim(&self, free: usize) -> Result<Batch, DbError> {
        if free == 0 {
            return Ok(Batch::default());
        }
        queue::claim(&self.inner.db, free, &self.inner.in_any_state).await
    }
}

/// Waits for a hint that there is work, or that such a hint may have been lost.
async fn work_queued(hints: &mut Subscription) {
    loop {
        match hints.next().await {
            Some(Signal::Hint(Hint::WorkQueued) | Signal::Lost) => {
                // A hundred hints are one reason to look.
                hints.skip_waiting();
                return;
            }
            Some(Signal::Hint(_)) => {}
            None => std::future::pending().await,
        }
    }
}

impl Inner {
    /// One attempt, from the claimed pointer to its settlement.
    async fn work_on(&self, ready: Ready) {
        let span = tracing::info_span!(
            "job",
            kind = ready.pointer.kind,
            job = %ready.pointer.id,
            attempt = ready.pointer.attempts,
            tenant = ready.tenant.as_ref().map(|tenant| tenant.slug()),
        );
        async {
            let Some(handler) = self.handlers.get(ready.pointer.kind.as_str()) else {
                return self.set_aside(ready).await;
            };
            let claimed = Claimed::new(ready, &**handler, self.db.clone());
            let outcome = attempt(&**handler, &claimed).await;
            if let Err(error) = self.settle(&claimed, outcome).await {
                // The lease runs out, and the pointer is claimed again.
                tracing::warn!(%error, "the outcome of an attempt could not be written");
            }
        }
        .instrument(span)
        .await;
    }

    async fn set_aside(&self, ready: Ready) {
        tracing::error!("no handler for this kind of work: it waits for one");
        let due_at = later(self.db.now(), NO_HANDLER);
        if let Err(error) = queue::postpone(&self.db, &ready.pointer, due_at).await {
            tracing::warn!(%error, "work could not be given back");
        }
    }

    async fn settle(
        &self,
        claimed: &Claimed,
        outcome: Result<(), JobError>,
    ) -> Result<(), JobError> {
        let job = claimed.job();
        if claimed.is_settled() {
            if let Err(error) = outcome {
                note_failure(&job.kind, &error.to_string());
            }
            return Ok(());
        }
        match outcome {
            Ok(()) => match claimed.finish_platform(async |_| Ok(())).await {
                Err(JobError::LeaseLost) => Ok(()),
                other => other,
            },
            Err(error @ JobError::LeaseLost) => {
                note_failure(&job.kind, &error.to_string());
                Ok(())
            }
            Err(JobError::Retry(reason)) if !claimed.is_last_attempt() => {
                note_failure(&job.kind, &reason);
                let wait = backoff::after(job.attempts, &*self.db.pulse().entropy);
                let due_at = later(self.db.now(), wait);
                Ok(queue::retry(&self.db, job.id, claimed.fence(), due_at, &reason).await?)
            }
            Err(JobError::Retry(reason) | JobError::Dead(reason)) => {
                let buried = self
                    .db
                    .write_platform(async |tx| {
                        queue::bury(tx, job.id, claimed.fence(), &reason).await
                    })
                    .await?;
                // Said once for each dead letter there is: by whoever made it, when it is made.
                if buried {
                    note_dead_letter(&job.kind, &reason);
                } else {
                    note_failure(&job.kind, &reason);
                }
                Ok(())
            }
        }
    }

    async fn measure(&self) {
        match queue::measure(&self.db).await {
            Ok(health) => {
                metrics::gauge!("job_queue_age_seconds").set(health.age.as_secs_f64());
                metrics::gauge!("dead_letters").set(health.dead_letters as f64);
            }
            Err(error) => tracing::warn!(%error, "the queue could not be measured"),
        }
    }
}

/// Runs the handler, within its deadline and with its panics caught. A pointer that was claimed more
/// often than it may be tried killed its worker each time: it is not tried again.
async fn attempt(handler: &dyn Handler, claimed: &Claimed) -> Result<(), JobError> {
    if claimed.job().attempts > handler.attempts() {
        return Err(JobError::Dead(
            "its worker ended in the middle of every attempt".to_owned(),
        ));
    }
    let run = AssertUnwindSafe(handler.run(claimed)).catch_unwind();
    match timeout(DEADLINE, run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(JobError::Retry("the handler panicked".to_owned())),
        Err(_) => Err(JobError::Retry(
            "it took longer than its deadline".to_owned(),
        )),
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
