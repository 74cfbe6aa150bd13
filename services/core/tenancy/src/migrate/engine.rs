//! The engine: begins or joins a run, and sets workers on it. What is to be done stands in the ledger, so
//! any number of engines in any number of processes share one run, and one that is killed loses nothing.

use std::sync::Arc;

use db::owner::OwnerConnection;
use db::{DbError, Pulse};
use kernel::clock::{Clock, SystemClock};
use kernel::rng::{self, SystemEntropy};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::ledger::{self, Plan};
use super::status::{self, Preview, RunReport};
use super::{Chain, Halting, Pace, worker};
use crate::TenancyError;
use crate::audit::{self, Act, Mandate, OperatorActor};

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections at work at the same time.
    pub workers: u32,
    /// The slugs of those who go first; the oldest organisation if there are none.
    pub canaries: Vec<String>,
    /// When a run stops for a person to look.
    pub halting: Halting,
    /// How a migration behaves towards whoever works in the schema.
    pub pace: Pace,
    /// Who began it, and why: for the operators' audit.
    pub mandate: Mandate,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 4,
            canaries: Vec::new(),
            halting: Halting::default(),
            pace: Pace::default(),
            mandate: Mandate {
                actor: OperatorActor::Worker,
                reason: None,
            },
        }
    }
}

/// What is asked of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Migrates everybody who is behind, or takes part in the run that does.
    Run,
    /// Goes on with a run that was halted or killed.
    Resume,
    /// Tries again those alone whose last attempt failed.
    Retry,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tenants of the run.
    pub planned: u32,
    /// Those migrated.
    pub done: u32,
    /// Those not.
    pub failed: u32,
}

/// Migrates tenants. Dropping the future of [`Engine::start`] is like killing the process: every schema
/// stands before or after its migration, and the run can be resumed.
pub struct Engine {
    inner: Arc<Inner>,
}

/// What the workers share.
pub(super) struct Inner {
    pub owner: SecretString,
    pub chain: Chain,
    pub options: Options,
    pub progress: watch::Sender<Progress>,
}

