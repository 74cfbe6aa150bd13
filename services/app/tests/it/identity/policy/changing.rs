//! Changing the rules: what comes in, what is refused, and two who do it at once.

use fakes::FakeDiscord;
use insta::assert_json_snapshot;
use jiff::SignedDuration;
use jobs::BusConfig;
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp, TestDb};

use super::super::{ME, audit, credentials};
use super::{
    DESK, OFFICE, OWNER, POLICY, PREVIEW, another, behind_a_proxy, fault, locks, replace, rules,
    set,
};
use crate::rows::{number, run, schema};

#[actix_web::test]
async fn rules_are_read_changed_and_written_down_in_one_spelling() {
    let app = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let owner = acme.owner().from(DESK);
    let first = owner.get(POLICY).await.is(200);
    assert_json_snapshot!(first.json(), @r#"
    {
      "available_methods": [
        "password",
        "passkey"
      ],
      "console_networks": [],
      "idle_minutes": 20160,
      "key_networks": [],
      "mail_domains": [],
      "methods": [
        "password",
        "passkey",
        "discord"
      ],
      "second_factor_required": false,
      "updated_at": null,
      "your_address": "203.0.113.9"
    }
    "#);
    assert_eq!(first.header("etag"), "\"0\"");
    let wanted = json!({
        "idle_minutes": 15, "second_factor_required": false, "methods": ["passkey", "password", "passkey"],
        "mail_domains": ["ACME.example", "@b.example", " b.example "],
        "console_networks": ["203.0.113.77/24", "203.0.113.9", "::ffff:203.0.113.9", "2001:DB8::1/32"],
        "key_networks": ["0.0.0.0/0"],
    });
    let changed = replace(&owner, "\"0\"", &wanted).await.is(200);
    assert_eq!(changed.header("etag"), "\"1\"");
    let shown = changed.json();
    assert_eq!(shown, owner.get(POLICY).await.is(200).json());
    assert_eq!(shown["methods"], json!(["password", "passkey"]));
    assert_eq!(shown["mail_domains"], json!(["acme.example", "b.example"]));
    assert_eq!(
        shown["console_networks"],
        json!(["203.0.113.0/24", "2001:db8::/32"])
    );
    assert_eq!(shown["key_networks"], json!(["0.0.0.0/0"]));
    let log = audit(&app, "acme").await;
    let row = log.last().expect("a row");
    assert!(row.starts_with("sign_in_policy.changed user"), "{row}");
    assert!(
        row.contains(r#""idle_minutes": 20160"#) && row.contains(r#""idle_minutes": 15"#),
        "{row}"
    );
    assert!(!row.contains("second_factor_required"), "{row}");
    // What is there already is no change.
    let rows = acme.audit_rows().await;
    let same = replace(&owner, "\"1\"", &wanted).await.is(200);
    assert_eq!(same.header("etag"), "\"1\"");
    assert_eq!(acme.audit_rows().await, rows);
}

#[actix_web::test]
async fn each_wrong_line_is_named() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let wrong = json!({
        "idle_minutes": 60, "second_factor_required": false, "methods": ["password"],
        "mail_domains": ["acme.example", "no domain", "a@b.example"],
        "console_networks": ["127.0.0.0/8", "300.0.0.0/8", "10.0.0.0/33"],
        "key_networks": ["office"],
    });
    let refused = set(acme.owner(), &wrong).await;
    let refused = refused.is_problem(400, "validation_failed").json();
    let named: Vec<_> = refused["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let named: Vec<_> = named.iter().map(|it| it["pointer"].as_str()).collect();
    let expected = [
        "/mail_domains/1",
        "/mail_domains/2",
        "/console_networks/1",
        "/console_networks/2",
        "/key_networks/0",
    ];
    assert_eq!(named, expected.map(Some));
    let many: Vec<String> = (0..51).map(|it| format!("10.0.{it}.0/24")).collect();
    for (field, value, code) in [
        ("idle_minutes", json!(14), "range"),
        ("idle_minutes", json!(20_161), "range"),
        ("methods", json!([]), "length"),
        ("console_networks", json!(many), "too_many"),
    ] {
        let refused = set(acme.owner(), &rules(field, value)).await;
        assert_eq!(fault(refused), locks(field, code));
    }
    for (field, value) in [
        ("methods", json!(["magic"])),
        ("idle_minutes", json!("15")),
        ("more", json!(1)),
    ] {
        let refused = set(acme.owner(), &rules(field, value)).await;
        refused.is_problem(400, "validation_failed");
    }
    let schema = schema(&app, "acme").await;
    let kept = format!("SELECT count(*) FROM {schema}.sign_in_policy");
    assert_eq!(number(&app, &kept).await, 0);
}

#[actix_web::test]
async fn only_admins_read_and_change_rules_and_only_with_a_fresh_proof_and_version() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let manager = acme.member(Role::Manager).await;
    let admin = acme.member(Role::Admin).await;
    let wanted = rules("idle_minutes", json!(60));
    manager.get(POLICY).await.is_problem(403, "forbidden");
    set(&manager, &wanted).await.is_problem(403, "forbidden");
    manager
        .post_json(PREVIEW, &wanted)
        .await
        .is_problem(403, "forbidden");
    let bare = admin.request(reqwest::Method::PUT, POLICY).json(&wanted);
    testkit::Answer::of(bare)
        .await
        .is_problem(428, "precondition_required");
    replace(&admin, "\"7\"", &wanted)
        .await
        .is_problem(412, "precondition_failed");
    app.advance(SignedDuration::from_mins(11));
    set(&admin, &wanted)
        .await
        .is_problem(403, "reauthentication_required");
    let proof = json!({ "password": PASSWORD });
    let answer = admin.post_json("/api/v1/auth/reauthenticate", &proof).await;
    let admin = acme.visitor().signed_in(&answer.is(204));
    set(&admin, &wanted).await.is(200);
    // A key reads them, and changes nothing.
    let key = json!({ "name": "k", "scopes": ["organization_manage"], "valid_days": 1 });
    let made = admin
        .post_json("/api/v1/api-keys", &key)
        .await
        .is(201)
        .json();
    let program = acme
        .visitor()
        .with_bearer(made["secret"].as_str().expect("a key"));
    program.get(POLICY).await.is(200);
    set(&program, &wanted)
        .await
        .is_problem(403, "person_required");
}

#[actix_web::test]
async fn of_two_changes_at_once_one_is_told_to_read_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let wishes: Vec<Value> = (1..=8)
        .map(|it| rules("idle_minutes", json!(it * 60)))
        .collect();
    let all = wishes.iter().map(|it| replace(acme.owner(), "\"0\"", it));
    let answers = futures_util::future::join_all(all).await;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let schema = schema(&app, "acme").await;
    let changed =
        format!("SELECT count(*) FROM {schema}.audit_log WHERE action = 'sign_in_policy.changed'");
    assert_eq!(number(&app, &changed).await, 1);
}

