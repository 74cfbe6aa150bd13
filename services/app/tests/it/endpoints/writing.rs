//! Adding, changing, deleting, restoring.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Target, TestApp};

use super::{actions, allow, fetch, named, number, post, run, state};

const LIST: &str = "/api/v1/endpoints";

#[tokio::test]
async fn twenty_who_add_at_once_do_not_get_past_the_plan() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let answers = join_all((0..20).map(async |n| {
        let url = format!("http://127.0.0.1:{}/", 20_000 + n);
        acme.owner().post_json(LIST, &named("x", &url)).await
    }))
    .await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(201), count(403)), (3, 17));
    let refused: Vec<Value> = answers
        .iter()
        .filter(|answer| answer.status == 403)
        .map(Answer::json)
        .collect();
    for problem in refused {
        assert_eq!(problem["code"], "plan_limit");
        assert_eq!(
            problem["detail"],
            "Your 3-endpoint limit reached. Please upgrade to Pro."
        );
        assert_eq!(
            (&problem["limit"], &problem["upgrade_url"]),
            (&json!(3), &json!("/billing"))
        );
    }
    let used = format!(
        "SELECT used FROM {}.quotas WHERE key = 'endpoints'",
        acme.tenant.schema()
    );
    assert_eq!(number(&app, &used).await, 3);
    let scheduled = "SELECT count(*) FROM platform.check_schedule";
    assert_eq!(number(&app, scheduled).await, 3);
}

#[tokio::test]
async fn the_same_address_twice_names_the_one_that_is_there() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint("http://127.0.0.1:20000/a/../b").await;
    let again = named("y", "HTTP://127.0.0.1:20000/b#part");
    let problem = acme
        .owner()
        .post_json(LIST, &again)
        .await
        .is_problem(409, "endpoint_exists")
        .json();
    assert_eq!(problem["existing_id"], json!(id));
    let other = acme.create_endpoint("http://127.0.0.1:20001/").await;
    let moved = json!({ "url": "http://127.0.0.1:20000/b" });
    let path = format!("{LIST}/{other}");
    let problem = acme
        .owner()
        .send_json(Method::PATCH, &path, None, &moved)
        .await
        .is_problem(409, "endpoint_exists")
        .json();
    assert_eq!(problem["existing_id"], json!(id));
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_by_field_and_writes_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let cases = [
        (json!({}), vec![("/name", "required")]),
        (json!({ "name": "x" }), vec![("/url", "required")]),
        (
            json!({ "name": 7, "url": "http://a.example" }),
            vec![("/name", "type")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "extra": 1 }),
            vec![("/extra", "unknown")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "kind": null }),
            vec![("/kind", "type")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "kind": "icmp" }),
            vec![("/kind", "choice")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "method": "get" }),
            vec![("/method", "choice")],
        ),
        (
            json!({ "name": "", "url": "nothing" }),
            vec![("/name", "required"), ("/url", "invalid_url")],
        ),
        (
            json!({ "name": "a\u{0}b", "url": "http://a.example" }),
            vec![("/name", "control_characters")],
        ),
        (
            json!({ "name": "x", "url": "http://10.0.0.1/" }),
            vec![("/url", "blocked_target")],
        ),
        (
            json!({ "name": "x", "url": "http://[::ffff:a00:1]/" }),
            vec![("/url", "blocked_target")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "interval_seconds": 5, "timeout_ms": 6_000 }),
            vec![("/interval_seconds", "range")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "interval_seconds": 10, "timeout_ms": 10_001 }),
            vec![("/timeout_ms", "range")],
        ),
        (
            json!({ "name": "x", "url": "http://a.example", "expected_codes": "2xx" }),
            vec![("/expected_codes", "expected_codes")],
        ),
    ];
    for (body, faults) in cases {
        let problem = acme
            .owner()
            .post_json(LIST, &body)
            .await
            .is_problem(400, "validation_failed")
            .json();
        let told: Vec<_> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|fault| {
                (
                    fault["pointer"].as_str().expect("a pointer"),
                    fault["code"].as_str().expect("a code"),
                )
            })
            .collect();
        assert_eq!(told, faults, "{body}");
    }
    assert!(actions(&app, &acme).await.is_empty());
    let count = format!("SELECT count(*) FROM {}.endpoints", acme.tenant.schema());
    assert_eq!(number(&app, &count).await, 0);
}

