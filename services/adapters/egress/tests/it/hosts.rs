//! The limit of checks that talk to one host at once.

use crate::{
    get, hasty, loopback,
    server::{OK, Server, hold, read_head},
};
use egress::{HttpProbe, Outcome, Prober, ProberOptions, ReasonCode};
use futures_util::future::join_all;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn checks_of_one_host_run_four_at_a_time_and_all_of_them_succeed() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&running), Arc::clone(&most));
    let server = Server::start(move |mut stream, _| {
        let (running, most) = counters.clone();
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            read_head(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            stream.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let prober = Prober::new(loopback(), ProberOptions::default()).unwrap();
    let probe = get(&server.url("/"));
    let results = join_all((0..20).map(|_| prober.http(&probe))).await;
    assert!(results.iter().all(|result| result.reason == ReasonCode::Ok));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_check_that_got_no_turn_is_missed_and_says_nothing_about_the_target() {
    let server = Server::start(|stream, _| hold(stream)).await;
    let options = ProberOptions {
        per_host: 1,
        ..ProberOptions::default()
    };
    let prober = Prober::new(loopback(), options).unwrap();
    let slow = HttpProbe {
        timeout: Duration::from_millis(500),
        ..get(&server.url("/"))
    };
    let waiting = hasty(&server.url("/"));
    let (slow, waiting) = tokio::join!(prober.http(&slow), prober.http(&waiting));
    assert_eq!(slow.reason, ReasonCode::FirstByteTimeout);
    assert_eq!(
        (waiting.outcome, waiting.reason),
        (Outcome::Unknown, ReasonCode::Missed)
    );
    assert!(waiting.addresses.is_empty());
}

#[tokio::test]
async fn a_timeout_after_a_long_wait_for_a_turn_is_not_blamed_on_the_target() {
    let server = Server::start(|stream, _| hold(stream)).await;
    let options = ProberOptions {
        per_host: 1,
        ..ProberOptions::default()
    };
    let prober = Prober::new(loopback(), options).unwrap();
    let first = hasty(&server.url("/"));
    let second = HttpProbe {
        timeout: Duration::from_millis(400),
        ..get(&server.url("/"))
    };
    let (first, second) = tokio::join!(prober.http(&first), prober.http(&second));
    assert_eq!(first.reason, ReasonCode::FirstByteTimeout);
    assert_eq!(
        (second.outcome, second.reason),
        (Outcome::Unknown, ReasonCode::Missed)
    );
    assert_eq!(second.addresses.len(), 1);
    assert!(
        second.duration_us < 350_000,
        "waiting is not part of the duration: {second:?}"
    );
}
