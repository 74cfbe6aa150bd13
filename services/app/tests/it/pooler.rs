//! Houses whose serving login reaches Postgres by a PgBouncer in transaction mode, and what the doctor says of one.

use std::collections::BTreeSet;

use app::operator::database::{Finding, Level, pooling};
use db::{PlatformSql, platform_sql};
use fakes::PrivateRedis;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jobs::BusConfig;
use secrecy::SecretString;
use serde_json::json;
use testkit::{Pooler, TestApp, TestDb, TestTenant, connect};

use crate::two_houses::{behave_as_one, work_once};

/// How much each of two organisations has.
const MANY: usize = 60;
/// More than there are backends, and no more than a slow machine answers in time.
const AT_ONCE: usize = 8;

const BACKEND: PlatformSql = platform_sql!("SELECT pg_backend_pid() AS pid");

/// Two houses by one pooler of three backends, whose hints travel by Redis. No LISTEN outlives a transaction there.
async fn by_pooler(pooler: &Pooler, redis: &PrivateRedis) -> (TestApp, TestApp) {
    let test = TestDb::with(|config| pooler.between(config)).await;
    let other = test.again_with(|config| pooler.between(config)).await;
    let url = redis.url().into();
    let bus = BusConfig::Redis { url };
    TestApp::two_over((test, other), bus, |_| {}, TestApp::furniture()).await
}

/// The backends that so many transactions at once are given.
async fn backends(house: &TestApp) -> BTreeSet<i32> {
    let db = &house.db.db;
    let pids = join_all((0..MANY).map(|_| async {
        let row = db.read_platform(async |tx| tx.query_one(BACKEND, &[]).await);
        row.await.and_then(|row| row.get("pid")).expect("a backend")
    }));
    pids.await.into_iter().collect()
}

#[tokio::test]
async fn two_houses_by_one_pooler_behave_as_one() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let redis = PrivateRedis::start().await.expect("a Redis");
    let (one, two) = by_pooler(&pooler, &redis).await;
    behave_as_one(&one, &two).await;
    let all: BTreeSet<i32> = &backends(&one).await | &backends(&two).await;
    assert!(all.len() <= 3, "they were to share three: {all:?}");
}

#[tokio::test]
async fn work_is_done_once_by_either_of_two_houses_by_one_pooler() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let redis = PrivateRedis::start().await.expect("a Redis");
    let (one, two) = by_pooler(&pooler, &redis).await;
    work_once(&one, &two).await;
}

/// The organisation's endpoints, by either house.
async fn listed(houses: [&TestApp; 2], tenant: &TestTenant<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for house in houses {
        let there = house
            .visitor(tenant.visitor().host())
            .as_signed_in(tenant.owner());
        let page = there
            .get("/api/v1/endpoints?limit=100")
            .await
            .is(200)
            .json();
        let items = page["items"].as_array().expect("a list");
        let name = |item: &serde_json::Value| item["name"].as_str().expect("a name").to_owned();
        names.extend(items.iter().map(name));
    }
    names
}

#[tokio::test]
async fn organisations_at_work_on_shared_backends_see_only_their_own() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let redis = PrivateRedis::start().await.expect("a Redis");
    let (one, two) = by_pooler(&pooler, &redis).await;
    let (acme, globex) = (one.tenant("acme").await, two.tenant("globex").await);
    let superuser = one.db.superuser().await;
    for tenant in [&acme, &globex] {
        let roomy = format!("UPDATE {}.quotas SET max = 1000", tenant.tenant.schema());
        superuser.batch(&roomy).await.expect("room for many");
    }
    let write = async |tenant: &TestTenant<'_>, n: usize| {
        let slug = tenant.tenant.slug();
        let url = format!("https://{slug}.example/{n}");
        let settings = json!({"name": format!("{slug}-{n}"), "url": url});
        tenant.create_endpoint_with(settings).await;
        for name in listed([&one, &two], tenant).await {
            assert!(name.starts_with(slug), "{name} at {slug}");
        }
    };
    let both = [&acme, &globex];
    let all = (0..MANY).flat_map(|n| both.map(|tenant| write(tenant, n)));
    let all = stream::iter(all).buffer_unordered(AT_ONCE);
    all.collect::<()>().await;
    for tenant in both {
        let names = listed([&one, &two], tenant).await;
        let once: BTreeSet<&String> = names.iter().collect();
        assert_eq!((names.len(), once.len()), (2 * MANY, MANY));
    }
}

