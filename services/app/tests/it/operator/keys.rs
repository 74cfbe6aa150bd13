//! Another secret key: what the replaced one made is taken over, and it may leave the list.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use jobs::BusConfig;
use kernel::clock::Clock;
use passwords::totp::{STEP_S, Seed};
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp};

use super::{Said, command, done};
use crate::rows::{number, texts};

const OLD: &str = "an old secret key that was told to somebody";
const OWNER: &str = "owner@acme.example";

/// `signalbox keys rotate` where the old key is on the list.
async fn rotate(app: &TestApp, more: &[&str]) -> Said {
    let arguments = [&["keys", "rotate", "--json"], more].concat();
    let mut program = command(app, &arguments);
    program.env("SIGNALBOX_REPLACED_SECRET_KEYS", OLD);
    done(program, "").await
}

fn counted(said: &Said) -> Value {
    let rotated = &said.json()["rotated"];
    json!([
        rotated["organizations"],
        rotated["sealed"],
        rotated["hashed"],
        rotated["unreadable"],
        rotated["left"]
    ])
}

async fn sign_in(house: &TestApp, seed: &Seed) -> Answer {
    let code = seed.code(house.clock.now());
    let body = json!({ "email": OWNER, "password": PASSWORD, "totp_code": code });
    let visitor = house.visitor("acme.localhost");
    visitor.post_json("/api/v1/auth/session", &body).await
}

/// Whether the owner finds their workspace.
async fn is_found(house: &TestApp) -> bool {
    let root = house.root();
    root.post_json("/api/v1/auth/find-workspaces", &json!({ "email": OWNER }))
        .await
        .is(202);
    house.run_jobs().await;
    let mails = house.mail.messages();
    mails
        .iter()
        .any(|mail| mail.subject == "Your Signalbox workspaces")
}

#[actix_web::test]
async fn a_replaced_key_may_leave_once_its_work_was_taken_over() {
    // One house is as it was before, the other knows the new key alone.
    let houses = AtomicUsize::new(0);
    let change = |config: &mut app::config::Config| {
        if houses.fetch_add(1, Ordering::Relaxed) == 0 {
            config.secret_key = Some(OLD.into());
        }
    };
    let bus = |_: &testkit::TestDb| BusConfig::InProcess;
    let (before, after) = TestApp::start_two(bus, change, TestApp::furniture()).await;
    let acme = before.tenant("acme").await;
    let made = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = Seed::parse(made["secret"].as_str().expect("a seed")).expect("a seed");
    let code = json!({ "code": seed.code(before.clock.now()) });
    let confirm = "/api/v1/me/totp/confirm";
    acme.owner().post_json(confirm, &code).await.is(200);
    before.advance(SignedDuration::from_secs(STEP_S));
    sign_in(&after, &seed).await.is(500);
    assert!(!is_found(&after).await, "hashed under the old key");

    let tried = rotate(&before, &["--dry-run"]).await.is(0);
    assert_eq!(counted(&tried), json!([1, 1, 1, 0, []]));
    sign_in(&after, &seed).await.is(500);
    let rotated = rotate(&before, &[]).await.is(0);
    assert_eq!(counted(&rotated), json!([1, 1, 1, 0, []]));
    sign_in(&after, &seed).await.is(200);
    assert!(is_found(&after).await);
    let again = rotate(&before, &[]).await.is(0);
    assert_eq!(counted(&again), json!([1, 0, 0, 0, []]));
    assert_eq!(
        texts(&before, "SELECT action FROM platform.operator_audit").await,
        ["keys.rotated"]
    );
    assert_eq!(
        number(&before, "SELECT count(*) FROM platform.address_hashes").await,
        1
    );
}

#[actix_web::test]
async fn whoever_looks_for_a_workspace_meanwhile_finds_what_either_key_made() {
    let houses = AtomicUsize::new(0);
    let change = |config: &mut app::config::Config| {
        if houses.fetch_add(1, Ordering::Relaxed) == 0 {
            config.secret_key = Some(OLD.into());
        } else {
            config.replaced_secret_keys = vec![OLD.into()];
        }
    };
    let bus = |_: &testkit::TestDb| BusConfig::InProcess;
    let (before, after) = TestApp::start_two(bus, change, TestApp::furniture()).await;
    before.tenant("acme").await;
    assert!(is_found(&after).await);
    rotate(&before, &[]).await.is(0);
    assert!(!is_found(&before).await, "it knows the old key alone");
}
