//! Networks are kept once each, say what became of them, and none that nobody means is taken.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::network::Network;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::networks::{
    self, MAX_NETWORKS, NetworkError, Networks, Ruling, Set, StaysOpen, Verdict,
};
use testkit::TestDb;

fn network(typed: &str) -> Network {
    Network::parse(typed).expect("a network")
}

fn address(typed: &str) -> IpAddr {
    typed.parse().expect("an address")
}

fn ruling(typed: &str, verdict: Verdict) -> Ruling {
    Ruling {
        network: network(typed),
        verdict,
        until: None,
    }
}

fn mandate(reason: &str) -> Mandate {
    Mandate {
        actor: OperatorActor::Terminal("ada".to_owned()),
        reason: Some(reason.to_owned()),
    }
}

async fn set(db: &TestDb, ruling: Ruling, reason: &str) -> Result<Set, NetworkError> {
    let (mandate, open) = (mandate(reason), StaysOpen::default());
    db.db
        .write_platform(async |tx| networks::set(tx, &ruling, open, &mandate).await)
        .await
}

async fn read(db: &TestDb) -> Networks {
    let read = db.db.read_platform(networks::read).await;
    read.expect("they are read")
}

fn later(db: &TestDb, hours: i64) -> Timestamp {
    db.db.pulse().clock.now() + SignedDuration::from_hours(hours)
}

/// What the audit log says of networks, in its order.
async fn deeds(db: &TestDb) -> Vec<String> {
    let rows = db.superuser().await;
    let rows = rows
        .query(
            "SELECT concat_ws(' ', action, subject, actor, reason, detail ->> 'from', detail ->> 'to',
                              detail ->> 'until_before' IS NULL, detail ->> 'until' IS NULL) AS deed
               FROM platform.operator_audit ORDER BY ctid",
            &[],
        )
        .await
        .expect("the log");
    rows.iter()
        .map(|row| row.get("deed").expect("a deed"))
        .collect()
}

#[tokio::test]
async fn a_network_is_kept_once_and_what_is_said_last_of_it_holds() {
    let db = TestDb::start().await;
    let now = later(&db, 0);
    let scanner = address("203.0.113.7");
    let block = ruling("203.0.113.0/24", Verdict::Blocked);
    let first = set(&db, block, "scans us").await.expect("it is kept");
    assert!(first.changed);
    assert_eq!(read(&db).await.judge(scanner, now), Some(Verdict::Blocked));
    // However it is spelt.
    let again = ruling("::ffff:203.0.113.99/120", Verdict::Blocked);
    let again = set(&db, again, "scans us").await.expect("it is there");
    assert_eq!((again.changed, again.entry), (false, first.entry.clone()));

    let until = Some(later(&db, 1));
    let ends = set(&db, Ruling { until, ..block }, "scans us").await;
    assert!(ends.expect("it is kept").changed, "another end");
    let trusted = ruling("203.0.113.0/24", Verdict::Trusted);
    let trusted = set(&db, trusted, "our office").await.expect("it is kept");
    assert_eq!((trusted.changed, trusted.entry.id), (true, first.entry.id));
    let known = read(&db).await;
    assert_eq!(known.judge(scanner, now), Some(Verdict::Trusted));
    assert_eq!(known.judge(address("203.0.114.7"), now), None);

    let gone = mandate("moved out");
    let id = first.entry.id;
    let remove = async || {
        db.db
            .write_platform(async |tx| networks::remove(tx, id, &gone).await)
            .await
    };
    assert_eq!(remove().await.expect("it goes"), trusted.entry);
    assert!(matches!(remove().await, Err(NetworkError::NotFound)));
    assert_eq!(read(&db).await, Networks::default());
    assert_eq!(
        deeds(&db).await,
        [
            "network.blocked 203.0.113.0/24 cli:ada scans us none blocked t t",
            "network.blocked 203.0.113.0/24 cli:ada scans us blocked blocked t f",
            "network.trusted 203.0.113.0/24 cli:ada our office blocked trusted f t",
            "network.removed 203.0.113.0/24 cli:ada moved out trusted none t t",
        ]
    );
}

