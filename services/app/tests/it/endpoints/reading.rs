//! Lists, results and figures.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Target, TestApp, TestTenant, Visitor};

use super::{allow, named, post, run};

const LIST: &str = "/api/v1/endpoints";

async fn many(app: &TestApp, tenant: &TestTenant<'_>, names: &[&str]) {
    allow(app, tenant, 1_000).await;
    for (n, name) in names.iter().enumerate() {
        let url = format!("http://127.0.0.1:{}/", 20_000 + n);
        tenant.create_endpoint_with(named(name, &url)).await;
        app.advance(SignedDuration::from_secs(1));
    }
}

/// Names of all pages, two rows each.
async fn pages(visitor: &Visitor, query: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = visitor
            .get(format!("{LIST}?limit=2{query}{cursor}"))
            .await
            .is(200)
            .json();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 2);
        names.extend(
            items
                .iter()
                .map(|item| item["name"].as_str().expect("a name").to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn every_order_pages_through_all_rows_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    many(&app, &acme, &["b", "A", "c", "B", "a", "C", "d"]).await;
    let first = acme
        .owner()
        .get(format!("{LIST}?q=20002"))
        .await
        .is(200)
        .json();
    post(
        acme.owner(),
        first["items"][0]["id"].as_str().expect("an id"),
        "pause",
    )
    .await;

    let list = async |query: &str| pages(acme.owner(), query).await.join("");
    assert_eq!(list("").await, "AabBcCd", "whatever the case, then by age");
    assert_eq!(list("&sort=name").await, "AabBcCd");
    assert_eq!(list("&sort=-name").await, "dCcBbaA");
    assert_eq!(list("&sort=created_at").await, "bAcBaCd");
    assert_eq!(list("&sort=-created_at").await, "dCaBcAb");
    assert_eq!(list("&sort=state").await, "cbABaCd");
    assert_eq!(list("&sort=-state").await, "dCaBAbc");
    assert_eq!(list("&state=pending").await, "AabBCd");
    assert_eq!(list("&q=c").await, "cC");
    assert_eq!(list("&q=:20003").await, "B", "addresses are searched too");
    assert_eq!(list("&q=nowhere").await, "");
    let page = acme
        .owner()
        .get(format!("{LIST}?limit=2"))
        .await
        .is(200)
        .json();
    assert_eq!(page["total"], 7);
    let page = acme
        .owner()
        .get(format!("{LIST}?limit=1&state=paused&sort=-name"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&page["total"], &page["next_cursor"]),
        (&json!(1), &json!(null))
    );
}

#[tokio::test]
async fn a_cursor_fits_its_own_list_only() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    many(&app, &acme, &["a", "b", "c"]).await;
    let owner = acme.owner();
    let page = owner.get(format!("{LIST}?limit=1")).await.is(200).json();
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    owner
        .get(format!("{LIST}?limit=2&cursor={cursor}"))
        .await
        .is(200);
    for other in ["sort=-name", "q=a", "state=up", "deleted=true"] {
        let refused = owner.get(format!("{LIST}?{other}&cursor={cursor}")).await;
        let problem = refused.is_problem(400, "validation_failed").json();
        assert_eq!(problem["errors"][0]["pointer"], "/cursor", "{other}");
    }
    for wrong in ["x", "e30", "", "%00"] {
        owner
            .get(format!("{LIST}?cursor={wrong}"))
            .await
            .is_problem(400, "validation_failed");
    }
    let globex = app.tenant("globex").await;
    globex
        .owner()
        .get(format!("{LIST}?cursor={cursor}"))
        .await
        .is_problem(400, "validation_failed");
    for wrong in [
        "limit=0",
        "limit=201",
        "limit=x",
        "state=good",
        "sort=url",
        "deleted=1",
        "q=a%00",
        "x=1",
    ] {
        owner
            .get(format!("{LIST}?{wrong}"))
            .await
            .is_problem(400, "validation_failed");
    }
}

#[tokio::test]
async fn results_come_newest_first_and_by_outcome() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    for status in [200, 200, 500, 200, 200] {
        site.answer(status);
        post(acme.owner(), &id, "check").await;
        app.advance(SignedDuration::from_secs(1));
    }
    let page = async |query: &str| -> Value {
        acme.owner()
            .get(format!("{LIST}/{id}/results?{query}"))
            .await
            .is(200)
            .json()
    };
    let first = page("limit=2").await;
    let next = first["next_cursor"].as_str().expect("more");
    let second = page(&format!("limit=3&cursor={next}")).await;
    let codes = |page: &Value| -> Vec<u64> {
        let items = page["items"].as_array().expect("items");
        items
            .iter()
            .map(|item| item["status_code"].as_u64().expect("a code"))
            .collect()
    };
    assert_eq!(
        (codes(&first), codes(&second)),
        (vec![200, 200], vec![500, 200, 200])
    );
    assert_eq!(second["next_cursor"], json!(null));
    assert_eq!(codes(&page("outcome=down").await), [500]);
    let path = format!("{LIST}/{id}/results?outcome=up&cursor={next}");
    acme.owner()
        .get(path)
        .await
        .is_problem(400, "validation_failed");
}

