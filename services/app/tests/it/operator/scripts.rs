//! The operators' scripts, each run as it stands.

use std::path::Path;
use std::process::Stdio;

use secrecy::ExposeSecret;
use testkit::TestApp;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Said;

/// Runs `scripts/<name>` with `input`, as an operator of `app`'s house would.
async fn script(app: &TestApp, name: &str, arguments: &[&str], input: &str) -> Said {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    let mut child = Command::new(scripts.join(name))
        .args(arguments)
        .env("SIGNALBOX", env!("CARGO_BIN_EXE_signalbox"))
        // So that a list has pages.
        .env("PAGE", "1")
        .env("SIGNALBOX_BASE_DOMAIN", "localhost")
        .env(
            "SIGNALBOX_DATABASE_URL",
            app.db.url("signalbox_app").expose_secret(),
        )
        .env(
            "SIGNALBOX_OWNER_DATABASE_URL",
            app.db.url("signalbox_owner").expose_secret(),
        )
        .env(
            "SIGNALBOX_SECRET_KEY",
            "a secret key for tests, and for nothing but tests",
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the script runs");
    let mut stdin = child.stdin.take().expect("standard input");
    // An error means that the script ended without reading it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("its end");
    Said {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[actix_web::test]
async fn an_organisation_is_provisioned_and_its_owner_proves_their_address() {
    let app = TestApp::start().await;
    let password = format!("{}\n", testkit::PASSWORD);
    let short = script(
        &app,
        "provision-tenant",
        &["Acme Rockets", "ann@acme.example"],
        "short\n",
    )
    .await;
    assert!(short.is(3).out.contains("/password"), "the field is named");
    let said = script(
        &app,
        "provision-tenant",
        &["Acme Rockets", "ann@acme.example"],
        &password,
    )
    .await;
    let out = said.is(0).out;
    assert!(
        out.starts_with("acme-rockets: https://acme-rockets.localhost"),
        "{out}"
    );
    let taken = ["Other", "bob@other.example", "acme-rockets"];
    script(&app, "provision-tenant", &taken, &password)
        .await
        .is(3);
    script(&app, "provision-tenant", &["Acme"], "").await.is(2);

    let visitor = app.visitor("acme-rockets.localhost");
    // The script has the database's clock, the house a test's.
    crate::rows::run(
        &app,
        "UPDATE platform.work SET due_at = '2026-11-20T12:00:00Z'",
    )
    .await;
    let token = app.mailed_token("ann@acme.example").await;
    let body = serde_json::json!({ "token": token });
    visitor
        .post_json("/api/v1/auth/verify-email", &body)
        .await
        .is(200);
    testkit::sign_in(&visitor, "ann@acme.example").await;
    let told = "SELECT action || ' ' || subject FROM platform.operator_audit";
    assert_eq!(
        crate::rows::texts(&app, told).await,
        ["tenant.created acme-rockets"]
    );
}

#[actix_web::test]
async fn the_list_of_organisations_is_whole() {
    let app = TestApp::start().await;
    for slug in ["acme", "bravo", "gamma"] {
        app.tenant(slug).await;
    }
    let slugs = |said: Said| {
        let lines = said.is(0).lines();
        lines
            .iter()
            .map(|line| line["slug"].as_str().expect("a slug").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        slugs(script(&app, "list-tenants", &[], "").await),
        ["acme", "bravo", "gamma"]
    );
    assert_eq!(
        slugs(script(&app, "list-tenants", &["-q", "a", "--sort", "slug"], "").await),
        ["acme", "bravo", "gamma"]
    );
    assert_eq!(
        slugs(script(&app, "list-tenants", &["--state", "suspended"], "").await),
        <[&str; 0]>::default()
    );
    script(&app, "list-tenants", &["--state", "nonsense"], "")
        .await
        .is(1);
}

#[tokio::test]
async fn every_script_says_what_it_is_for() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    for entry in std::fs::read_dir(scripts).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "md") {
            continue;
        }
        let said = Command::new(&path)
            .arg("--help")
            .output()
            .await
            .expect("it runs");
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(
            said.status.success() && text.starts_with("Usage: scripts/"),
            "{}: {text}",
            path.display()
        );
    }
}
