//! `signalbox migrate`, as an operator runs it.

use std::process::Stdio;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tenancy::{MINIMUM_VERSION, TEMPLATE_VERSION};
use testkit::TestApp;

use super::signalbox;
use crate::rows::{number, run, texts};

/// Organisations whose schema is there and empty, at version 0: `late-0`, `late-1` …
async fn add_late(app: &TestApp, count: u8) {
    for n in 0..count {
        let schema = schema(app, n);
        run(
            app,
            &format!(
                "CREATE ROLE {schema} NOLOGIN IN ROLE signalbox_tenant; GRANT {schema} TO signalbox_app;
                 CREATE SCHEMA {schema} AUTHORIZATION signalbox_owner;
                 INSERT INTO platform.tenants (id, schema_name, state, slug, name, schema_version, created_at)
                 VALUES ('00000000-0000-7000-8000-{n:012}', '{schema}', 'active', 'late-{n}', 'Late', 0,
                         timestamptz '2026-01-01' + {n} * interval '1 minute')"
            ),
        )
        .await;
    }
}

/// Roles are the cluster's: each test's database has names of its own.
fn schema(app: &TestApp, n: u8) -> String {
    let database: String = app.db.name().chars().filter(char::is_ascii_digit).collect();
    let digits = format!("{:010}{database:0>10}{n:06}", std::process::id());
    let letters: String = digits
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect();
    format!("t_{letters}")
}

/// A table in the way of the first migration.
async fn poison(app: &TestApp, n: u8) {
    let schema = schema(app, n);
    run(
        app,
        &format!(
            "CREATE TABLE {schema}.users (x int); ALTER TABLE {schema}.users OWNER TO signalbox_owner"
        ),
    )
    .await;
}

async fn heal(app: &TestApp, n: u8) {
    run(app, &format!("DROP TABLE {}.users", schema(app, n))).await;
}

const AUDIT: &str =
    "SELECT action || ' ' || actor || coalesce(' ' || reason, '') FROM platform.operator_audit
      WHERE action LIKE 'migration.%' ORDER BY id";