/// However a sign-in and a change of the rules meet, no session is left with other rules than those that hold.
#[actix_web::test]
async fn no_session_that_opens_meanwhile_escapes_a_change() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let stale = format!(
        "SELECT count(*) FROM {schema}.sessions WHERE idle_s <> (SELECT idle_s FROM {schema}.sign_in_policy)",
        schema = schema(&app, "acme").await
    );
    let typed = credentials(OWNER, PASSWORD);
    for turn in 1..=6 {
        let wish = rules("idle_minutes", json!(turn * 60));
        let change = set(acme.owner(), &wish);
        let sign_ins = (0..6).map(|_| acme.visitor().post_json(super::SESSION, &typed));
        let (changed, opened) =
            futures_util::join!(change, futures_util::future::join_all(sign_ins));
        changed.is(200);
        assert!(opened.iter().all(|it| it.status == 200));
        assert_eq!(number(&app, &stale).await, 0, "turn {turn}");
    }
}

#[actix_web::test]
async fn a_shorter_idle_time_holds_on_the_next_request_and_a_longer_one_wakes_nobody() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let idle = another(&acme).await;
    app.advance(SignedDuration::from_mins(8));
    let busy = another(&acme).await;
    app.advance(SignedDuration::from_mins(9));
    let author = another(&acme).await;
    let control_room = rules("idle_minutes", json!(15));
    let effects = author
        .post_json(PREVIEW, &control_room)
        .await
        .is(200)
        .json();
    // The first session of the owner's, and the one that nobody touched for 17 minutes.
    assert_eq!(effects["sessions_ended"], 2);
    set(&author, &control_room).await.is(200);
    idle.get(ME).await.is_problem(401, "unauthenticated");
    busy.get(ME).await.is(200);
    app.house.gateway.write_seen().await;
    app.advance(SignedDuration::from_mins(16));
    let author = another(&acme).await;
    set(&author, &rules("idle_minutes", json!(20_160)))
        .await
        .is(200);
    for over in [&idle, &busy] {
        over.get(ME).await.is_problem(401, "unauthenticated");
    }
    let fresh = another(&acme).await;
    app.advance(SignedDuration::from_hours(300));
    fresh.get(ME).await.is(200);
}

