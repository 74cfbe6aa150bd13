//! Whether the clock tells what the answer does not. A binary of its own: nothing else runs beside it.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

use std::time::{Duration, Instant};

use app::wiring::Furniture;
use db::{Sql, sql};
use passwords::Cost;
use serde_json::json;
use testkit::{Answer, TestApp, Visitor, worker};
use uuid::Uuid;

/// Samples of each kind.
const SAMPLES: usize = 2_000;
/// A machine has other things to do: a round that was disturbed may be measured again, twice.
const ROUNDS: usize = 3;
/// Dear enough that its absence would stand out of everything else a sign-in does, cheap enough for thousands.
const COST: Cost = Cost {
    memory_kib: 2 * 1024,
    passes: 1,
};

const ADD_PASSWORDLESS: Sql = sql!(
    "INSERT INTO users (id, email, role, state, created_at, verified_at)
     VALUES ($1, 'passkey@acme.example', 'member', 'active', $2, $2)"
);

const ADDRESSES: [&str; 3] = [
    "owner@acme.example",
    "nobody@acme.example",
    "passkey@acme.example",
];

async fn sign_in(visitor: &Visitor, email: &str) -> (Duration, Answer) {
    let body = json!({ "email": email, "password": "not the one that opens it" });
    let started = Instant::now();
    let answer = visitor.post_json("/api/v1/auth/session", &body).await;
    (started.elapsed(), answer)
}

/// All that a stranger sees but the request's own id and the time of day.
fn seen(answer: &Answer) -> String {
    let id = answer.json()["request_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {headers:?} {}", answer.status, answer.text).replace(&id, "<id>")
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .map_or(0.0, Duration::as_secs_f64)
}

/// How far the slowest median is above the fastest, as a share of it.
fn spread(samples: &mut [Vec<Duration>]) -> f64 {
    let medians: Vec<f64> = samples.iter_mut().map(|times| median(times)).collect();
    let slowest = medians.iter().copied().fold(0.0, f64::max);
    let fastest = medians.iter().copied().fold(f64::MAX, f64::min);
    (slowest - fastest) / fastest
}

async fn house() -> TestApp {
    let furniture = Furniture {
        password_cost: COST,
        ..TestApp::furniture()
    };
    TestApp::furnished(
        |config| config.limits.login_failures_per_hour = 1000,
        furniture,
    )
    .await
}

#[actix_web::test]
async fn known_unknown_and_passwordless_addresses_cannot_be_told_apart() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let added = app
        .house
        .db
        .write(&acme.tenant, worker(), None, async |tx| {
            let (id, now) = (tx.new_id::<Uuid>(), tx.now());
            tx.execute(ADD_PASSWORDLESS, &[&id, &now]).await
        });
    added.await.expect("somebody without a password");
    let visitor = acme.visitor();
    let mut answers = Vec::new();
    for email in ADDRESSES {
        let (_, answer) = sign_in(visitor, email).await;
        answers.push(seen(&answer.is_problem(401, "invalid_credentials")));
    }
    assert_eq!(answers.first(), answers.get(1));
    assert_eq!(answers.first(), answers.get(2));

    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let mut samples = vec![Vec::with_capacity(SAMPLES); ADDRESSES.len()];
        for round in 0..SAMPLES {
            // Each address has its own allowance of failures, and is not waited for: both are as new.
            app.advance(jiff::SignedDuration::from_hours(25));
            // Whoever comes first in a round is another each time.
            for turn in 0..ADDRESSES.len() {
                let kind = (round + turn) % ADDRESSES.len();
                let (Some(email), Some(times)) = (ADDRESSES.get(kind), samples.get_mut(kind))
                else {
                    continue;
                };
                let (took, answer) = sign_in(visitor, email).await;
                answer.is(401);
                times.push(took);
            }
        }
        let spread = spread(&mut samples);
        if spread < 0.05 {
            return;
        }
        found.push(spread);
    }
    assert!(found.is_empty(), "the medians differ by {found:?}");
}

#[actix_web::test]
async fn a_hash_that_is_left_out_would_be_seen() {
    let app = house().await;
    let acme = app.tenant("acme").await;
    let mut samples = vec![Vec::new(), Vec::new()];
    let no_token = json!({ "refresh_token": "A".repeat(43) });
    for _ in 0..200 {
        app.advance(jiff::SignedDuration::from_hours(25));
        let (took, answer) = sign_in(acme.visitor(), "nobody@acme.example").await;
        answer.is(401);
        let started = Instant::now();
        let path = "/api/v1/auth/token/refresh";
        acme.visitor().post_json(path, &no_token).await.is(401);
        let refused = started.elapsed();
        for (times, took) in samples.iter_mut().zip([took, refused]) {
            times.push(took);
        }
    }
    let spread = spread(&mut samples);
    assert!(spread > 0.05, "{spread}");
}
