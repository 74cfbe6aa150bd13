//! The log of attempts: one's own history, the organisation's, its file, and what is forgotten of it.

use insta::assert_json_snapshot;
use jiff::SignedDuration;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, REFRESH, SESSION, TOKEN, credentials, program, text};
use crate::rows::{number, run, schema, texts};

const OWN: &str = "/api/v1/me/sign-ins";
const LOG: &str = "/api/v1/auth-log";
const OWNER: &str = "owner@acme.example";

async fn items(visitor: &Visitor, path: &str) -> Vec<Value> {
    let page = visitor.get(path).await.is(200).json();
    page["items"].as_array().expect("a list").clone()
}

async fn outcomes(visitor: &Visitor, path: &str) -> Vec<String> {
    let all = items(visitor, path).await;
    all.iter()
        .map(|it| text(it, "outcome").to_owned())
        .collect()
}

async fn fail(visitor: &Visitor, email: &str) {
    let wrong = credentials(email, "not the password");
    visitor.post_json(SESSION, &wrong).await.is(401);
}

#[actix_web::test]
async fn somebody_sees_how_their_account_was_tried_and_nobody_elses() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.member(Role::Admin).await;
    app.advance(SignedDuration::from_mins(1));
    fail(acme.visitor(), OWNER).await;
    fail(acme.visitor(), "nobody@acme.example").await;
    app.advance(SignedDuration::from_mins(1));
    let request = acme.visitor().request(Method::POST, SESSION);
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let body = credentials(OWNER, PASSWORD);
    let signed = Answer::of(request.header("user-agent", agent).json(&body)).await;
    let firefox = acme.visitor().signed_in(&signed.is(200));
    let seen: Vec<Value> = items(&firefox, OWN).await.into_iter().take(2).collect();
    assert_json_snapshot!(seen, { "[].id" => "[id]", "[0].session_id" => "[session]" }, @r#"
    [
      {
        "address": "127.0.0.x",
        "at": "2026-11-20T12:02:00Z",
        "browser": "Firefox",
        "current": true,
        "id": "[id]",
        "method": "password",
        "outcome": "signed_in",
        "refused": false,
        "session_id": "[session]",
        "system": "Linux"
      },
      {
        "address": "127.0.0.x",
        "at": "2026-11-20T12:01:00Z",
        "browser": null,
        "current": false,
        "id": "[id]",
        "method": "password",
        "outcome": "wrong_password",
        "refused": true,
        "session_id": null,
        "system": null
      }
    ]
    "#);
    let ended = items(&firefox, OWN).await.swap_remove(0);
    let path = format!("/api/v1/auth/sessions/{}", text(&ended, "session_id"));
    firefox.delete(path).await.is(204);
    let over = items(acme.owner(), OWN).await.swap_remove(0);
    assert_eq!(over["session_id"], Value::Null, "that session is over");
}

