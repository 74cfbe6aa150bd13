//! Many tenants on few connections, with errors and hung-up clients in between: no foreign row, no dirty
//! connection, nothing half done.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use db::{Db, DbConfig, DbError, Sql, TenantRef, TenantTx, sql};
use testkit::{TestDb, worker};
use tokio::sync::Barrier;

use crate::stage::{PLACE, PLATFORM_PLACE, Place, add, column, keys, until};

const TENANTS: u32 = 20;
const TASKS: u32 = 64;
pub const SWITCHES: u32 = 10_000;
pub const CONNECTIONS: usize = 3;
/// Keeps its connection busy for a moment, so that there is a middle to hang up in.
const BUSY: Sql = sql!("SELECT pg_sleep(0.001)::text");
/// Asked of Postgres, so that not every row of every switch travels here.
const FOREIGN: Sql = sql!("SELECT key FROM quotas WHERE NOT starts_with(key, $1)");
const BROKEN: Sql = sql!("SELECT 1 / 0");

/// What became of the rows that were asked for.
#[derive(Default)]
struct Ledger {
    committed: Mutex<BTreeSet<(u32, String)>>,
    /// Hung up, maybe while its COMMIT was on its way.
    uncertain: Mutex<BTreeSet<(u32, String)>>,
    /// Hung up after the transaction had begun.
    cut: AtomicU32,
}

struct Storm {
    /// Handles with connections of their own, as processes have them.
    processes: Vec<Db>,
    switches: u32,
    tenants: Vec<TenantRef>,
    ledger: Ledger,
    next: AtomicU32,
}

/// A sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).unwrap_or(0) % sides
    }
}

/// Polls `work` so many times at the most, then drops it where it stands.
async fn hang_up_after<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let mut work = Box::pin(work);
    let mut left = polls;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

impl Storm {
    fn tenant(&self, number: u32) -> &TenantRef {
        let index = usize::try_from(number).expect("a number");
        self.tenants.get(index).expect("a tenant")
    }

    /// One switch: some use case in some tenant, one in five hung up.
    async fn switch(&self, db: &Db, number: u32, dice: &mut Dice) {
        let chosen = dice.roll(TENANTS);
        let key = format!("{chosen}-{number}");
        let case = dice.roll(6);
        let begun = AtomicBool::new(false);
        let polls = if dice.roll(5) == 0 {
            dice.roll(7)
        } else {
            u32::MAX
        };
        match hang_up_after(polls, self.run(db, case, chosen, &key, &begun)).await {
            Some(Ok(true)) => {
                let mut committed = self.ledger.committed.lock().expect("a set");
                committed.insert((chosen, key));
            }
            Some(Ok(false)) => {}
            // Only what was asked to fail fails.
            Some(Err(error)) => assert!((2..5).contains(&case), "{case}: {error}"),
            None => {
                if begun.load(Relaxed) {
                    self.ledger.cut.fetch_add(1, Relaxed);
                }
                // These two would have committed.
                if matches!(case, 1 | 5) {
                    let mut uncertain = self.ledger.uncertain.lock().expect("a set");
                    uncertain.insert((chosen, key));
                }
            }
        }
    }

    /// Answers whether `key` was committed.
    async fn run(
        &self,
        db: &Db,
        case: u32,
        chosen: u32,
        key: &str,
        begun: &AtomicBool,
    ) -> Result<bool, DbError> {
        let tenant = self.tenant(chosen);
        let look = async |tx: &TenantTx| {
            begun.store(true, Relaxed);
            Place::of(&tx.query_one(PLACE, &[]).await?)?.is_in(tenant);
            is_own(tx, chosen).await
        };
        match case {
            0 => {
                db.read(tenant, worker(), None, look).await?;
                Ok(false)
            }
            5 => {
                db.write_platform(async |tx| {
                    tx.enter(tenant, worker(), async |tx| {
                        look(tx).await?;
                        add(tx, key).await
                    })
                    .await?;
                    tx.query(PLATFORM_PLACE, &[]).await
                })
                .await?;
                Ok(true)
            }
            _ => {
                db.write(tenant, worker(), None, async |tx| {
                    look(tx).await?;
                    add(tx, key).await?;
                    tx.query(BUSY, &[]).await?;
                    match case {
                        2 => Err(DbError::Missing),
                        3 => tx.query(BROKEN, &[]).await.map(drop),
                        4 => {
                            let _ = tx.query(BROKEN, &[]).await;
                            Ok(())
                        }
                        _ => Ok(()),
                    }
                })
                .await?;
                Ok(true)
            }
        }
    }

