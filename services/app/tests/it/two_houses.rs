//! Two houses over one database, as two processes of one installation are: sessions, revocation, live updates,
//! limits, switches and claims behave as one.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use db::{Sql, sql};
use fakes::PrivateRedis;
use jobs::{BusConfig, Hint};
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{PASSWORD, Target, TestApp, Visitor, sign_in, worker};
use uuid::Uuid;

use crate::gateway::sockets::{closed, console, hear, join};
use crate::operator::signalbox;

/// How often something is left to be done once.
const MANY: usize = 200;

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it happens soon")
}

/// Two houses whose hints travel by LISTEN/NOTIFY.
async fn by_postgres(change: impl Fn(&mut app::config::Config)) -> (TestApp, TestApp) {
    let bus = |db: &testkit::TestDb| BusConfig::Postgres {
        url: db.url("signalbox_app"),
    };
    // Each takes a few at a time, so that there is something left for the other.
    let mut furniture = TestApp::furniture();
    furniture.checks.at_once = 8;
    furniture.checks.claimed_at_once = 8;
    let (one, two) = TestApp::start_two(bus, change, furniture).await;
    assert!(one.house.bus.is_listening() && two.house.bus.is_listening());
    (one, two)
}

/// `visitor` of one house, at the door of the other.
fn at(house: &TestApp, visitor: &Visitor) -> Visitor {
    house.visitor(visitor.host()).as_signed_in(visitor)
}

