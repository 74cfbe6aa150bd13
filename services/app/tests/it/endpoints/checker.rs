//! The checker in company: many tenants, broken ones, and what it says of time it lost.

use jiff::SignedDuration;
use serde_json::json;
use testkit::{Target, TestApp};

use super::{fetch, number, results, run, state};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn a_slot_that_passed_unseen_is_unknown_and_never_down() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    app.run_checks().await;
    site.answer(500);
    app.advance(MINUTE * 10);
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(site.hits(), 1, "it is too late to ask");
    let all = results(acme.owner(), &id).await;
    assert_eq!(
        (&all[0]["outcome"], &all[0]["reason_code"]),
        (&json!("unknown"), &json!("missed"))
    );
    assert_eq!(
        (&all[0]["duration_ms"], &all[0]["status_code"]),
        (&json!(null), &json!(null))
    );
    let now = fetch(acme.owner(), &id).await;
    assert_eq!(
        (&now["state"], &now["last_checked_at"]),
        (&json!("up"), &json!("2026-11-20T12:00:00Z"))
    );
    app.advance(MINUTE);
    app.run_checks().await;
    assert_eq!(site.hits(), 2, "one gap, one mark, and no burst after it");
    assert_eq!(results(acme.owner(), &id).await.len(), 3);
}

#[tokio::test]
async fn a_check_that_is_a_little_late_is_carried_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let daily = json!({ "name": "x", "url": site.url(), "interval_seconds": 86_400 });
    let id = acme.create_endpoint_with(daily).await;
    app.run_checks().await;
    app.advance(SignedDuration::from_hours(24));
    app.run_checks().await;
    assert_eq!(site.hits(), 2);
    assert_eq!(
        state(
            &testkit::sign_in(acme.visitor(), "owner@acme.example").await,
            &id
        )
        .await,
        "up"
    );
}

#[tokio::test]
async fn a_hundred_tenants_are_checked_in_one_batch() {
    let app = TestApp::start().await;
    let site = Target::start().await;
    app.db.fill(100).await;
    for n in 0..100 {
        let tenant = app.db.tenant(&format!("tenant-{n}")).await;
        add_endpoint(&app, &tenant, &format!("{}{n}", site.url())).await;
    }
    assert_eq!(app.run_checks().await, 100);
    assert_eq!(site.hits(), 100);
    let settled = "SELECT count(*) FROM platform.check_schedule
                    WHERE leased_until IS NULL AND next_due_at > '2026-11-20 12:00:00Z'";
    assert_eq!(number(&app, settled).await, 100);
    let last = app.tenant_ref("tenant-99").await;
    let up = format!(
        "SELECT count(*) FROM {}.endpoints WHERE state = 'up'",
        last.schema()
    );
    assert_eq!(number(&app, &up).await, 1);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_does_not_hold_up_the_others() {
    let app = TestApp::start().await;
    let site = Target::start().await;
    let (broken, sound) = (app.db.tenant("broken").await, app.db.tenant("sound").await);
    for (tenant, path) in [(&broken, "a"), (&sound, "b")] {
        add_endpoint(&app, tenant, &format!("{}{path}", site.url())).await;
    }
    run(
        &app,
        &format!(
            "ALTER TABLE {}.endpoints RENAME TO elsewhere",
            broken.schema()
        ),
    )
    .await;
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(site.hits(), 1);
    assert_eq!(
        app.run_checks().await,
        0,
        "the broken one is not asked for again at once"
    );
    run(
        &app,
        &format!(
            "ALTER TABLE {}.elsewhere RENAME TO endpoints",
            broken.schema()
        ),
    )
    .await;
    app.advance(SignedDuration::from_mins(5));
    app.run_checks().await;
    let up = format!(
        "SELECT count(*) FROM {}.endpoints WHERE state = 'up'",
        broken.schema()
    );
    assert_eq!(number(&app, &up).await, 1, "nothing of it was lost");
}

#[tokio::test]
async fn a_tenant_that_cannot_be_written_does_not_take_the_others_along() {
    let app = TestApp::start().await;
    let site = Target::start().await;
    let mut tenants = Vec::new();
    for n in 0..5 {
        let tenant = app.db.tenant(&format!("tenant-{n}")).await;
        add_endpoint(&app, &tenant, &format!("{}{n}", site.url())).await;
        tenants.push(tenant);
        app.db.fill(1).await;
    }
    run(
        &app,
        &format!(
            "ALTER TABLE {}.results RENAME TO elsewhere",
            tenants[2].schema()
        ),
    )
    .await;
    assert_eq!(app.run_checks().await, 5);
    for (n, tenant) in tenants.iter().enumerate() {
        let up = format!(
            "SELECT count(*) FROM {}.endpoints WHERE state = 'up'",
            tenant.schema()
        );
        assert_eq!(number(&app, &up).await, i64::from(n != 2), "tenant {n}");
    }
    run(
        &app,
        &format!(
            "ALTER TABLE {}.elsewhere RENAME TO results",
            tenants[2].schema()
        ),
    )
    .await;
    app.advance(SignedDuration::from_mins(5));
    app.run_checks().await;
    let up = format!(
        "SELECT count(*) FROM {}.endpoints WHERE state = 'up'",
        tenants[2].schema()
    );
    assert_eq!(number(&app, &up).await, 1);
}

#[tokio::test]
async fn a_suspended_tenants_checks_wait_and_are_not_lost() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    acme.create_endpoint(site.url()).await;
    let set = async |state: &str| {
        run(
            &app,
            &format!("UPDATE platform.tenants SET state = '{state}' WHERE slug = 'acme'"),
        )
        .await;
    };
    set("suspended").await;
    assert_eq!(app.run_checks().await, 0);
    app.advance(SignedDuration::from_mins(5));
    assert_eq!(app.run_checks().await, 0);
    assert_eq!(site.hits(), 0);
    set("active").await;
    app.advance(SignedDuration::from_mins(5));
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(site.hits(), 1);
}

#[tokio::test]
async fn a_target_that_is_not_public_is_unknown_and_not_contacted() {
    let app = TestApp::start_with(|config| config.target_networks = Vec::new()).await;
    let acme = app.tenant("acme").await;
    let canary = Target::start().await;
    let port = canary
        .url()
        .rsplit(':')
        .next()
        .expect("a port")
        .trim_end_matches('/');
    let id = acme
        .create_endpoint(&format!("http://localhost:{port}/"))
        .await;
    app.run_checks().await;
    let now = fetch(acme.owner(), &id).await;
    assert_eq!(
        (&now["state"], &now["last_result"]["reason_code"]),
        (&json!("unknown"), &json!("blocked_target"))
    );
    assert_eq!(canary.hits(), 0);
}

/// An endpoint without the API: its tenant has no people.
async fn add_endpoint(app: &TestApp, tenant: &db::TenantRef, url: &str) {
    let id = kernel::rng::uuid_v7(app.house.db.now(), &kernel::rng::SystemEntropy);
    run(
        app,
        &format!(
            "INSERT INTO {schema}.endpoints (id, name, kind, url, method, expected_codes, interval_seconds,
                                             timeout_ms, state_changed_at, created_at, updated_at)
             VALUES ('{id}', 'x', 'http', '{url}', 'GET', '200-299', 60, 5000, '{at}', '{at}', '{at}');
             INSERT INTO platform.check_schedule (tenant, endpoint_id, interval_ms, next_due_at)
             VALUES ('{schema}', '{id}', 60000, '{at}')",
            schema = tenant.schema(),
            at = app.house.db.now(),
        ),
    )
    .await;
}
