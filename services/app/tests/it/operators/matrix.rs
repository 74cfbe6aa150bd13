//! The matrix of roles and operations, and the row that every change leaves.

use operators::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, Visitor};

use super::acts;
use super::described::{Access, Described, TABLE, described};

/// Ids that paths and bodies name.
struct Ids {
    tenant: String,
    other: String,
    session: String,
}

async fn call(operation: &Described, ids: &Ids, visitor: &Visitor) -> Answer {
    let row = TABLE.iter().find(|row| row.id == operation.id);
    let row = row.unwrap_or_else(|| panic!("{} has no row", operation.id));
    let id = match operation.path.split('/').nth(3) {
        Some("operators") => &ids.other,
        Some("sessions") => &ids.session,
        _ => &ids.tenant,
    };
    let path = operation.path.replace("{id}", id);
    let mut request = visitor.request(operation.method.clone(), &path);
    if let Some(body) = row.body {
        let body: Value = serde_json::from_str(&body.replace("{tenant}", &ids.tenant))
            .expect("a body of the table");
        request = request.json(&body);
    }
    Answer::of(request).await
}

#[actix_web::test]
async fn a_role_may_do_what_the_table_says_and_every_change_leaves_one_row() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let tenant = acme.tenant.id().to_string();
    // Another administrator, whom each caller may act upon.
    let other = app.operator("other", Role::Administrator).await;
    for role in Role::ALL {
        let caller = app.operator(role.as_str(), role).await;
        let first = caller.sign_in(&app).await;
        let session = first.get("/api/v1/session").await.is(200).json()["session_id"].clone();
        app.advance(jiff::SignedDuration::from_secs(30));
        let visitor = caller.sign_in(&app).await;
        let ids = Ids {
            tenant: tenant.clone(),
            other: other.id.to_string(),
            session: session.as_str().expect("an id").to_owned(),
        };
        for (operation, row) in described().iter().zip(&TABLE) {
            let before = acts(&app).await.len();
            let answer = call(operation, &ids, &visitor).await;
            let who = format!("{} as {}", operation.id, role.as_str());
            let added = acts(&app).await.split_off(before);
            if let Access::Needs(permission) = operation.access
                && !role.allows(permission)
            {
                let refused = answer.is_problem(403, "forbidden");
                assert_eq!(refused.json()["permission"], permission.as_str(), "{who}");
                assert_eq!(added, [], "{who}");
                continue;
            }
            // The password changed a moment ago has ended the other session.
            let expected = match operation.id.as_str() {
                "revoke_session" => 404,
                _ => row.answer,
            };
            assert_eq!(answer.status, expected, "{who}: {}", answer.text);
            let audited = row.audited.filter(|_| answer.status != 404);
            let actions: Vec<&str> = added.iter().map(|act| act.action.as_str()).collect();
            assert_eq!(actions, Vec::from_iter(audited), "{who}");
            if operation.method != Method::GET && operation.access != Access::Anyone {
                for act in &added {
                    assert_eq!(act.actor, format!("operator:{}", caller.id), "{who}");
                }
            }
        }
        visitor
            .get("/api/v1/session")
            .await
            .is_problem(401, "unauthenticated");
        // Back to where the next caller begins.
        restore(&app, &tenant, role).await;
    }
}

/// Brings organisation and account back to what the table begins with.
async fn restore(app: &TestApp, tenant: &str, role: Role) {
    if !role.allows(operators::Permission::TenantsManage) {
        return;
    }
    let helper = app
        .operator(&format!("helper-{}", role.as_str()), Role::Administrator)
        .await
        .sign_in(app)
        .await;
    for (verb, body) in [
        ("resume", json!({})),
        ("plan", json!({ "plan": "free", "endpoints": 10 })),
        ("rename", json!({ "slug": "acme", "name": "Acme" })),
    ] {
        let path = format!("/api/v1/tenants/{tenant}/{verb}");
        helper.post_json(path, &body).await.is(200);
    }
}

#[actix_web::test]
async fn nobody_gets_anywhere_without_a_session() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ids = Ids {
        tenant: acme.tenant.id().to_string(),
        other: uuid::Uuid::nil().to_string(),
        session: uuid::Uuid::nil().to_string(),
    };
    let garbage = app.office().with_cookie("operator=x");
    let stale = {
        let ada = app.operator("ada", Role::Administrator).await;
        let visitor = ada.sign_in(&app).await;
        visitor.delete("/api/v1/session").await.is(204);
        visitor
    };
    let before = acts(&app).await.len();
    for operation in described() {
        if operation.access == Access::Anyone {
            continue;
        }
        for visitor in [&app.office(), &garbage, &stale] {
            let answer = call(&operation, &ids, visitor).await;
            assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
            answer.is_problem(401, "unauthenticated");
        }
    }
    assert_eq!(acts(&app).await.len(), before);
}
