//! How many requests the API allows: two houses count them in one Redis, and each its part without.

use std::time::{Duration, Instant};

use fakes::PrivateRedis;
use jobs::BusConfig;
use testkit::TestApp;

/// Requests a minute of one address: one more every three seconds.
const ALLOWED: u32 = 20;
const REFILL: Duration = Duration::from_secs(3);

/// Asks the houses in turn. Answers how many requests were allowed; others are refused for the limit.
async fn ask(houses: [&TestApp; 2], times: u32) -> u32 {
    let mut allowed = 0;
    for n in 0..times {
        let house = houses[(n % 2) as usize];
        let answer = house.root().get("/api/v1/plans").await;
        match answer.status {
            429 => drop(answer.is_problem(429, "rate_limited")),
            _ => allowed += 1,
        }
    }
    allowed
}

/// What has been refilled since `begun`, at the most.
fn refilled(begun: Instant) -> u32 {
    let intervals = begun.elapsed().as_millis() / REFILL.as_millis();
    u32::try_from(intervals).expect("a short test") + 1
}

#[tokio::test]
async fn two_houses_count_together_and_a_redis_that_ends_opens_nothing() {
    let mut redis = PrivateRedis::start().await.expect("a Redis");
    let url = redis.url();
    let bus = |_: &testkit::TestDb| BusConfig::Redis {
        url: url.clone().into(),
    };
    let change = |config: &mut app::config::Config| {
        config.redis_url = Some(url.clone().into());
        config.limits.anonymous_per_minute = ALLOWED;
        config.limits.copies = 2;
    };
    let (one, two) = TestApp::start_two(bus, change, TestApp::furniture()).await;
    let houses = [&one, &two];
    let begun = Instant::now();
    let allowed = ask(houses, 2 * ALLOWED).await;
    assert!(
        (ALLOWED..=ALLOWED + refilled(begun)).contains(&allowed),
        "{allowed}"
    );

    // It forgets what was used. Each house knows what it has allowed itself.
    redis.forget().await.expect("it is empty");
    let allowed = ask([&one, &one], ALLOWED).await;
    assert!(
        allowed <= ALLOWED / 2 + refilled(begun),
        "{allowed} after Redis forgot"
    );

    // It ends in the middle of a limit: what was used stays used, at each door.
    redis.stop().await;
    let allowed = ask(houses, ALLOWED).await;
    assert!(allowed <= refilled(begun), "{allowed} while Redis is away");
}

#[tokio::test]
async fn without_redis_each_house_allows_its_part() {
    let change = |config: &mut app::config::Config| {
        config.limits.anonymous_per_minute = ALLOWED;
        config.limits.copies = 2;
    };
    let bus = |db: &testkit::TestDb| BusConfig::Postgres {
        url: db.url("signalbox_app"),
    };
    let (one, two) = TestApp::start_two(bus, change, TestApp::furniture()).await;
    let begun = Instant::now();
    let allowed = ask([&one, &two], 2 * ALLOWED).await;
    assert!(
        (ALLOWED..=ALLOWED + refilled(begun)).contains(&allowed),
        "{allowed}"
    );
    let alone = ask([&one, &one], ALLOWED).await;
    assert!(alone <= refilled(begun), "{alone}");
}
