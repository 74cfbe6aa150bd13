//! What a crash leaves behind, and whose turn it is to clear it away.

use std::time::Duration;

use db::owner::OwnerConnection;
use tenancy::{Filler, Level, PoolSize, Reaped, TEMPLATE_VERSION};
use testkit::TestDb;
use tokio::sync::Notify;

use crate::whole::{assert_whole, count, until};

const STRANGER: &str = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn filler(test: &TestDb, size: u32) -> Filler {
    let pulse = test.db.pulse().clone();
    Filler::new(test.url("signalbox_owner"), pulse, PoolSize(size)).with_roles_at_once(8)
}

async fn pooled(owner: &OwnerConnection) -> Vec<String> {
    let names = "SELECT schema_name FROM platform.tenants WHERE state = 'pooled' ORDER BY id";
    let rows = owner.query(names, &[]).await.expect("rows");
    let names = rows
        .iter()
        .map(|row| row.get("schema_name").expect("a name"));
    names.collect()
}

#[tokio::test]
async fn what_was_left_behind_is_removed_and_what_is_in_use_stays() {
    let test = TestDb::start().await;
    let acme = test.tenant("acme").await;
    test.fill(4).await;
    let (owner, superuser) = (test.owner().await, test.superuser().await);
    let ready = pooled(&owner).await;
    let (without_schema, outdated) = (&ready[0], &ready[1]);
    superuser
        .batch(&format!(
            "DROP SCHEMA {without_schema} CASCADE;
             UPDATE platform.tenants SET schema_version = schema_version - 1
              WHERE schema_name IN ('{outdated}', '{}');
             CREATE SCHEMA {STRANGER} AUTHORIZATION signalbox_owner;
             CREATE TABLE {STRANGER}.users (id int);
             CREATE SCHEMA t_short AUTHORIZATION signalbox_owner;
             INSERT INTO platform.tenant_roles VALUES ('t_bbbbbbbbbbbbbbbbbbbbbbbbbb', now())",
            acme.schema()
        ))
        .await
        .expect("a mess");
    // A role of this database that nobody remembers, and one of another database's.
    let (lost, foreign) = (
        "t_cccccccccccccccccccccccccc",
        "t_dddddddddddddddddddddddddd",
    );
    for (role, database) in [(lost, test.name()), (foreign, "elsewhere")] {
        owner
            .batch(&format!(
                "CREATE ROLE {role} NOLOGIN; COMMENT ON ROLE {role} IS 'Signalbox in {database}'"
            ))
            .await
            .expect("a role");
    }

    let reaped = filler(&test, 0).reap().await.expect("a pass");
    let expected = Reaped {
        schemas: 1,
        rows: 1,
        outdated: 1,
        roles: 1,
        reserve: 1,
    };
    assert_eq!(reaped, expected);
    let again = filler(&test, 0).reap().await.expect("a pass");
    assert_eq!(again, Reaped::default());

    assert_eq!(pooled(&owner).await, ready[2..]);
    let left = format!(
        "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname IN ('{}', 't_short'))
              + (SELECT count(*) FROM pg_roles WHERE rolname = '{foreign}') AS count",
        acme.schema()
    );
    assert_eq!(count(&owner, &left).await, 3, "none of it was left behind");
    let spare = format!("SELECT count(*) FROM platform.tenant_roles WHERE name = '{outdated}'");
    assert_eq!(count(&owner, &spare).await, 1, "its role is used again");
    owner
        .batch(&format!("DROP SCHEMA t_short; DROP ROLE {foreign}"))
        .await
        .expect("the rest goes");
    test.fill(5).await;
    assert_whole(&test).await;
}

#[tokio::test]
async fn a_schema_on_its_way_is_not_left_behind() {
    let test = TestDb::start().await;
    let maker = test.owner().await;
    maker
        .batch(&format!(
            "BEGIN; CREATE ROLE {STRANGER} NOLOGIN;
             COMMENT ON ROLE {STRANGER} IS 'Signalbox in {}';
             CREATE SCHEMA {STRANGER}",
            test.name()
        ))
        .await
        .expect("half a schema");
    let filler = filler(&test, 0);
    assert_eq!(filler.reap().await.expect("a pass"), Reaped::default());
    maker
        .batch(&format!(
            "INSERT INTO platform.tenants (id, schema_name, schema_version, created_at)
             VALUES (gen_random_uuid(), '{STRANGER}', {TEMPLATE_VERSION}, now());
             COMMIT"
        ))
        .await
        .expect("the other half");
    assert_eq!(filler.reap().await.expect("a pass"), Reaped::default());
    let there = format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{STRANGER}'");
    assert_eq!(count(&maker, &there).await, 1);
}

