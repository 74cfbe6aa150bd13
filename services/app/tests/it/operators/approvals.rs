//! What takes a second operator: asked by one, decided by another, done once.

use db::{PlatformSql, platform_sql};
use jiff::SignedDuration;
use operators::{Approval, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{TestApp, Visitor};

use super::acts;

async fn start() -> TestApp {
    TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.operator_approval = Approval::Destructive;
    })
    .await
}

async fn signed_in(app: &TestApp, name: &str, role: Role) -> Visitor {
    app.operator(name, role).await.sign_in(app).await
}

fn path(asked: &Value, verb: &str) -> String {
    let id = asked["approval"]["id"].as_str().expect("an id");
    format!("/api/v1/approvals/{id}/{verb}")
}

async fn actions(app: &TestApp, since: usize) -> Vec<String> {
    let rows = acts(app).await.split_off(since);
    rows.into_iter().map(|act| act.action).collect()
}

#[actix_web::test]
async fn a_deletion_waits_for_another_operator() {
    let app = start().await;
    let acme = app.tenant("acme").await;
    let ada = signed_in(&app, "ada", Role::Operator).await;
    let bob = signed_in(&app, "bob", Role::Operator).await;
    let eve = signed_in(&app, "eve", Role::Support).await;
    let delete = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    let me = ada.get("/api/v1/session").await.is(200).json();
    assert_eq!(me["approval"], "destructive");

    let before = acts(&app).await.len();
    ada.post_json(&delete, &json!({ "confirm": "bravo" }))
        .await
        .is_problem(400, "not_confirmed");
    let asked = ada
        .post_json(
            &delete,
            &json!({ "confirm": "acme", "reason": "they asked" }),
        )
        .await
        .is(202)
        .json();
    let approval = &asked["approval"];
    assert_eq!(
        (&approval["verb"], &approval["state"]),
        (&json!("delete"), &json!("pending"))
    );
    assert_eq!(
        approval["tenants"],
        json!([{ "id": acme.tenant.id(), "slug": "acme", "outcome": null }])
    );
    acme.owner().get("/api/v1/endpoints").await.is(200);

    ada.post(path(&asked, "approve"))
        .await
        .is_problem(409, "own_approval");
    eve.post(path(&asked, "approve"))
        .await
        .is_problem(403, "forbidden");
    acme.owner().get("/api/v1/endpoints").await.is(200);
    let waiting = eve.get("/api/v1/approvals").await.is(200).json();
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));

    let done = bob.post(path(&asked, "approve")).await.is(200).json();
    assert_eq!(
        (&done["state"], &done["tenants"][0]["outcome"]),
        (&json!("approved"), &json!("done"))
    );
    assert_eq!(done["decided_by"]["name"], "bob");
    acme.owner()
        .get("/api/v1/endpoints")
        .await
        .is_problem(403, "deleting");
    for verb in ["approve", "reject"] {
        bob.post(path(&asked, verb))
            .await
            .is_problem(409, "approval_over");
    }
    assert_eq!(
        actions(&app, before).await,
        [
            "approval.requested",
            "approval.approved",
            "tenant.deletion_began"
        ]
    );
    let empty = bob.get("/api/v1/approvals").await.is(200).json();
    assert_eq!(empty["items"], json!([]));
    let all = bob.get("/api/v1/approvals?state=all").await.is(200).json();
    assert_eq!(all["items"][0]["reason"], "they asked");
    // What is there already takes nobody.
    let again = ada
        .post_json(&delete, &json!({ "confirm": "acme" }))
        .await
        .is(200)
        .json();
    assert_eq!(again["changed"], false);
    // Mending takes nobody either.
    let undelete = format!("/api/v1/tenants/{}/undelete", acme.tenant.id());
    ada.post_json(undelete, &json!({})).await.is(200);
}

#[actix_web::test]
async fn several_at_once_wait_and_what_is_refused_says_so_at_once() {
    let app = start().await;
    let (acme, bravo) = (app.tenant("acme").await, app.tenant("bravo").await);
    let ada = signed_in(&app, "ada", Role::Operator).await;
    let bob = signed_in(&app, "bob", Role::Administrator).await;
    let suspend = format!("/api/v1/tenants/{}/suspend", acme.tenant.id());
    ada.post_json(&suspend, &json!({})).await.is(200);
    let nobody = uuid::Uuid::nil();
    let ids = json!([
        bravo.tenant.id(),
        nobody,
        acme.tenant.id(),
        bravo.tenant.id()
    ]);
    let bulk = |verb: &str| json!({ "verb": verb, "ids": ids, "confirm": ["bravo"] });
    let asked = ada
        .post_json("/api/v1/tenants/bulk", &bulk("delete"))
        .await
        .is(202)
        .json();
    assert_eq!(
        asked["approval"]["tenants"].as_array().map(Vec::len),
        Some(1)
    );
    let answered: Vec<&Value> = asked["answered"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| &it["error"])
        .collect();
    assert_eq!(answered, ["tenant_not_found", "not_confirmed"]);

    let freeze = ada
        .post_json("/api/v1/tenants/bulk", &bulk("freeze"))
        .await
        .is(202)
        .json();
    let order: Vec<&Value> = freeze["approval"]["tenants"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| &it["slug"])
        .collect();
    assert_eq!(order, ["bravo", "acme"]);
    // Between asking and deciding one of them was deleted: the other is done all the same.
    bob.post(path(&asked, "approve")).await.is(200);
    let done = bob.post(path(&freeze, "approve")).await.is(200).json();
    let outcomes: Vec<&Value> = done["tenants"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| &it["outcome"])
        .collect();
    assert_eq!(outcomes, ["not_allowed", "done"]);
    let state = ada
        .get(format!("/api/v1/tenants/{}", acme.tenant.id()))
        .await
        .is(200)
        .json();
    assert_eq!(state["tenant"]["state"], "read_only");

    // Nothing is left to ask: everything was answered.
    let asked = json!({ "verb": "freeze", "ids": [acme.tenant.id(), nobody] });
    let done = ada
        .post_json("/api/v1/tenants/bulk", &asked)
        .await
        .is(200)
        .json();
    assert_eq!(
        (&done["failed"], &done["items"][0]["done"]["changed"]),
        (&json!(1), &json!(false))
    );
    let resume = json!({ "verb": "resume", "ids": [acme.tenant.id()] });
    ada.post_json("/api/v1/tenants/bulk", &resume).await.is(200);
}

