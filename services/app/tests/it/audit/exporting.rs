//! The log as a file: whole, harmless in a spreadsheet, and verified without the house.

use std::process::Stdio;

use testkit::TestApp;
use tokio::process::Command;

use super::{busy, tamper, verification};
use crate::operator::signalbox;
use crate::rows::schema;

const EXPORT: &str = "/api/v1/audit/export";

#[tokio::test]
async fn an_export_is_verified_without_the_house_and_ends_where_the_log_does() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let folder = tempfile::tempdir().expect("a folder");
    let last_hash = verification(&acme).await["last_hash"].clone();
    for (query, ending, kind) in [
        ("", "csv", "text/csv; charset=utf-8"),
        ("?format=jsonl", "jsonl", "application/x-ndjson"),
    ] {
        let answer = acme.owner().get(format!("{EXPORT}{query}")).await.is(200);
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"audit-acme-2026-11-20.{ending}\"")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        let path = folder.path().join(format!("export.{ending}"));
        let path = path.to_str().expect("a path");
        std::fs::write(path, &answer.text).expect("a file");
        let said = signalbox(&app, &["audit", "verify", "--file", path, "--json"]).await;
        let report = said.is(0).json();
        assert_eq!(report["last_hash"], last_hash);
        assert_eq!(report["rows"], acme.audit_rows().await);

        let forged = answer.text.replacen("Two", "Nil", 1);
        std::fs::write(path, forged).expect("a file");
        let said = signalbox(&app, &["audit", "verify", "--file", path])
            .await
            .is(1);
        assert!(said.out.contains("BROKEN"), "{}", said.out);
    }
    let missing = folder.path().join("missing.csv");
    let said = signalbox(
        &app,
        &[
            "audit",
            "verify",
            "--file",
            missing.to_str().expect("a path"),
        ],
    )
    .await;
    assert!(said.is(1).err.contains("missing.csv"));
    signalbox(&app, &["audit", "verify"]).await.is(2);
}

#[tokio::test]
async fn a_filtered_export_holds_what_was_asked_for() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let answer = acme
        .owner()
        .get(format!("{EXPORT}?action=endpoint&q=two"))
        .await
        .is(200);
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", answer.text);
    assert!(lines[0].starts_with("seq,at,action,"));
    assert!(lines[1].contains("owner@acme.example"));
}

#[tokio::test]
async fn no_cell_of_an_export_is_a_formula() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let schema = schema(&app, "acme").await;
    for start in ["=", "+", "-", "@"] {
        let name =
            format!("UPDATE {schema}.users SET name = '{start}HYPERLINK(\"http://evil.example\")'");
        tamper(&app, &name).await;
        let answer = acme.owner().get(EXPORT).await.is(200);
        assert!(
            answer.text.contains(&format!("\"'{start}HYPERLINK(")),
            "{}",
            answer.text
        );
        assert!(!answer.text.contains(&format!("\"{start}HYPERLINK(")));
        assert!(!answer.text.contains(&format!(",{start}HYPERLINK(")));
    }
}

/// What `deploy/AUDIT.md` tells people to run.
#[tokio::test]
async fn the_documented_program_comes_to_the_same_verdict() {
    let document = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/AUDIT.md"),
    )
    .expect("the document");
    let (_, program) = document.split_once("```python\n").expect("a program");
    let (program, _) = program.split_once("```").expect("its end");
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("export.jsonl");
    let answer = acme
        .owner()
        .get(format!("{EXPORT}?format=jsonl"))
        .await
        .is(200);
    std::fs::write(&path, &answer.text).expect("a file");
    let run = async || {
        let child = Command::new("python3")
            .arg("-c")
            .arg(program)
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output();
        child.await.expect("Python runs")
    };
    let whole = run().await;
    let said = String::from_utf8_lossy(&whole.stdout).into_owned();
    assert!(whole.status.success(), "{said}");
    let last_hash = verification(&acme).await["last_hash"].clone();
    assert!(said.contains(last_hash.as_str().expect("a hash")), "{said}");
    std::fs::write(&path, answer.text.replacen("Two", "Nil", 1)).expect("a file");
    assert!(!run().await.status.success());
}
