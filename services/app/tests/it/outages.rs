//! Postgres restarted, and Postgres that takes no writes: told clearly, and over without a restart of the house.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use app::config::{Command, Config, Source};
use app::serve::{self, Extras};
use app::wiring::{Furniture, House};
use db::{Db, DbConfig};
use jobs::{Bus, BusConfig};
use reqwest::Client;
use secrecy::SecretString;
use serde_json::json;
use testkit::{FragilePostgres, PASSWORD, SilentWire, TestApp, TestDb};

use crate::rows::{number, run};

/// Asks the database, and anybody may.
const QUESTION: &str = "/api/v1/auth/slug?name=Acme";
/// Postgres is waited for two seconds, and never twice; the rest is a machine that does other things as well.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
const WELL_WITHIN: Duration = Duration::from_secs(10);

struct NoLimits;

impl Source for NoLimits {
    fn variable(&self, name: &str) -> Option<String> {
        // No limit may answer in the place of the database.
        (name.contains("_LIMIT_") && !name.ends_with("_FILE")).then(|| "0".to_owned())
    }
}

/// A house over the Postgres behind `url`. Answers where it listens.
async fn house_over(url: SecretString) -> SocketAddr {
    let mut config = Config::read(Command::Dev, &NoLimits).expect("the defaults hold");
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.base_domain = "localhost".to_owned();
    config.secret_key = Some("a secret key for tests, and for nothing but tests".into());
    config.threads = 1;
    let db = Db::connect(&DbConfig::new(url)).await;
    let db = db.expect("the app connects");
    let bus = Bus::start(BusConfig::InProcess, &db).await.expect("a bus");
    let house = House::furnish(&config, db, bus, Furniture::default()).expect("a house");
    let (server, address) = serve::listen(&config, house, Extras::none()).expect("a listener");
    tokio::spawn(server);
    // An error means that an earlier test of this binary has done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    address
}

/// Asks, and answers the status and how long it took.
async fn ask(client: &Client, address: SocketAddr) -> (u16, Duration) {
    let began = Instant::now();
    let asked = client
        .get(format!("http://{address}{QUESTION}"))
        .header("host", "localhost");
    let answer = asked.send().await.expect("an answer");
    (answer.status().as_u16(), began.elapsed())
}

