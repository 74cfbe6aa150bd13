//! The checker: claims what is due, asks, and writes what came of it.
//!
//! A claim is a lease with a fence, so any number of checkers may run. One that dies leaves its claims to
//! run out; another takes them over, and a result that comes too late finds another fence and is dropped.
//! No probe runs inside a transaction, and no statement goes from tenant to tenant to look for work.

mod claiming;
mod writing;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use db::{Db, DbError};
use egress::Prober;
use jiff::SignedDuration;
use jobs::Bus;
use kernel::event::{Actor, Origin};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::model::check::CheckResult;
use crate::model::health::Confirmation;
use crate::service::checks::next_due;
use crate::store::recording::{Held, Recorded};
use claiming::Due;
use writing::Finished;

/// How a checker works.
#[derive(Clone, Debug)]
pub struct CheckerOptions {
    /// Checks at the same time.
    pub at_once: usize,
    /// Endpoints in one claim at the most.
    pub claimed_at_once: usize,
    /// How long a claim holds: longer than the longest check and the writing of its result.
    pub lease: SignedDuration,
    /// How long an idle checker sleeps.
    pub poll: Duration,
    /// How long the first result of a batch waits for others.
    pub linger: Duration,
    /// Results in one batch at the most.
    pub written_at_once: usize,
    /// How long a tenant's checks wait when it is not active, or cannot be read or written.
    pub postponed_by: SignedDuration,
    /// What it takes to change a state.
    pub confirmation: Confirmation,
}

impl Default for CheckerOptions {
    fn default() -> Self {
        Self {
            at_once: 256,
            claimed_at_once: 200,
            lease: SignedDuration::from_secs(90),
            poll: Duration::from_millis(100),
            linger: Duration::from_millis(100),
            written_at_once: 500,
            postponed_by: SignedDuration::from_mins(5),
            confirmation: Confirmation::default(),
        }
    }
}

/// How long a checker waits when the database cannot be asked.
const DATABASE_AWAY: Duration = Duration::from_secs(1);

/// Carries out the checks that are due. Cloning it is cheap.
#[derive(Clone)]
pub struct Checker {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    prober: Arc<Prober>,
    bus: Bus,
    options: CheckerOptions,
}

impl Checker {
    /// A checker that asks by `prober` and tells `bus` what it has written.
    pub fn new(db: Db, prober: Arc<Prober>, bus: Bus, options: CheckerOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                prober,
                bus,
                options,
            }),
        }
    }

    /// Carries out everything that is due now and writes it. Answers how many claims that took.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        let mut shift = Shift::begin(&self.inner);
        let mut claims = 0;
        let done = loop {
            match shift.claim().await {
                Ok(claimed) => {
                    claims += claimed.started;
                    if !claimed.more {
                        break Ok(claims);
                    }
                    shift.room().await;
                }
                Err(error) => break Err(error),
            }
        };
        shift.finish().await;
        done
    }

    /// Runs until `shutdown`, then finishes what is in flight. Dropping the future is like killing the
    /// process: nothing more is asked or written.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shift = Shift::begin(&self.inner);
        let mut shutdown = pin!(shutdown);
        loop {
            let (pause, more) = match shift.claim().await {
                Ok(claimed) => (self.inner.options.poll, claimed.more),
                Err(error) => {
                    tracing::warn!(%error, "no check can be claimed");
                    (DATABASE_AWAY, false)
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = shift.room(), if more => {}
                () = sleep(pause) => {}
            }
        }
        shift.finish().await;
    }
}

/// Checks that run and the writer that waits for them. All of it ends at once when this is dropped.
struct Shift {
    inner: Arc<Inner>,
    checks: JoinSet<()>,
    /// A set of one, for a set takes its tasks along when it goes.
    writer: JoinSet<()>,
    results: mpsc::Sender<Finished>,
}

/// What became of an attempt to claim.
struct Claimed {
    started: usize,
    /// Whether more may be due.
    more: bool,
}

