//! Hints between two processes, over Postgres and over Redis.

use std::future::Future;
use std::time::Duration;

use db::listen::Listener;
use fakes::PrivateRedis;
use jobs::{Bus, BusConfig, Hint, Signal, Subscription};
use testkit::TestDb;
use uuid::Uuid;

/// Nothing here takes long; a test that waits longer has failed.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it happens soon")
}

fn host(name: &str) -> Hint {
    Hint::DirectoryChanged {
        host: name.to_owned(),
    }
}

async fn over_postgres(test: &TestDb) -> Bus {
    let url = test.url("signalbox_app");
    let bus = Bus::start(BusConfig::Postgres { url }, &test.db)
        .await
        .expect("a bus");
    assert!(bus.is_listening());
    bus
}

async fn next(heard: &mut Subscription) -> Signal {
    soon(heard.next()).await.expect("the bus lives")
}

/// Waits for the hint, past what is said of a gap.
async fn until(heard: &mut Subscription, hint: &Hint) {
    while next(heard).await != Signal::Hint(hint.clone()) {}
}

/// Waits until a gap has begun and ended.
async fn gap(bus: &Bus, heard: &mut Subscription) {
    assert_eq!(next(heard).await, Signal::Lost, "the gap begins");
    assert_eq!(next(heard).await, Signal::Lost, "the gap ends");
    assert!(bus.is_listening());
}

#[tokio::test]
async fn a_hint_reaches_the_other_process_and_comes_back_to_none() {
    let test = TestDb::start().await;
    let (here, there) = (over_postgres(&test).await, over_postgres(&test).await);
    let (mut heard_here, mut heard_there) = (here.subscribe(), there.subscribe());
    here.publish(&[host("first"), host("second")]);
    assert_eq!(next(&mut heard_there).await, Signal::Hint(host("first")));
    assert_eq!(next(&mut heard_there).await, Signal::Hint(host("second")));
    there.publish(&[host("answer")]);
    for hint in ["first", "second", "answer"] {
        let heard = next(&mut heard_here).await;
        assert_eq!(heard, Signal::Hint(host(hint)), "each once");
    }
}

#[tokio::test]
async fn a_batch_is_one_notification() {
    let test = TestDb::start().await;
    let mut raw = Listener::connect(&test.url("signalbox_app"), "signalbox")
        .await
        .expect("an ear");
    let bus = over_postgres(&test).await;
    bus.publish(&[host("a"), host("b"), Hint::WorkQueued]);
    let payload = loop {
        let note = soon(raw.next()).await.expect("a notification");
        let payload: serde_json::Value = serde_json::from_str(&note.payload).expect("JSON");
        // A process also gives signs of life, which say nothing.
        if payload["hints"] != serde_json::json!([]) {
            break payload;
        }
    };
    assert_eq!(payload["hints"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_batch_too_long_for_one_notification_arrives_whole() {
    let test = TestDb::start().await;
    let (here, there) = (over_postgres(&test).await, over_postgres(&test).await);
    let mut heard = there.subscribe();
    let hints: Vec<Hint> = (0..500)
        .map(|n| Hint::Live {
            tenant: Uuid::from_u128(1).into(),
            room: "org".to_owned(),
            kind: "endpoint.changed".to_owned(),
            id: Uuid::from_u128(n),
        })
        .collect();
    here.publish(&hints);
    for hint in hints {
        assert_eq!(next(&mut heard).await, Signal::Hint(hint));
    }
}

#[tokio::test]
async fn a_broken_listening_connection_is_a_loss_and_is_made_again() {
    let test = TestDb::start().await;
    let (here, there) = (over_postgres(&test).await, over_postgres(&test).await);
    let mut heard = there.subscribe();
    test.superuser()
        .await
        .query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND query LIKE 'LISTEN %'",
            &[],
        )
        .await
        .expect("the connections are cut");
    gap(&there, &mut heard).await;
    here.publish(&[host("again")]);
    until(&mut heard, &host("again")).await;
}

#[tokio::test]
async fn a_subscriber_that_is_too_slow_is_told_so() {
    let test = TestDb::start().await;
    let bus = Bus::start(BusConfig::InProcess, &test.db)
        .await
        .expect("a bus");
    let mut heard = bus.subscribe();
    for _ in 0..5_000 {
        bus.publish(&[Hint::WorkQueued]);
    }
    assert_eq!(next(&mut heard).await, Signal::Lost);
    assert_eq!(next(&mut heard).await, Signal::Hint(Hint::WorkQueued));
}

#[tokio::test]
async fn redis_carries_hints_and_may_go_away() {
    let test = TestDb::start().await;
    let mut redis = PrivateRedis::start().await.expect("a Redis");
    let config = || BusConfig::Redis {
        url: redis.url().into(),
    };
    let here = Bus::start(config(), &test.db).await.expect("a bus");
    let there = Bus::start(config(), &test.db).await.expect("a bus");
    let mut heard = there.subscribe();
    here.publish(&[host("first"), host("second")]);
    assert_eq!(next(&mut heard).await, Signal::Hint(host("first")));
    assert_eq!(next(&mut heard).await, Signal::Hint(host("second")));

    redis.stop().await;
    assert_eq!(next(&mut heard).await, Signal::Lost);
    assert!(!there.is_listening());
    redis.restart().await.expect("Redis comes back");
    assert_eq!(next(&mut heard).await, Signal::Lost);
    assert!(there.is_listening());
    here.publish(&[host("again")]);
    until(&mut heard, &host("again")).await;
}
