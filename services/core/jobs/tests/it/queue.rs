//! Nothing is lost, and nothing happens twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jobs::{Claimed, Handler, JobError};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::stage::{Gated, Stage, Tricky, count_up, reference};

#[tokio::test]
async fn a_worker_killed_between_claim_and_finish_loses_nothing() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let stuck = Gated::closed();
    let first = stage.runner(stuck.clone()).await;
    let killed = tokio::spawn(async move { first.run_due().await });
    stuck.begun.notified().await;
    killed.abort();
    assert!(killed.await.expect_err("it was killed").is_cancelled());

    let second = stage.runner(Gated::open()).await;
    stage.advance_s(59);
    assert_eq!(second.run_due().await.expect("a run"), 0, "leased");
    stage.advance_s(2);
    assert_eq!(second.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let slow = Gated::closed();
    let first = stage.runner(slow.clone()).await;
    let running = tokio::spawn(async move { first.run_due().await });
    slow.begun.notified().await;

    stage.advance_s(61);
    let second = stage.runner(Gated::open()).await;
    assert_eq!(second.run_due().await.expect("a run"), 1);
    slow.gate.add_permits(1);
    assert_eq!(running.await.expect("no panic").expect("a run"), 1);

    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(
        *slow.outcomes.lock().expect("a list"),
        [Err(JobError::LeaseLost)]
    );
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_finish_while_the_next_is_at_work() {
    overtaken(Gated::closed()).await;
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_put_the_work_back() {
    let mut failing = Gated::closed();
    failing.fails = true;
    overtaken(failing).await;
}

/// Two workers hold the same work, the first without a lease: whatever `slow` does, the claim of the
/// second stands.
async fn overtaken(slow: Gated) {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let slower = Gated::closed();
    let first = stage.runner(slow.clone()).await;
    let first = tokio::spawn(async move { first.run_due().await });
    slow.begun.notified().await;
    stage.advance_s(61);
    let second = stage.runner(slower.clone()).await;
    let second = tokio::spawn(async move { second.run_due().await });
    slower.begun.notified().await;

    slow.gate.add_permits(1);
    first.await.expect("no panic").expect("a run");
    let pointer = stage.pointer().await;
    assert!(pointer.leased, "the second worker's");
    assert_eq!((pointer.attempts, pointer.last_error), (2, None));
    assert_eq!(stage.effects(&stage.acme).await, 0);
    slower.gate.add_permits(1);
    second.await.expect("no panic").expect("a run");
    assert_eq!(stage.effects(&stage.acme).await, 1);
}

#[tokio::test]
async fn the_effect_and_the_removal_commit_together_or_not_at_all() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let runner = stage
        .runner(Tricky::new(|job| match job.job().attempts {
            1 => Err(JobError::Retry("not yet".to_owned())),
            _ => Ok(()),
        }))
        .await;

    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 0, "rolled back");
    let pointer = stage.pointer().await;
    assert_eq!((pointer.attempts, pointer.leased), (1, false));
    assert_eq!(pointer.last_error.as_deref(), Some("not yet"));

    stage.advance_s(9);
    assert_eq!(runner.run_due().await.expect("a run"), 0, "it waits 10 s");
    stage.advance_s(4);
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_after_three_attempts() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let runner = stage.runner(Tricky::new(|_| panic!("poison"))).await;
    for attempt in 1..=3 {
        assert_eq!(runner.run_due().await.expect("a run"), 1, "{attempt}");
        stage.advance_s(120);
    }
    let pointer = stage.pointer().await;
    assert!(pointer.dead);
    assert_eq!(pointer.last_error.as_deref(), Some("the handler panicked"));
    stage.advance_s(100_000);
    assert_eq!(runner.run_due().await.expect("a run"), 0);
}

#[tokio::test]
async fn what_can_never_succeed_is_dead_at_once() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let runner = stage
        .runner(Tricky::new(|_| Err(JobError::Dead("no use".to_owned()))))
        .await;
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    let pointer = stage.pointer().await;
    assert!(pointer.dead);
    assert_eq!(pointer.last_error.as_deref(), Some("no use"));
}

#[tokio::test]
async fn work_that_kills_its_worker_every_time_is_not_tried_for_ever() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    for _ in 1..=3 {
        let deadly = Gated::closed();
        let runner = stage.runner(deadly.clone()).await;
        let killed = tokio::spawn(async move { runner.run_due().await });
        deadly.begun.notified().await;
        killed.abort();
        let _ = killed.await;
        stage.advance_s(61);
    }
    let runner = stage.runner(Gated::open()).await;
    runner.run_due().await.expect("a run");
    assert!(stage.pointer().await.dead);
    assert_eq!(stage.effects(&stage.acme).await, 0);
}

