//! The log as people look at it.

use jiff::SignedDuration;
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::TestApp;

use super::{AUDIT, VERIFICATION, busy, tamper, verification};
use crate::rows::{schema, texts};

fn actions(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items
        .iter()
        .map(|row| row["action"].as_str().expect("an action"))
        .collect()
}

#[tokio::test]
async fn a_row_says_who_did_what_from_where_and_what_it_looked_like() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let id = acme
        .create_endpoint_with(json!({"name": "Shop", "url": "http://127.0.0.1:9/shop"}))
        .await;
    let path = format!("/api/v1/endpoints/{id}");
    // Rows of one millisecond stand in any order.
    app.advance(SignedDuration::from_millis(1));
    let renamed = json!({"name": "Store"});
    acme.owner()
        .send_json(reqwest::Method::PATCH, &path, None, &renamed)
        .await
        .is(200);
    let page = acme
        .owner()
        .get(format!("{AUDIT}?target={id}"))
        .await
        .is(200)
        .json();
    assert_eq!(actions(&page), ["endpoint.changed", "endpoint.created"]);
    let row = &page["items"][0];
    assert_eq!(row["actor"]["kind"], "user");
    assert_eq!(row["actor"]["name"], "owner@acme.example");
    assert_eq!(row["actor"]["email"], "owner@acme.example");
    assert_eq!(row["address"], "127.0.0.1");
    assert_eq!(
        row["target"],
        json!({"kind": "endpoint", "id": id, "name": null})
    );
    assert_eq!(row["before"]["name"], "Shop");
    assert_eq!(row["after"]["name"], "Store");
    assert_eq!(
        (&row["seq"], &row["hash"]),
        (&Value::Null, &Value::Null),
        "not sealed yet"
    );
    let sealed = acme
        .owner()
        .get(format!("{AUDIT}?q=Three"))
        .await
        .is(200)
        .json();
    let hash = sealed["items"][0]["hash"].as_str().expect("a hash");
    assert_eq!(hash.len(), 64);
}

#[tokio::test]
async fn pages_follow_each_other_and_a_cursor_fits_its_own_list() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let whole = acme.owner().get(AUDIT).await.is(200).json();
    let all = actions(&whole).len();
    assert_eq!(whole["next_cursor"], Value::Null);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = acme
            .owner()
            .get(format!("{AUDIT}?limit=2{cursor}"))
            .await
            .is(200)
            .json();
        seen.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(Value::Array(seen), whole["items"]);
    assert!(all > 4);
    let other = format!("{AUDIT}?limit=2&action=endpoint{cursor}");
    acme.owner()
        .get(other)
        .await
        .is_problem(400, "validation_failed");
}

#[tokio::test]
async fn filters_find_what_they_say_and_refuse_what_makes_no_sense() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let me = acme.owner().get("/api/v1/me").await.is(200).json();
    let me = me["user"]["id"].as_str().expect("an id").to_owned();
    let count = async |query: &str| {
        let page = acme
            .owner()
            .get(format!("{AUDIT}?{query}"))
            .await
            .is(200)
            .json();
        actions(&page).len()
    };
    let all = count("").await;
    assert_eq!(count("action=endpoint").await, 3);
    assert_eq!(count("action=endpoint.created").await, 3);
    assert_eq!(count("action=endpoint.crea").await, 0, "no part of a word");
    assert_eq!(count(&format!("actor={me}&target=endpoint")).await, 3);
    assert_eq!(count("actor=user&action=endpoint").await, 3);
    assert_eq!(count("actor=worker").await, 0);
    assert_eq!(count("q=three").await, 1);
    assert_eq!(count("q=%25").await, 0, "a percent sign is itself");
    assert_eq!(count("q=owner%40acme&action=endpoint").await, 3);
    // The clock has stood still but for the sealer.
    assert_eq!(count("from=2026-11-20T12:00:00Z").await, all);
    assert_eq!(
        count("from=2026-11-20T12:00:00Z&to=2026-11-20T12:00:00.001Z").await,
        all
    );
    assert_eq!(
        count("from=2026-11-20T12:00:00.001Z&action=endpoint").await,
        0
    );
    assert_eq!(count("to=2026-11-20T12:00:00Z").await, 0);
    for (query, pointer) in [
        ("actor=root", "/actor"),
        ("action=DROP", "/action"),
        ("target=a%20b", "/target"),
        ("from=yesterday", "/from"),
        ("from=2026-11-20T12:00:00Z&to=2026-11-20T12:00:00Z", "/to"),
        ("q=%00", "/q"),
        ("limit=201", "/limit"),
        ("colour=red", "/colour"),
        ("cursor=rubbish", "/cursor"),
    ] {
        let answer = acme.owner().get(format!("{AUDIT}?{query}")).await;
        let answer = answer.is_problem(400, "validation_failed");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{query}");
        if !matches!(pointer, "/limit" | "/cursor") {
            let export = acme.owner().get(format!("{AUDIT}/export?{query}")).await;
            export.is_problem(400, "validation_failed");
        }
    }
    let negative = acme.owner().get(format!("{VERIFICATION}?after=-1")).await;
    negative.is_problem(400, "validation_failed");
}

