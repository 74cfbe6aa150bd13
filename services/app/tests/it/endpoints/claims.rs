//! Leases and fences: whatever happens to a checker, nothing is lost and nothing runs twice at once.

use std::time::Duration;

use endpoints::{Checker, CheckerOptions};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{Target, TestApp, TestTenant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::{number, post, results, run, state};

/// A site that takes its time: it tells when it was asked, and answers when it is told to.
struct Slow {
    listener: TcpListener,
    url: String,
}

impl Slow {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        Self { listener, url }
    }

    async fn asked(&self) -> TcpStream {
        self.listener.accept().await.expect("a connection").0
    }

    async fn answer(stream: TcpStream) {
        let mut request = [0; 1_024];
        stream.readable().await.expect("a request");
        let _ = stream.try_read(&mut request);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.writable().await.expect("a socket");
        stream.try_write(answer).expect("an answer");
    }
}

/// Another checker on the same database, as another process would have.
fn another(app: &TestApp) -> Checker {
    let policy = egress::TargetPolicy::allowing(vec!["127.0.0.0/8".parse().expect("a network")]);
    let prober = egress::Prober::new(policy, egress::ProberOptions::default()).expect("a prober");
    let house = &app.house;
    Checker::new(
        house.db.clone(),
        prober.into(),
        house.bus.clone(),
        CheckerOptions::default(),
    )
}

async fn slow_endpoint(acme: &TestTenant<'_>, site: &Slow) -> String {
    acme.create_endpoint_with(json!({ "name": "x", "url": site.url, "timeout_ms": 30_000 }))
        .await
}

const LEASE: SignedDuration = SignedDuration::from_secs(91);

#[tokio::test]
async fn a_checker_killed_between_claim_and_write_loses_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Slow::start().await;
    let id = slow_endpoint(&acme, &site).await;
    tokio::select! {
        _ = app.run_checks() => panic!("the site has not answered"),
        _ = site.asked() => {} // and the checker's future is dropped
    }
    assert_eq!(results(acme.owner(), &id).await.len(), 0);
    assert_eq!(
        another(&app).run_due().await.expect("claims"),
        0,
        "its claim still holds"
    );
    app.advance(LEASE);
    let taken_over = another(&app);
    let (checked, ()) = tokio::join!(taken_over.run_due(), async {
        Slow::answer(site.asked().await).await
    });
    assert_eq!(checked.expect("claims"), 1);
    assert_eq!(state(acme.owner(), &id).await, "up");
    assert_eq!(results(acme.owner(), &id).await.len(), 1);
}

#[tokio::test]
async fn a_result_that_comes_after_the_lease_is_dropped() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Slow::start().await;
    let id = slow_endpoint(&acme, &site).await;
    let other = another(&app);
    let (claimed, ()) = tokio::join!(app.run_checks(), async {
        let first = site.asked().await;
        app.advance(LEASE);
        let second = async { Slow::answer(site.asked().await).await };
        let (claimed, ()) = tokio::join!(other.run_due(), second);
        assert_eq!(claimed.expect("claims"), 1, "it is taken over");
        assert_eq!(results(acme.owner(), &id).await.len(), 1);
        Slow::answer(first).await;
    });
    assert_eq!(claimed, 1);
    assert_eq!(
        results(acme.owner(), &id).await.len(),
        1,
        "the fence is another by now"
    );
    let counted = format!(
        "SELECT sum(up_count) FROM {}.result_hours",
        acme.tenant.schema()
    );
    assert_eq!(number(&app, &counted).await, 1);
}

#[tokio::test]
async fn two_checkers_never_ask_about_the_same_slot() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    super::allow(&app, &acme, 1_000).await;
    let site = Target::start().await;
    for n in 0..60 {
        acme.create_endpoint(&format!("{}{n}", site.url())).await;
    }
    let (one, other) = (another(&app), another(&app));
    let (a, b, c) = tokio::join!(one.run_due(), other.run_due(), app.run_checks());
    assert_eq!(a.expect("claims") + b.expect("claims") + c, 60);
    assert_eq!(site.hits(), 60);
    let count = format!("SELECT count(*) FROM {}.results", acme.tenant.schema());
    assert_eq!(number(&app, &count).await, 60);
}

