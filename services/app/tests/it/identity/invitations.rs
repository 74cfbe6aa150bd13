//! Inviting people, and joining by the link of the mail.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, SESSION, attempts, audit, credentials, text};
use crate::rows::{number, run, schema};

const INVITATIONS: &str = "/api/v1/invitations";
const PREVIEW: &str = "/api/v1/auth/invitation";
const ACCEPT: &str = "/api/v1/auth/accept-invitation";
const ANN: &str = "ann@elsewhere.example";
const CHOSEN: &str = "marmalade gantry flute 4";

async fn invite(person: &Visitor, email: &str, role: Role) -> Answer {
    let body = json!({ "email": email, "role": role });
    person.post_json(INVITATIONS, &body).await
}

async fn accept(visitor: &Visitor, token: &str) -> Answer {
    let body = json!({ "token": token, "name": " Ann Miller ", "password": CHOSEN });
    visitor.post_json(ACCEPT, &body).await
}

async fn preview(visitor: &Visitor, token: &str) -> Answer {
    visitor.post_json(PREVIEW, &json!({ "token": token })).await
}

#[actix_web::test]
async fn whoever_is_invited_chooses_a_name_and_a_password_and_belongs() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let made = invite(acme.owner(), "Ann@elsewhere.example", Role::Manager)
        .await
        .is(201);
    assert_json_snapshot!(made.json(), {
        ".id" => "[id]", ".created_at" => "[at]", ".expires_at" => "[at]",
    }, @r#"
    {
      "created_at": "[at]",
      "email": "Ann@elsewhere.example",
      "expires_at": "[at]",
      "id": "[id]",
      "invited_by": "owner@acme.example",
      "role": "manager"
    }
    "#);
    let token = app.mailed_token("Ann@elsewhere.example").await;
    let seen = preview(acme.visitor(), &token).await.is(200);
    assert_json_snapshot!(seen.json(), { ".expires_at" => "[at]" }, @r#"
    {
      "email": "Ann@elsewhere.example",
      "expires_at": "[at]",
      "invited_by": "owner@acme.example",
      "member": false,
      "organization": "acme",
      "role": "manager"
    }
    "#);
    let joined = accept(acme.visitor(), &token).await.is(200);
    assert_eq!(joined.cookie(), None, "a link signs nobody in");
    assert_eq!(
        joined.json(),
        json!({ "status": "joined", "email": "Ann@elsewhere.example" })
    );
    accept(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    acme.visitor()
        .post_json(SESSION, &credentials(ANN, CHOSEN))
        .await
        .is(200);
    let open = acme.owner().get(INVITATIONS).await.is(200).json();
    assert_eq!(open["items"], json!([]));
    let members = acme.owner().get("/api/v1/members?q=ann").await.json();
    assert_eq!(members["items"][0]["name"], "Ann Miller");
    assert_eq!(members["items"][0]["role"], "manager");
    let log = attempts(&app, "acme").await;
    assert!(log.contains(&"invitation_accepted".to_owned()), "{log:?}");
    assert!(
        log.contains(&"invitation_refused nobody".to_owned()),
        "{log:?}"
    );
    let rows = audit(&app, "acme").await;
    let row = rows
        .iter()
        .find(|row| row.starts_with("member.joined user"));
    assert!(row.is_some(), "they did it themselves: {rows:?}");
}

#[actix_web::test]
async fn whoever_joins_finds_their_workspace_and_whoever_leaves_does_not() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    invite(acme.owner(), ANN, Role::Viewer).await.is(201);
    let token = app.mailed_token(ANN).await;
    accept(acme.visitor(), &token).await.is(200);
    let schema = schema(&app, "acme").await;
    let known = format!(
        "SELECT count(*) FROM platform.address_hashes h
           JOIN {schema}.users u ON u.id = h.user_id WHERE u.role = 'viewer'"
    );
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, 1);
    let list = acme.owner().get("/api/v1/members?role=viewer").await.json();
    let path = format!("/api/v1/members/{}", text(&list["items"][0], "id"));
    acme.owner()
        .post(format!("{path}/deactivate"))
        .await
        .is(200);
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, 0);
    acme.owner()
        .post(format!("{path}/reactivate"))
        .await
        .is(200);
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, 1);
    acme.owner().delete(&path).await.is(204);
    app.run_jobs().await;
    let all = "SELECT count(*) FROM platform.address_hashes";
    assert_eq!(number(&app, all).await, 1, "the owner's");
}