/// Asks until `wanted` is the answer's status.
async fn until_status(visitor: &Visitor, path: &str, wanted: u16) {
    soon(async {
        while visitor.get(path).await.status != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

pub async fn behave_as_one(one: &TestApp, two: &TestApp) {
    // The other house has looked this host up before, and remembers that nobody is there.
    let late = two.visitor("acme.localhost");
    late.get("/api/v1/organization").await.is(404);
    let acme = one.tenant("acme").await;
    until_status(&late, "/api/v1/organization", 200).await;

    // A session of one is good at the other.
    let there = at(two, acme.owner());
    there.get("/api/v1/me").await.is(200);

    // What happens at one is seen at the other.
    let (mut page, _) = console(&there).await;
    join(&mut page, &["org"]).await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    one.run_jobs().await;
    let told = soon(async {
        loop {
            let hint = hear(&mut page).await;
            if hint["type"] == "endpoint.created" {
                return hint;
            }
        }
    })
    .await;
    assert_eq!(told["id"], json!(id));

    // A switch that is thrown elsewhere is felt in both.
    let moved = one
        .house
        .db
        .write_platform(async |tx| tenancy::switches::set_banner(tx, Some("Soon")).await);
    assert!(moved.await.expect("it moves"));
    one.house.bus.publish(&[Hint::SwitchesChanged]);
    for house in [one, two] {
        soon(async {
            let root = house.root();
            while root.get("/api/v1/notice").await.json()["banner"] != "Soon" {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    // A session that ends at one is over at the other: at the next request, and for its sockets.
    acme.owner().post("/api/v1/auth/logout").await.is(204);
    there
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    one.run_jobs().await;
    assert_eq!(soon(closed(&mut page)).await, 4401);
}

#[tokio::test]
async fn a_network_that_one_house_blocks_is_blocked_at_both_once_they_are_told() {
    let (one, two) = by_postgres(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let doors = [&one, &two].map(|house| house.root().from("203.0.113.7"));
    for door in &doors {
        door.get("/api/v1/notice").await.is(200);
    }
    let network = "203.0.113.0/24";
    let blocked = ["network", "block", network, "--reason", "scans us"];
    signalbox(&one, &blocked).await.is(0);
    for door in &doors {
        until_status(door, "/api/v1/notice", 403).await;
    }
    signalbox(&two, &["network", "remove", network]).await.is(0);
    for door in &doors {
        until_status(door, "/api/v1/notice", 200).await;
    }
}

#[tokio::test]
async fn two_houses_behave_as_one_by_listen_and_notify() {
    let (one, two) = by_postgres(|_| {}).await;
    behave_as_one(&one, &two).await;
}

#[tokio::test]
async fn two_houses_behave_as_one_by_redis() {
    let redis = PrivateRedis::start().await.expect("a Redis");
    let url = redis.url();
    let bus = |_: &testkit::TestDb| BusConfig::Redis { url: url.into() };
    let (one, two) = TestApp::start_two(bus, |_| {}, TestApp::furniture()).await;
    assert!(one.house.bus.is_listening() && two.house.bus.is_listening());
    behave_as_one(&one, &two).await;
}

#[tokio::test]
async fn another_secret_key_takes_over_while_everything_of_the_old_one_is_good() {
    let old = "an old secret key, which was told to somebody";
    let houses = AtomicUsize::new(0);
    let change = |config: &mut app::config::Config| {
        if houses.fetch_add(1, Ordering::Relaxed) == 0 {
            config.secret_key = Some(old.into());
        } else {
            config.replaced_secret_keys = vec![old.into()];
        }
    };
    let (before, after) = by_postgres(change).await;
    let acme = before.tenant("acme").await;
    let credentials = json!({"email": "owner@acme.example", "password": PASSWORD});
    let token = async |house: &TestApp| {
        let visitor = house.visitor("acme.localhost");
        let answer = visitor
            .post_json("/api/v1/auth/token", &credentials)
            .await
            .is(200);
        visitor.with_bearer(answer.json()["access_token"].as_str().expect("a token"))
    };
    // A page that is open, and a program.
    let page = at(&after, acme.owner());
    page.post_json(
        "/api/v1/auth/reauthenticate",
        &json!({"password": PASSWORD}),
    )
    .await
    .is(204);
    let program = at(&after, &token(&before).await);
    program.get("/api/v1/me").await.is(200);
    // What is new is the new key's alone.
    at(&before, &token(&after).await)
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    // Hashes stay those of the old key: people are found.
    after
        .root()
        .post_json(
            "/api/v1/auth/find-workspaces",
            &json!({"email": "owner@acme.example"}),
        )
        .await
        .is(202);
    after.run_jobs().await;
    let mail = after.newest_mail("owner@acme.example").expect("a mail");
    assert!(mail.text.contains("acme.localhost"), "{}", mail.text);
}

/// The id of the session that `visitor` comes by.
async fn own_session(visitor: &Visitor) -> String {
    let list = visitor.get("/api/v1/auth/sessions").await.is(200).json();
    let mut all = list["items"].as_array().expect("a list").iter();
    let own = all.find(|session| session["current"] == true);
    own.and_then(|session| session["id"].as_str())
        .expect("its own")
        .to_owned()
}

/// The next read and the next write are refused, at both doors.
async fn assert_over(doors: [&TestApp; 2], visitor: &Visitor) {
    for house in doors {
        let there = at(house, visitor);
        let read = there.get("/api/v1/me").await;
        read.is_problem(401, "unauthenticated");
        let body = json!({"name": "Late", "url": "https://late.example/"});
        let written = there.post_json("/api/v1/endpoints", &body).await;
        written.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn sessions_that_are_ended_are_over_at_both_doors_with_their_sockets() {
    let (one, two) = by_postgres(|_| {}).await;
    let acme = one.tenant("acme").await;
    let person = || sign_in(acme.visitor(), "owner@acme.example");

    let lost = person().await;
    let (mut there, _) = console(&at(&two, &lost)).await;
    let path = format!("/api/v1/auth/sessions/{}", own_session(&lost).await);
    acme.owner().delete(path).await.is(204);
    assert_over([&one, &two], &lost).await;
    one.run_jobs().await;
    assert_eq!(soon(closed(&mut there)).await, 4401);

    // Several in one act, by the other door.
    let others = [person().await, person().await];
    let (mut here, _) = console(&others[0]).await;
    let (mut there, _) = console(&at(&two, &others[1])).await;
    let credentials = json!({"email": "owner@acme.example", "password": PASSWORD});
    let token = acme
        .visitor()
        .post_json("/api/v1/auth/token", &credentials)
        .await;
    let token = token.is(200).json();
    let program = acme
        .visitor()
        .with_bearer(token["access_token"].as_str().expect("a token"));
    let ended = at(&two, acme.owner())
        .delete("/api/v1/auth/sessions?except=current")
        .await
        .is(200);
    assert_eq!(ended.json(), json!({ "ended": 3 }));
    for over in [&others[0], &others[1], &program] {
        assert_over([&one, &two], over).await;
    }
    two.run_jobs().await;
    assert_eq!(soon(closed(&mut here)).await, 4401);
    assert_eq!(soon(closed(&mut there)).await, 4401);
    for house in [&one, &two] {
        at(house, acme.owner()).get("/api/v1/me").await.is(200);
    }
}

#[tokio::test]
async fn another_standing_is_felt_at_both_doors() {
    let (one, two) = by_postgres(|_| {}).await;
    let acme = one.tenant("acme").await;
    let schema = acme.tenant.schema();
    let manager = acme.member(Role::Manager).await;
    let body = json!({"name": "Site", "url": "https://site.example/"});
    at(&two, &manager)
        .post_json("/api/v1/endpoints", &body)
        .await
        .is(201);
    let superuser = one.db.superuser().await;
    let copies = |change: &str| {
        format!("UPDATE {schema}.sessions SET {change} WHERE role IN ('manager', 'viewer')")
    };
    let demoted = copies("role = 'viewer'");
    superuser.batch(&demoted).await.expect("it is changed");
    for house in [&one, &two] {
        let refused = at(house, &manager)
            .post_json("/api/v1/endpoints", &body)
            .await;
        refused.is_problem(403, "forbidden");
    }
    let off = copies("user_state = 'deactivated'");
    superuser.batch(&off).await.expect("it is changed");
    assert_over([&one, &two], &manager).await;
}

#[tokio::test]
async fn failed_sign_ins_count_together() {
    let (one, two) = by_postgres(|config| config.limits.login_failures_per_hour = 10).await;
    let acme = one.tenant("acme").await;
    let wrong = json!({"email": "owner@acme.example", "password": "not the password at all"});
    let right = json!({"email": "owner@acme.example", "password": PASSWORD});
    let doors = [acme.visitor().clone(), two.visitor("acme.localhost")];
    for n in 0..5 {
        // The clock stands still for both: whoever fails here waits there.
        one.advance(jiff::SignedDuration::from_secs(8));
        let door = &doors[n % 2];
        door.post_json("/api/v1/auth/session", &wrong)
            .await
            .is_problem(401, "invalid_credentials");
    }
    for door in &doors {
        let banned = door.post_json("/api/v1/auth/session", &right).await;
        let banned = banned.is_problem(429, "rate_limited");
        assert_eq!(banned.header("retry-after"), "900");
    }
    // Other accounts of the same network have what its ten failures leave.
    for n in 0..6 {
        let email = format!("person-{n}@acme.example");
        let other = json!({ "email": email, "password": "not the password at all" });
        let answer = doors[n % 2].post_json("/api/v1/auth/session", &other).await;
        answer.is(if n < 5 { 401 } else { 429 });
    }
}

const ADD_MAIL: Sql = sql!(
    "INSERT INTO mails (id, template, recipient, params, created_at)
     VALUES ($1, 'welcome', $2, '{\"organization\": \"Acme\"}', $3)"
);

#[tokio::test]
async fn work_that_is_due_is_done_once_by_either() {
    let (one, two) = by_postgres(|_| {}).await;
    work_once(&one, &two).await;
}

pub async fn work_once(one: &TestApp, two: &TestApp) {
    let acme = one.db.tenant("acme").await;
    let left: Result<(), db::DbError> = one
        .house
        .db
        .write(&acme, worker(), None, async |tx| {
            for n in 0..MANY {
                let id = Uuid::from_u128(n as u128 + 1);
                let to = format!("person{n}@acme.example");
                tx.execute(ADD_MAIL, &[&id, &to, &tx.now()]).await?;
                tx.enqueue("mail", id, tx.now()).await?;
            }
            Ok(())
        })
        .await;
    left.expect("work is left");
    let (by_one, by_two) = tokio::join!(one.house.runner.run_due(), two.house.runner.run_due());
    let shares = [by_one.expect("a run"), by_two.expect("a run")];
    assert_eq!(shares.iter().sum::<usize>(), MANY);
    assert!(
        shares.iter().all(|share| *share > 0),
        "both worked: {shares:?}"
    );
    let mut sent: Vec<String> = [one, two]
        .iter()
        .flat_map(|house| house.mail.messages())
        .map(|mail| mail.to)
        .collect();
    assert_eq!(sent.len(), MANY);
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), MANY, "each once");
}

#[tokio::test]
async fn checks_that_are_due_are_made_once_by_either() {
    let (one, two) = by_postgres(|_| {}).await;
    let acme = one.tenant("acme").await;
    let roomy = format!("UPDATE {}.quotas SET max = 1000", acme.tenant.schema());
    let superuser = one.db.superuser().await;
    superuser.batch(&roomy).await.expect("room for many");
    let site = Target::start().await;
    for n in 0..MANY {
        let url = format!("{}{n}", site.url());
        acme.create_endpoint_with(json!({"name": format!("Site {n}"), "url": url}))
            .await;
    }
    let (by_one, by_two) = tokio::join!(one.run_checks(), two.run_checks());
    assert_eq!(by_one + by_two, MANY);
    assert!(
        by_one > 0 && by_two > 0,
        "both worked: {by_one} and {by_two}"
    );
    assert_eq!(site.hits(), MANY);
    let results = format!("SELECT endpoint_id FROM {}.results", acme.tenant.schema());
    let rows = superuser.query(&results, &[]).await.expect("the results");
    let once: BTreeSet<Uuid> = rows
        .iter()
        .map(|row| row.get("endpoint_id").expect("an id"))
        .collect();
    assert_eq!((rows.len(), once.len()), (MANY, MANY));
    let up = acme
        .owner()
        .get("/api/v1/endpoints?state=up&limit=1")
        .await
        .is(200)
        .json();
    assert_eq!(up["total"], Value::from(MANY));
}