#[actix_web::test]
async fn rules_that_shut_somebody_out_are_refused_at_their_field() {
    let discord = FakeDiscord::start().await;
    let app = super::super::discord::house(&discord).await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let tried = async |field: &str, value: Value| {
        let wish = rules(field, value);
        let refused = fault(set(acme.owner(), &wish).await);
        assert_eq!(fault(acme.owner().post_json(PREVIEW, &wish).await), refused);
        refused
    };
    let refused = tried("methods", json!(["discord", "passkey"])).await;
    assert_eq!(refused, locks("methods", "locks_you_out"));
    let refused = tried("second_factor_required", json!(true)).await;
    assert_eq!(refused, locks("second_factor_required", "locks_you_out"));
    let refused = tried("console_networks", json!([OFFICE])).await;
    assert_eq!(refused, locks("console_networks", "locks_you_out"));
    // Another owner who has a password alone.
    let link = format!(
        "INSERT INTO {schema}.identities (id, user_id, provider, subject, name, created_at)
         SELECT id, id, 'discord', '7', 'ann', now() FROM {schema}.users;
         INSERT INTO {schema}.users (id, email, password_hash, role, state, created_at)
         SELECT gen_random_uuid(), 'bea@acme.example', password_hash, 'owner', 'active', now()
           FROM {schema}.users"
    );
    run(&app, &link).await;
    let refused = tried("methods", json!(["discord"])).await;
    assert_eq!(refused, locks("methods", "locks_owner_out"));
    run(
        &app,
        &format!("UPDATE {schema}.users SET state = 'deactivated' WHERE email LIKE 'bea@%'"),
    )
    .await;
    set(acme.owner(), &rules("methods", json!(["discord"])))
        .await
        .is(200);
}

#[actix_web::test]
async fn two_houses_hold_everybody_to_the_same_rules() {
    let bus = |db: &TestDb| BusConfig::Postgres {
        url: db.url("signalbox_app"),
    };
    let trusting = |config: &mut app::config::Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    let (one, two) = TestApp::start_two(bus, trusting, TestApp::furniture()).await;
    let acme = one.tenant("acme").await;
    let owner = acme.owner().from(DESK);
    let there = two.visitor("acme.localhost").as_signed_in(acme.owner());
    there.get(ME).await.is(200);
    set(&owner, &rules("console_networks", json!([OFFICE])))
        .await
        .is(200);
    there.get(ME).await.is_problem(403, "network_not_allowed");
    there.from(DESK).get(ME).await.is(200);
}
