//! Who belongs to an organisation: seeing them, changing their roles, switching them off, removing them.

use insta::assert_json_snapshot;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, SESSION, audit, credentials, program, text};
use crate::rows::{number, run, schema, texts};

const MEMBERS: &str = "/api/v1/members";
const OWNER: &str = "owner@acme.example";

/// The id of the one person of `role`.
async fn id_of(app: &TestApp, role: Role) -> String {
    let schema = schema(app, "acme").await;
    let ids = format!(
        "SELECT id FROM {schema}.users WHERE role = '{}' ORDER BY id",
        role.as_str()
    );
    texts(app, &ids).await.remove(0)
}

async fn change(person: &Visitor, id: &str, role: Role) -> Answer {
    let path = format!("{MEMBERS}/{id}");
    Answer::of(
        person
            .request(Method::PATCH, &path)
            .json(&json!({ "role": role })),
    )
    .await
}

async fn switch(person: &Visitor, id: &str, verb: &str) -> Answer {
    person
        .post_json(format!("{MEMBERS}/{id}/{verb}"), &json!({}))
        .await
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().expect("items").clone()
}

#[actix_web::test]
async fn the_list_says_who_belongs_and_second_factors_only_to_those_who_manage() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let viewer = acme.member(Role::Viewer).await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.users SET name = 'Zoë 50%', email = 'zoe@acme.example', totp_confirmed_at = now() WHERE role = 'viewer'"),
    )
    .await;
    let seen = acme.owner().get(MEMBERS).await.is(200);
    assert_json_snapshot!(seen.json(), {
        ".items[].id" => "[id]", ".items[].created_at" => "[at]", ".items[].last_seen_at" => "[at]",
    }, @r#"
    {
      "items": [
        {
          "created_at": "[at]",
          "current": true,
          "email": "owner@acme.example",
          "id": "[id]",
          "last_seen_at": "[at]",
          "name": null,
          "role": "owner",
          "second_factor": false,
          "state": "active"
        },
        {
          "created_at": "[at]",
          "current": false,
          "email": "zoe@acme.example",
          "id": "[id]",
          "last_seen_at": "[at]",
          "name": "Zoë 50%",
          "role": "viewer",
          "second_factor": true,
          "state": "active"
        }
      ],
      "next_cursor": null
    }
    "#);
    for member in items(&viewer.get(MEMBERS).await.is(200)) {
        assert_eq!(member["second_factor"], Value::Null);
    }
    for (query, found) in [
        ("?q=ZO", 1),
        ("?q=50%25", 1),
        ("?q=5_%25", 0),
        ("?q=acme.example", 2),
        ("?role=viewer", 1),
        ("?state=deactivated", 0),
    ] {
        let list = viewer.get(format!("{MEMBERS}{query}")).await.is(200);
        assert_eq!(items(&list).len(), found, "{query}");
    }
}

#[actix_web::test]
async fn the_list_comes_in_pages_whose_cursors_fit_nowhere_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    for _ in 0..3 {
        acme.member(Role::Viewer).await;
    }
    let first = acme.owner().get(format!("{MEMBERS}?limit=3")).await.is(200);
    let cursor = text(&first.json(), "next_cursor").to_owned();
    let next = format!("{MEMBERS}?limit=3&cursor={cursor}");
    let second = acme.owner().get(&next).await.is(200);
    assert_eq!((items(&first).len(), items(&second).len()), (3, 1));
    assert_eq!(second.json()["next_cursor"], Value::Null);
    assert!(!items(&first).contains(&items(&second)[0]));
    for wrong in [
        format!("{next}&role=viewer"),
        format!("{MEMBERS}?cursor=rubbish"),
        format!("{MEMBERS}?q=%00"),
        format!("{MEMBERS}?limit=0"),
        format!("{MEMBERS}?role=king"),
    ] {
        acme.owner()
            .get(&wrong)
            .await
            .is_problem(400, "validation_failed");
    }
    globex
        .owner()
        .get(&next)
        .await
        .is_problem(400, "validation_failed");
}

#[actix_web::test]
async fn another_role_counts_from_the_next_request_on_and_is_told_by_mail() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let member = acme.member(Role::Member).await;
    let id = id_of(&app, Role::Member).await;
    member
        .get("/api/v1/invitations")
        .await
        .is_problem(403, "forbidden");
    let changed = change(acme.owner(), &id, Role::Manager)
        .await
        .is(200)
        .json();
    assert_eq!(changed["role"], "manager");
    member.get("/api/v1/invitations").await.is(200);
    assert_eq!(member.get(ME).await.json()["user"]["role"], "manager");
    app.run_jobs().await;
    change(acme.owner(), &id, Role::Viewer).await.is(200);
    member
        .get("/api/v1/invitations")
        .await
        .is_problem(403, "forbidden");
    let before = acme.audit_rows().await;
    change(acme.owner(), &id, Role::Viewer).await.is(200);
    assert_eq!(
        acme.audit_rows().await,
        before,
        "the same role again is no change"
    );
    app.run_jobs().await;
    let told = app.newest_mail(text(&changed, "email")).expect("a mail");
    assert_eq!(told.subject, "Your role at acme was changed");
    assert!(
        told.text.contains("You are viewer at acme now"),
        "{}",
        told.text
    );
    let rows = audit(&app, "acme").await;
    let row = rows.iter().find(|row| row.starts_with("member.changed"));
    assert_eq!(
        row.expect("a row"),
        r#"member.changed user {"role": "member"} {"role": "manager"}"#
    );
}