#[actix_web::test]
async fn a_restart_of_postgres_is_told_at_once_and_over_in_seconds() {
    let mut postgres = FragilePostgres::start().await;
    let address = house_over(postgres.url("signalbox_app")).await;
    let client = Client::builder().no_proxy().build().expect("a client");
    assert_eq!(ask(&client, address).await.0, 200);

    let over = Arc::new(AtomicBool::new(false));
    let served = Arc::new(AtomicU32::new(0));
    let load: Vec<_> = (0..16)
        .map(|_| {
            let (client, over, served) = (client.clone(), Arc::clone(&over), Arc::clone(&served));
            tokio::spawn(async move {
                let mut turned_away = 0;
                while !over.load(Relaxed) {
                    let (status, took) = ask(&client, address).await;
                    assert!(took < TOLD_WITHIN, "{status} after {took:?}");
                    match status {
                        200 => drop(served.fetch_add(1, Relaxed)),
                        503 => turned_away += 1,
                        other => panic!("answered {other}"),
                    }
                }
                turned_away
            })
        })
        .collect();
    while served.load(Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    postgres.go_away().await;
    assert_eq!(ask(&client, address).await.0, 503);
    postgres.come_back().await;
    let back = Instant::now();
    while ask(&client, address).await.0 != 200 {
        assert!(back.elapsed() < WELL_WITHIN, "it does not recover");
    }
    over.store(true, Relaxed);
    let mut turned_away = 0;
    for task in load {
        turned_away += task.await.expect("every answer was in time");
    }
    assert!(turned_away > 0, "nobody asked while it was away");
    // Nothing of it lingers.
    for _ in 0..20 {
        assert_eq!(ask(&client, address).await.0, 200);
    }
}

#[actix_web::test]
async fn a_database_that_takes_no_writes_is_read_and_says_so() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let owner = acme.owner();
    let database = app.db.name();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = 'signalbox_app' AND datname = current_database()";
    let role = format!("ALTER ROLE signalbox_app IN DATABASE {database}");
    app.db.fill(1).await;
    run(
        &app,
        &format!("{role} SET default_transaction_read_only = on; {cut}"),
    )
    .await;
    // Connections that were cut are found out by whoever gets them first.
    for _ in 0..20 {
        if owner.get("/api/v1/endpoints").await.status == 200 {
            break;
        }
    }
    owner.get("/api/v1/endpoints").await.is(200);
    let organisations = "SELECT count(*) FROM platform.tenants WHERE state = 'active'";
    let globex = json!({
        "organization_name": "Globex", "email": "hank@globex.example",
        "password": PASSWORD, "password_confirm": PASSWORD,
    });
    let register = async || app.root().post_json("/api/v1/auth/register", &globex).await;
    let refused = register().await.is_problem(503, "unavailable");
    assert_ne!(refused.header("retry-after"), "");
    let endpoint = json!({"name": "Site", "url": "https://example.com"});
    let refused = owner.post_json("/api/v1/endpoints", &endpoint).await;
    refused.is_problem(503, "unavailable");
    assert_eq!(number(&app, organisations).await, 1);

    run(
        &app,
        &format!("{role} RESET default_transaction_read_only; {cut}"),
    )
    .await;
    for _ in 0..20 {
        if owner.get("/api/v1/endpoints").await.status == 200 {
            break;
        }
    }
    register().await.is(201);
    assert_eq!(number(&app, organisations).await, 2);
}

#[actix_web::test]
async fn a_database_that_is_slow_costs_whoever_waits_for_it_and_is_over_when_it_is_quick_again() {
    let app = TestApp::start().await;
    let slow = app.db.superuser().await;
    let begin = "BEGIN; LOCK TABLE platform.hosts IN ACCESS EXCLUSIVE MODE";
    slow.batch(begin).await.expect("nobody gets past it");
    let question = async || {
        let began = Instant::now();
        let answer = app.root().get(QUESTION).await;
        (answer.status, began.elapsed())
    };
    // More than there are connections: some wait for Postgres, the others for a connection.
    let answers = futures_util::future::join_all((0..40).map(|_| question())).await;
    for (status, took) in &answers {
        assert_eq!(*status, 503, "after {took:?}");
        assert!(*took < TOLD_WITHIN, "{took:?}");
    }
    app.root().get("/health").await.is(200);
    slow.batch("ROLLBACK").await.expect("quick again");
    let back = Instant::now();
    while question().await.0 != 200 {
        assert!(back.elapsed() < WELL_WITHIN, "it does not recover");
    }
    for _ in 0..20 {
        assert_eq!(question().await.0, 200);
    }
}

#[actix_web::test]
async fn a_database_that_says_nothing_is_told_in_time_and_over_when_it_speaks_again() {
    let test = TestDb::start().await;
    let wire = SilentWire::to(&test.url("signalbox_app")).await;
    let address = house_over(wire.url()).await;
    let client = Client::builder().no_proxy().build().expect("a client");
    assert_eq!(ask(&client, address).await.0, 200);
    wire.set_silent(true);
    // First with the connections that there were, then without any.
    for _ in 0..2 {
        let answers = (0..24).map(|_| ask(&client, address));
        for (status, took) in futures_util::future::join_all(answers).await {
            assert_eq!(status, 503, "after {took:?}");
            assert!(took < TOLD_WITHIN, "{took:?}");
        }
    }
    wire.set_silent(false);
    let back = Instant::now();
    while ask(&client, address).await.0 != 200 {
        assert!(back.elapsed() < WELL_WITHIN, "it does not recover");
    }
    for _ in 0..20 {
        assert_eq!(ask(&client, address).await.0, 200);
    }
}