#[actix_web::test]
async fn a_renamed_organisation_is_not_deleted_under_its_old_name() {
    let app = start().await;
    let acme = app.tenant("acme").await;
    let ada = signed_in(&app, "ada", Role::Operator).await;
    let bob = signed_in(&app, "bob", Role::Operator).await;
    let delete = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    let asked = ada
        .post_json(&delete, &json!({ "confirm": "acme" }))
        .await
        .is(202)
        .json();
    const RENAME: PlatformSql =
        platform_sql!("UPDATE platform.tenants SET slug = 'apex' WHERE slug = 'acme'");
    let renamed = app
        .house
        .db
        .write_platform(async |tx| tx.execute(RENAME, &[]).await);
    assert_eq!(renamed.await.expect("a rename"), 1);
    let done = bob.post(path(&asked, "approve")).await.is(200).json();
    assert_eq!(done["tenants"][0]["outcome"], "not_confirmed");
    acme.owner().get("/api/v1/endpoints").await.is(200);
}

#[actix_web::test]
async fn a_request_is_over_after_a_day_when_taken_back_and_with_whoever_asked() {
    let app = start().await;
    let acme = app.tenant("acme").await;
    let asker = app.operator("ada", Role::Operator).await;
    let ada = asker.sign_in(&app).await;
    let bob = app.operator("bob", Role::Administrator).await;
    let delete = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    let ask = async |visitor: &Visitor| {
        visitor
            .post_json(&delete, &json!({ "confirm": "acme" }))
            .await
            .is(202)
            .json()
    };
    let taken_back = ask(&ada).await;
    let rejected = ada.post(path(&taken_back, "reject")).await.is(200).json();
    assert_eq!(rejected["state"], "rejected");
    let late = ask(&ada).await;
    app.advance(SignedDuration::from_hours(24));
    let office = bob.sign_in(&app).await;
    for asked in [&taken_back, &late] {
        office
            .post(path(asked, "approve"))
            .await
            .is_problem(409, "approval_over");
    }
    office
        .get("/api/v1/approvals?state=all&limit=1")
        .await
        .is(200);
    let shown = office
        .get("/api/v1/approvals?state=all")
        .await
        .is(200)
        .json();
    let mut states: Vec<&str> = shown["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|it| it["state"].as_str())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["expired", "rejected"]);
    let unknown = format!("/api/v1/approvals/{}/approve", uuid::Uuid::nil());
    office
        .post(unknown)
        .await
        .is_problem(404, "approval_not_found");

    let orphaned = ask(&asker.sign_in(&app).await).await;
    let role = format!("/api/v1/operators/{}/role", asker.id);
    office
        .send_json(Method::PUT, role, None, &json!({ "role": "support" }))
        .await
        .is(200);
    office
        .post(path(&orphaned, "approve"))
        .await
        .is_problem(409, "requester_gone");
    acme.owner().get("/api/v1/endpoints").await.is(200);
}

#[actix_web::test]
async fn an_approval_given_twice_at_once_is_done_once() {
    let app = start().await;
    let acme = app.tenant("acme").await;
    let ada = signed_in(&app, "ada", Role::Operator).await;
    let others = [
        signed_in(&app, "bob", Role::Operator).await,
        signed_in(&app, "cid", Role::Operator).await,
    ];
    let delete = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    let asked = ada
        .post_json(&delete, &json!({ "confirm": "acme" }))
        .await
        .is(202)
        .json();
    let before = acts(&app).await.len();
    let approve = path(&asked, "approve");
    let answers =
        futures_util::future::join_all((0..8).map(|n| others[n % 2].post(&approve))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(
        actions(&app, before).await,
        ["approval.approved", "tenant.deletion_began"]
    );
}

#[actix_web::test]
async fn where_nothing_is_asked_a_deletion_is_done_at_once() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = signed_in(&app, "ada", Role::Operator).await;
    let delete = format!("/api/v1/tenants/{}/delete", acme.tenant.id());
    let done = ada
        .post_json(&delete, &json!({ "confirm": "acme" }))
        .await
        .is(200)
        .json();
    assert_eq!(done["state"], "deleting");
}