#[actix_web::test]
async fn a_history_goes_on_page_by_page_and_leaves_refreshed_tokens_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.advance(SignedDuration::from_secs(1));
    let tokens = program(acme.visitor(), OWNER).await;
    let refresh = json!({ "refresh_token": text(&tokens, "refresh_token") });
    acme.visitor().post_json(REFRESH, &refresh).await.is(200);
    for _ in 0..3 {
        app.advance(SignedDuration::from_secs(1));
        fail(acme.visitor(), OWNER).await;
    }
    let mut seen = Vec::new();
    let mut path = format!("{OWN}?limit=2");
    loop {
        let page = acme.owner().get(&path).await.is(200).json();
        let rows = page["items"].as_array().expect("a list").clone();
        seen.extend(rows.iter().map(|it| text(it, "outcome").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{OWN}?limit=2&cursor={cursor}");
    }
    let wrong = "wrong_password";
    assert_eq!(seen[..4], [wrong, wrong, wrong, "signed_in"]);
    let foreign = format!(
        "{LOG}?cursor={}",
        path.rsplit('=').next().unwrap_or_default()
    );
    acme.owner()
        .get(foreign)
        .await
        .is_problem(400, "validation_failed");
    for bad in ["?limit=0", "?limit=201", "?cursor=x", "?outcome=x"] {
        let refused = acme.owner().get(format!("{OWN}{bad}")).await;
        refused.is_problem(400, "validation_failed");
    }
}

#[actix_web::test]
async fn whoever_reads_the_logs_finds_every_attempt() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let member = acme.member(Role::Member).await;
    let me = member.get(ME).await.is(200).json();
    app.advance(SignedDuration::from_mins(1));
    fail(acme.visitor(), OWNER).await;
    fail(acme.visitor(), "nobody@acme.example").await;
    let tokens = program(acme.visitor(), text(&me["user"], "email")).await;
    let refresh = json!({ "refresh_token": text(&tokens, "refresh_token") });
    acme.visitor().post_json(REFRESH, &refresh).await.is(200);
    member.post("/api/v1/auth/logout").await.is(204);
    member.get(LOG).await.is(401);
    acme.member(Role::Member)
        .await
        .get(LOG)
        .await
        .is_problem(403, "forbidden");

    let owner = acme.owner();
    let all = items(owner, LOG).await;
    let nobody = all.iter().find(|it| it["person"].is_null()).expect("one");
    assert_eq!(
        (&nobody["refused"], text(nobody, "address")),
        (&json!(true), "127.0.0.1")
    );
    let with = |query: &str| format!("{LOG}?{query}");
    let wrong = "wrong_password";
    assert_eq!(
        outcomes(owner, &with("outcome=refused")).await,
        [wrong, wrong]
    );
    assert_eq!(
        outcomes(owner, &with("outcome=refreshed")).await,
        ["refreshed"]
    );
    assert_eq!(outcomes(owner, &with("outcome=made_up")).await, [""; 0]);
    let theirs = with(&format!("person={}", text(&me["user"], "id")));
    let mut found = outcomes(owner, &theirs).await;
    // Two of the same millisecond.
    found.sort();
    assert_eq!(found, ["signed_in", "signed_in", "signed_out"]);
    assert_eq!(
        outcomes(owner, &with("q=OWNER%40acme&outcome=refused")).await,
        [wrong]
    );
    assert_eq!(
        outcomes(owner, &with("q=127.0.0&outcome=refused")).await,
        [wrong, wrong]
    );
    assert_eq!(outcomes(owner, &with("q=%25")).await, [""; 0]);
    assert_eq!(
        outcomes(owner, &with("to=2026-11-20T12:00:30Z&outcome=refused")).await,
        [""; 0]
    );
    assert_eq!(
        outcomes(owner, &with("from=2026-11-20T12:00:30Z&outcome=refused"))
            .await
            .len(),
        2
    );
    for (query, pointer) in [
        ("person=ann", "/person"),
        ("from=x", "/from"),
        ("to=2026", "/to"),
        ("outcome=A%25", "/outcome"),
        ("q=%00", "/q"),
        ("cursor=x", "/cursor"),
        ("limit=0", "/limit"),
        ("colour=red", "/colour"),
    ] {
        let refused = owner
            .get(with(query))
            .await
            .is_problem(400, "validation_failed");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
}

#[actix_web::test]
async fn a_file_holds_every_row_that_was_asked_for() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let log = format!("{}.auth_log", schema(&app, "acme").await);
    // More than a piece, one of them with a formula for a device.
    run(
        &app,
        &format!(
            "INSERT INTO {log} (id, at, outcome, user_agent, request_id)
             SELECT lpad(to_hex(n), 12, '0')::text::uuid, '2026-11-01', 'wrong_password', '=cmd(1)', gen_random_uuid()
               FROM generate_series(1, 1200) n"
        )
        .replace("lpad(to_hex(n), 12, '0')::text::uuid", "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"),
    )
    .await;
    let answer = acme
        .owner()
        .get(format!("{LOG}/export?outcome=wrong_password"))
        .await
        .is(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"sign-ins-acme-2026-11-20.csv\""
    );
    let lines: Vec<&str> = answer.text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1201);
    assert_eq!(
        lines[0],
        "at,outcome,person_id,person,method,browser,system,address,id"
    );
    assert!(
        lines[1].starts_with("2026-11-01T00:00:00Z,wrong_password,,,,'=cmd,"),
        "{}",
        lines[1]
    );
    let distinct: std::collections::HashSet<&str> = lines.iter().copied().collect();
    assert_eq!(distinct.len(), 1201);
    let refused = acme.owner().get(format!("{LOG}/export?to=x")).await;
    refused.is_problem(400, "validation_failed");
}

#[actix_web::test]
async fn addresses_are_forgotten_after_thirty_days_and_nothing_else_is() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let log = format!("{}.auth_log", schema(&app, "acme").await);
    let known = format!("SELECT count(*) FROM {log} WHERE address IS NOT NULL");
    let pointers = "SELECT count(*) FROM platform.work WHERE kind = 'forget_addresses'";
    fail(acme.visitor(), OWNER).await;
    app.run_jobs().await;
    assert_eq!(number(&app, pointers).await, 1);
    let rows = number(&app, &format!("SELECT count(*) FROM {log}")).await;
    run(
        &app,
        &format!(
            "INSERT INTO {log} (id, at, outcome, address, request_id)
             SELECT gen_random_uuid(), '2026-11-20T12:00:00Z', 'wrong_password', '192.0.2.1', gen_random_uuid()
               FROM generate_series(1, 1500)"
        ),
    )
    .await;
    app.advance(SignedDuration::from_hours(29 * 24));
    fail(acme.visitor(), OWNER).await;
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, rows + 1501);
    app.advance(SignedDuration::from_hours(24));
    app.run_jobs().await;
    app.run_jobs().await;
    assert_eq!(
        number(&app, &known).await,
        1,
        "in batches, and not what is a day old"
    );
    let kept = format!("SELECT outcome FROM {log} WHERE address IS NULL AND outcome = 'signed_in'");
    assert!(!texts(&app, &kept).await.is_empty());
    app.advance(SignedDuration::from_hours(29 * 24));
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, 0);
    // Somebody tries and does not get in, which calls nobody: found within a week and thirty days.
    fail(acme.visitor(), OWNER).await;
    app.advance(SignedDuration::from_hours(37 * 24));
    app.run_jobs().await;
    assert_eq!(number(&app, &known).await, 0);
    assert_eq!(number(&app, pointers).await, 1, "one at a time");
}

#[actix_web::test]
async fn what_was_brought_and_for_which_session_is_written_down() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    acme.visitor()
        .post_json(TOKEN, &credentials(OWNER, PASSWORD))
        .await
        .is(200);
    fail(acme.visitor(), OWNER).await;
    acme.owner().post("/api/v1/auth/logout").await.is(204);
    let log = format!(
        "SELECT concat_ws(' ', a.outcome, a.method, s.kind) FROM {0}.auth_log a
           LEFT JOIN {0}.sessions s ON s.id = a.session_id ORDER BY a.ctid",
        schema(&app, "acme").await
    );
    let all = texts(&app, &log).await;
    let expected = [
        "signed_in password browser",
        "signed_in password program",
        "wrong_password password",
        "signed_out browser",
    ];
    assert_eq!(all[all.len() - 4..], expected);
}
