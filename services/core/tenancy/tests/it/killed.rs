//! `kill -9` at random while schemas are made and claimed: real processes, which end in the middle of
//! whatever they are doing. Afterwards every schema is ready or an organisation's, and every name can be used.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use db::{Db, DbConfig, NewTenant};
use kernel::rng::{Entropy, SystemEntropy};
use secrecy::ExposeSecret;
use tenancy::{Filler, PoolSize, Reaped, TEMPLATE_VERSION};
use testkit::TestDb;

use crate::whole::{assert_whole, count, until};

/// Tells a process of this program what it is to do: the owner's URL and the login's, on two lines.
const ROLE: &str = "SIGNALBOX_TEST_VICTIM";
/// Processes killed, and schemas made, before it is enough.
const KILLS: u32 = 40;
const FILLINGS: i64 = 500;
/// As much of a tenant's schema as its grants ask for: five hundred whole ones take minutes, and what is
/// proven, that one transaction makes all of it or nothing, does not depend on their size.
const SMALL: &str =
    "CREATE TABLE events (id int); CREATE TABLE auth_log (id int, address int, user_agent int);
    CREATE TABLE audit_log (id int, seq int, hash int);";
const SLUGS: u32 = 2_000;

fn random(below: u32) -> u32 {
    let mut bytes = [0; 4];
    SystemEntropy.fill(&mut bytes);
    u32::from_le_bytes(bytes) % below
}

/// The process that is killed: makes schemas and claims them, for ever. Does nothing when the
/// tests run it as one of them.
#[tokio::test]
async fn victim() {
    #[expect(clippy::disallowed_methods, reason = "how a test talks to its child")]
    let Ok(urls) = std::env::var(ROLE) else {
        return;
    };
    let (owner, login) = urls.split_once('\n').expect("two URLs");
    let db = Db::connect(&DbConfig::new(login.to_owned()))
        .await
        .expect("a connection");
    println!("at work");
    loop {
        let size = PoolSize(3 + random(6));
        let filler = Filler::new(owner.to_owned().into(), db.pulse().clone(), size);
        let filler = filler.with_roles_at_once(5).with_template(SMALL);
        filler.fill().await.expect("filled");
        for _ in 0..random(8) {
            claim(&db, random(SLUGS)).await;
        }
    }
}

/// Claims a schema for `slug`. Answers whether it could: the name may be taken, the pool empty.
async fn claim(db: &Db, slug: u32) -> bool {
    let slug = format!("slug-{slug}");
    let host = format!("{slug}.localhost");
    let new = NewTenant {
        name: "Somebody",
        slug: &slug,
        host: &host,
    };
    let claimed = db
        .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
        .await;
    match claimed {
        Ok(tenant) => tenant.is_some(),
        Err(error) => {
            assert_eq!(error.constraint(), Some("tenants_slug_key"), "{error}");
            false
        }
    }
}

/// Starts a victim and waits until it is at work.
fn start(urls: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["killed::victim", "--exact", "--nocapture"])
        .env(ROLE, urls)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let at_work = lines.any(|line| line.is_ok_and(|line| line.contains("at work")));
    assert!(at_work, "it ended by itself: {:?}", child.wait());
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_killed_at_random_leave_no_half_schema_and_every_name_usable() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let urls = format!(
        "{}\n{}",
        test.url("signalbox_owner").expose_secret(),
        test.url("signalbox_app").expose_secret()
    );
    let made = "SELECT count(*) FROM platform.tenants";
    let mut kills = 0;
    while kills < KILLS || count(&owner, made).await < FILLINGS {
        for mut child in [start(&urls), start(&urls)] {
            tokio::time::sleep(Duration::from_millis(u64::from(random(200)))).await;
            child.kill().expect("SIGKILL");
            child.wait().expect("it is gone");
            kills += 1;
            // As if the lease had run out: the other, or the next, takes over at once, while the server
            // may still be busy with the last words of the dead.
            owner
                .batch("UPDATE platform.leases SET leased_until = '-infinity'")
                .await
                .expect("time passes");
        }
    }
    let others = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'signalbox_owner' AND pid <> pg_backend_pid()";
    until("the server notices", async || {
        count(&owner, others).await == 0
    })
    .await;

    let pulse = test.db.pulse().clone();
    let filler = Filler::new(test.url("signalbox_owner"), pulse, PoolSize(20)).with_template(SMALL);
    let left = filler.reap().await.expect("a pass");
    assert_eq!(left, Reaped::default(), "nothing was ever left behind");
    assert_whole(&test).await;
    filler.fill().await.expect("filled");
    for slug in 0..20 {
        let has = format!("SELECT count(*) FROM platform.tenants WHERE slug = 'slug-{slug}'");
        let taken = count(&owner, &has).await == 1;
        assert_eq!(claim(&test.db, slug).await, !taken, "slug-{slug}");
    }
    assert_whole(&test).await;
}
