//! Events and their subscribers.

use async_trait::async_trait;
use db::TenantTx;
use jobs::{EventDelivery, Handler, Hint, JobError, Runner, Signal, StoredEvent, Subscriber};
use kernel::event::{Audit, Event};
use serde::Serialize;
use serde_json::json;
use testkit::worker;
use uuid::Uuid;

use crate::stage::{Stage, count_up};

#[derive(Serialize)]
struct ThingMade {
    id: Uuid,
}

impl Event for ThingMade {
    const KIND: &'static str = "thing.made";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "thing",
            target_id: self.id,
            before: None,
            after: None,
        }
    }
}

/// Counts up for each event it hears of.
struct Counting;

#[async_trait]
impl Subscriber for Counting {
    fn events(&self) -> &[&'static str] {
        &["thing.made"]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        assert_eq!(event.kind, "thing.made");
        assert_eq!(event.version, 1);
        assert_eq!(event.payload, json!({ "id": Uuid::from_u128(7) }));
        assert_eq!(event.occurred_at, tx.now());
        count_up(tx).await?;
        Ok(vec![Hint::WorkQueued])
    }
}

/// Cannot.
struct Failing(&'static [&'static str]);

#[async_trait]
impl Subscriber for Failing {
    fn events(&self) -> &[&'static str] {
        self.0
    }

    async fn on_event(&self, _tx: &TenantTx, _event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        Err(JobError::Retry("not today".to_owned()))
    }
}

async fn record(stage: &Stage) {
    stage
        .test
        .db
        .write(&stage.acme, worker(), None, async |tx| {
            tx.record(&ThingMade {
                id: Uuid::from_u128(7),
            })
            .await
        })
        .await
        .expect("the event is recorded");
}

#[tokio::test]
async fn an_event_reaches_its_subscribers_and_the_hints_follow_the_commit() {
    let stage = Stage::set().await;
    record(&stage).await;
    let bus = stage.bus().await;
    let mut heard = bus.subscribe();
    let subscribers: Vec<Box<dyn Subscriber>> =
        vec![Box::new(Counting), Box::new(Failing(&["thing.lost"]))];
    let delivery = EventDelivery::new(subscribers, bus.clone());
    let db = stage.test.db.clone();
    let runner = Runner::new(db, bus, vec![Box::new(delivery)]).expect("a runner");
    assert_eq!(runner.run_due().await.expect("a run"), 1);
    assert_eq!(heard.next().await, Some(Signal::Hint(Hint::WorkQueued)));
    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(stage.pointers().await, []);
}

#[tokio::test]
async fn when_one_subscriber_fails_none_has_acted() {
    let stage = Stage::set().await;
    record(&stage).await;
    let bus = stage.bus().await;
    let mut heard = bus.subscribe();
    let subscribers: Vec<Box<dyn Subscriber>> =
        vec![Box::new(Counting), Box::new(Failing(&["thing.made"]))];
    let delivery: Box<dyn Handler> = Box::new(EventDelivery::new(subscribers, bus.clone()));
    let runner = Runner::new(stage.test.db.clone(), bus.clone(), vec![delivery]).expect("a runner");
    runner.run_due().await.expect("a run");
    assert_eq!(stage.effects(&stage.acme).await, 0);
    assert_eq!(
        stage.pointer().await.last_error.as_deref(),
        Some("not today")
    );
    bus.publish(&[Hint::PoolWanted]);
    assert_eq!(
        heard.next().await,
        Some(Signal::Hint(Hint::PoolWanted)),
        "nothing was said before"
    );
}
