//! `signalbox doctor --db` and `--live`: what is planted is found, and a sound database is found sound.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

use app::operator::database::{Finding, Level, Thresholds, examine, pooling};
use fakes::{MailCatcher, PrivatePostgres};
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::Value;
use testkit::{TestDb, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Everything matters, however little of it there is.
const STRICT: Thresholds = Thresholds {
    locks: 256,
    connections_percent: 0,
    transaction: SignedDuration::ZERO,
    xid_age: 0,
    slot_bytes: 0,
    dead_rows: 1_000,
    unused_index_bytes: 8192,
    bloat_bytes: 8192,
};

fn told<'a>(findings: &'a [Finding], check: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|it| it.check == check).collect()
}

#[track_caller]
fn finds(findings: &[Finding], check: &str, level: Level, what: &str) {
    let told = told(findings, check);
    assert!(
        told.iter()
            .any(|it| it.level == level && it.what.contains(what) && it.advice.is_some()),
        "{check} says nothing of {what:?}: {told:#?}"
    );
}

/// A server with everything wrong that one can be started with.
async fn ailing() -> PrivatePostgres {
    #[expect(
        clippy::disallowed_methods,
        reason = "the Postgres that the tests run on"
    )]
    let bin_dir = std::env::var_os("SIGNALBOX_TEST_POSTGRES_BIN").map(PathBuf::from);
    let settings = [
        "max_locks_per_transaction=64",
        "wal_level=replica",
        "max_wal_senders=2",
        "max_prepared_transactions=2",
        "archive_mode=on",
        "archive_command=false",
        "autovacuum=off",
    ];
    PrivatePostgres::temporary_with(bin_dir, Vec::new(), settings.map(str::to_owned).into())
        .await
        .expect("a Postgres")
}

const PLANTED: &str = "
    CREATE TABLE litter (id bigint PRIMARY KEY, words text NOT NULL);
    INSERT INTO litter SELECT n, repeat('x', 100) FROM generate_series(1, 5000) n;
    CREATE INDEX litter_words_idx ON litter (words);
    DELETE FROM litter WHERE id > 100 AND id < 4990;
    -- Emptied and measured, but not to be shortened: the last rows live.
    CREATE TABLE hollow (id bigint PRIMARY KEY, words text NOT NULL);
    INSERT INTO hollow SELECT n, repeat('x', 100) FROM generate_series(1, 5000) n;
    DELETE FROM hollow WHERE id < 4990;
    CREATE TABLE twice (id bigint NOT NULL);
    INSERT INTO twice VALUES (1), (1);
    SELECT pg_create_physical_replication_slot('left_behind', true);
    SELECT pg_stat_force_next_flush();
";

#[tokio::test]
async fn what_a_pooler_hands_from_one_client_to_another_is_found() {
    let test = TestDb::start().await;
    let serving = test.url("signalbox_app");
    let (one, other) = (connect(&serving).await, connect(&serving).await);
    let sound = pooling(&one, &other, true).await.expect("an answer");
    assert_eq!(
        (sound.level, sound.what.as_str()),
        (Level::Ok, "sessions are the house's own")
    );
    // What a pooler that resets nothing would hand on.
    for (leak, name) in [
        ("SET statement_timeout = 77", "statement_timeout"),
        ("SET search_path = elsewhere", "search_path"),
    ] {
        other.batch(leak).await.expect("it is set");
        let found = pooling(&one, &other, true).await.expect("an answer");
        assert_eq!(found.level, Level::Action, "{found:?}");
        assert!(found.what.contains(name), "{found:?}");
        other.batch("RESET ALL").await.expect("it is reset");
    }
    let sound = pooling(&one, &other, true).await.expect("an answer");
    assert_eq!(sound.level, Level::Ok, "{sound:?}");
}

#[tokio::test]
async fn whatever_is_planted_is_found_and_comes_with_advice() {
    let postgres = ailing().await;
    let url = |user: &str| postgres.connection_url_to(user, "postgres").into();
    let superuser = connect(&url("postgres")).await;
    superuser.batch(PLANTED).await.expect("it is planted");
    superuser
        .batch("VACUUM ANALYZE hollow")
        .await
        .expect("it is measured");
    // A unique index over two equal rows: what fails concurrently is left behind.
    let failed = superuser
        .batch("CREATE UNIQUE INDEX CONCURRENTLY twice_id_key ON twice (id)")
        .await;
    assert!(failed.is_err());
    superuser
        .batch("BEGIN; CREATE TABLE of_nobody (id bigint); PREPARE TRANSACTION 'forgotten'")
        .await
        .expect("it is prepared");
    let idle = connect(&url("postgres")).await;
    idle.batch("BEGIN; SELECT 1")
        .await
        .expect("it is left open");
    // The archiver tries at once, and fails.
    superuser
        .batch("SELECT pg_switch_wal()")
        .await
        .expect("a new file");
    while superuser
        .query("SELECT 1 FROM pg_stat_archiver WHERE failed_count > 0", &[])
        .await
        .expect("the archiver's state")
        .is_empty()
    {
        tokio::task::yield_now().await;
    }

    let found = examine(&superuser, &STRICT).await.expect("an examination");
    finds(&found, "locks", Level::Action, "is 64");
    finds(
        &found,
        "connections",
        Level::Action,
        "connections are in use",
    );
    finds(&found, "xid_age", Level::Action, "transactions old");
    finds(
        &found,
        "transactions",
        Level::Action,
        "idle in transaction of postgres",
    );
    finds(&found, "transactions", Level::Action, "forgotten");
    finds(&found, "archive", Level::Action, "archiving fails");
    finds(&found, "slots", Level::Action, "left_behind");
    finds(&found, "vacuum", Level::Action, "public.litter");
    finds(
        &found,
        "invalid_indexes",
        Level::Action,
        "public.twice_id_key",
    );
    finds(
        &found,
        "unused_indexes",
        Level::Note,
        "public.litter_words_idx",
    );
    finds(&found, "bloat", Level::Action, "public.hollow");

    // A login that sees only itself says so: it would find no old transaction, and mean nothing by it.
    superuser
        .batch("CREATE ROLE short_sighted LOGIN")
        .await
        .expect("a login");
    let short_sighted = connect(&url("short_sighted")).await;
    let found = examine(&short_sighted, &STRICT)
        .await
        .expect("an examination");
    finds(&found, "sight", Level::Action, "does not see");
    postgres.stop().await;
}

