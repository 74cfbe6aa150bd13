//! What operators do to organisations, and what the running house then answers.

use operators::Role;
use serde_json::{Value, json};
use testkit::TestApp;

use super::acts;

#[actix_web::test]
async fn a_suspended_organisation_is_refused_at_once_and_served_again_at_once() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app
        .operator("ada", Role::Operator)
        .await
        .sign_in(&app)
        .await;
    acme.owner().get("/api/v1/endpoints").await.is(200);
    let path = |verb: &str| format!("/api/v1/tenants/{}/{verb}", acme.tenant.id());

    let reason = json!({ "reason": "an unpaid bill" });
    let done = ada.post_json(path("suspend"), &reason).await.is(200).json();
    assert_eq!(
        (&done["state"], &done["changed"]),
        (&json!("suspended"), &json!(true))
    );
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(403, "suspended");
    let again = ada.post_json(path("suspend"), &reason).await.is(200).json();
    assert_eq!(again["changed"], false);
    app.advance(jiff::SignedDuration::from_secs(1));
    ada.post_json(path("undelete"), &json!({})).await.is(200);
    ada.post_json(path("resume"), &json!({})).await.is(200);
    acme.owner().get("/api/v1/endpoints").await.is(200);

    let shown = ada
        .get(format!("/api/v1/tenants/{}", acme.tenant.id()))
        .await
        .is(200)
        .json();
    assert_eq!(shown["tenant"]["slug"], "acme");
    assert_eq!(shown["hosts"][0]["host"], "acme.localhost");
    let actions: Vec<&Value> = shown["timeline"]
        .as_array()
        .expect("acts")
        .iter()
        .map(|it| &it["action"])
        .collect();
    assert_eq!(actions, ["tenant.resumed", "tenant.suspended"]);
    assert_eq!(shown["timeline"][1]["reason"], "an unpaid bill");
}

#[actix_web::test]
async fn a_deletion_needs_the_slug_again() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app
        .operator("ada", Role::Operator)
        .await
        .sign_in(&app)
        .await;
    let path = |verb: &str| format!("/api/v1/tenants/{}/{verb}", acme.tenant.id());
    ada.post_json(path("delete"), &json!({}))
        .await
        .is_problem(400, "validation_failed");
    for wrong in ["", "acm", "ACME", "bravo"] {
        let refused = ada
            .post_json(path("delete"), &json!({ "confirm": wrong }))
            .await;
        refused.is_problem(400, "not_confirmed");
    }
    acme.owner().get("/api/v1/endpoints").await.is(200);
    let done = ada
        .post_json(path("delete"), &json!({ "confirm": "acme" }))
        .await
        .is(200)
        .json();
    assert!(done["purge_at"].is_string(), "{done}");
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(403, "deleting");
    ada.post_json(path("resume"), &json!({}))
        .await
        .is_problem(409, "not_allowed");
    ada.post_json(path("undelete"), &json!({})).await.is(200);
    acme.owner().get("/api/v1/endpoints").await.is(200);
}