#[tokio::test]
async fn who_has_left_is_a_former_member_and_the_platform_has_a_name() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let schema = schema(&app, "acme").await;
    tamper(
        &app,
        &format!(
            "UPDATE {schema}.audit_log SET actor_id = gen_random_uuid(), after = '{{\"who\": \"left\"}}' WHERE seq = 4;
             UPDATE {schema}.audit_log SET actor_kind = 'operator', actor_id = NULL, after = '{{\"who\": \"helped\"}}' WHERE seq = 5;
             UPDATE {schema}.users SET name = 'Ada'"
        ),
    )
    .await;
    for (q, name) in [
        ("left", "Former member"),
        ("helped", "Signalbox support"),
        ("Ada&action=endpoint", "Ada"),
    ] {
        let page = acme
            .owner()
            .get(format!("{AUDIT}?q={q}"))
            .await
            .is(200)
            .json();
        assert_eq!(page["items"][0]["actor"]["name"], name, "{q}: {page}");
    }
}

#[tokio::test]
async fn whoever_may_not_read_the_log_sees_none_of_it() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let admin = acme.member(Role::Admin).await;
    for path in [AUDIT, VERIFICATION, "/api/v1/audit/export"] {
        admin.get(path).await.is(200);
        for role in [Role::Manager, Role::Member, Role::Viewer] {
            let person = acme.member(role).await;
            person.get(path).await.is_problem(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn a_long_log_is_verified_in_stretches() {
    let app = TestApp::start().await;
    let acme = busy(&app, "acme").await;
    let schema = schema(&app, "acme").await;
    tamper(&app, &super::sealing::many(&schema, 10_500)).await;
    acme.create_endpoint("http://127.0.0.1:9/four").await;
    super::seal(&app).await;
    let first = verification(&acme).await;
    assert_eq!(
        (&first["next_after"], &first["intact"]),
        (&10_000.into(), &true.into()),
        "{first}"
    );
    let second = acme
        .owner()
        .get(format!("{VERIFICATION}?after=10000"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&second["next_after"], &second["intact"]),
        (&Value::Null, &true.into()),
        "{second}"
    );
    assert_eq!(second["until"], second["last_seq"]);
    tamper(
        &app,
        &format!("UPDATE {schema}.audit_log SET after = NULL WHERE seq = 10001"),
    )
    .await;
    assert_eq!(
        verification(&acme).await["intact"],
        true,
        "its stretch ends before"
    );
    let second = acme
        .owner()
        .get(format!("{VERIFICATION}?after=10000"))
        .await
        .is(200)
        .json();
    assert_eq!(second["intact"], false);
    let export = acme.owner().get("/api/v1/audit/export").await.is(200);
    let rows = texts(
        &app,
        &format!("SELECT count(*)::text FROM {schema}.audit_log WHERE seq > 0"),
    )
    .await;
    assert_eq!(
        (export.text.lines().count() - 1).to_string(),
        rows[0],
        "every row once"
    );
}
