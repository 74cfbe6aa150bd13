//! Networks that operators trust or block: who is answered, who is counted, and when it is felt.

use std::future::Future;
use std::time::Duration;

use app::config::Config;
use jiff::{SignedDuration, Timestamp};
use jobs::Hint;
use kernel::clock::Clock;
use kernel::network::Network;
use reqwest::Method;
use serde_json::{Value, json};
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::networks::{self, Ruling, StaysOpen, Verdict};
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use crate::gateway::sockets;
use crate::rows::run;

const SCANNER: &str = "203.0.113.7";
const NEIGHBOUR: &str = "203.0.113.8";
const STRANGER: &str = "198.51.100.9";
const NOTICE: &str = "/api/v1/notice";

/// A house behind a proxy, which says where everybody is.
fn behind_a_proxy(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
}

/// Says what is thought of a network as another process would, without a word to this one.
async fn write(app: &TestApp, network: &str, verdict: Verdict, until: Option<Timestamp>) {
    let ruling = Ruling {
        network: Network::parse(network).expect("a network"),
        verdict,
        until,
    };
    let mandate = Mandate {
        actor: OperatorActor::Terminal("ada".to_owned()),
        reason: Some("a test".to_owned()),
    };
    let db = &app.house.db;
    let set = db.write_platform(async |tx| {
        networks::set(tx, &ruling, StaysOpen::default(), &mandate).await
    });
    set.await.expect("it is kept");
}

async fn soon(work: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it happens soon");
}

