//! Networks on the operators' listener: set, found, removed, felt by everybody else, and what is refused.

use jiff::SignedDuration;
use kernel::clock::Clock;
use operators::Role;
use serde_json::{Value, json};
use testkit::{TestApp, Visitor};

use super::acts;

const NETWORKS: &str = "/api/v1/networks";
const HOME: &str = "198.51.100.9";
const SCANNER: &str = "203.0.113.7";

/// A house behind a proxy, and an operator at home.
async fn office() -> (TestApp, Visitor) {
    let app = TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.trusted_proxies = vec![
            "127.0.0.0/8".parse().expect("a network"),
            "10.1.0.0/16".parse().expect("one"),
        ];
    })
    .await;
    let ada = app.operator("ada", Role::Operator).await;
    let visitor = ada.sign_in(&app).await.from(HOME);
    (app, visitor)
}

async fn set(visitor: &Visitor, network: &str, verdict: &str) -> Value {
    let body = json!({ "network": network, "verdict": verdict, "reason": format!("{verdict} for a test") });
    let answer = visitor.post_json(NETWORKS, &body).await.is(200);
    answer.json()
}

async fn found(visitor: &Visitor, query: &str) -> Vec<String> {
    let page = visitor
        .get(format!("{NETWORKS}?{query}"))
        .await
        .is(200)
        .json();
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|it| {
            let network = it["network"].as_str().expect("a network");
            let decides = if it["decides"] == true {
                " decides"
            } else {
                ""
            };
            format!("{network}{decides}")
        })
        .collect()
}

#[actix_web::test]
async fn what_is_set_is_felt_told_and_said_again_changes_nothing() {
    let (app, visitor) = office().await;
    let root = app.root().from(SCANNER);
    root.get("/api/v1/notice").await.is(200);
    let tried = json!({ "network": "203.0.113.99/24", "verdict": "blocked", "reason": "scans us", "dry_run": true });
    let tried = visitor.post_json(NETWORKS, &tried).await.is(200).json();
    assert_eq!(
        (&tried["changed"], &tried["network"]["network"]),
        (&json!(true), &json!("203.0.113.0/24"))
    );
    assert_eq!(found(&visitor, "").await, [""; 0], "it was only tried");

    let until = app.clock.now() + SignedDuration::from_hours(2);
    let body = json!({ "network": "203.0.113.99/24", "verdict": "blocked", "reason": " scans us ", "until": until });
    let made = visitor.post_json(NETWORKS, &body).await.is(200).json();
    assert_eq!(made["changed"], true);
    let again = visitor.post_json(NETWORKS, &body).await.is(200).json();
    assert_eq!(
        (&again["changed"], &again["network"]),
        (&json!(false), &made["network"])
    );
    let kept = &made["network"];
    assert_eq!(
        (
            &kept["reason"],
            &kept["until"],
            &kept["in_force"],
            &kept["decides"]
        ),
        (
            &json!("scans us"),
            &json!(until),
            &json!(true),
            &json!(false)
        )
    );
    assert_eq!(kept["created_by_email"], "ada@operators.example");
    felt(&root, 403).await;

    let id = kept["id"].as_str().expect("an id");
    let path = format!("{NETWORKS}/{id}");
    visitor.delete(&path).await.is(204);
    felt(&root, 200).await;
    visitor
        .delete(&path)
        .await
        .is_problem(404, "network_not_found");
    let told: Vec<_> = acts(&app).await;
    let told: Vec<_> = told
        .iter()
        .filter(|act| act.action.starts_with("network."))
        .map(|act| {
            (
                act.action.as_str(),
                act.subject.as_deref(),
                act.detail.clone(),
            )
        })
        .collect();
    let network = Some("203.0.113.0/24");
    assert_eq!(
        told,
        [
            (
                "network.blocked",
                network,
                json!({ "from": "none", "to": "blocked", "until_before": null, "until": until })
            ),
            (
                "network.removed",
                network,
                json!({ "from": "blocked", "to": "none", "until_before": until, "until": null })
            ),
        ]
    );
}

/// Waits until the house has heard of it.
async fn felt(visitor: &Visitor, status: u16) {
    let heard = async {
        while visitor.get("/api/v1/notice").await.status != status {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), heard)
        .await
        .expect("it is felt soon");
}

