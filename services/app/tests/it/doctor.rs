//! `signalbox doctor`, and a start that is refused.

use std::process::{Command, Output};

use testkit::TestDb;

fn signalbox(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_signalbox"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("the program runs")
}

const KEY: &str = "a secret key for tests, and for nothing but tests";

#[tokio::test]
async fn doctor_finds_a_sound_installation_sound_and_names_every_fault_of_a_broken_one() {
    use secrecy::ExposeSecret;
    let db = TestDb::start().await;
    let (app, owner) = (db.url("signalbox_app"), db.url("signalbox_owner"));
    let mut environment = vec![
        ("SIGNALBOX_BASE_DOMAIN", "signalbox.example"),
        ("SIGNALBOX_DATABASE_URL", app.expose_secret()),
        ("SIGNALBOX_OWNER_DATABASE_URL", owner.expose_secret()),
        ("SIGNALBOX_SECRET_KEY", KEY),
        ("SIGNALBOX_SMTP_URL", "off"),
    ];
    let sound = signalbox(&["doctor"], &environment);
    let said = String::from_utf8_lossy(&sound.stdout);
    assert!(sound.status.success(), "{said}");
    assert!(!said.contains(KEY), "a secret is shown in {said}");
    assert!(said.contains("every schema is at version"), "{said}");
    for door in [
        "ok     secret key: ",
        "ok     address: https://signalbox.example: ",
        "ok     other origins: none",
    ] {
        assert!(said.contains(door), "{said}");
    }

    // The owner's login in the place of the serving one: more rights than serving may have.
    environment[1].1 = owner.expose_secret();
    environment[3].1 = "short";
    let broken = signalbox(&["doctor"], &environment);
    let said = String::from_utf8_lossy(&broken.stdout);
    assert!(!broken.status.success());
    assert!(
        said.contains("SIGNALBOX_SECRET_KEY: expected at least 32 characters"),
        "{said}"
    );
    environment[3].1 = KEY;
    let broken = signalbox(&["doctor"], &environment);
    let said = String::from_utf8_lossy(&broken.stdout);
    assert!(said.contains("it may create roles"), "{said}");
}

#[test]
fn serve_tells_every_fault_at_once_and_does_not_start() {
    let refused = signalbox(&["serve"], &[("SIGNALBOX_LISTEN", "nowhere")]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    for name in [
        "SIGNALBOX_LISTEN",
        "SIGNALBOX_BASE_DOMAIN",
        "SIGNALBOX_DATABASE_URL",
        "SIGNALBOX_SECRET_KEY",
    ] {
        assert!(said.contains(name), "{name} is missing in {said}");
    }
}
