//! What the tests of the queue share: a database, a tenant, a handler that does as it is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use db::{Sql, TenantRef, TenantTx, sql};
use jiff::{SignedDuration, Timestamp};
use jobs::{Bus, BusConfig, Claimed, Handler, JobError, Runner};
use testkit::{TestDb, worker};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

const COUNT_UP: Sql = sql!(
    "INSERT INTO quotas (key, used, max) VALUES ('effect', 1, 1000)
     ON CONFLICT (key) DO UPDATE SET used = quotas.used + 1"
);
const COUNTED: Sql = sql!("SELECT used FROM quotas WHERE key = 'effect'");

/// Writes something that can be counted.
pub async fn count_up(tx: &TenantTx) -> Result<(), JobError> {
    tx.execute(COUNT_UP, &[]).await?;
    Ok(())
}

/// A database with one tenant.
pub struct Stage {
    pub test: TestDb,
    pub acme: TenantRef,
}

/// A row of the queue.
#[derive(Debug, PartialEq)]
pub struct Pointer {
    pub attempts: i16,
    pub leased: bool,
    pub dead: bool,
    pub due_at: Timestamp,
    pub last_error: Option<String>,
}

impl Stage {
    pub async fn set() -> Self {
        let test = TestDb::start().await;
        let acme = test.tenant("acme").await;
        Self { test, acme }
    }

    /// A bus of this process alone.
    pub async fn bus(&self) -> Bus {
        Bus::start(BusConfig::InProcess, &self.test.db)
            .await
            .expect("a bus")
    }

    pub async fn runner(&self, handler: impl Handler) -> Runner {
        let db = self.test.db.clone();
        Runner::new(db, self.bus().await, vec![Box::new(handler)]).expect("one handler a kind")
    }

    /// Leaves work of the kind `kind`, due now.
    pub async fn enqueue(&self, tenant: &TenantRef, kind: &'static str, reference: Uuid) {
        self.test
            .db
            .write(tenant, worker(), None, async |tx| {
                tx.enqueue(kind, reference, tx.now()).await
            })
            .await
            .expect("work is left");
    }

    /// How often the tenant's effect was committed.
    pub async fn effects(&self, tenant: &TenantRef) -> i32 {
        self.test
            .db
            .read(tenant, worker(), None, async |tx| {
                match tx.query_opt(COUNTED, &[]).await? {
                    Some(row) => row.get("used"),
                    None => Ok(0),
                }
            })
            .await
            .expect("the effect is read")
    }

    /// All of the queue, oldest first.
    pub async fn pointers(&self) -> Vec<Pointer> {
        let rows = self
            .test
            .superuser()
            .await
            .query(
                "SELECT attempts, leased_until IS NOT NULL AS leased, dead_at IS NOT NULL AS dead, due_at, last_error
                   FROM platform.work ORDER BY due_at, id",
                &[],
            )
            .await
            .expect("the queue is read");
        rows.iter()
            .map(|row| Pointer {
                attempts: row.get("attempts").expect("attempts"),
                leased: row.get("leased").expect("leased"),
                dead: row.get("dead").expect("dead"),
                due_at: row.get("due_at").expect("due_at"),
                last_error: row.get("last_error").expect("last_error"),
            })
            .collect()
    }

    /// The only row of the queue.
    pub async fn pointer(&self) -> Pointer {
        let mut pointers = self.pointers().await;
        assert_eq!(pointers.len(), 1, "{pointers:?}");
        pointers.remove(0)
    }

    pub fn advance_s(&self, seconds: i64) {
        self.test.clock.advance(SignedDuration::from_secs(seconds));
    }
}

/// A reference that a test recognises.
pub fn reference(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// A handler of the kind `effect` that stops at a gate, then counts up in its tenant or fails.
#[derive(Clone)]
pub struct Gated {
    pub fails: bool,
    pub begun: Arc<Notify>,
    pub gate: Arc<Semaphore>,
    pub outcomes: Arc<Mutex<Vec<Result<(), JobError>>>>,
}

impl Gated {
    pub fn closed() -> Self {
        Self {
            fails: false,
            begun: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            outcomes: Arc::default(),
        }
    }

    pub fn open() -> Self {
        let gated = Self::closed();
        gated.gate.add_permits(1_000);
        gated
    }
}

#[async_trait]
impl Handler for Gated {
    fn kind(&self) -> &'static str {
        "effect"
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        self.begun.notify_one();
        self.gate.acquire().await.expect("a gate").forget();
        let outcome = if self.fails {
            Err(JobError::Retry("not yet".to_owned()))
        } else {
            job.finish(async |tx| count_up(tx).await).await
        };
        self.outcomes.lock().expect("a list").push(outcome.clone());
        outcome
    }
}

type Behaviour = dyn Fn(&Claimed) -> Result<(), JobError> + Send + Sync;

/// A handler that counts up, unless its behaviour has other ideas: the effect and its failure are one
/// transaction.
pub struct Tricky {
    pub kind: &'static str,
    pub ran: Arc<Mutex<Vec<Uuid>>>,
    behaviour: Box<Behaviour>,
}

impl Tricky {
    pub fn new(
        behaviour: impl Fn(&Claimed) -> Result<(), JobError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind: "effect",
            ran: Arc::default(),
            behaviour: Box::new(behaviour),
        }
    }

    pub fn good() -> Self {
        Self::new(|_| Ok(()))
    }
}

#[async_trait]
impl Handler for Tricky {
    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        self.ran.lock().expect("a list").push(job.reference());
        job.finish(async |tx| {
            count_up(tx).await?;
            (self.behaviour)(job)
        })
        .await
    }
}