impl Shift {
    fn begin(inner: &Arc<Inner>) -> Self {
        let (results, finished) = mpsc::channel(inner.options.written_at_once);
        let mut writer = JoinSet::new();
        writer.spawn(Arc::clone(inner).write_all(finished));
        Self {
            inner: Arc::clone(inner),
            checks: JoinSet::new(),
            writer,
            results,
        }
    }

    /// Claims as many due endpoints as there are places, and starts their checks.
    async fn claim(&mut self) -> Result<Claimed, DbError> {
        while self.checks.try_join_next().is_some() {}
        let options = &self.inner.options;
        let free = options.at_once.saturating_sub(self.checks.len());
        if free == 0 {
            return Ok(Claimed {
                started: 0,
                more: true,
            });
        }
        let batch = claiming::claim(&self.inner, free.min(options.claimed_at_once)).await?;
        let claimed = Claimed {
            started: batch.due.len(),
            more: batch.is_full(),
        };
        for due in batch.due {
            let check = Arc::clone(&self.inner).carry_out_and_send(due, self.results.clone());
            self.checks.spawn(check);
        }
        Ok(claimed)
    }

    /// Waits until a quarter of the places is free: a claim for every single one would cost more than it
    /// brings.
    async fn room(&mut self) {
        while self.checks.len() > self.inner.options.at_once / 4 * 3 {
            self.checks.join_next().await;
        }
    }

    /// Waits for what runs, and until it is written.
    async fn finish(mut self) {
        while self.checks.join_next().await.is_some() {}
        drop(self.results);
        while self.writer.join_next().await.is_some() {}
    }
}

impl Inner {
    /// Whoever reads the audit log sees who wrote.
    fn origin(&self) -> Origin {
        let pulse = self.db.pulse();
        Origin {
            actor: Actor::Worker("checker"),
            address: None,
            request_id: kernel::rng::uuid_v7(self.db.now(), &*pulse.entropy),
        }
    }

    /// Asks, or notes that the time for it has passed.
    async fn carry_out(&self, due: Due) -> Finished {
        let id = kernel::rng::uuid_v7(self.db.now(), &*self.db.pulse().entropy);
        let result = match &due.probe {
            Some(probe) => {
                let now = self.db.now();
                let lag = now.duration_since(due.claim.due_at).as_secs_f64();
                metrics::histogram!("check_lag_seconds").record(lag.max(0.0));
                let result = self.prober.http(probe).await;
                CheckResult::measured(Some(id.into()), now, result)
            }
            None => CheckResult::missed(id.into(), due.claim.due_at),
        };
        let rules = &self.options.confirmation;
        let transition = due
            .health
            .apply(result.reason_code, result.checked_at, rules);
        let claim = due.claim;
        let now = self.db.now();
        Finished {
            state_changed: transition.health.state != due.health.state,
            recorded: Recorded {
                endpoint: claim.endpoint,
                id,
                result,
                health: transition.health,
                claim: Some(Held {
                    fence: claim.fence,
                    due_at: next_due(claim.endpoint, claim.interval_ms, transition, now),
                }),
            },
            tenant: due.tenant,
        }
    }

    async fn carry_out_and_send(self: Arc<Self>, due: Due, sender: mpsc::Sender<Finished>) {
        let finished = self.carry_out(due).await;
        // The writer is gone only when this checker is being dropped.
        let _ = sender.send(finished).await;
    }

    /// Gathers results into batches and writes them, until no more can come.
    async fn write_all(self: Arc<Self>, mut results: mpsc::Receiver<Finished>) {
        while let Some(first) = results.recv().await {
            let mut batch = vec![first];
            let mut over = pin!(sleep(self.options.linger));
            while batch.len() < self.options.written_at_once {
                tokio::select! {
                    biased;
                    next = results.recv() => match next {
                        Some(finished) => batch.push(finished),
                        None => break,
                    },
                    () = &mut over => break,
                }
            }
            self.write(batch).await;
        }
    }
}