#[tokio::test]
async fn figures_are_right_over_every_window() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let id = acme.create_endpoint(site.url()).await;
    for status in [200, 200, 200, 500] {
        site.answer(status);
        post(acme.owner(), &id, "check").await;
        app.advance(SignedDuration::from_mins(31));
    }
    for (window, bars, step) in [
        ("24h", 48, 1_800),
        ("7d", 84, 7_200),
        ("30d", 90, 28_800),
        ("90d", 90, 86_400),
    ] {
        let summary = acme
            .owner()
            .get(format!("{LIST}/summary?window={window}"))
            .await
            .is(200)
            .json();
        assert_eq!(summary["step_seconds"], step);
        assert_eq!(
            summary["totals"],
            json!({ "up": 1, "down": 0, "pending": 0, "paused": 0, "unknown": 0 })
        );
        let item = &summary["items"][0];
        assert_eq!(
            (&item["id"], &item["uptime_percent"]),
            (&json!(id), &json!(75.0))
        );
        assert!(item["p95_ms"].as_f64().expect("a percentile") > 0.0);
        let all = item["bars"].as_array().expect("bars");
        assert_eq!(all.len(), bars);
        let sum = |field: &str| {
            all.iter()
                .map(|bar| bar[field].as_u64().expect("a count"))
                .sum::<u64>()
        };
        assert_eq!((sum("checks"), sum("failures")), (4, 1), "{window}");
        assert_eq!(all[0]["state"], "none");
    }
    for (window, points, step) in [
        ("24h", 144, 600),
        ("7d", 168, 3_600),
        ("30d", 720, 3_600),
        ("90d", 2_160, 3_600),
    ] {
        let latency = acme
            .owner()
            .get(format!("{LIST}/{id}/latency?window={window}"))
            .await
            .is(200)
            .json();
        assert_eq!(
            (&latency["window"], &latency["step_seconds"]),
            (&json!(window), &json!(step))
        );
        let all = latency["points"].as_array().expect("points");
        assert_eq!(all.len(), points);
        let measured: Vec<_> = all.iter().filter(|point| point["checks"] != 0).collect();
        assert_eq!(
            measured
                .iter()
                .map(|p| p["checks"].as_u64().expect("a count"))
                .sum::<u64>(),
            4
        );
        assert!(
            measured[0]["p50_ms"].as_f64().is_some() && measured[0]["p95_ms"].as_f64().is_some()
        );
        assert_eq!(all[0]["p50_ms"], json!(null), "a gap has no latency");
    }
    let none = acme
        .owner()
        .get(format!("{LIST}/summary?ids={}", uuid::Uuid::nil()))
        .await
        .is(200)
        .json();
    assert_eq!(none["items"], json!([]));
    acme.owner()
        .get(format!("{LIST}/summary?ids=x"))
        .await
        .is_problem(400, "validation_failed");
}

#[tokio::test]
async fn the_hours_histogram_agrees_with_the_results_it_counts() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint("http://127.0.0.1:20000/").await;
    let schema = acme.tenant.schema();
    // Two hours: 90 checks of 100 ms in one, 10 of 1 s in the other.
    run(
        &app,
        &format!(
            "INSERT INTO {schema}.result_hours (endpoint_id, hour, up_count, down_count, unknown_count, latency_buckets)
             VALUES ('{id}', '2026-11-20 10:00Z', 90, 0, 0, array_fill(90, ARRAY[1], ARRAY[73])),
                    ('{id}', '2026-11-20 11:00Z', 10, 0, 2, '[97:99]={{10,NULL,0}}')"
        ),
    )
    .await;
    let summary = acme
        .owner()
        .get(format!("{LIST}/summary?window=7d"))
        .await
        .is(200)
        .json();
    let p95 = summary["items"][0]["p95_ms"]
        .as_f64()
        .expect("a percentile");
    assert!((900.0..1_100.0).contains(&p95), "{p95}");
    let latency = acme
        .owner()
        .get(format!("{LIST}/{id}/latency?window=7d"))
        .await
        .is(200)
        .json();
    let points = latency["points"].as_array().expect("points");
    let ten = points
        .iter()
        .find(|point| point["at"] == "2026-11-20T10:00:00Z")
        .expect("the hour");
    let p50 = ten["p50_ms"].as_f64().expect("a percentile");
    assert!((90.0..110.0).contains(&p50), "{p50}");
    assert_eq!(points.last().expect("a point")["checks"], 0);
}