#[tokio::test]
async fn hostile_text_is_kept_as_it_was_written() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let name = "<img src=x onerror=alert(1)>'; DROP TABLE endpoints; -- %_\\";
    let id = acme
        .create_endpoint_with(named(name, "http://127.0.0.1:20000/?q='\"<x>"))
        .await;
    assert_eq!(fetch(acme.owner(), &id).await["name"], name);
    let found = acme
        .owner()
        .get("/api/v1/endpoints?q=%25_%5C")
        .await
        .is(200)
        .json();
    assert_eq!(found["total"], 1);
    let found = acme
        .owner()
        .get("/api/v1/endpoints?q=%25%25")
        .await
        .is(200)
        .json();
    assert_eq!(found["total"], 0, "a percent sign is a percent sign");
}

#[tokio::test]
async fn an_attempt_with_a_name_adds_one_endpoint() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let attempt = async |body: Value| {
        let request = acme
            .owner()
            .request(Method::POST, LIST)
            .header("idempotency-key", "k1");
        Answer::of(request.json(&body)).await
    };
    let body = named("x", "http://127.0.0.1:20000/");
    let first = attempt(body.clone()).await.is(201);
    let again = attempt(body).await.is(201);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("etag"), "\"1\"");
    assert_eq!(actions(&app, &acme).await, ["endpoint.created"]);
    attempt(named("y", "http://127.0.0.1:20000/"))
        .await
        .is_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn of_two_who_replace_the_same_version_one_is_told_to_read_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint("http://127.0.0.1:20000/").await;
    let path = format!("{LIST}/{id}");
    let body = |name: &str| named(name, "http://127.0.0.1:20000/");
    let owner = acme.owner();
    owner
        .send_json(Method::PUT, &path, None, &body("a"))
        .await
        .is_problem(428, "precondition_required");
    let answers = join_all(["a", "b", "c"].map(async |name| {
        owner
            .send_json(Method::PUT, &path, Some("\"1\""), &body(name))
            .await
    }))
    .await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(200), count(412)), (1, 2));
    assert_eq!(
        actions(&app, &acme).await,
        ["endpoint.created", "endpoint.changed"]
    );
    let renamed = owner
        .send_json(Method::PATCH, &path, Some("\"2\""), &json!({ "name": "d" }))
        .await
        .is(200);
    assert_eq!(renamed.header("etag"), "\"3\"");
    owner
        .send_json(Method::PATCH, &path, Some("\"2\""), &json!({ "name": "e" }))
        .await
        .is_problem(412, "precondition_failed");
    let same = owner
        .send_json(Method::PATCH, &path, None, &json!({ "name": "d" }))
        .await
        .is(200);
    assert_eq!(
        same.header("etag"),
        "\"3\"",
        "what changes nothing makes no version"
    );
    assert_eq!(actions(&app, &acme).await.len(), 3);
}

