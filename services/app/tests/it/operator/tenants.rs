//! `signalbox tenant`: what it says, what it changes, and what the organisation's people then meet.

use jiff::SignedDuration;
use serde_json::json;
use testkit::TestApp;

use super::signalbox;

#[actix_web::test]
async fn a_suspended_organisation_can_sign_in_and_nothing_else_until_it_is_resumed() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let tried = signalbox(&app, &["tenant", "suspend", "acme", "--dry-run"])
        .await
        .is(0);
    assert_eq!(tried.out, "acme: would suspend: active -> suspended\n");
    acme.owner().get("/api/v1/endpoints").await.is(200);

    let reason = ["--reason", "an unpaid bill"];
    let done = signalbox(
        &app,
        &["tenant", "suspend", "acme", "--json", reason[0], reason[1]],
    )
    .await
    .is(0)
    .json();
    assert_eq!(
        (&done["from"], &done["state"], &done["changed"]),
        (&json!("active"), &json!("suspended"), &json!(true))
    );
    app.forget_hosts();
    let refused = acme.owner().get("/api/v1/endpoints").await.is(403);
    assert_eq!(refused.json()["code"], "suspended");
    let me = acme.owner().get("/api/v1/me").await.is(200).json();
    let why = &me["organization"]["state_reason"];
    assert_eq!(why, "an unpaid bill", "those who are signed in learn why");
    let card = acme.visitor().get("/api/v1/organization").await.is(200);
    assert_eq!(card.json()["state"], "suspended");
    assert!(
        !card.json().to_string().contains("unpaid"),
        "and nobody else"
    );

    let again = signalbox(&app, &["tenant", "suspend", "acme"]).await.is(0);
    assert_eq!(again.out, "acme: nothing to do, it is suspended\n");
    signalbox(&app, &["tenant", "resume", "acme"]).await.is(0);
    app.forget_hosts();
    acme.owner().get("/api/v1/endpoints").await.is(200);
}

#[actix_web::test]
async fn deleting_asks_for_the_name_again_and_can_be_undone() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    signalbox(&app, &["tenant", "delete", "acme"]).await.is(3);
    signalbox(&app, &["tenant", "delete", "acme", "--confirm", "bravo"])
        .await
        .is(3);
    acme.owner().get("/api/v1/endpoints").await.is(200);
    let done = signalbox(
        &app,
        &["tenant", "delete", "acme", "--confirm", "acme", "--json"],
    )
    .await
    .is(0)
    .json();
    assert!(done["purge_at"].is_string(), "{done}");
    app.forget_hosts();
    let refused = acme.owner().get("/api/v1/endpoints").await.is(403);
    assert_eq!(refused.json()["code"], "deleting");
    signalbox(&app, &["tenant", "resume", "acme"]).await.is(3);
    signalbox(&app, &["tenant", "undelete", "acme"]).await.is(0);
    app.forget_hosts();
    acme.owner().get("/api/v1/endpoints").await.is(200);
}

#[actix_web::test]
async fn a_bulk_verb_goes_on_past_a_failure_and_says_which_it_was() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    app.tenant("bravo").await;
    let said = signalbox(
        &app,
        &["tenant", "freeze", "acme", "nobody", "bravo", "--json"],
    )
    .await
    .is(5);
    let said = said.lines();
    let states: Vec<_> = said
        .iter()
        .map(|line| (&line["tenant"], &line["state"], &line["error"]))
        .collect();
    let null = json!(null);
    assert_eq!(
        states,
        [
            (&json!("acme"), &json!("read_only"), &null),
            (&json!("nobody"), &null, &json!("not_found")),
            (&json!("bravo"), &json!("read_only"), &null),
        ]
    );
    signalbox(&app, &["tenant", "freeze", "nobody"]).await.is(4);
    signalbox(&app, &["tenant", "freeze"]).await.is(2);
}