#[actix_web::test]
async fn managers_invite_up_to_member_and_nobody_an_owner() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let manager = acme.member(Role::Manager).await;
    let admin = acme.member(Role::Admin).await;
    for role in [Role::Admin, Role::Manager] {
        invite(&manager, ANN, role)
            .await
            .is_problem(403, "role_too_high");
    }
    let of_admin = invite(&admin, ANN, Role::Admin).await.is(201).json();
    let path = format!("{INVITATIONS}/{}", text(&of_admin, "id"));
    manager.delete(&path).await.is_problem(403, "role_too_high");
    manager
        .post(format!("{path}/resend"))
        .await
        .is_problem(403, "role_too_high");
    invite(&manager, "bob@elsewhere.example", Role::Member)
        .await
        .is(201);
    let refused = invite(acme.owner(), "eve@elsewhere.example", Role::Owner)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/role");
    let wrong = json!({ "email": "no address", "role": "viewer" });
    let refused = manager
        .post_json(INVITATIONS, &wrong)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/email");
}

#[actix_web::test]
async fn an_address_has_one_open_invitation_and_an_account_none() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let first = invite(acme.owner(), ANN, Role::Viewer).await.is(201).json();
    invite(acme.owner(), "ANN@elsewhere.example", Role::Admin)
        .await
        .is_problem(409, "already_invited");
    invite(acme.owner(), "Owner@acme.example", Role::Viewer)
        .await
        .is_problem(409, "already_member");
    let path = format!("{INVITATIONS}/{}", text(&first, "id"));
    acme.owner().delete(&path).await.is(204);
    acme.owner()
        .delete(&path)
        .await
        .is_problem(404, "invitation_not_found");
    invite(acme.owner(), ANN, Role::Viewer).await.is(201);
    app.advance(SignedDuration::from_hours(7 * 24));
    // Its time is over: it stands in the way no more.
    let owner = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    invite(&owner, ANN, Role::Member).await.is(201);
    let open = owner.get(INVITATIONS).await.is(200).json();
    assert_eq!(open["items"].as_array().expect("items").len(), 1);
}

#[actix_web::test]
async fn a_link_ends_with_its_time_with_a_newer_one_and_with_the_invitation() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let made = invite(acme.owner(), ANN, Role::Viewer).await.is(201).json();
    let first = app.mailed_token(ANN).await;
    let path = format!("{INVITATIONS}/{}", text(&made, "id"));
    app.advance(SignedDuration::from_hours(7 * 24));
    preview(acme.visitor(), &first)
        .await
        .is_problem(400, "token_expired");
    accept(acme.visitor(), &first)
        .await
        .is_problem(400, "token_expired");
    let owner = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    let again = owner.post(format!("{path}/resend")).await.is(200).json();
    assert_ne!(again["expires_at"], made["expires_at"]);
    let second = app.mailed_token(ANN).await;
    preview(acme.visitor(), &second).await.is(200);
    for wrong in [first.as_str(), "rubbish", ""] {
        preview(acme.visitor(), wrong)
            .await
            .is_problem(404, "token_not_found");
        accept(acme.visitor(), wrong)
            .await
            .is_problem(404, "token_not_found");
    }
    let elsewhere = app.tenant("globex").await;
    accept(elsewhere.visitor(), &second)
        .await
        .is_problem(404, "token_not_found");
    owner.delete(&path).await.is(204);
    preview(acme.visitor(), &second)
        .await
        .is_problem(404, "token_not_found");
}

#[actix_web::test]
async fn bad_choices_are_named_and_use_nothing_up() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    invite(acme.owner(), ANN, Role::Viewer).await.is(201);
    let token = app.mailed_token(ANN).await;
    for (name, password, pointer) in [
        (" ", CHOSEN, "/name"),
        ("a\u{202e}b", CHOSEN, "/name"),
        ("Ann", "short", "/password"),
        ("Ann", "ann@elsewhere.example", "/password"),
    ] {
        let body = json!({ "token": token, "name": name, "password": password });
        let refused = acme
            .visitor()
            .post_json(ACCEPT, &body)
            .await
            .is_problem(400, "validation_failed");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
    accept(acme.visitor(), &token).await.is(200);
}