#[actix_web::test]
async fn several_at_once_go_on_past_a_failure() {
    let app = TestApp::start_with_office().await;
    let (acme, bravo) = (app.tenant("acme").await, app.tenant("bravo").await);
    let ada = app
        .operator("ada", Role::Operator)
        .await
        .sign_in(&app)
        .await;
    let nobody = uuid::Uuid::nil();
    let ids = json!([acme.tenant.id(), nobody, bravo.tenant.id()]);
    let before = acts(&app).await.len();
    let asked = json!({ "verb": "delete", "ids": ids, "confirm": ["acme"] });
    let done = ada
        .post_json("/api/v1/tenants/bulk", &asked)
        .await
        .is(200)
        .json();
    let outcomes: Vec<_> = done["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (&item["done"]["state"], &item["error"]))
        .collect();
    let null = json!(null);
    assert_eq!(
        outcomes,
        [
            (&json!("deleting"), &null),
            (&null, &json!("tenant_not_found")),
            (&null, &json!("not_confirmed")),
        ]
    );
    assert_eq!(done["failed"], 2);
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(403, "deleting");
    bravo.owner().get("/api/v1/endpoints").await.is(200);
    let asked = json!({ "verb": "freeze", "ids": ids });
    let done = ada
        .post_json("/api/v1/tenants/bulk", &asked)
        .await
        .is(200)
        .json();
    assert_eq!(
        (
            &done["items"][0]["error"],
            &done["items"][2]["done"]["state"]
        ),
        (&json!("not_allowed"), &json!("read_only"))
    );
    let actions: Vec<_> = acts(&app)
        .await
        .split_off(before)
        .into_iter()
        .map(|act| act.action)
        .collect();
    assert_eq!(actions, ["tenant.deletion_began", "tenant.frozen"]);

    let too_many = json!({ "verb": "freeze", "ids": vec![nobody; 201] });
    ada.post_json("/api/v1/tenants/bulk", &too_many)
        .await
        .is_problem(400, "validation_failed");
    ada.post_json(
        "/api/v1/tenants/bulk",
        &json!({ "verb": "freeze", "ids": [] }),
    )
    .await
    .is(400);
}

#[actix_web::test]
async fn the_roster_is_searched_sorted_and_read_in_pages() {
    let app = TestApp::start_with_office().await;
    for slug in ["acme", "bravo", "gamma"] {
        app.tenant(slug).await;
    }
    let ada = app.operator("ada", Role::Support).await.sign_in(&app).await;
    let slugs = |page: &Value| {
        let items = page["items"].as_array().expect("items").clone();
        let slugs = items
            .iter()
            .map(|item| item["slug"].as_str().expect("a slug").to_owned());
        slugs.collect::<Vec<_>>()
    };
    let first = ada.get("/api/v1/tenants?limit=2").await.is(200).json();
    assert_eq!(slugs(&first), ["acme", "bravo"]);
    let cursor = first["next_cursor"].as_str().expect("another page");
    let second = ada
        .get(format!("/api/v1/tenants?limit=2&cursor={cursor}"))
        .await
        .is(200)
        .json();
    assert_eq!(
        (slugs(&second), &second["next_cursor"]),
        (vec!["gamma".to_owned()], &json!(null))
    );
    let foreign = ada
        .get(format!("/api/v1/tenants?sort=size&cursor={cursor}"))
        .await;
    foreign.is_problem(400, "validation_failed");
    for sort in [
        "slug", "size", "plan", "state", "version", "created", "active",
    ] {
        let page = ada
            .get(format!("/api/v1/tenants?sort={sort}"))
            .await
            .is(200)
            .json();
        assert_eq!(slugs(&page).len(), 3, "{sort}");
    }
    let found = ada
        .get("/api/v1/tenants?q=RAV&state=active")
        .await
        .is(200)
        .json();
    assert_eq!(slugs(&found), ["bravo"]);
    for wrong in ["sort=nonsense", "state=pooled", "limit=201", "q=%00", "x=1"] {
        let refused = ada.get(format!("/api/v1/tenants?{wrong}")).await;
        refused.is_problem(400, "validation_failed");
    }
    ada.get(format!("/api/v1/tenants/{}", uuid::Uuid::nil()))
        .await
        .is_problem(404, "tenant_not_found");

    let overview = ada.get("/api/v1/overview").await.is(200).json();
    assert_eq!(
        overview["states"],
        json!([{ "state": "active", "tenants": 3 }])
    );
    assert_eq!(
        overview["versions"],
        json!([{ "version": tenancy::TEMPLATE_VERSION, "tenants": 3 }])
    );
    assert_eq!(
        (&overview["dead_letters"], &overview["due_work_age_seconds"]),
        (&json!(0), &json!(0))
    );
}