#[tokio::test]
async fn an_end_is_judged_at_the_moment_and_the_row_goes_a_day_later() {
    let db = TestDb::start().await;
    let scanner = address("203.0.113.7");
    let wide = ruling("203.0.0.0/16", Verdict::Trusted);
    set(&db, wide, "a partner").await.expect("it is kept");
    let block = Ruling {
        until: Some(later(&db, 1)),
        ..ruling("203.0.113.0/24", Verdict::Blocked)
    };
    set(&db, block, "scans us").await.expect("it is kept");
    let known = read(&db).await;
    let (now, over) = (later(&db, 0), later(&db, 1));
    assert_eq!(known.judge(scanner, now), Some(Verdict::Blocked));
    assert_eq!(
        known.judge(scanner, over),
        Some(Verdict::Trusted),
        "the wider"
    );

    let sweep = async || {
        let swept = db
            .db
            .write_platform(async |tx| networks::sweep(tx, 10).await);
        swept.await.expect("it is swept")
    };
    db.clock
        .advance(SignedDuration::from_hours(25) - SignedDuration::from_secs(1));
    assert_eq!(sweep().await, 0);
    db.clock.advance(SignedDuration::from_secs(1));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let left = db.db.read_platform(networks::list).await.expect("a list");
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn there_are_no_more_than_every_process_can_look_through() {
    let db = TestDb::start().await;
    let superuser = db.superuser().await;
    let fill = format!(
        "INSERT INTO platform.networks (id, network, verdict, reason, created_at, created_by)
         SELECT gen_random_uuid(), '10.' || n / 256 || '.' || n % 256 || '.0/24', 'trusted', 'x', now(), 'cli:ada'
           FROM generate_series(0, {}) AS n",
        MAX_NETWORKS - 2
    );
    superuser.batch(&fill).await.expect("they are there");
    let last = ruling("192.0.2.0/24", Verdict::Blocked);
    assert!(set(&db, last, "the last").await.expect("it fits").changed);
    let more = set(&db, ruling("192.0.3.0/24", Verdict::Blocked), "one more").await;
    assert!(matches!(more, Err(NetworkError::Full)));
    // What is there can still be changed.
    let changed = set(&db, ruling("192.0.2.0/24", Verdict::Trusted), "a slip").await;
    assert!(changed.expect("it is there").changed);
}

#[tokio::test]
async fn what_nobody_means_is_refused_with_the_field_and_what_to_do() {
    let db = TestDb::start().await;
    let now = later(&db, 0);
    let proxies = [network("10.1.0.0/16")];
    let open = StaysOpen {
        proxies: &proxies,
        author: Some(address("::ffff:198.51.100.9")),
    };
    let refused = |typed: &str, verdict, until| {
        let ruling = Ruling {
            until,
            ..ruling(typed, verdict)
        };
        match networks::check(&ruling, open, now) {
            Err(NetworkError::Refused(fault)) => Some(format!("{} {}", fault.pointer, fault.code)),
            Err(other) => panic!("{other}"),
            Ok(()) => None,
        }
    };
    use Verdict::{Blocked, Trusted};
    for (typed, verdict, until, expected) in [
        ("203.0.113.0/24", Blocked, Some(now), Some("/until past")),
        ("203.0.113.0/24", Blocked, Some(later(&db, 1)), None),
        ("8.0.0.0/7", Blocked, None, Some("/network too_wide")),
        ("8.0.0.0/7", Trusted, None, Some("/network too_wide")),
        ("8.0.0.0/8", Blocked, None, None),
        ("2000::/15", Blocked, None, Some("/network too_wide")),
        ("2001::/16", Blocked, None, None),
        ("127.0.0.1", Blocked, None, Some("/network loopback")),
        ("127.0.0.1", Trusted, None, None),
        ("::/16", Blocked, None, Some("/network loopback")),
        ("::1", Blocked, None, Some("/network loopback")),
        ("10.0.0.0/8", Blocked, None, Some("/network proxies")),
        ("10.1.2.3", Blocked, None, Some("/network proxies")),
        ("10.1.2.3", Trusted, None, None),
        ("10.2.0.0/16", Blocked, None, None),
        (
            "198.51.100.0/24",
            Blocked,
            None,
            Some("/network own_address"),
        ),
        ("198.51.100.0/24", Trusted, None, None),
        ("198.51.101.0/24", Blocked, None, None),
    ] {
        let said = refused(typed, verdict, until);
        assert_eq!(said.as_deref(), expected, "{verdict:?} {typed}");
    }
    for reason in ["", "  ", "two\nlines", &"x".repeat(501)] {
        let refused = set(&db, ruling("203.0.113.0/24", Blocked), reason).await;
        let Err(NetworkError::Refused(fault)) = refused else {
            panic!("{reason:?} is a reason");
        };
        assert_eq!(fault.pointer, "/reason");
    }
    assert_eq!(deeds(&db).await, [""; 0]);
}