#[actix_web::test]
async fn places_are_counted_when_somebody_joins_even_when_two_do_at_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    invite(acme.owner(), ANN, Role::Viewer).await.is(201);
    invite(acme.owner(), "bob@elsewhere.example", Role::Viewer)
        .await
        .is(201);
    let schema = schema(&app, "acme").await;
    let quota = format!("SELECT used FROM {schema}.quotas WHERE key = 'users'");
    run(
        &app,
        &format!(
            "INSERT INTO {schema}.quotas (key, used, max) VALUES ('users', 1, 2)
                 ON CONFLICT (key) DO UPDATE SET used = 1, max = 2"
        ),
    )
    .await;
    let tokens = (
        app.mailed_token(ANN).await,
        app.mailed_token("bob@elsewhere.example").await,
    );
    let (one, two) = tokio::join!(
        accept(acme.visitor(), &tokens.0),
        accept(acme.visitor(), &tokens.1)
    );
    let (lucky, late, left) = match one.status {
        200 => (one, two, &tokens.1),
        _ => (two, one, &tokens.0),
    };
    lucky.is(200);
    let late = late.is_problem(403, "plan_limit").json();
    assert_eq!(late.get("limit"), None, "a stranger learns no number");
    assert_eq!(number(&app, &quota).await, 2);
    let refused = invite(acme.owner(), "eve@elsewhere.example", Role::Viewer)
        .await
        .is_problem(403, "plan_limit");
    assert!(refused.text.contains("allows 2 people"), "{}", refused.text);
    let list = acme.owner().get("/api/v1/members?role=viewer").await.json();
    let path = format!("/api/v1/members/{}", text(&list["items"][0], "id"));
    acme.owner().delete(path).await.is(204);
    assert_eq!(number(&app, &quota).await, 1);
    accept(acme.visitor(), left).await.is(200);
    assert_eq!(number(&app, &quota).await, 2);
}

#[actix_web::test]
async fn one_link_makes_one_member_however_often_it_is_sent_at_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    invite(acme.owner(), ANN, Role::Viewer).await.is(201);
    let token = app.mailed_token(ANN).await;
    let all = futures_util::future::join_all((0..4).map(|_| accept(acme.visitor(), &token))).await;
    let mut answers: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [200, 404, 404, 404]);
}

#[actix_web::test]
async fn only_addresses_of_the_organisations_domains_are_invited() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!(
            "INSERT INTO {schema}.sign_in_policy (idle_s, second_factor_required, methods, mail_domains,
                 console_networks, key_networks, updated_at)
             VALUES (1209600, false, '{{password}}', '{{acme.example}}', '{{}}', '{{}}', now())"
        ),
    )
    .await;
    let refused = invite(acme.owner(), ANN, Role::Viewer)
        .await
        .is_problem(400, "validation_failed")
        .json();
    assert_eq!(refused["errors"][0]["code"], "mail_domain");
    invite(acme.owner(), "ann@acme.example", Role::Viewer)
        .await
        .is(201);
}

#[actix_web::test]
async fn an_invitation_is_made_once_for_each_key_and_at_most_sixty_an_hour() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let body = json!({ "email": ANN, "role": "viewer" });
    let post = || {
        let request = acme
            .owner()
            .request(reqwest::Method::POST, INVITATIONS)
            .header("idempotency-key", "a-key-of-one-attempt")
            .json(&body);
        Answer::of(request)
    };
    let first = post().await.is(201).json();
    assert_eq!(post().await.is(201).json(), first);
    for _ in 2..60 {
        let answer = invite(acme.owner(), ANN, Role::Viewer).await;
        assert_eq!(answer.status, 409);
    }
    invite(acme.owner(), "late@elsewhere.example", Role::Viewer)
        .await
        .is_problem(429, "rate_limited");
    let me: Value = acme.owner().get(ME).await.is(200).json();
    assert_eq!(me["user"]["email"], "owner@acme.example");
    acme.visitor()
        .post_json(SESSION, &credentials("owner@acme.example", PASSWORD))
        .await
        .is(200);
}