/// What the doctor says of the serving login by this pooler.
async fn told(pooler: &Pooler, url: &SecretString, by_listen: bool) -> Finding {
    let url = pooler.url(url);
    let (one, other) = (connect(&url).await, connect(&url).await);
    pooling(&one, &other, by_listen).await.expect("an answer")
}

#[tokio::test]
async fn the_doctor_knows_a_pooler_and_finds_it_sound_where_nothing_listens() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let test = TestDb::start().await;
    let url = test.url("signalbox_app");
    let sound = told(&pooler, &url, false).await;
    assert_eq!(
        (sound.level, sound.what.as_str()),
        (Level::Ok, "a pooler shares sessions and leaks nothing")
    );
    let deaf = told(&pooler, &url, true).await;
    assert_eq!(deaf.level, Level::Action, "{deaf:?}");
    assert!(deaf.what.contains("LISTEN"), "{deaf:?}");
}

/// What stands in the example of `deploy/`, but for where it listens and whom it lets in.
fn example() -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../deploy/postgres/pgbouncer.ini"
    );
    let text = std::fs::read_to_string(path).expect("the example");
    let (_, settings) = text.split_once("[pgbouncer]").expect("its settings");
    let elsewhere = |line: &str| line.starts_with("listen_") || line.starts_with("auth_");
    let settings = settings.lines().filter(|line| !elsewhere(line));
    settings.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_doctor_finds_the_example_of_the_guide_sound() {
    let settings = example();
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(pooler) = Pooler::with(&settings).await else {
        return;
    };
    let test = TestDb::start().await;
    let sound = told(&pooler, &test.url("signalbox_app"), false).await;
    assert_eq!(sound.what, "a pooler shares sessions and leaks nothing");
}

#[tokio::test]
async fn the_doctor_is_patient_with_a_pooler_of_one_session() {
    let Some(pooler) = Pooler::with(&["default_pool_size = 1"]).await else {
        return;
    };
    let test = TestDb::start().await;
    let sound = told(&pooler, &test.url("signalbox_app"), false).await;
    assert_eq!(sound.level, Level::Ok, "{sound:?}");
}

#[tokio::test]
async fn the_doctor_finds_what_a_pooler_hands_on_and_its_advice_helps() {
    let reset: &[&str] = &["server_reset_query_always = 1"];
    for (settings, expected) in [(&[][..], Level::Action), (reset, Level::Ok)] {
        let Some(pooler) = Pooler::with(settings).await else {
            return;
        };
        let test = TestDb::start().await;
        let url = test.url("signalbox_app");
        let careless = connect(&pooler.url(&url)).await;
        let leak = "SET statement_timeout = 77";
        careless.batch(leak).await.expect("it is set");
        let found = told(&pooler, &url, false).await;
        assert_eq!(found.level, expected, "{found:?}");
        assert_eq!(
            found.what.contains("statement_timeout"),
            expected == Level::Action,
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn the_doctor_finds_a_pooler_that_loses_statements() {
    let Some(pooler) = Pooler::with(&["max_prepared_statements = 0"]).await else {
        return;
    };
    let test = TestDb::start().await;
    let lost = told(&pooler, &test.url("signalbox_app"), false).await;
    assert_eq!(lost.level, Level::Action, "{lost:?}");
    let advice = lost.advice.expect("an advice");
    assert!(advice.contains("max_prepared_statements"), "{advice}");
}
