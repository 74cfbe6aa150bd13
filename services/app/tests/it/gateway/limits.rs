//! Limits that count in Postgres.

use gateway::{Keys, Limit, LimitSubject, Limiter, Source};
use jiff::SignedDuration;
use secrecy::SecretString;
use testkit::TestDb;

const LOGIN: Limit = Limit::per_hour("login", 10);

fn limiter(db: &TestDb) -> Limiter {
    let master = SecretString::from("m".repeat(32));
    let keys = Keys::derive("test", &master, &[]).expect("long enough");
    Limiter::new(db.db.clone(), keys)
}

fn source(text: &str, trusted: bool) -> Source {
    let address = Some(text.parse().expect("an address"));
    Source { address, trusted }
}

fn address(limiter: &Limiter, text: &str) -> LimitSubject {
    limiter.address(source(text, false))
}

/// Attempts that go through, one after the other.
async fn taken(limiter: &Limiter, limit: Limit, subject: LimitSubject, attempts: u32) -> u32 {
    let mut taken = 0;
    for _ in 0..attempts {
        match limiter.take(limit, subject).await {
            Ok(_) => taken += 1,
            Err(refused) => assert_eq!(refused.code(), "rate_limited"),
        }
    }
    taken
}

#[tokio::test]
async fn a_bucket_holds_its_burst_and_fills_again_evenly() {
    let db = TestDb::start().await;
    let limiter = limiter(&db);
    let one = address(&limiter, "192.0.2.1");
    let first = limiter.take(LOGIN, one).await.expect("there is room");
    assert_eq!((first.remaining, first.reset_s), (9, 360));
    assert_eq!(taken(&limiter, LOGIN, one, 12).await, 9);
    db.clock.advance(SignedDuration::from_secs(359));
    assert_eq!(taken(&limiter, LOGIN, one, 2).await, 0);
    db.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(taken(&limiter, LOGIN, one, 2).await, 1);
    db.clock.advance(SignedDuration::from_hours(3));
    assert_eq!(
        taken(&limiter, LOGIN, one, 12).await,
        10,
        "no more than the burst"
    );
}

#[tokio::test]
async fn a_good_attempt_is_given_back() {
    let db = TestDb::start().await;
    let limiter = limiter(&db);
    let one = address(&limiter, "192.0.2.1");
    assert_eq!(taken(&limiter, LOGIN, one, 11).await, 10);
    limiter.give_back(LOGIN, one).await.expect("it works");
    assert_eq!(taken(&limiter, LOGIN, one, 2).await, 1);
    // What was never taken cannot be given back: the bucket is not larger afterwards.
    let two = address(&limiter, "192.0.2.2");
    for _ in 0..5 {
        limiter.give_back(LOGIN, two).await.expect("it works");
    }
    assert_eq!(taken(&limiter, LOGIN, two, 12).await, 10);
}

#[tokio::test]
async fn each_subject_and_each_limit_has_a_bucket_of_its_own() {
    let db = TestDb::start().await;
    let limiter = limiter(&db);
    let acme = db.tenant("acme").await;
    let globex = db.tenant("globex").await;
    let subjects = [
        address(&limiter, "192.0.2.1"),
        address(&limiter, "2001:db8::1"),
        limiter.address(Source::default()),
        limiter.account(acme.id(), "ann@example.com"),
        limiter.account(globex.id(), "ann@example.com"),
    ];
    for subject in subjects {
        assert_eq!(taken(&limiter, LOGIN, subject, 11).await, 10);
        let other = Limit::per_hour("resend", 3);
        assert_eq!(taken(&limiter, other, subject, 4).await, 3);
    }
    let neighbour = address(&limiter, "2001:db8::2");
    assert_eq!(
        taken(&limiter, LOGIN, neighbour, 1).await,
        0,
        "the same network"
    );
    let off = Limit::per_hour("login", Limit::UNLIMITED);
    assert_eq!(taken(&limiter, off, neighbour, 20).await, 20);
}

#[tokio::test]
async fn many_at_once_get_no_more_than_there_is() {
    let db = TestDb::start().await;
    let limiter = limiter(&db);
    let one = address(&limiter, "192.0.2.1");
    let attempts = (0..30).map(|_| limiter.take(LOGIN, one));
    let answers = futures_util::future::join_all(attempts).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(taken, 10);
}
