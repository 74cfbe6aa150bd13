//! What a kind of work brings with it, and what its handler may do with a claimed pointer.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use db::{Db, DbError, PlatformTx, TenantRef, TenantTx};
use kernel::event::{Actor, Origin};
use uuid::Uuid;

use crate::queue::{self, Ready};

/// Attempts of a kind that does not say otherwise.
pub const ATTEMPTS: i16 = 3;

/// Does one kind of work.
///
/// A handler may run more than once for the same pointer (its process may die), never twice at once past
/// [`Claimed::finish`]: what it writes belongs in there, and what it does to the outside world must bear
/// repetition.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The kind of work, as it is enqueued.
    fn kind(&self) -> &'static str;

    /// How often it is tried before it becomes a dead letter.
    fn attempts(&self) -> i16 {
        ATTEMPTS
    }

    /// Whether it is also done for an organisation that is suspended, read-only or being deleted. Other
    /// work waits until that is active.
    fn in_any_state(&self) -> bool {
        false
    }

    /// Does it. `Ok` without [`Claimed::finish`] removes the pointer.
    async fn run(&self, job: &Claimed) -> Result<(), JobError>;
}

/// Why a piece of work is not done. The text is kept and shown to operators: nothing secret belongs there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Try again later, as often as the kind allows.
    #[error("{0}")]
    Retry(String),
    /// No later attempt can succeed: a dead letter at once.
    #[error("{0}")]
    Dead(String),
    /// The lease ran out and somebody else has the pointer. Nothing was written.
    #[error("the lease was lost")]
    LeaseLost,
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::Retry(error.to_string())
    }
}

/// A piece of work.
#[derive(Clone, Debug)]
pub struct Job {
    /// The pointer's id.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// What it is to be done with: the id of a row of the tenant's (or of the platform's).
    pub reference: Uuid,
    /// Attempts begun, this one included.
    pub attempts: i16,
    /// Whose work it is; `None` for the platform's own.
    pub tenant: Option<TenantRef>,
}

/// A piece of work that this process has claimed.
pub struct Claimed {
    job: Job,
    fence: i64,
    max_attempts: i16,
    origin: Origin,
    db: Db,
    /// Whether the pointer is gone or buried: there is nothing left to settle.
    settled: AtomicBool,
}

impl Claimed {
    pub(crate) fn new(ready: Ready, handler: &dyn Handler, db: Db) -> Self {
        let run = kernel::rng::uuid_v7(db.now(), &*db.pulse().entropy);
        let pointer = ready.pointer;
        Self {
            job: Job {
                id: pointer.id,
                kind: pointer.kind,
                reference: pointer.reference,
                attempts: pointer.attempts,
                tenant: ready.tenant,
            },
            fence: pointer.fence,
            max_attempts: handler.attempts(),
            origin: Origin {
                actor: Actor::Worker(handler.kind()),
                address: None,
                request_id: run,
            },
            db,
            settled: AtomicBool::new(false),
        }
    }

    /// The work.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The id of what it is to be done with.
    pub fn reference(&self) -> Uuid {
        self.job.reference
    }

    /// Whose work it is. Errors: a pointer of the platform's own is a dead letter here.
    pub fn tenant(&self) -> Result<&TenantRef, JobError> {
        self.job
            .tenant
            .as_ref()
            .ok_or_else(|| JobError::Dead("work of a tenant without a tenant".to_owned()))
    }

    /// Who acts in this run: the worker, by the kind of work.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether a failure of this attempt is the end.
    pub fn is_last_attempt(&self) -> bool {
        self.job.attempts >= self.max_attempts
    }

    /// The handle, for work that needs more than its own tenant.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Reads in the tenant.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, JobError>,
    ) -> Result<T, JobError> {
        self.db.read(self.tenant()?, self.origin, None, work).await
    }

    /// Does `work` in the tenant and removes the pointer, in one transaction and only where the claim
    /// still holds: the effect happens once. Errors: [`JobError::LeaseLost`], and nothing was written.
    pub async fn finish<T>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, JobError>,
    ) -> Result<T, JobError> {
        let tenant = self.tenant()?;
        self.finish_platform(async |tx| tx.enter(tenant, self.origin, work).await)
            .await
    }

    /// [`Claimed::finish`] for work of the platform's own, or on several tenants.
    pub async fn finish_platform<T>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, JobError>,
    ) -> Result<T, JobError> {
        let done = self
            .db
            .write_platform(async |tx| {
                if !queue::remove(tx, self.job.id, self.fence).await? {
                    return Err(JobError::LeaseLost);
                }
                work(tx).await
            })
            .await?;
        self.settled.store(true, Ordering::Release);
        Ok(done)
    }

    /// Does `work` in the tenant and makes a dead letter of the pointer, in one transaction: for work
    /// whose own row must say that it failed. Errors: as [`Claimed::finish`].
    pub async fn give_up<T>(
        &self,
        reason: &str,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, JobError>,
    ) -> Result<T, JobError> {
        let tenant = self.tenant()?;
        let done = self
            .db
            .write_platform(async |tx| {
                if !queue::bury(tx, self.job.id, self.fence, reason).await? {
                    return Err(JobError::LeaseLost);
                }
                tx.enter(tenant, self.origin, work).await
            })
            .await?;
        self.settled.store(true, Ordering::Release);
        note_dead_letter(&self.job.kind, reason);
        Ok(done)
    }

    pub(crate) fn fence(&self) -> i64 {
        self.fence
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }
}

/// Says that an attempt failed.
pub(crate) fn note_failure(kind: &str, reason: &str) {
    metrics::counter!("job_failures_total", "kind" => kind.to_owned()).increment(1);
    tracing::warn!(reason, "an attempt failed");
}

/// Says, loud enough for whoever is on duty, that work was given up.
pub(crate) fn note_dead_letter(kind: &str, reason: &str) {
    metrics::counter!("job_failures_total", "kind" => kind.to_owned()).increment(1);
    tracing::error!(reason, "work is given up: a dead letter");
}