#[actix_web::test]
async fn networks_are_found_by_address_with_the_one_that_decides_by_text_and_page_by_page() {
    let (app, visitor) = office().await;
    for (network, verdict) in [
        ("203.0.113.0/24", "blocked"),
        ("203.0.0.0/16", "trusted"),
        ("2001:db8::/32", "trusted"),
    ] {
        set(&visitor, network, verdict).await;
    }
    let until = app.clock.now() + SignedDuration::from_mins(20);
    let body = json!({ "network": SCANNER, "verdict": "trusted", "reason": "Grace’s kitchen", "until": until });
    visitor.post_json(NETWORKS, &body).await.is(200);

    let in_order = [
        "203.0.0.0/16",
        "203.0.113.0/24",
        "203.0.113.7/32",
        "2001:db8::/32",
    ];
    assert_eq!(found(&visitor, "").await, in_order);
    assert_eq!(found(&visitor, "verdict=blocked").await, ["203.0.113.0/24"]);
    assert_eq!(found(&visitor, "q=KITCHEN").await, ["203.0.113.7/32"]);
    assert_eq!(found(&visitor, "q=ada@op").await, in_order);
    assert_eq!(found(&visitor, "q=2001:").await, ["2001:db8::/32"]);
    let holding = ["203.0.113.7/32 decides", "203.0.113.0/24", "203.0.0.0/16"];
    assert_eq!(found(&visitor, "q=203.0.113.7").await, holding);
    assert_eq!(found(&visitor, "q=::ffff:203.0.113.7").await, holding);
    // It decides whatever else is asked for.
    assert_eq!(
        found(&visitor, "q=203.0.113.7&verdict=blocked").await,
        ["203.0.113.0/24"]
    );
    assert_eq!(found(&visitor, "q=192.0.2.1").await, [""; 0]);
    app.advance(SignedDuration::from_mins(20));
    let over = ["203.0.113.7/32", "203.0.113.0/24 decides", "203.0.0.0/16"];
    assert_eq!(found(&visitor, "q=203.0.113.7").await, over);

    for query in ["", "q=203.0.113.7"] {
        let whole = found(&visitor, query).await;
        let mut paged = Vec::new();
        let mut path = format!("{NETWORKS}?limit=1&{query}");
        loop {
            let page = visitor.get(&path).await.is(200).json();
            let items = page["items"].as_array().expect("a list");
            assert_eq!(items.len(), 1);
            paged.push(items[0]["network"].clone());
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{NETWORKS}?limit=1&{query}&cursor={cursor}");
        }
        let whole: Vec<_> = whole
            .iter()
            .map(|it| json!(it.trim_end_matches(" decides")))
            .collect();
        assert_eq!(paged, whole);
    }
    let page = visitor
        .get(format!("{NETWORKS}?limit=1"))
        .await
        .is(200)
        .json();
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let foreign = visitor
        .get(format!("{NETWORKS}?q=203&cursor={cursor}"))
        .await;
    foreign.is_problem(400, "validation_failed");
}

#[actix_web::test]
async fn what_nobody_means_is_refused_at_the_field() {
    let (app, visitor) = office().await;
    let good = json!({ "network": "203.0.113.0/24", "verdict": "blocked", "reason": "a test" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (field, value, code) in [
        ("network", json!("office.example"), "network"),
        ("network", json!("0.0.0.0/0"), "too_wide"),
        ("network", json!("127.0.0.0/8"), "loopback"),
        ("network", json!("10.1.2.3"), "proxies"),
        ("network", json!("10.0.0.0/8"), "proxies"),
        ("network", json!("198.51.100.0/24"), "own_address"),
        ("until", json!(app.clock.now()), "past"),
        ("reason", json!(""), "length"),
        ("reason", json!("a\u{7}b"), "control"),
    ] {
        let refused = visitor
            .post_json(NETWORKS, &with(field, value.clone()))
            .await;
        let refused = refused.is_problem(400, "validation_failed").json();
        let fault = &refused["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!(format!("/{field}")), &json!(code)),
            "{value}"
        );
    }
    for (field, value) in [
        ("verdict", json!("loved")),
        ("until", json!("soon")),
        ("nonsense", json!(1)),
    ] {
        let refused = visitor.post_json(NETWORKS, &with(field, value)).await;
        let refused = refused.is_problem(400, "validation_failed").json();
        let pointer = refused["errors"][0]["pointer"].to_string();
        assert!(pointer.contains(field), "{refused}");
    }
    let mut own = with("network", json!("198.51.100.0/24"));
    own["verdict"] = json!("trusted");
    visitor.post_json(NETWORKS, &own).await.is(200);
}
