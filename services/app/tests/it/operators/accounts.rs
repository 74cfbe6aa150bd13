//! Operators' accounts: at the terminal, through the API, and the last administrator.

use kernel::clock::Clock;
use operators::{Role, Seed};
use serde_json::json;
use testkit::TestApp;

use super::acts;
use crate::operator::{Said, signalbox, signalbox_told};

const PHRASE: &str = "tangerine plinth oboe";

async fn create(app: &TestApp, email: &str, role: &str, password: &str) -> Said {
    let arguments = [
        "operator",
        "create",
        "--email",
        email,
        "--name",
        "Grace",
        "--role",
        role,
        "--password-stdin",
        "--json",
    ];
    signalbox_told(app, &arguments, password).await
}

#[actix_web::test]
async fn the_first_operator_is_made_at_the_terminal_and_signs_in() {
    let app = TestApp::start_with_office().await;
    let made = create(&app, "Grace@Example.com", "administrator", PHRASE)
        .await
        .is(0)
        .json();
    assert_eq!(
        (&made["operator"]["email"], &made["operator"]["role"]),
        (&json!("grace@example.com"), &json!("administrator"))
    );
    let secret = made["totp_secret"].as_str().expect("a secret");
    assert!(
        made["otpauth_uri"]
            .as_str()
            .expect("a URI")
            .contains(secret)
    );
    let seed = Seed::parse(secret).expect("a seed");
    let typed = json!({ "email": "grace@example.com", "password": PHRASE, "code": seed.code(app.clock.now()) });
    let answer = app
        .office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(200);
    let grace = app.office().signed_in(&answer);
    grace.get("/api/v1/operators").await.is(200);

    create(&app, "grace@example.com", "support", PHRASE)
        .await
        .is(3);
    let weak = create(&app, "weak@example.com", "support", "password1234")
        .await
        .is(3)
        .json();
    assert_eq!(weak["error"], "validation_failed");
    create(&app, "no address", "support", PHRASE).await.is(2);
    let listed = signalbox(&app, &["operator", "list", "--json"])
        .await
        .is(0)
        .json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert!(!listed.to_string().contains("argon2"), "{listed}");

    signalbox(&app, &["operator", "disable", "grace@example.com"])
        .await
        .is(3);
    create(&app, "second@example.com", "administrator", PHRASE)
        .await
        .is(0);
    signalbox(
        &app,
        &["operator", "disable", "grace@example.com", "--dry-run"],
    )
    .await
    .is(0);
    grace.get("/api/v1/session").await.is(200);
    signalbox(&app, &["operator", "disable", "grace@example.com"])
        .await
        .is(0);
    grace
        .get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");
    signalbox(&app, &["operator", "disable", "nobody@example.com"])
        .await
        .is(4);
    let done: Vec<_> = acts(&app)
        .await
        .into_iter()
        .map(|act| (act.action, act.actor))
        .collect();
    let cli = |action: &str| (action.to_owned(), "cli:ada".to_owned());
    assert_eq!(done.first(), Some(&cli("operator.created")));
    assert_eq!(done.last(), Some(&cli("operator.disabled")));
}

#[actix_web::test]
async fn another_secret_makes_the_old_one_useless() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let visitor = ada.sign_in(&app).await;
    app.advance(jiff::SignedDuration::from_secs(30));
    let reset = signalbox(&app, &["operator", "reset-totp", &ada.email, "--json"])
        .await
        .is(0)
        .json();
    visitor.get("/api/v1/session").await.is(401);
    let old = app
        .office()
        .post_json("/api/v1/session", &ada.credentials(&app))
        .await;
    old.is_problem(401, "invalid_credentials");
    let seed = Seed::parse(reset["totp_secret"].as_str().expect("a secret")).expect("a seed");
    let mut typed = ada.credentials(&app);
    typed["code"] = json!(seed.code(app.clock.now()));
    app.office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(200);

    signalbox_told(
        &app,
        &["operator", "reset-password", &ada.email, "--password-stdin"],
        PHRASE,
    )
    .await
    .is(0);
    app.advance(jiff::SignedDuration::from_secs(30));
    typed["code"] = json!(seed.code(app.clock.now()));
    app.office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(401);
    typed["password"] = json!(PHRASE);
    app.office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(200);
}

#[actix_web::test]
async fn administrators_manage_others_but_not_themselves_and_the_last_one_stays() {
    let app = TestApp::start_with_office().await;
    let boss = app.operator("boss", Role::Administrator).await;
    let visitor = boss.sign_in(&app).await;
    let path = |id: &str, verb: &str| format!("/api/v1/operators/{id}/{verb}");
    let own = boss.id.to_string();
    visitor
        .post(path(&own, "disable"))
        .await
        .is_problem(409, "own_account");
    visitor
        .post(path(&own, "reset-totp"))
        .await
        .is_problem(409, "own_account");
    let demotion = visitor.request(reqwest::Method::PUT, &path(&own, "role"));
    testkit::Answer::of(demotion.json(&json!({ "role": "support" })))
        .await
        .is_problem(409, "own_account");

    let new = json!({ "email": "New@example.com", "name": "New", "role": "operator", "password": PHRASE });
    let made = visitor
        .post_json("/api/v1/operators", &new)
        .await
        .is(201)
        .json();
    assert_eq!(made["operator"]["email"], "new@example.com");
    visitor
        .post_json("/api/v1/operators", &new)
        .await
        .is_problem(409, "email_taken");
    let wrong = json!({ "email": "no", "name": "New", "role": "operator", "password": PHRASE });
    visitor
        .post_json("/api/v1/operators", &wrong)
        .await
        .is_problem(400, "validation_failed");

    let seed = Seed::parse(made["totp_secret"].as_str().expect("a secret")).expect("a seed");
    let typed = json!({ "email": "new@example.com", "password": PHRASE, "code": seed.code(app.clock.now()) });
    let answer = app
        .office()
        .post_json("/api/v1/session", &typed)
        .await
        .is(200);
    let other = app.office().signed_in(&answer);
    other
        .get("/api/v1/operators")
        .await
        .is_problem(403, "forbidden");
    let id = made["operator"]["id"].as_str().expect("an id").to_owned();
    let promotion = visitor.request(reqwest::Method::PUT, &path(&id, "role"));
    testkit::Answer::of(promotion.json(&json!({ "role": "administrator" })))
        .await
        .is(200);
    other.get("/api/v1/operators").await.is(200);
    other.post(path(&own, "disable")).await.is(200);
    visitor.get("/api/v1/session").await.is(401);
    signalbox(&app, &["operator", "disable", "new@example.com"])
        .await
        .is(3);
}