#[actix_web::test]
async fn list_and_show_tell_what_there_is_and_what_was_done() {
    let app = TestApp::start().await;
    for slug in ["acme", "bravo", "gamma"] {
        app.tenant(slug).await;
    }
    let first = signalbox(&app, &["tenant", "list", "--limit", "2", "--json"])
        .await
        .is(0)
        .json();
    let slugs = |page: &serde_json::Value| {
        let items = page["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|item| item["slug"].as_str().expect("a slug").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(slugs(&first), ["acme", "bravo"]);
    let next = first["next"].as_str().expect("another page");
    let second = signalbox(
        &app,
        &["tenant", "list", "--limit", "2", "--after", next, "--json"],
    )
    .await
    .is(0)
    .json();
    assert_eq!(slugs(&second), ["gamma"]);
    assert_eq!(second["next"], json!(null));
    signalbox(&app, &["tenant", "list", "--after", "nonsense"])
        .await
        .is(1);
    signalbox(&app, &["tenant", "list", "--state", "nonsense"])
        .await
        .is(2);

    signalbox(&app, &["tenant", "suspend", "bravo", "--reason", "a test"])
        .await
        .is(0);
    let shown = signalbox(&app, &["tenant", "show", "bravo", "--json"])
        .await
        .is(0)
        .json();
    assert_eq!(shown["tenant"]["host"], "bravo.localhost");
    let deed = &shown["timeline"][0];
    assert_eq!(
        (&deed["action"], &deed["actor"], &deed["reason"]),
        (
            &json!("tenant.suspended"),
            &json!("cli:ada"),
            &json!("a test")
        )
    );
    let text = signalbox(&app, &["tenant", "show", "bravo"])
        .await
        .is(0)
        .out;
    assert!(
        text.contains("bravo") && text.contains("tenant.suspended"),
        "{text}"
    );
    signalbox(&app, &["tenant", "show", "nobody"]).await.is(4);
}

#[actix_web::test]
async fn a_plan_is_a_name_and_the_limits_that_hold() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for n in 0..3 {
        acme.create_endpoint(&format!("http://127.0.0.1:9/{n}"))
            .await;
    }
    let fourth = json!({ "name": "Fourth", "url": "http://127.0.0.1:9/4" });
    acme.owner()
        .post_json("/api/v1/endpoints", &fourth)
        .await
        .is_problem(403, "plan_limit");
    signalbox(&app, &["tenant", "plan", "acme", "gold"])
        .await
        .is(2);
    signalbox(&app, &["tenant", "plan", "nobody", "pro"])
        .await
        .is(4);
    let raise = ["tenant", "plan", "acme", "pro", "--endpoints", "4"];
    signalbox(&app, &[&raise[..], &["--dry-run"]].concat())
        .await
        .is(0);
    acme.owner()
        .post_json("/api/v1/endpoints", &fourth)
        .await
        .is_problem(403, "plan_limit");
    signalbox(&app, &raise).await.is(0);
    acme.owner()
        .post_json("/api/v1/endpoints", &fourth)
        .await
        .is(201);
    let again = signalbox(&app, &raise).await.is(0);
    assert_eq!(again.out, "acme: nothing to do\n");
    let listed = signalbox(&app, &["tenant", "list", "--plan", "pro", "--json"])
        .await
        .is(0)
        .json();
    assert_eq!(listed["items"][0]["slug"], "acme");
}

#[actix_web::test]
async fn operators_see_when_an_organisation_was_used_last() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.run_jobs().await;
    let seen = async || {
        let shown = signalbox(&app, &["tenant", "show", "acme", "--json"])
            .await
            .is(0)
            .json();
        shown["tenant"]["last_active_at"]
            .as_str()
            .expect("an instant")
            .to_owned()
    };
    assert_eq!(seen().await, "2026-11-20T12:00:00Z");
    for (minutes, expected) in [(30, "2026-11-20T12:00:00Z"), (40, "2026-11-20T13:10:00Z")] {
        app.advance(SignedDuration::from_mins(minutes));
        testkit::sign_in(acme.visitor(), "owner@acme.example").await;
        app.run_jobs().await;
        assert_eq!(seen().await, expected);
    }
}