#[actix_web::test]
async fn nobody_gives_or_touches_a_role_above_their_own_or_makes_an_owner() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let admin = acme.member(Role::Admin).await;
    acme.member(Role::Viewer).await;
    let (owner_id, viewer_id) = (
        id_of(&app, Role::Owner).await,
        id_of(&app, Role::Viewer).await,
    );
    change(&admin, &owner_id, Role::Viewer)
        .await
        .is_problem(403, "role_too_high");
    for verb in ["deactivate", "reactivate"] {
        switch(&admin, &owner_id, verb)
            .await
            .is_problem(403, "role_too_high");
    }
    admin
        .delete(format!("{MEMBERS}/{owner_id}"))
        .await
        .is_problem(403, "role_too_high");
    for person in [&admin, acme.owner()] {
        let refused = change(person, &viewer_id, Role::Owner)
            .await
            .is_problem(400, "validation_failed");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/role");
    }
    change(&admin, &viewer_id, Role::Admin).await.is(200);
    change(acme.owner(), &owner_id, Role::Admin)
        .await
        .is_problem(409, "last_owner");
    switch(acme.owner(), &owner_id, "deactivate")
        .await
        .is_problem(409, "own_account");
    acme.owner()
        .delete(format!("{MEMBERS}/{owner_id}"))
        .await
        .is_problem(409, "own_account");
    let unknown = "01900000-0000-7000-8000-000000000000";
    change(acme.owner(), unknown, Role::Viewer)
        .await
        .is_problem(404, "member_not_found");
    let elsewhere = app.tenant("globex").await;
    change(elsewhere.owner(), &viewer_id, Role::Viewer)
        .await
        .is_problem(404, "member_not_found");
}

#[actix_web::test]
async fn two_owners_who_give_it_up_at_once_leave_one() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let owners = format!("SELECT count(*) FROM {schema}.users WHERE role = 'owner'");
    for _ in 0..8 {
        let other = acme.member(Role::Owner).await;
        let id = |person: &Visitor| {
            let person = person.clone();
            async move { text(&person.get(ME).await.json()["user"], "id").to_owned() }
        };
        let (own, others) = (id(acme.owner()).await, id(&other).await);
        let (one, two) = tokio::join!(
            change(acme.owner(), &own, Role::Admin),
            change(&other, &others, Role::Admin)
        );
        let mut answers = [one.status, two.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409]);
        assert_eq!(number(&app, &owners).await, 1);
        let again = format!(
            "UPDATE {schema}.users SET role = CASE WHEN id = '{own}' THEN 'owner' ELSE 'admin' END;
             UPDATE {schema}.sessions SET role = CASE WHEN user_id = '{own}' THEN 'owner' ELSE 'admin' END"
        );
        run(&app, &again).await;
    }
}

#[actix_web::test]
async fn two_owners_who_remove_each_other_leave_one() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let other = acme.member(Role::Owner).await;
    let id = async |person: &Visitor| text(&person.get(ME).await.json()["user"], "id").to_owned();
    let (own, others) = (id(acme.owner()).await, id(&other).await);
    let (own, others) = (format!("{MEMBERS}/{own}"), format!("{MEMBERS}/{others}"));
    let (one, two) = tokio::join!(acme.owner().delete(&others), other.delete(&own));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    // The second one waited for the first, and is nobody by then.
    assert_eq!(answers[0], 204, "{} {}", one.text, two.text);
    assert!(
        [401, 403].contains(&answers[1]),
        "{} {}",
        one.text,
        two.text
    );
    let owners = format!("SELECT count(*) FROM {schema}.users WHERE role = 'owner'");
    assert_eq!(number(&app, &owners).await, 1);
}

#[actix_web::test]
async fn an_account_that_is_switched_off_is_out_at_once_and_in_again_by_signing_in() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let member = acme.member(Role::Manager).await;
    let id = id_of(&app, Role::Manager).await;
    let email = text(&member.get(ME).await.json()["user"], "email").to_owned();
    let tokens = program(acme.visitor(), &email).await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    let invite = json!({ "email": "friend@elsewhere.example", "role": "viewer" });
    member
        .post_json("/api/v1/invitations", &invite)
        .await
        .is(201);
    let off = switch(acme.owner(), &id, "deactivate").await.is(200).json();
    assert_eq!(off["state"], "deactivated");
    for gone in [&member, &bearer] {
        gone.get(ME).await.is_problem(401, "unauthenticated");
    }
    acme.visitor()
        .post_json(SESSION, &credentials(&email, PASSWORD))
        .await
        .is_problem(401, "invalid_credentials");
    let open = acme.owner().get("/api/v1/invitations").await.is(200);
    assert_eq!(
        items(&open),
        [] as [Value; 0],
        "what they invited to counts no more"
    );
    app.run_jobs().await;
    let told = app.newest_mail(&email).expect("a mail");
    assert_eq!(told.subject, "Your account at acme was switched off");
    switch(acme.owner(), &id, "reactivate").await.is(200);
    for gone in [&member, &bearer] {
        gone.get(ME).await.is_problem(401, "unauthenticated");
    }
    acme.visitor()
        .post_json(SESSION, &credentials(&email, PASSWORD))
        .await
        .is(200);
}