#[tokio::test]
async fn what_a_person_does_meanwhile_counts_more_than_the_check() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Slow::start().await;
    let id = slow_endpoint(&acme, &site).await;
    let other = another(&app);
    let first_is_over = Notify::new();
    let first = async {
        assert_eq!(app.run_checks().await, 1);
        first_is_over.notify_one();
    };
    let story = async {
        let asked = site.asked().await;
        post(acme.owner(), &id, "pause").await;
        post(acme.owner(), &id, "resume").await;
        let (claimed, ()) = tokio::join!(other.run_due(), async {
            let asked_again = site.asked().await;
            Slow::answer(asked).await;
            first_is_over.notified().await;
            let none = results(acme.owner(), &id).await.is_empty();
            assert!(
                none,
                "what was claimed before the pause is not recorded after it"
            );
            assert_eq!(state(acme.owner(), &id).await, "pending");
            Slow::answer(asked_again).await;
        });
        assert_eq!(claimed.expect("claims"), 1);
    };
    tokio::join!(first, story);
    assert_eq!(results(acme.owner(), &id).await.len(), 1);
    assert_eq!(state(acme.owner(), &id).await, "up");
}

#[tokio::test]
async fn a_stopped_checker_finishes_what_is_in_flight() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Slow::start().await;
    let id = slow_endpoint(&acme, &site).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let checker = another(&app);
    let ((), ()) = tokio::join!(
        checker.run(async {
            let _ = stopped.await;
        }),
        async {
            let asked = site.asked().await;
            stop.send(()).expect("somebody listens");
            tokio::task::yield_now().await;
            Slow::answer(asked).await;
        }
    );
    assert_eq!(state(acme.owner(), &id).await, "up");
}

#[tokio::test]
async fn a_running_checker_finds_what_becomes_due() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let checker = another(&app);
    let running = tokio::spawn(async move { checker.run(std::future::pending()).await });
    let mut bus = app.house.bus.subscribe();
    let id = acme.create_endpoint(site.url()).await;
    let recorded = async {
        loop {
            if let Some(jobs::Signal::Hint(jobs::Hint::Live { kind, .. })) = bus.next().await
                && kind == "result.recorded"
            {
                return;
            }
        }
    };
    timeout(Duration::from_secs(10), recorded)
        .await
        .expect("a result");
    assert_eq!(state(acme.owner(), &id).await, "up");
    running.abort();
}

#[tokio::test]
async fn a_schedule_without_an_endpoint_goes_away() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let stray = format!(
        "INSERT INTO platform.check_schedule (tenant, endpoint_id, interval_ms, next_due_at)
         VALUES ('{}', gen_random_uuid(), 60000, '2026-11-20')",
        acme.tenant.schema()
    );
    run(&app, &stray).await;
    assert_eq!(app.run_checks().await, 0);
    assert_eq!(
        number(&app, "SELECT count(*) FROM platform.check_schedule").await,
        0
    );
}

#[tokio::test]
async fn people_and_the_checker_do_not_stand_in_each_others_way() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(acme.create_endpoint(&format!("{}{n}", site.url())).await);
    }
    let deeds = (0..90).map(async |n: usize| {
        let path = format!("/api/v1/endpoints/{}", ids[n % 3]);
        let owner = acme.owner();
        let answer = match n / 3 % 5 {
            0 => owner.post(format!("{path}/pause")).await,
            1 => owner.post(format!("{path}/resume")).await,
            2 => owner.post(format!("{path}/check")).await,
            3 => owner.delete(&path).await,
            _ => owner.post(format!("{path}/restore")).await,
        };
        assert!(answer.status < 500, "{} {}", answer.status, answer.text);
    });
    let people = stream::iter(deeds).buffer_unordered(6).collect::<Vec<()>>();
    let checker = async {
        for _ in 0..20 {
            app.advance(SignedDuration::from_secs(10));
            app.run_checks().await;
        }
    };
    tokio::join!(people, checker);
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(number(&app, deadlocks).await, 0);
    let schema = acme.tenant.schema();
    let watched = format!(
        "SELECT count(*) FROM {schema}.endpoints e
          WHERE (deleted_at IS NULL AND paused_at IS NULL)
             <> EXISTS (SELECT FROM platform.check_schedule s WHERE s.endpoint_id = e.id)"
    );
    assert_eq!(
        number(&app, &watched).await,
        0,
        "what is watched has a place in the schedule, and nothing else"
    );
    let counted = format!(
        "SELECT (SELECT count(*) FROM {schema}.results)
              - (SELECT COALESCE(sum(up_count + down_count + unknown_count), 0) FROM {schema}.result_hours)"
    );
    assert_eq!(
        number(&app, &counted).await,
        0,
        "every result is counted once"
    );
    let live = format!(
        "SELECT (SELECT used FROM {schema}.quotas WHERE key = 'endpoints')
              - (SELECT count(*) FROM {schema}.endpoints WHERE deleted_at IS NULL)"
    );
    assert_eq!(
        number(&app, &live).await,
        0,
        "the quota counts what is there"
    );
}
