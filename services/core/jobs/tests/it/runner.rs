//! The loop itself, and work that it cannot do.

use async_trait::async_trait;
use jobs::{Claimed, Handler, Hint, JobError, Runner};
use tokio::sync::oneshot;

use crate::stage::{Gated, Stage, Tricky, reference};

#[tokio::test]
async fn work_without_a_handler_waits_and_is_never_lost() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "unheard_of", reference(1)).await;
    let runner = stage.runner(Tricky::good()).await;
    for _ in 0..5 {
        runner.run_due().await.expect("a run");
        let pointer = stage.pointer().await;
        assert_eq!(
            (pointer.attempts, pointer.dead, pointer.leased),
            (0, false, false)
        );
        assert!(pointer.due_at > stage.test.db.now());
        stage.advance_s(61);
    }
}

#[tokio::test]
async fn the_loop_is_woken_by_a_hint_and_drains_when_it_is_told_to_stop() {
    let stage = Stage::set().await;
    let slow = Gated::closed();
    let bus = stage.bus().await;
    let db = stage.test.db.clone();
    let runner = Runner::new(db, bus.clone(), vec![Box::new(slow.clone())]).expect("a runner");
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        runner.run(stopped).await;
    });

    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    bus.publish(&[Hint::WorkQueued]);
    slow.begun.notified().await;
    stop.send(()).expect("it runs");
    tokio::task::yield_now().await;
    assert!(!running.is_finished(), "the handler is still at work");
    slow.gate.add_permits(1);
    running.await.expect("no panic");
    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(stage.pointers().await, []);
}

/// The platform's own work.
struct Sweep;

#[async_trait]
impl Handler for Sweep {
    fn kind(&self) -> &'static str {
        "sweep"
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        assert!(job.job().tenant.is_none());
        assert!(matches!(job.tenant(), Err(JobError::Dead(_))));
        Ok(())
    }
}

#[tokio::test]
async fn the_platform_has_work_of_its_own() {
    let stage = Stage::set().await;
    stage
        .test
        .db
        .write_platform(async |tx| jobs::enqueue(tx, "sweep", reference(1), tx.now()).await)
        .await
        .expect("work is left");
    let runner = stage.runner(Sweep).await;
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(stage.pointers().await, []);
}

/// Gives up, and says so in its tenant.
struct Hopeless;

#[async_trait]
impl Handler for Hopeless {
    fn kind(&self) -> &'static str {
        "effect"
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        job.give_up("no use", async |tx| crate::stage::count_up(tx).await)
            .await
    }
}

#[tokio::test]
async fn giving_up_writes_the_failure_and_leaves_a_dead_letter() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let runner = stage.runner(Hopeless).await;
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    let pointer = stage.pointer().await;
    assert!(pointer.dead);
    assert_eq!(pointer.last_error.as_deref(), Some("no use"));
    assert_eq!(stage.effects(&stage.acme).await, 1);
}

#[tokio::test]
async fn a_kind_of_work_has_one_handler() {
    let stage = Stage::set().await;
    let bus = stage.bus().await;
    let handlers = || -> Vec<Box<dyn Handler>> { vec![Box::new(Sweep), Box::new(Tricky::good())] };
    let runner =
        Runner::new(stage.test.db.clone(), bus.clone(), handlers()).expect("different kinds");
    assert_eq!(runner.kinds(), ["effect", "sweep"]);
    let mut twice = handlers();
    twice.push(Box::new(Sweep));
    assert!(Runner::new(stage.test.db.clone(), bus, twice).is_err());
}