#[actix_web::test]
async fn switching_on_vouches_for_nobodys_address() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.member(Role::Viewer).await;
    let id = id_of(&app, Role::Viewer).await;
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.users SET state = 'unverified', verified_at = NULL WHERE role = 'viewer'"),
    )
    .await;
    switch(acme.owner(), &id, "deactivate").await.is(200);
    let on = switch(acme.owner(), &id, "reactivate").await.is(200).json();
    assert_eq!(on["state"], "unverified");
}

#[actix_web::test]
async fn whoever_is_removed_is_gone_with_everything_that_let_them_in() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let member = acme.member(Role::Member).await;
    let id = id_of(&app, Role::Member).await;
    let email = text(&member.get(ME).await.json()["user"], "email").to_owned();
    program(acme.visitor(), &email).await;
    let schema = schema(&app, "acme").await;
    let of_theirs = format!(
        "INSERT INTO {schema}.devices (user_id, secret_hash, first_seen_at, last_seen_at) VALUES ('{id}', '', now(), now());
         INSERT INTO {schema}.passkeys (id, user_id, name, host, credential_id, credential, created_at) VALUES ('{id}', '{id}', 'Key', 'acme.localhost', '', '{{}}', now());
         INSERT INTO {schema}.identities (id, user_id, provider, subject, name, created_at) VALUES ('{id}', '{id}', 'discord', '1', 'Ann', now());
         INSERT INTO {schema}.one_time_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ('', '{id}', 'reset_password', now(), now());
         INSERT INTO {schema}.api_keys (id, user_id, name, secret_hash, scopes, role, created_at, expires_at) VALUES ('{id}', '{id}', 'CI', '', '{{}}', 'member', now(), now())"
    );
    run(&app, &of_theirs).await;
    acme.owner().delete(format!("{MEMBERS}/{id}")).await.is(204);
    member.get(ME).await.is_problem(401, "unauthenticated");
    // Whatever table points to people: none of its rows still points to them.
    let pointing = texts(
        &app,
        &format!(
            "SELECT conrelid::regclass FROM pg_constraint
              WHERE contype = 'f' AND confrelid = '{schema}.users'::regclass"
        ),
    )
    .await;
    assert!(pointing.len() >= 6, "{pointing:?}");
    for table in pointing {
        let left = format!("SELECT count(*) FROM {table} WHERE user_id = '{id}'");
        assert_eq!(number(&app, &left).await, 0, "{table}");
    }
    acme.owner()
        .delete(format!("{MEMBERS}/{id}"))
        .await
        .is_problem(404, "member_not_found");
    app.run_jobs().await;
    let told = app.newest_mail(&email).expect("a mail");
    assert_eq!(told.subject, "You were removed from acme");
    app.root()
        .post_json("/api/v1/auth/find-workspaces", &json!({ "email": email }))
        .await
        .is(202);
    let rows = audit(&app, "acme").await;
    assert_eq!(
        rows.last().expect("a row"),
        &format!(
            r#"member.removed user {{"role": "member", "email": "{email}"}} {{"sessions_ended": 2}}"#
        )
    );
}

#[actix_web::test]
async fn what_is_done_to_others_wants_a_recent_proof() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.member(Role::Viewer).await;
    let id = id_of(&app, Role::Viewer).await;
    app.advance(jiff::SignedDuration::from_mins(11));
    change(acme.owner(), &id, Role::Member)
        .await
        .is_problem(403, "reauthentication_required");
    switch(acme.owner(), &id, "deactivate")
        .await
        .is_problem(403, "reauthentication_required");
    acme.owner()
        .delete(format!("{MEMBERS}/{id}"))
        .await
        .is_problem(403, "reauthentication_required");
    acme.owner().get(MEMBERS).await.is(200);
}

#[actix_web::test]
async fn the_table_of_roles_is_the_one_the_gate_reads() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let table = acme.owner().get("/api/v1/roles").await.is(200).json();
    for role in Role::ALL {
        let row = table["roles"].as_array().expect("roles").iter();
        let row = row.clone().find(|row| row["role"] == json!(role));
        assert_eq!(
            row.expect("a row")["permissions"],
            json!(role.permissions()),
            "{role:?}"
        );
    }
    assert_eq!(OWNER, acme.owner().get(ME).await.json()["user"]["email"]);
    let viewer = acme.member(Role::Viewer).await;
    viewer.get("/api/v1/roles").await.is(200);
}
