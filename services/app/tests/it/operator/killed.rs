//! An operator's program is killed at any moment of a verb: what it did is there, or nothing is; and the same
//! command again does the rest.

use std::fs;
use std::time::{Duration, Instant};

use testkit::TestApp;
use tokio::process::Child;

use super::{command, signalbox};
use crate::rows::{number, run, texts};

/// How often each verb is killed: at that many moments, spread over the time that it takes.
const KILLS: u32 = 7;

/// Everything that must not be after a crash, in words.
const FAULTS: &str = "
    WITH schemas AS (
        SELECT n.nspname::text AS name,
               (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r') AS tables
          FROM pg_namespace n WHERE n.nspname ~ '^t_[a-z2-7]{26}$'
    )
    SELECT 'orphan schema ' || name FROM schemas
     WHERE name NOT IN (SELECT schema_name FROM platform.tenants)
     UNION ALL
    SELECT 'no schema ' || schema_name FROM platform.tenants
     WHERE schema_name NOT IN (SELECT name FROM schemas)
     UNION ALL
    SELECT format('half a schema %s: %s tables', name, tables) FROM schemas
     WHERE tables <> (SELECT max(tables) FROM schemas)
     UNION ALL
    SELECT 'no role ' || schema_name FROM platform.tenants
     WHERE schema_name NOT IN (SELECT rolname FROM pg_roles)
     UNION ALL
    SELECT 'taken and waiting ' || name FROM platform.tenant_roles
     WHERE name IN (SELECT schema_name FROM platform.tenants)
     UNION ALL
    SELECT format('%s has %s canonical hosts', t.slug, count(h.host))
      FROM platform.tenants t
      LEFT JOIN platform.hosts h ON h.tenant_id = t.id AND h.host = t.slug || '.localhost'
     WHERE t.state = 'active' GROUP BY t.slug HAVING count(h.host) <> 1
     UNION ALL
    SELECT format('%s has %s acts for %s', t.slug, count(a.id), t.id)
      FROM platform.tenants t
      LEFT JOIN platform.operator_audit a
        ON a.tenant_id = t.id AND a.action IN ('tenant.imported', 'tenant.cloned')
     WHERE t.slug LIKE 'copy-%' GROUP BY t.slug, t.id HAVING count(a.id) <> 1";

/// Attempts to sign in that `acme` carries with it.
const CARRIED: i64 = 20_000;

/// A house with an organisation `acme` that has something to carry.
async fn house() -> TestApp {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = acme.tenant.schema();
    let attempts = format!(
        "INSERT INTO {schema}.auth_log (id, at, outcome, request_id)
         SELECT gen_random_uuid(), timestamptz '2026-01-01', 'wrong_password', gen_random_uuid()
           FROM generate_series((SELECT count(*) FROM {schema}.auth_log) + 1, {CARRIED})"
    );
    run(&app, &attempts).await;
    app
}

/// How long `arguments` take when nobody interferes.
async fn measure(app: &TestApp, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    signalbox(app, arguments).await.is(0);
    begun.elapsed()
}

/// Runs the program and kills it when a part of `whole` is over: moment `n` of [`KILLS`].
async fn kill(app: &TestApp, arguments: &[&str], whole: Duration, n: u32) {
    let mut process: Child = command(app, arguments).spawn().expect("the program runs");
    tokio::time::sleep(whole * n / KILLS).await;
    process.kill().await.expect("it is killed");
    // Its server process hears of it when it has done what it was told, a COMMIT perhaps.
    let alive = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND usename = 'signalbox_owner'";
    while number(app, alive).await > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let faults = texts(app, FAULTS).await;
    assert!(
        faults.is_empty(),
        "moment {n} of {arguments:?}: {faults:#?}"
    );
}

async fn exists(app: &TestApp, slug: &str) -> bool {
    let found = format!("SELECT count(*) FROM platform.tenants WHERE slug = '{slug}'");
    number(app, &found).await == 1
}

/// Fails unless everything of `acme` is in the schema of `slug` too.
async fn assert_carried(app: &TestApp, slug: &str) {
    let schema = format!("SELECT schema_name FROM platform.tenants WHERE slug = '{slug}'");
    let schema = texts(app, &schema).await.remove(0);
    let attempts = format!("SELECT count(*) FROM {schema}.auth_log");
    assert_eq!(number(app, &attempts).await, CARRIED, "{slug}");
}

#[actix_web::test]
async fn an_export_is_a_whole_file_or_none() {
    let app = house().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a path")
            .to_owned()
    };
    let whole = measure(&app, &["tenant", "export", "acme", "--to", &path("first")]).await;
    for n in 0..=KILLS {
        let file = path(&format!("acme-{n}"));
        let export = ["tenant", "export", "acme", "--to", &file];
        kill(&app, &export, whole, n).await;
        if !fs::exists(&file).expect("an answer") {
            signalbox(&app, &export).await.is(0);
        }
        signalbox(&app, &["tenant", "verify-archive", &file])
            .await
            .is(0);
        assert!(
            !fs::exists(format!("{file}.part")).expect("an answer"),
            "no draft is left"
        );
    }
}

#[actix_web::test]
async fn an_import_and_a_clone_bring_all_of_it_or_nothing() {
    let app = house().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.tar.gz");
    let file = file.to_str().expect("a path");
    signalbox(&app, &["tenant", "export", "acme", "--to", file])
        .await
        .is(0);
    for verb in [["import", file, "--slug"], ["clone", "acme", "--as"]] {
        let arguments = |slug: &str| {
            let words = ["tenant"].into_iter().chain(verb).chain([slug]);
            words.map(str::to_owned).collect::<Vec<String>>()
        };
        let bring = async |slug: &str, kill_at: Option<(Duration, u32)>| {
            let words = arguments(slug);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match kill_at {
                Some((whole, n)) => kill(&app, &words, whole, n).await,
                None => drop(signalbox(&app, &words).await.is(0)),
            }
        };
        let begun = Instant::now();
        bring(&format!("copy-{}", verb[0]), None).await;
        let whole = begun.elapsed();
        for n in 0..=KILLS {
            let slug = format!("copy-{}-{n}", verb[0]);
            bring(&slug, Some((whole, n))).await;
            if !exists(&app, &slug).await {
                bring(&slug, None).await;
            }
            assert_carried(&app, &slug).await;
        }
    }
}

#[actix_web::test]
async fn a_rename_is_done_or_not_and_may_be_said_again() {
    let app = house().await;
    let whole = measure(&app, &["tenant", "rename", "acme", "acme-first"]).await;
    let mut old = "acme-first".to_owned();
    for n in 0..=KILLS {
        let new = format!("acme-{n}");
        kill(&app, &["tenant", "rename", &old, &new], whole, n).await;
        if !exists(&app, &new).await {
            signalbox(&app, &["tenant", "rename", &old, &new])
                .await
                .is(0);
        }
        assert_carried(&app, &new).await;
        let acts = format!(
            "SELECT count(*) FROM platform.operator_audit
              WHERE action = 'tenant.renamed' AND detail ->> 'slug' = '{new}'"
        );
        assert_eq!(number(&app, &acts).await, 1);
        old = new;
    }
}