#[tokio::test]
async fn replacing_takes_the_defaults_and_changing_keeps_what_it_does_not_name() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme
        .create_endpoint_with(json!({
            "name": "x", "url": "http://127.0.0.1:20000/", "interval_seconds": 300,
            "timeout_ms": 2_000, "method": "HEAD", "expected_codes": "301, 200-204",
        }))
        .await;
    let path = format!("{LIST}/{id}");
    let renamed = acme
        .owner()
        .send_json(Method::PATCH, &path, None, &json!({ "name": "y" }))
        .await
        .is(200)
        .json();
    assert_eq!(renamed["expected_codes"], "200-204,301");
    assert_eq!(
        (&renamed["method"], &renamed["interval_seconds"]),
        (&json!("HEAD"), &json!(300))
    );
    let replaced = acme
        .owner()
        .send_json(
            Method::PUT,
            &path,
            Some("*"),
            &named("z", "http://127.0.0.1:20000/"),
        )
        .await
        .is(200)
        .json();
    assert_eq!(replaced["expected_codes"], "200-299");
    assert_eq!(
        (&replaced["method"], &replaced["interval_seconds"]),
        (&json!("GET"), &json!(60))
    );
    let sql = format!(
        "SELECT before, after FROM {}.audit_log WHERE action = 'endpoint.changed' ORDER BY ctid",
        acme.tenant.schema()
    );
    let rows = app
        .db
        .superuser()
        .await
        .query(&sql, &[])
        .await
        .expect("rows");
    assert_eq!(
        rows[0].get::<Value>("before").expect("before"),
        json!({ "name": "x" })
    );
    assert_eq!(
        rows[0].get::<Value>("after").expect("after"),
        json!({ "name": "y" })
    );
    assert_eq!(
        rows[1].get::<Value>("before").expect("before")["timeout_ms"],
        2_000
    );
}

#[tokio::test]
async fn another_address_is_checked_at_once_and_a_new_name_changes_no_state() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (one, other) = (Target::start().await, Target::start().await);
    let id = acme.create_endpoint(one.url()).await;
    let path = format!("{LIST}/{id}");
    app.run_checks().await;
    let patch = async |body: Value| {
        acme.owner()
            .send_json(Method::PATCH, &path, None, &body)
            .await
            .is(200)
    };
    patch(json!({ "name": "y" })).await;
    assert_eq!(state(acme.owner(), &id).await, "up");
    assert_eq!(app.run_checks().await, 0);
    patch(json!({ "url": other.url() })).await;
    assert_eq!(state(acme.owner(), &id).await, "pending");
    assert_eq!(app.run_checks().await, 1);
    assert_eq!((one.hits(), other.hits()), (1, 1));
    patch(json!({ "interval_seconds": 10 })).await;
    let mut checked = 0;
    for _ in 0..30 {
        app.advance(SignedDuration::from_secs(1));
        checked += app.run_checks().await;
    }
    assert_eq!(checked, 3, "the new interval holds at once");
}

#[tokio::test]
async fn the_bin_frees_place_and_address_and_gives_back_for_seven_days() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    allow(&app, &acme, 1).await;
    let owner = acme.owner();
    let id = acme.create_endpoint("http://127.0.0.1:20000/").await;
    let path = format!("{LIST}/{id}");
    owner.delete(&path).await.is(204);
    owner.delete(&path).await.is(204);
    for gone in [
        format!("{path}/results"),
        format!("{path}/latency"),
        path.clone(),
    ] {
        owner.get(gone).await.is_problem(404, "endpoint_not_found");
    }
    owner
        .post(format!("{path}/pause"))
        .await
        .is_problem(404, "endpoint_not_found");
    assert_eq!(owner.get(LIST).await.is(200).json()["total"], 0);
    let bin = owner
        .get("/api/v1/endpoints?deleted=true")
        .await
        .is(200)
        .json();
    assert_eq!(bin["items"][0]["id"], json!(id));

    let same = acme.create_endpoint("http://127.0.0.1:20000/").await;
    let problem = owner
        .post(format!("{path}/restore"))
        .await
        .is_problem(409, "endpoint_exists")
        .json();
    assert_eq!(problem["existing_id"], json!(same));
    let other = json!({ "url": "http://127.0.0.1:20001/" });
    owner
        .send_json(Method::PATCH, format!("{LIST}/{same}"), None, &other)
        .await
        .is(200);
    owner
        .post(format!("{path}/restore"))
        .await
        .is_problem(403, "plan_limit");
    owner.delete(format!("{LIST}/{same}")).await.is(204);
    assert_eq!(post(owner, &id, "restore").await["state"], "pending");
    assert_eq!(post(owner, &id, "restore").await["deleted_at"], json!(null));
    assert_eq!(
        actions(&app, &acme).await,
        [
            "endpoint.created",
            "endpoint.deleted",
            "endpoint.created",
            "endpoint.changed",
            "endpoint.deleted",
            "endpoint.restored"
        ]
    );
}