/// The same, and waits until this house has heard of it: a banner goes with it.
async fn say(app: &TestApp, network: &str, verdict: Verdict, until: Option<Timestamp>) {
    write(app, network, verdict, until).await;
    let banner = format!("{network} {verdict:?} {until:?}");
    let db = &app.house.db;
    let moved =
        db.write_platform(async |tx| tenancy::switches::set_banner(tx, Some(&banner)).await);
    assert!(moved.await.expect("a banner"));
    app.house.bus.publish(&[Hint::SwitchesChanged]);
    soon(async {
        // Each time from elsewhere: nobody's limit is used up.
        for n in 0_u32.. {
            let there = app
                .root()
                .from(&std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).to_string());
            if there.get(NOTICE).await.json()["banner"] == banner.as_str() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn status(visitor: &Visitor) -> u16 {
    visitor.get(NOTICE).await.status
}

#[tokio::test]
async fn whoever_is_blocked_gets_403_for_every_operation_file_and_socket_and_nothing_is_done() {
    let app = TestApp::start_with(behind_a_proxy).await;
    let acme = app.tenant("acme").await;
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    let owner = acme.owner().from(SCANNER);
    // Nothing of the database can be read or written any more: whoever is answered needs none of it.
    for right in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
        let revoke = format!("REVOKE {right} ON ALL TABLES IN SCHEMA platform FROM signalbox_app");
        run(&app, &revoke).await;
    }
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "0190a000-0000-7000-8000-000000000000");
        let is_health = path.ends_with("/health") || path == "/health/ready";
        for method in methods.as_object().expect("methods").keys() {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let hosts = [owner.clone(), app.root().from(SCANNER)];
            for visitor in hosts.into_iter().filter(|_| !is_health) {
                let request = visitor.request(method.clone(), &path);
                let answer = Answer::of(request.body("{ no JSON")).await;
                answer.is_problem(403, "network_blocked");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
    for path in ["/", "/assets/main.js", "/.well-known/security.txt", "/csp"] {
        let visitors = [
            owner.clone(),
            app.root().from(SCANNER),
            app.visitor("nobody.localhost").from(SCANNER),
        ];
        for visitor in visitors {
            let request = visitor.request(Method::GET, path);
            let program = Answer::of(request.header("accept", "application/json")).await;
            program.is_problem(403, "network_blocked");
        }
    }
    let origin = format!("http://{}", owner.host());
    let refused = sockets::open(&owner, Some(&origin)).await;
    assert_eq!(refused.err(), Some(403));
    // A balancer is never blocked.
    for path in ["/health", "/api/health"] {
        app.root().from(SCANNER).get(path).await.is(200);
    }
}

#[tokio::test]
async fn people_who_are_blocked_read_a_page_and_pages_of_others_are_refused_too() {
    let app = TestApp::start_with(|config| {
        behind_a_proxy(config);
        config.cors_origins = vec!["https://page.example".parse().expect("an origin")];
    })
    .await;
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    let root = app.root().from(SCANNER);
    let page = root
        .request(Method::GET, "/login")
        .header("accept", "text/html");
    let page = Answer::of(page).await.is(403);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(
        page.text.contains("Your network is blocked"),
        "{}",
        page.text
    );
    let preflight = |address: &str| {
        let request = app.root().from(address).request(Method::OPTIONS, NOTICE);
        let request = request.header("origin", "https://page.example");
        Answer::of(request.header("access-control-request-method", "GET"))
    };
    preflight(STRANGER).await.is(204);
    preflight(SCANNER).await.is_problem(403, "network_blocked");
}

#[tokio::test]
async fn a_refused_request_is_counted_where_operators_look() {
    let app = TestApp::start_with(behind_a_proxy).await;
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    let metrics = app::telemetry::collect_metrics().expect("nobody else collects here");
    let refused = || {
        let text = metrics.render();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("network_blocked_requests_total "));
        line.map_or(0, |count| count.parse().expect("a number"))
    };
    let before: u64 = refused();
    assert_eq!(status(&app.root().from(SCANNER)).await, 403);
    assert!(refused() > before);
}

#[tokio::test]
async fn the_most_specific_network_decides_whichever_way_it_does() {
    let app = TestApp::start_with(|config| {
        behind_a_proxy(config);
        config.limits.anonymous_per_minute = 2;
    })
    .await;
    let root = app.root();
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    say(&app, SCANNER, Verdict::Trusted, None).await;
    say(&app, "198.51.0.0/16", Verdict::Trusted, None).await;
    say(&app, "198.51.100.0/24", Verdict::Blocked, None).await;
    assert_eq!(status(&root.from(NEIGHBOUR)).await, 403);
    assert_eq!(status(&root.from(STRANGER)).await, 403);
    for address in [SCANNER, "198.51.101.9"] {
        for _ in 0..5 {
            assert_eq!(status(&root.from(address)).await, 200, "{address}");
        }
    }
}

#[tokio::test]
async fn an_address_is_of_its_network_however_it_is_written_and_only_proxies_say_so() {
    let app = TestApp::start_with(behind_a_proxy).await;
    let root = app.root();
    say(&app, "::ffff:203.0.113.0/120", Verdict::Blocked, None).await;
    say(&app, "2001:db8:5::/48", Verdict::Blocked, None).await;
    for blocked in [
        SCANNER,
        "::ffff:203.0.113.7",
        "[::ffff:cb00:7107]:4711",
        "198.51.100.9, 203.0.113.7",
        "2001:db8:5:1::7",
    ] {
        assert_eq!(status(&root.from(blocked)).await, 403, "{blocked}");
    }
    for served in [STRANGER, "203.0.113.7, 198.51.100.9", "2001:db8:6::7"] {
        assert_eq!(status(&root.from(served)).await, 200, "{served}");
    }
    // Nobody stands in front of this one.
    let bare = TestApp::start().await;
    say(&bare, "203.0.113.0/24", Verdict::Blocked, None).await;
    assert_eq!(status(&bare.root().from(SCANNER)).await, 200);
}

#[tokio::test]
async fn a_block_that_is_over_is_over_on_the_next_request() {
    let app = TestApp::start_with(behind_a_proxy).await;
    let scanner = app.root().from(SCANNER);
    let until = app.clock.now() + SignedDuration::from_hours(1);
    say(&app, "203.0.113.0/24", Verdict::Blocked, Some(until)).await;
    assert_eq!(status(&scanner).await, 403);
    app.advance(SignedDuration::from_mins(60) - SignedDuration::from_millis(1));
    assert_eq!(status(&scanner).await, 403);
    app.advance(SignedDuration::from_millis(1));
    assert_eq!(status(&scanner).await, 200);
    // It is shown for a day, and then it is gone.
    let kept = async || {
        app.run_upkeep().await;
        let db = &app.house.db;
        db.read_platform(networks::list)
            .await
            .expect("a list")
            .len()
    };
    assert_eq!(kept().await, 1);
    app.advance(SignedDuration::from_hours(24));
    assert_eq!(kept().await, 0);
}

#[tokio::test]
async fn operators_reach_their_own_listener_from_everywhere() {
    let app = TestApp::start_with(|config| {
        behind_a_proxy(config);
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    let office = app.office().from(SCANNER);
    let session = office.get("/api/v1/session").await;
    session.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_open_socket_of_a_blocked_network_is_closed_when_its_session_is_looked_at() {
    let app = TestApp::start_with(behind_a_proxy).await;
    let acme = app.tenant("acme").await;
    let (mut blocked, _) = sockets::console(&acme.owner().from(SCANNER)).await;
    let (mut other, _) = sockets::console(&acme.owner().from(STRANGER)).await;
    say(&app, "203.0.113.0/24", Verdict::Blocked, None).await;
    app.house.gateway.hub().lost();
    assert_eq!(sockets::closed(&mut blocked).await, 4403);
    assert_eq!(sockets::hear(&mut other).await["type"], "resync");
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[tokio::test]
async fn a_trusted_network_is_not_counted_and_its_sessions_and_accounts_are() {
    let app = TestApp::start_with(|config| {
        behind_a_proxy(config);
        config.limits.anonymous_per_minute = 3;
        config.limits.session_per_minute = 4;
        config.limits.login_failures_per_hour = 10;
        config.limits.sensitive_per_hour = 3;
        config.limits.registrations_per_hour = 1;
    })
    .await;
    say(&app, "198.51.100.0/24", Verdict::Trusted, None).await;
    let door = app.root().from(STRANGER);
    for _ in 0..10 {
        let answer = door.get(NOTICE).await.is(200);
        assert_eq!(answer.header("ratelimit"), "", "it is not counted");
    }
    app.db.fill(3).await;
    for name in ["acme", "globex", "initech"] {
        let form = json!({
            "organization_name": name, "email": format!("owner@{name}.example"),
            "password": PASSWORD, "password_confirm": PASSWORD,
        });
        let made = door.post_json("/api/v1/auth/register", &form).await;
        made.is(201);
    }
    app.run_jobs().await;
    let acme = app.visitor("acme.localhost").from(STRANGER);
    let token = app.mailed_token("owner@acme.example").await;
    let proof = json!({ "token": token });
    acme.post_json("/api/v1/auth/verify-email", &proof)
        .await
        .is(200);

    // Fifteen wrong guesses in one moment, and nobody waits.
    let wrong = credentials("owner@acme.example", "not the password");
    for _ in 0..15 {
        let refused = acme.post_json("/api/v1/auth/session", &wrong).await;
        let refused = refused.is_problem(401, "invalid_credentials");
        assert_eq!(refused.header("retry-after"), "");
    }
    let signed_in = acme
        .post_json(
            "/api/v1/auth/session",
            &credentials("owner@acme.example", PASSWORD),
        )
        .await
        .is(200);
    let owner = acme.signed_in(&signed_in);
    // What counts by account and by session, counts here too.
    let reset = async |email: &str| {
        let body = json!({ "email": email });
        acme.post_json("/api/v1/auth/forgot-password", &body)
            .await
            .status
    };
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(reset("owner@acme.example").await);
    }
    assert_eq!(statuses, [202, 202, 202, 429]);
    for n in 0..12 {
        assert_eq!(reset(&format!("person{n}@acme.example")).await, 202);
    }
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(owner.get("/api/v1/me").await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 429]);

    // Elsewhere the same is too much.
    let elsewhere = app.visitor("acme.localhost").from(SCANNER);
    for n in 0..4 {
        let answer = elsewhere.get(NOTICE).await;
        assert_eq!(answer.status, if n < 3 { 200 } else { 429 });
    }
}