/// A handler whose first piece of work waits until `both` runners have begun.
struct Meeting {
    both: Arc<Barrier>,
    met: AtomicBool,
    ran: Arc<Mutex<Vec<Uuid>>>,
}

#[async_trait]
impl Handler for Meeting {
    fn kind(&self) -> &'static str {
        "effect"
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        if !self.met.swap(true, Ordering::AcqRel) {
            self.both.wait().await;
        }
        self.ran.lock().expect("a list").push(job.reference());
        job.finish(async |tx| count_up(tx).await).await
    }
}

#[tokio::test]
async fn two_runners_share_the_work_and_never_one_piece_of_it() {
    let stage = Stage::set().await;
    for n in 0..60 {
        stage.enqueue(&stage.acme, "effect", reference(n)).await;
    }
    let both = Arc::new(Barrier::new(2));
    let ran: Arc<Mutex<Vec<Uuid>>> = Arc::default();
    let meeting = || Meeting {
        both: Arc::clone(&both),
        met: AtomicBool::new(false),
        ran: Arc::clone(&ran),
    };
    let (left, right) = (stage.runner(meeting()).await, stage.runner(meeting()).await);
    let runs = async { tokio::join!(left.run_due(), right.run_due()) };
    let (left, right) = tokio::time::timeout(Duration::from_secs(20), runs)
        .await
        .expect("both have work");
    let (left, right) = (left.expect("a run"), right.expect("a run"));

    assert_eq!(left + right, 60);
    let mut all = ran.lock().expect("a list").clone();
    all.sort_unstable();
    assert_eq!(all, (0..60).map(reference).collect::<Vec<_>>());
    assert_eq!(stage.effects(&stage.acme).await, 60);
}

#[tokio::test]
async fn what_another_transaction_holds_is_passed_over_and_not_waited_for() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let holder = stage.test.superuser().await;
    holder
        .batch("BEGIN; SELECT id FROM platform.work FOR UPDATE")
        .await
        .expect("the row is held");
    stage.enqueue(&stage.acme, "effect", reference(2)).await;
    let handler = Tricky::good();
    let ran = Arc::clone(&handler.ran);
    let runner = stage.runner(handler).await;
    assert_eq!(runner.run_due().await.expect("nothing waits"), 1);
    assert_eq!(*ran.lock().expect("a list"), [reference(2)]);
    holder.batch("ROLLBACK").await.expect("it lets go");
    assert_eq!(runner.run_due().await.expect("a run"), 1);
}

#[tokio::test]
async fn work_of_a_tenant_that_is_not_active_waits() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let runner = stage.runner(Tricky::good()).await;
    let superuser = stage.test.superuser().await;
    let set_state = async |state: &str| {
        superuser
            .execute(
                "UPDATE platform.tenants SET state = $1 WHERE slug = 'acme'",
                &[&state],
            )
            .await
            .expect("the state changes");
    };
    set_state("suspended").await;
    for _ in 0..5 {
        assert_eq!(runner.run_due().await.expect("a run"), 0);
        stage.advance_s(301);
    }
    let pointer = stage.pointer().await;
    assert_eq!((pointer.attempts, pointer.dead), (0, false));
    set_state("active").await;
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 1);
}

#[tokio::test]
async fn work_that_waits_for_its_tenant_does_not_hold_up_the_rest() {
    let stage = Stage::set().await;
    let idle = stage.test.tenant("idle").await;
    for n in 0..20 {
        stage.enqueue(&idle, "effect", reference(n)).await;
    }
    stage.enqueue(&stage.acme, "effect", reference(99)).await;
    let superuser = stage.test.superuser().await;
    superuser
        .batch("UPDATE platform.tenants SET state = 'suspended' WHERE slug = 'idle'")
        .await
        .expect("the state changes");
    let runner = stage.runner(Tricky::good()).await;
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 1);
    let waiting = stage.pointers().await;
    assert_eq!(waiting.len(), 20);
    let now = stage.test.db.now();
    assert!(waiting.iter().all(|pointer| pointer.due_at > now));
}

#[tokio::test]
async fn one_tenants_heap_of_work_does_not_make_another_wait() {
    let stage = Stage::set().await;
    let other = stage.test.tenant("other").await;
    for n in 0..30 {
        stage.enqueue(&stage.acme, "effect", reference(n)).await;
    }
    stage.advance_s(1);
    stage.enqueue(&other, "effect", reference(99)).await;
    let handler = Tricky::good();
    let ran = Arc::clone(&handler.ran);
    stage.runner(handler).await.run_due().await.expect("a run");
    let ran = ran.lock().expect("a list");
    let place = ran.iter().position(|id| *id == reference(99));
    assert!(place.is_some_and(|place| place < 8), "{place:?}");
    assert_eq!(ran.len(), 31);
}