#[tokio::test]
async fn after_seven_days_the_bin_is_emptied_and_nothing_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let (gone, kept) = (
        acme.create_endpoint(site.url()).await,
        acme.create_endpoint("http://127.0.0.1:20000/").await,
    );
    app.run_checks().await;
    for id in [&gone, &kept] {
        acme.owner().delete(format!("{LIST}/{id}")).await.is(204);
    }
    app.advance(SignedDuration::from_hours(7 * 24 - 1));
    post_restore(&acme, &kept).await;
    acme.owner().delete(format!("{LIST}/{kept}")).await.is(204);
    app.advance(SignedDuration::from_hours(1));
    acme.owner()
        .post(format!("{LIST}/{gone}/restore"))
        .await
        .is_problem(404, "endpoint_not_found");
    app.run_jobs().await;
    let schema = acme.tenant.schema();
    for table in [
        "endpoints WHERE id",
        "results WHERE endpoint_id",
        "result_hours WHERE endpoint_id",
    ] {
        let left = format!("SELECT count(*) FROM {schema}.{table} = '{gone}'");
        assert_eq!(number(&app, &left).await, 0, "{table}");
    }
    let left = format!("SELECT count(*) FROM {schema}.endpoints WHERE id = '{kept}'");
    assert_eq!(
        number(&app, &left).await,
        1,
        "it was deleted again an hour ago"
    );
}

async fn post_restore(acme: &testkit::TestTenant<'_>, id: &str) {
    // Its seven days are not over on the session's clock either.
    let owner = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    post(&owner, id, "restore").await;
}

#[tokio::test]
async fn a_large_history_is_purged_in_parts() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint("http://127.0.0.1:20000/").await;
    let schema = acme.tenant.schema();
    let fill = format!(
        "INSERT INTO {schema}.results (id, endpoint_id, checked_at, outcome, reason_code, message)
         SELECT gen_random_uuid(), '{id}', '2026-11-20', 'up', 'ok', '' FROM generate_series(1, 12000)"
    );
    run(&app, &fill).await;
    acme.owner().delete(format!("{LIST}/{id}")).await.is(204);
    app.advance(SignedDuration::from_hours(7 * 24));
    app.run_jobs().await;
    let left = format!("SELECT count(*) FROM {schema}.results");
    assert_eq!(number(&app, &left).await, 0);
    let due = "SELECT count(*) FROM platform.work WHERE kind <> 'forget_addresses'";
    assert_eq!(number(&app, due).await, 0);
}

#[tokio::test]
async fn each_role_may_do_what_it_may() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    let path = format!("{LIST}/{id}");
    let (viewer, member, manager) = (
        acme.member(Role::Viewer).await,
        acme.member(Role::Member).await,
        acme.member(Role::Manager).await,
    );
    for reader in [&viewer, &member, &manager] {
        reader.get(LIST).await.is(200);
    }
    viewer
        .post(format!("{path}/check"))
        .await
        .is_problem(403, "forbidden");
    member.post(format!("{path}/check")).await.is(200);
    for denied in [&viewer, &member] {
        denied
            .post_json(LIST, &named("x", "http://127.0.0.1:1/"))
            .await
            .is_problem(403, "forbidden");
        denied
            .post_json(format!("{LIST}/try"), &json!({ "url": site.url() }))
            .await
            .is_problem(403, "forbidden");
        denied.delete(&path).await.is_problem(403, "forbidden");
    }
    assert_eq!(
        site.hits(),
        1,
        "nobody is contacted for whoever may not ask"
    );
    manager.post(format!("{path}/pause")).await.is(200);
    acme.visitor()
        .get(LIST)
        .await
        .is_problem(401, "unauthenticated");
}