#[tokio::test]
async fn a_run_brings_everybody_up_and_another_finds_nothing_to_do() {
    let app = TestApp::start().await;
    add_late(&app, 5).await;
    let status = signalbox(&app, &["migrate", "status", "--json"])
        .await
        .is(0);
    let status = status.json();
    assert_eq!(
        status["versions"],
        json!([{ "version": 0, "tenants": 5 }, { "version": TEMPLATE_VERSION, "tenants": 3 }])
    );
    assert_eq!(
        (&status["behind"], &status["blocked"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(status["minimum"], json!(MINIMUM_VERSION));

    let dry = [
        "migrate",
        "run",
        "--dry-run",
        "--json",
        "--canary",
        "late-3,late-1",
    ];
    let preview = signalbox(&app, &dry).await.is(0).json();
    assert_eq!(
        (&preview["planned"], &preview["rings"]),
        (&json!(5), &json!([2, 0, 0, 3]))
    );
    let runs = "SELECT count(*) FROM platform.migration_runs";
    assert_eq!(number(&app, runs).await, 0, "it was only said");

    let arguments = [
        "migrate",
        "run",
        "--json",
        "--workers",
        "2",
        "--reason",
        "release 7",
    ];
    let report = signalbox(&app, &arguments).await.is(0).json();
    assert_eq!(
        (&report["state"], &report["done"], &report["failures"]),
        (&json!("done"), &json!(5), &json!([]))
    );
    let again = signalbox(&app, &["migrate", "run", "--json"]).await.is(0);
    assert_eq!(again.json()["state"], "nothing_to_do");
    for verb in ["run", "resume", "retry"] {
        let said = signalbox(&app, &["migrate", verb]).await.is(0);
        assert!(said.out.starts_with("Nothing to do"), "{}", said.out);
    }
    let status = signalbox(&app, &["migrate", "status"]).await.is(0);
    assert!(status.out.contains("8 schema(s)"), "{}", status.out);
    assert!(status.out.contains("5 of 5 migrated"), "{}", status.out);
    assert_eq!(
        texts(&app, AUDIT).await,
        ["migration.begun cli:ada release 7"]
    );
}

#[tokio::test]
async fn a_halted_run_waits_for_a_person_and_exit_codes_tell_how_it_went() {
    let app = TestApp::start().await;
    add_late(&app, 4).await;
    poison(&app, 0).await;
    signalbox(&app, &["migrate", "run", "--canary", "nobody"])
        .await
        .is(4);
    let halted = signalbox(&app, &["migrate", "run", "--json"]).await.is(1);
    let halted = halted.json();
    assert_eq!(
        (&halted["state"], &halted["waiting"]),
        (&json!("halted"), &json!(3))
    );
    let failure = &halted["failures"][0];
    assert_eq!(
        (&failure["tenant"], &failure["outcome"]),
        (&json!("late-0"), &json!("failed"))
    );
    let error = failure["error"].as_str().expect("a reason");
    assert!(error.contains("\"users\" already exists"), "{error}");

    let refused = signalbox(&app, &["migrate", "run", "--json"]).await.is(3);
    assert_eq!(refused.json()["error"], "halted");
    let said = signalbox(&app, &["migrate", "resume", "--dry-run"])
        .await
        .is(0);
    assert!(said.out.contains("3 tenant(s) would be"), "{}", said.out);
    let resumed = signalbox(&app, &["migrate", "resume", "--json"])
        .await
        .is(5);
    assert_eq!(resumed.json()["state"], "incomplete");
    let nothing = signalbox(&app, &["migrate", "resume"]).await.is(3);
    assert!(nothing.out.contains("no run to resume"), "{}", nothing.out);

    heal(&app, 0).await;
    let retried = signalbox(&app, &["migrate", "retry", "--json"]).await.is(0);
    assert_eq!(retried.json()["done"], 1);
    signalbox(&app, &["migrate", "verify"]).await.is(0);
    let acts = ["begun", "resumed", "retried"].map(|it| format!("migration.{it} cli:ada"));
    assert_eq!(texts(&app, AUDIT).await, acts);
}

#[tokio::test]
async fn verify_names_what_differs_and_fails() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let sound = signalbox(&app, &["migrate", "verify", "--json"])
        .await
        .is(0);
    let sound = sound.json();
    assert_eq!((&sound["drifted"], &sound["newer"]), (&json!(0), &json!(0)));
    let fingerprint = sound["fingerprints"][TEMPLATE_VERSION.to_string()].as_str();
    assert_eq!(fingerprint.map(str::len), Some(64));

    let planted = format!(
        "ALTER TABLE {}.users ADD COLUMN nickname text",
        acme.tenant.schema()
    );
    run(&app, &planted).await;
    let lines = signalbox(&app, &["migrate", "verify", "--json"])
        .await
        .is(1)
        .lines();
    assert_eq!(lines.len(), 2, "a line for each, and one for all");
    assert_eq!(lines[0]["tenant"], "acme");
    assert_eq!(
        lines[0]["differences"],
        json!([{ "table": "users", "kind": "column", "name": "nickname", "what": "unexpected",
                 "expected": Value::Null, "found": "nickname text" }])
    );
    assert_eq!(lines[1]["drifted"], 1);
    let said = signalbox(&app, &["migrate", "verify"]).await.is(1);
    assert!(
        said.out.contains("column users.nickname is unexpected"),
        "{}",
        said.out
    );
}

#[tokio::test]
async fn before_the_platform_there_is_nothing_to_look_at() {
    let app = TestApp::start().await;
    run(
        &app,
        "DROP TABLE platform.migration_attempts, platform.migration_runs;
         DELETE FROM platform.refinery_schema_history WHERE name = 'migrations'",
    )
    .await;
    for verb in ["status", "resume", "retry", "verify"] {
        let refused = signalbox(&app, &["migrate", verb, "--json"]).await.is(3);
        assert_eq!(refused.json()["error"], "not_migrated", "{verb}");
    }
    let dry = signalbox(&app, &["migrate", "run", "--dry-run", "--json"])
        .await
        .is(0);
    assert_eq!(dry.json()["platform_pending"], 1);
}

#[tokio::test]
async fn killed_at_any_moment_it_leaves_no_schema_half_migrated_and_resumes() {
    let app = TestApp::start().await;
    add_late(&app, 12).await;
    for done in [0, 2, 5, 9] {
        let verb = if done == 0 { "run" } else { "resume" };
        let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .args(["migrate", verb, "--workers", "2"])
            .env_clear()
            .env(
                "SIGNALBOX_OWNER_DATABASE_URL",
                app.db.url("signalbox_owner").expose_secret(),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let far_enough = format!(
            "SELECT count(*) FROM platform.migration_attempts
              WHERE started_at IS NOT NULL AND (outcome = 'done' OR {done} = 0)"
        );
        while number(&app, &far_enough).await < done.max(1)
            && process.try_wait().expect("a state").is_none()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill().await.expect("it is killed");
        let halves = "SELECT count(*) FROM platform.tenants t WHERE slug LIKE 'late-%'
              AND ((schema_version = 0) <> (to_regclass(schema_name || '.users') IS NULL)
                OR (schema_version = 0) <> (to_regclass(schema_name || '.result_hours') IS NULL))";
        assert_eq!(number(&app, halves).await, 0, "before or after, never half");
    }
    signalbox(&app, &["migrate", "resume"]).await;
    let behind =
        format!("SELECT count(*) FROM platform.tenants WHERE schema_version < {TEMPLATE_VERSION}");
    assert_eq!(number(&app, &behind).await, 0);
    signalbox(&app, &["migrate", "verify"]).await.is(0);
    signalbox(&app, &["migrate", "run"]).await.is(0);
}