impl Engine {
    /// An engine that speaks as `owner` and brings tenants to the end of `chain`.
    pub fn new(owner: SecretString, chain: Chain, options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                owner,
                chain,
                options,
                progress: watch::Sender::new(Progress::default()),
            }),
        }
    }

    /// How far the run has come, as its workers see it.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.inner.progress.subscribe()
    }

    /// Begins or joins a run and works until it has ended. `None` where there is nothing to do: that takes
    /// one statement on `platform.tenants`, however many there are.
    ///
    /// Errors: [`TenancyError::Halted`], [`TenancyError::UnderWay`], [`TenancyError::UnknownTenant`],
    /// [`TenancyError::NotMigrated`]; a database that is away. A tenant that cannot be migrated is none:
    /// the report says so.
    pub async fn start(&self, start: Start) -> Result<Option<RunReport>, TenancyError> {
        let owner = self.connect().await?;
        let begun = in_transaction(&owner, self.begin(&owner, start), true).await?;
        drop(owner);
        let Some(run) = begun else { return Ok(None) };
        let worked = self.work(run).await;
        let owner = self.connect().await?;
        ledger::sum_up(&owner, run).await?;
        let report = status::report(&owner, run).await?;
        // Whoever has lost the last worker has not brought the run to its end; the others did.
        if report.state == "running" {
            worked?;
        }
        Ok(Some(report))
    }

    /// Says what `start` would do, and does nothing. Errors: those of [`Engine::start`].
    pub async fn preview(&self, start: Start) -> Result<Preview, TenancyError> {
        let owner = self.connect().await?;
        let plan = async {
            let Some(run) = self.begin(&owner, start).await? else {
                return Ok(Preview::default());
            };
            Ok(status::preview(&owner, run).await?)
        };
        in_transaction(&owner, plan, false).await
    }

    async fn connect(&self) -> Result<OwnerConnection, TenancyError> {
        let owner = super::connect(&self.inner.owner).await?;
        status::require_ledger(&owner).await?;
        Ok(owner)
    }

    /// The run to work on. Runs are begun one after the other: two engines find one run.
    async fn begin(
        &self,
        owner: &OwnerConnection,
        start: Start,
    ) -> Result<Option<Uuid>, TenancyError> {
        owner
            .batch("LOCK TABLE platform.migration_runs IN SHARE ROW EXCLUSIVE MODE")
            .await?;
        let target = self.inner.chain.target();
        let running = ledger::find_newest(owner, target, "running").await?;
        match (start, running) {
            (Start::Retry, Some(run)) if run.retry => Err(TenancyError::UnderWay("another retry")),
            (Start::Retry, Some(_)) => Err(TenancyError::UnderWay("a run")),
            (Start::Run, Some(run)) if run.retry => Err(TenancyError::UnderWay("a retry")),
            (Start::Run | Start::Resume, Some(run)) => Ok(Some(run.id)),
            (Start::Resume, None) => self.reopen(owner).await,
            (Start::Retry, None) => self.open(owner, true).await,
            (Start::Run, None) => {
                self.know_canaries(owner).await?;
                let opened = self.open(owner, false).await?;
                match ledger::find_newest(owner, target, "halted").await? {
                    Some(run) if opened.is_some() => {
                        Err(TenancyError::Halted(run.halted_because.unwrap_or_default()))
                    }
                    _ => Ok(opened),
                }
            }
        }
    }

    async fn know_canaries(&self, owner: &OwnerConnection) -> Result<(), TenancyError> {
        let canaries = &self.inner.options.canaries;
        if canaries.is_empty() {
            return Ok(());
        }
        let unknown = owner
            .query(
                "SELECT slug FROM unnest($1::text[]) AS slug
                  WHERE slug NOT IN (SELECT t.slug FROM platform.tenants t WHERE t.slug = ANY($1))",
                &[canaries],
            )
            .await?;
        match unknown.first() {
            Some(row) => Err(TenancyError::UnknownTenant(row.get("slug")?)),
            None => Ok(()),
        }
    }

    /// A new run with its plan; `None` where that is empty.
    async fn open(
        &self,
        owner: &OwnerConnection,
        retry: bool,
    ) -> Result<Option<Uuid>, TenancyError> {
        let target = self.inner.chain.target();
        let run = new_id();
        let kind = if retry { "retry" } else { "run" };
        owner
            .execute(
                "INSERT INTO platform.migration_runs (id, kind, target_version) VALUES ($1, $2, $3)",
                &[&run, &kind, &target],
            )
            .await?;
        let plan = Plan {
            run,
            target,
            canaries: &self.inner.options.canaries,
            in_rings: !retry,
            failed_only: retry,
        };
        let planned = ledger::plan(owner, plan).await?;
        if planned > 0 {
            let act = if retry {
                "migration.retried"
            } else {
                "migration.begun"
            };
            self.audit(owner, act, run, Some(planned)).await?;
            return Ok(Some(run));
        }
        owner
            .execute("DELETE FROM platform.migration_runs WHERE id = $1", &[&run])
            .await?;
        Ok(None)
    }

    /// The newest halted run, going on: what halted it has been seen and does not halt it again.
    async fn reopen(&self, owner: &OwnerConnection) -> Result<Option<Uuid>, TenancyError> {
        let target = self.inner.chain.target();
        let Some(run) = ledger::find_newest(owner, target, "halted").await? else {
            return Ok(None);
        };
        owner
            .execute(
                "UPDATE platform.migration_runs
                    SET state = 'running', ended_at = NULL, halted_because = NULL WHERE id = $1",
                &[&run.id],
            )
            .await?;
        owner
            .execute(
                "UPDATE platform.migration_attempts SET accepted = true
                  WHERE run_id = $1 AND ended_at IS NOT NULL",
                &[&run.id],
            )
            .await?;
        self.audit(owner, "migration.resumed", run.id, None).await?;
        Ok(Some(run.id))
    }

    async fn audit(
        &self,
        owner: &OwnerConnection,
        action: &str,
        run: Uuid,
        tenants: Option<u64>,
    ) -> Result<(), DbError> {
        let pulse = Pulse {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let target = self.inner.chain.target();
        let act = Act {
            mandate: &self.inner.options.mandate,
            action,
            tenant: None,
            subject: None,
            detail: json!({ "run": run, "target": target, "tenants": tenants }),
        };
        audit::record_as_owner(owner, &pulse, &act).await
    }

    /// Sets the workers on `run` and waits for them. They go when this is dropped.
    async fn work(&self, run: Uuid) -> Result<(), TenancyError> {
        let mut workers = JoinSet::new();
        for _ in 0..self.inner.options.workers.max(1) {
            workers.spawn(worker::work(Arc::clone(&self.inner), run));
        }
        let mut result = Ok(());
        while let Some(ended) = workers.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => result = Err(error),
                // Nobody cancels a worker but the end of this set: it died of a panic.
                Err(died) => {
                    if let Ok(panic) = died.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        }
        result
    }
}

/// An id of the ledger's: no tenant's clock has a part in it.
pub(super) fn new_id() -> Uuid {
    rng::uuid_v7(SystemClock.now(), &SystemEntropy)
}

/// `work` in a transaction, which is rolled back on an error, or where it is not to be `kept`.
pub(super) async fn in_transaction<T>(
    owner: &OwnerConnection,
    work: impl Future<Output = Result<T, TenancyError>>,
    kept: bool,
) -> Result<T, TenancyError> {
    owner
        .batch("BEGIN; SET LOCAL synchronous_commit = off")
        .await?;
    let result = work.await;
    let end = if kept && result.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended: Result<(), DbError> = owner.batch(end).await;
    let value = result?;
    ended?;
    Ok(value)
}