#[tokio::test]
async fn a_sound_database_needs_nobody() {
    let db = TestDb::start().await;
    let owner = db.owner().await;
    // Tests beside this one hold transactions open and fill the server: that is theirs.
    let calm = Thresholds {
        connections_percent: 101,
        transaction: SignedDuration::from_hours(24),
        ..Thresholds::default()
    };
    let found = examine(&owner, &calm).await.expect("an examination");
    let needs: Vec<_> = found
        .iter()
        .filter(|it| it.level == Level::Action)
        .collect();
    assert!(needs.is_empty(), "{needs:#?}");
    let checks: BTreeSet<&str> = found.iter().map(|it| it.check).collect();
    assert_eq!(checks.len(), 11, "every question is answered: {checks:?}");
}

fn doctor(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_signalbox"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("the program runs")
}

#[tokio::test]
async fn the_command_prints_one_document_and_its_exit_code_says_whether_somebody_is_needed() {
    let db = TestDb::start().await;
    let owner = db.url("signalbox_owner");
    let environment = [("SIGNALBOX_OWNER_DATABASE_URL", owner.expose_secret())];
    let said = doctor(&["--db", "--json"], &environment);
    let document: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    let findings = document["findings"].as_array().expect("a list");
    let action = findings.iter().any(|finding| finding["level"] == "action");
    assert_eq!(said.status.success(), !action, "{document}");
    assert!(findings.len() >= 11, "{document}");
    assert_eq!(doctor(&["--json"], &environment).status.code(), Some(2));
    let both = ["--db", "--live", "a@b.example"];
    assert_eq!(doctor(&both, &environment).status.code(), Some(2));
    assert_eq!(
        doctor(&["--live", "nobody"], &environment).status.code(),
        Some(2)
    );
}

/// A Sentry that takes everything, and hands the test what it got.
async fn sentry() -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a visitor");
        let mut heard = Vec::new();
        let mut chunk = [0; 4096];
        // The envelope ends with the event's own line.
        while !String::from_utf8_lossy(&heard).contains("a test event of") {
            match stream.read(&mut chunk).await.expect("some bytes") {
                0 => break,
                n => heard.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            }
            heard.make_ascii_lowercase();
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        stream.write_all(answer).await.expect("an answer");
        String::from_utf8_lossy(&heard).into_owned()
    });
    (format!("http://key@{address}/1"), heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_arrives_and_a_test_event_too() {
    let db = TestDb::start().await;
    let mail = MailCatcher::start(([127, 0, 0, 1], 0).into())
        .await
        .expect("a mail catcher");
    let (dsn, heard) = sentry().await;
    let (app, owner) = (db.url("signalbox_app"), db.url("signalbox_owner"));
    let mut environment = vec![
        ("SIGNALBOX_BASE_DOMAIN", "signalbox.example"),
        ("SIGNALBOX_DATABASE_URL", app.expose_secret()),
        ("SIGNALBOX_OWNER_DATABASE_URL", owner.expose_secret()),
        (
            "SIGNALBOX_SECRET_KEY",
            "a secret key for tests, and for nothing but tests",
        ),
    ];
    let url = mail.url();
    let live = ["--live", "operator@signalbox.example", "--json"];
    let with = [
        ("SIGNALBOX_SMTP_URL", url.as_str()),
        ("SIGNALBOX_SENTRY_DSN", dsn.as_str()),
    ];
    let all: Vec<_> = environment.iter().chain(&with).copied().collect();
    let said = tokio::task::spawn_blocking({
        let all: Vec<(String, String)> = all
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        move || {
            let all: Vec<(&str, &str)> =
                all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            doctor(&live, &all)
        }
    })
    .await
    .expect("a run");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{text}");
    let caught = mail.messages();
    assert_eq!(caught.len(), 1, "{text}");
    assert_eq!(caught[0].to, "operator@signalbox.example");
    assert!(
        heard
            .await
            .expect("an envelope")
            .contains("a test event of")
    );

    // A server that is not there, and nobody to report to.
    environment.push(("SIGNALBOX_SMTP_URL", "smtp://127.0.0.1:9"));
    let said = doctor(&live, &environment);
    let document: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(said.status.code(), Some(1));
    assert_eq!(document["findings"][0]["level"], "action", "{document}");
    assert_eq!(document["findings"][1]["level"], "note", "{document}");
}