    async fn work(self: Arc<Self>, task: u32) {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (u64::from(task) << 20));
        let mut processes = self.processes.iter().cycle().skip(task as usize);
        let db = processes.next().expect("a process");
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.switches {
                return;
            }
            self.switch(db, number, &mut dice).await;
        }
    }
}

impl Storm {
    /// What was committed is there, and what was rolled back is not.
    async fn is_accounted_for(&self, db: &Db) {
        let committed = self.ledger.committed.lock().expect("a set").clone();
        let uncertain = self.ledger.uncertain.lock().expect("a set").clone();
        let many = self.switches as usize * 3 / 20;
        assert!(committed.len() > many, "{} commits", committed.len());
        let mut found = BTreeSet::new();
        for number in 0..TENANTS {
            let rows = db.read(self.tenant(number), worker(), None, async |tx| {
                is_own(tx, number).await?;
                keys(tx).await
            });
            let rows = rows.await.expect("rows");
            found.extend(rows.into_iter().map(|row| (number, row)));
        }
        let lost: Vec<_> = committed.difference(&found).collect();
        assert!(lost.is_empty(), "committed, but not there: {lost:?}");
        let unasked: Vec<_> = found
            .iter()
            .filter(|row| !committed.contains(row) && !uncertain.contains(row))
            .collect();
        assert!(unasked.is_empty(), "rolled back, but there: {unasked:?}");
    }
}

/// Every row the tenant sees begins with its own number.
async fn is_own(tx: &TenantTx, number: u32) -> Result<(), DbError> {
    let foreign = column(&tx.query(FOREIGN, &[&format!("{number}-")]).await?, "key")?;
    assert!(foreign.is_empty(), "{foreign:?} in tenant {number}");
    Ok(())
}

/// Few connections, some of whose tenants have statements of their own and some shared ones.
pub fn crowded(config: DbConfig) -> DbConfig {
    DbConfig {
        max_connections: CONNECTIONS,
        own_statements: TENANTS as usize / 2,
        acquire_timeout: Duration::from_secs(60),
        ..config
    }
}

/// So many switches over `test` and the other `processes` on its database: no foreign row, no dirty connection,
/// nothing half done.
pub async fn weather(test: &TestDb, others: Vec<Db>, switches: u32) {
    test.fill(TENANTS).await;
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        tenants.push(test.tenant(&format!("tenant-{number}")).await);
    }
    let storm = Arc::new(Storm {
        processes: [vec![test.db.clone()], others].concat(),
        switches,
        tenants,
        ledger: Ledger::default(),
        next: AtomicU32::new(0),
    });
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(Arc::clone(&storm).work(task)))
        .collect();
    for task in tasks {
        task.await.expect("no foreign row, no failure of its own");
    }

    let cut = storm.ledger.cut.load(Relaxed);
    assert!(cut > switches / 20, "only {cut} were hung up in the middle");
    for process in &storm.processes {
        is_clean(test, process).await;
    }
    storm.is_accounted_for(&test.db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_switches_leave_no_foreign_row_and_no_dirty_connection() {
    let test = TestDb::with(crowded).await;
    weather(&test, Vec::new(), SWITCHES).await;
}

/// All connections of a pool at once: the login's own role and path, and no transaction left open.
async fn is_clean(test: &TestDb, db: &Db) {
    let barrier = Barrier::new(CONNECTIONS);
    let place = async || {
        db.read_platform(async |tx| {
            let place = Place::of(&tx.query_one(PLATFORM_PLACE, &[]).await?)?;
            barrier.wait().await;
            Ok::<_, DbError>(place)
        })
        .await
        .expect("a place")
    };
    let places = tokio::join!(place(), place(), place());
    let pids = BTreeSet::from([places.0.pid, places.1.pid, places.2.pid]);
    assert_eq!(pids.len(), CONNECTIONS, "all of them were asked");
    for place in [places.0, places.1, places.2] {
        assert_eq!(
            (place.role.as_str(), place.path.as_str()),
            ("signalbox_app", "signalbox_nowhere")
        );
    }
    let superuser = test.superuser().await;
    until("no backend is inside a transaction", async || {
        let rows = superuser
            .query(
                "SELECT pid FROM pg_stat_activity
                  WHERE datname = current_database() AND usename = 'signalbox_app' AND state <> 'idle'",
                &[],
            )
            .await
            .expect("the activity");
        rows.is_empty()
    })
    .await;
}
