//! What operators call organisations, where they let them answer, and what a rehearsal leaves behind.

use operators::Role;
use serde_json::{Value, json};
use testkit::{TestApp, Visitor};

use super::acts;

struct Stage {
    app: TestApp,
    /// The id of Acme, and their owner's browser.
    id: String,
    owner: Visitor,
    ada: Visitor,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start_with_office().await;
        let acme = app.tenant("acme").await;
        let (id, owner) = (acme.tenant.id().to_string(), acme.owner().clone());
        let ada = app.operator("ada", Role::Operator).await;
        let ada = ada.sign_in(&app).await;
        Self {
            app,
            id,
            owner,
            ada,
        }
    }

    fn path(&self, verb: &str) -> String {
        format!("/api/v1/tenants/{}/{verb}", self.id)
    }

    async fn shown(&self) -> Value {
        let path = format!("/api/v1/tenants/{}", self.id);
        self.ada.get(path).await.is(200).json()
    }
}

/// The field a refusal points at.
fn pointer(problem: &Value) -> &str {
    problem["errors"][0]["pointer"].as_str().expect("a pointer")
}

#[actix_web::test]
async fn a_renamed_organisation_answers_at_its_new_address_and_leads_there_from_the_old() {
    let stage = Stage::set().await;
    let other = stage.app.tenant("bravo").await;
    let asked = json!({ "slug": "acme-rockets", "name": "Acme Rockets", "reason": "a merger" });
    let done = stage.ada.post_json(stage.path("rename"), &asked).await;
    let done = done.is(200).json();
    assert_eq!(
        (&done["host"], &done["changed"]),
        (&json!("acme-rockets.localhost"), &json!(true))
    );
    let shown = stage.app.visitor("acme-rockets.localhost");
    let organisation = shown.get("/api/v1/organization").await.is(200).json();
    assert_eq!(organisation["name"], "Acme Rockets");
    let detail = stage.shown().await;
    assert_eq!(detail["hosts"][1]["host"], "acme.localhost");
    assert!(detail["hosts"][1]["redirects_until"].is_string());
    assert_eq!(detail["timeline"][0]["action"], "tenant.renamed");
    assert_eq!(detail["timeline"][0]["reason"], "a merger");
    assert_eq!(
        detail["timeline"][0]["actor_email"],
        "ada@operators.example"
    );

    for taken in ["bravo", "api", "Acme", "a--b", "-ab"] {
        let asked = json!({ "slug": taken });
        let refused = stage.ada.post_json(stage.path("rename"), &asked).await;
        let refused = refused.is_problem(400, "validation_failed").json();
        assert_eq!(pointer(&refused), "/slug", "{taken}");
    }
    let asked = json!({ "slug": "acme", "name": "A\u{202e}cme" });
    let refused = stage.ada.post_json(stage.path("rename"), &asked).await;
    let refused = refused.is_problem(400, "validation_failed").json();
    assert_eq!(pointer(&refused), "/name");
    other.owner().get("/api/v1/me").await.is(200);
}

#[actix_web::test]
async fn a_domain_is_added_with_its_record_and_released() {
    let stage = Stage::set().await;
    let asked = json!({ "host": "status.acme.example" });
    let added = stage.ada.post_json(stage.path("domains"), &asked).await;
    let added = added.is(200).json();
    assert_eq!(added["record"], "_signalbox.status.acme.example");
    assert_eq!(added["standing"], "waits for its proof");
    let proof = added["proof"].as_str().expect("a proof").to_owned();
    assert!(proof.starts_with("signalbox-proof="), "{proof}");
    let again = stage.ada.post_json(stage.path("domains"), &asked).await;
    assert_eq!(again.is(200).json()["proof"], proof);

    let unproven = stage.ada.post_json(stage.path("domains/use"), &asked).await;
    let unproven = unproven.is_problem(400, "validation_failed").json();
    assert_eq!(pointer(&unproven), "/host");
    for wrong in ["", "acme", "x.localhost", "1.2.3.4", "Status.acme.example"] {
        let asked = json!({ "host": wrong });
        let refused = stage.ada.post_json(stage.path("domains"), &asked).await;
        let refused = refused.is_problem(400, "validation_failed").json();
        assert_eq!(pointer(&refused), "/host", "{wrong}");
    }
    let path = stage.path("domains/remove");
    let left = stage.ada.post_json(&path, &asked).await.is(200).json();
    let hosts = left["items"].as_array().expect("hosts");
    assert_eq!(hosts.len(), 1);
    assert_eq!(hosts[0]["host"], "acme.localhost");
    let gone = stage.ada.post_json(&path, &asked).await;
    gone.is_problem(400, "validation_failed");
}