#[tokio::test]
async fn a_schema_that_is_being_claimed_or_migrated_is_left_alone() {
    let test = TestDb::start().await;
    let (owner, other) = (test.owner().await, test.owner().await);
    let ready = pooled(&owner).await;
    owner
        .batch("UPDATE platform.tenants SET schema_version = schema_version - 1")
        .await
        .expect("an upgrade");
    other
        .batch(&format!(
            "BEGIN;
             SELECT FROM platform.tenants WHERE schema_name = '{}' FOR UPDATE;
             SELECT pg_advisory_xact_lock(hashtextextended('migrate {}', 0))",
            ready[0], ready[1]
        ))
        .await
        .expect("locks");
    let reaped = filler(&test, 0).reap().await.expect("a pass");
    assert_eq!(reaped.outdated, 1);
    assert_eq!(pooled(&owner).await, ready[..2]);
}

#[tokio::test]
async fn one_has_the_turn_until_it_falls_silent() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    owner
        .batch(
            "INSERT INTO platform.leases
             VALUES ('pool', gen_random_uuid(), clock_timestamp() + interval '30 s')",
        )
        .await
        .expect("somebody's turn");
    assert_eq!(filler(&test, 5).fill().await.expect("no turn"), 0);
    owner
        .batch("CREATE SCHEMA t_aaaaaaaaaaaaaaaaaaaaaaaaaa")
        .await
        .expect("a mess");
    let reaped = filler(&test, 5).reap().await;
    assert_eq!(reaped.expect("no turn"), Reaped::default());
    owner
        .batch("UPDATE platform.leases SET leased_until = clock_timestamp() - interval '1 s'")
        .await
        .expect("time passes");
    assert_eq!(filler(&test, 5).fill().await.expect("a turn"), 2);
    // The turn was given back.
    assert_eq!(filler(&test, 6).fill().await.expect("a turn"), 1);
    assert_eq!(filler(&test, 5).reap().await.expect("a turn").schemas, 1);
}

#[tokio::test]
async fn the_pool_follows_the_rate_of_registrations() {
    let test = TestDb::start().await;
    let (least, most) = (3, 8);
    let filler = filler(&test, least).up_to(most);
    let wanted = async || filler.look().await.expect("a look").wanted;
    assert_eq!(wanted().await, 3);
    let owner = test.owner().await;
    // Two in one ten minutes, one in the next: the busiest counts.
    for (slug, minutes) in [("one", 0), ("two", 1), ("three", 10)] {
        test.clock.advance(jiff::SignedDuration::from_mins(minutes));
        test.tenant(slug).await;
    }
    let level = filler.look().await.expect("a look");
    assert_eq!(
        level,
        Level {
            ready: 0,
            wanted: 5
        }
    );
    assert_eq!(filler.fill().await.expect("filled"), 5);
    test.clock.advance(jiff::SignedDuration::from_mins(51));
    assert_eq!(wanted().await, 4, "the first ones are an hour ago");
    owner
        .batch("UPDATE platform.tenants SET claimed_at = (SELECT max(claimed_at) FROM platform.tenants)")
        .await
        .expect("a rush");
    assert_eq!(wanted().await, i64::from(most), "and no more");
}

#[tokio::test]
async fn roles_are_made_together_and_ahead() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let waiting = "SELECT count(*) FROM platform.tenant_roles";
    owner
        .batch("DELETE FROM platform.tenant_roles")
        .await
        .expect("none wait");
    filler(&test, 4).fill().await.expect("filled");
    assert_eq!(count(&owner, waiting).await, 7, "eight, and one is taken");
    filler(&test, 11).fill().await.expect("filled");
    assert_eq!(count(&owner, waiting).await, 0);
    filler(&test, 12).fill().await.expect("filled");
    assert_eq!(count(&owner, waiting).await, 7);
    assert_whole(&test).await;
}

#[tokio::test]
async fn filling_takes_its_time_until_somebody_waits() {
    let test = TestDb::start().await;
    let owner = test.owner().await;
    let filler = filler(&test, 6);
    let (hour, hurry) = (Duration::from_secs(3600), Notify::new());
    let mut filling = Box::pin(filler.fill_slowly(hour, &hurry));
    let ready = "SELECT count(*) FROM platform.tenants WHERE state = 'pooled'";
    let rests = "SELECT count(*) FROM pg_stat_activity
                  WHERE usename = 'signalbox_owner' AND datname = current_database() AND pid <> pg_backend_pid()
                    AND state = 'idle' AND clock_timestamp() - state_change > interval '200 ms'";
    let one_more = until("it makes one and rests", async || {
        count(&owner, ready).await == 4 && count(&owner, rests).await == 1
    });
    tokio::select! {
        done = &mut filling => panic!("it did not wait: {done:?}"),
        () = one_more => {}
    }
    hurry.notify_one();
    assert_eq!(filling.await.expect("filled"), 3);
    assert_eq!(count(&owner, ready).await, 6);
}