#[actix_web::test]
async fn a_plan_brings_its_limit_along() {
    let stage = Stage::set().await;
    let asked = json!({ "plan": "pro", "endpoints": 0 });
    let done = stage.ada.post_json(stage.path("plan"), &asked).await;
    let done = done.is(200).json();
    assert_eq!(
        (&done["plan"], &done["changed"]),
        (&json!("pro"), &json!(true))
    );
    let again = stage.ada.post_json(stage.path("plan"), &asked).await;
    assert_eq!(again.is(200).json()["changed"], false);
    assert_eq!(stage.shown().await["tenant"]["plan"], "pro");
    let endpoint = json!({ "name": "Shop", "url": "https://shop.example" });
    let full = stage.owner.post_json("/api/v1/endpoints", &endpoint).await;
    full.is_problem(403, "plan_limit");
    let overview = stage.ada.get("/api/v1/overview").await.is(200).json();
    assert_eq!(overview["plans"], json!([{ "plan": "pro", "tenants": 1 }]));
    for wrong in [
        json!({ "plan": "gold" }),
        json!({ "plan": "pro", "endpoints": -1 }),
    ] {
        let refused = stage.ada.post_json(stage.path("plan"), &wrong).await;
        refused.is_problem(400, "validation_failed");
    }
}

#[actix_web::test]
async fn a_rehearsal_says_what_would_be_and_changes_nothing() {
    let stage = Stage::set().await;
    let before = stage.shown().await;
    let acts_before = acts(&stage.app).await.len();
    let id = stage.id.clone();
    for (path, asked) in [
        (stage.path("suspend"), json!({})),
        (stage.path("delete"), json!({ "confirm": "acme" })),
        (stage.path("rename"), json!({ "slug": "acme-two" })),
        (stage.path("plan"), json!({ "plan": "business" })),
        (
            stage.path("domains"),
            json!({ "host": "status.acme.example" }),
        ),
        (
            "/api/v1/tenants/bulk".to_owned(),
            json!({ "verb": "freeze", "ids": [id] }),
        ),
    ] {
        let mut asked = asked;
        asked["dry_run"] = json!(true);
        let said = stage.ada.post_json(&path, &asked).await.is(200).json();
        let item = said["items"][0]["done"].clone();
        let said = if item.is_null() { said } else { item };
        if !path.ends_with("domains") {
            assert_eq!(said["changed"], true, "{path}: {said}");
        }
    }
    assert_eq!(stage.shown().await, before);
    assert_eq!(acts(&stage.app).await.len(), acts_before);
    let unconfirmed = json!({ "confirm": "no", "dry_run": true });
    let refused = stage
        .ada
        .post_json(stage.path("delete"), &unconfirmed)
        .await;
    refused.is_problem(400, "not_confirmed");
}

#[actix_web::test]
async fn the_audit_log_is_searched() {
    let stage = Stage::set().await;
    let bravo = stage.app.tenant("bravo").await;
    for (id, reason) in [
        (stage.id.clone(), "an unpaid bill"),
        (bravo.tenant.id().to_string(), "100% abuse"),
    ] {
        let path = format!("/api/v1/tenants/{id}/suspend");
        stage
            .ada
            .post_json(path, &json!({ "reason": reason }))
            .await
            .is(200);
    }
    let found = async |q: &str| {
        let page = stage.ada.get(format!("/api/v1/audit?q={q}")).await;
        let page = page.is(200).json();
        let items = page["items"].as_array().expect("items").clone();
        let subjects = items
            .iter()
            .map(|item| item["subject"].as_str().unwrap_or("-").to_owned());
        subjects.collect::<Vec<_>>()
    };
    assert_eq!(found("UNPAID").await, ["acme"]);
    assert_eq!(found("100%25").await, ["bravo"]);
    assert_eq!(found("%25%25").await, Vec::<String>::new());
    assert_eq!(found("tenant.suspended").await.len(), 2);
    assert_eq!(found("ada@operators").await.len(), 4);
    let hostile = stage.ada.get("/api/v1/audit?q=%00").await;
    hostile.is_problem(400, "validation_failed");
}
