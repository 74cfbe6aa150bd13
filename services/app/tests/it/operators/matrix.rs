//! The matrix of roles and operations, and the row that every change leaves.

use db::{PlatformSql, platform_sql};
use kernel::clock::Clock;
use kernel::id::OperatorId;
use operators::{Permission, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, Visitor};

use super::acts;
use super::described::{Access, Described, TABLE, described};

/// Ids that paths and bodies name.
#[derive(Clone, Default)]
struct Ids {
    tenant: String,
    other: String,
    session: String,
    token: String,
    network: String,
    /// One to approve, and one to reject.
    requests: [String; 2],
    code: String,
}

async fn call(operation: &Described, ids: &Ids, visitor: &Visitor) -> Answer {
    let row = TABLE.iter().find(|row| row.id == operation.id);
    let row = row.unwrap_or_else(|| panic!("{} has no row", operation.id));
    let id = match operation.path.split('/').nth(3) {
        Some("operators") => &ids.other,
        Some("sessions") => &ids.session,
        Some("tokens") => &ids.token,
        Some("networks") => &ids.network,
        Some("approvals") if operation.path.ends_with("approve") => &ids.requests[0],
        Some("approvals") => &ids.requests[1],
        _ => &ids.tenant,
    };
    let path = operation.path.replace("{id}", id);
    let mut request = visitor.request(operation.method.clone(), &path);
    if let Some(body) = row.body {
        let body = body
            .replace("{tenant}", &ids.tenant)
            .replace("{code}", &ids.code);
        let body: Value = serde_json::from_str(&body).expect("a body of the table");
        request = request.json(&body);
    }
    Answer::of(request).await
}

#[actix_web::test]
async fn a_role_may_do_what_the_table_says_and_every_change_leaves_one_row() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let tenant = acme.tenant.id().to_string();
    let consent = json!({ "allow": "open" });
    acme.owner()
        .send_json(Method::PUT, "/api/v1/settings/support", None, &consent)
        .await
        .is(200);
    // Another administrator, whom each caller may act upon.
    let other = app.operator("other", Role::Administrator).await;
    for role in Role::ALL {
        let caller = app.operator(role.as_str(), role).await;
        let first = caller.sign_in(&app).await;
        let session = first.get("/api/v1/session").await.is(200).json()["session_id"].clone();
        app.advance(jiff::SignedDuration::from_secs(30));
        let visitor = caller.sign_in(&app).await;
        let mut ids = Ids {
            tenant: tenant.clone(),
            other: other.id.to_string(),
            session: session.as_str().expect("an id").to_owned(),
            // Until whoever may has made one.
            network: uuid::Uuid::nil().to_string(),
            requests: [
                request_of(&app, other.id).await,
                request_of(&app, other.id).await,
            ],
            ..Ids::default()
        };
        for (operation, row) in described().iter().zip(&TABLE) {
            if row.body.is_some_and(|body| body.contains("{code}")) {
                app.advance(jiff::SignedDuration::from_secs(30));
                ids.code = caller.seed.code(app.clock.now());
            }
            let before = acts(&app).await.len();
            let answer = call(operation, &ids, &visitor).await;
            if operation.id == "create_token" {
                let id = answer.json()["token"]["id"].clone();
                ids.token = id.as_str().expect("an id").to_owned();
            }
            if operation.id == "set_network" && answer.status == 200 {
                let id = answer.json()["network"]["id"].clone();
                ids.network = id.as_str().expect("an id").to_owned();
            }
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

const REQUEST: PlatformSql = platform_sql!(
    "INSERT INTO platform.operator_approvals (id, verb, requested_by, requested_at, expires_at)
     VALUES ($1, 'freeze', $2, $3, $3::timestamptz + interval '1 day')"
);

/// A request of `operator`'s that waits, about nobody: deciding leaves one row.
async fn request_of(app: &TestApp, operator: OperatorId) -> String {
    let made = app.house.db.write_platform(async |tx| {
        let id: uuid::Uuid = tx.new_id();
        tx.execute(REQUEST, &[&id, &operator.uuid(), &tx.now()])
            .await?;
        Ok::<_, db::DbError>(id.to_string())
    });
    made.await.expect("a request")
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
    let nobody = uuid::Uuid::nil().to_string();
    let ids = Ids {
        tenant: acme.tenant.id().to_string(),
        other: nobody.clone(),
        session: nobody.clone(),
        token: nobody.clone(),
        network: nobody.clone(),
        requests: [nobody.clone(), nobody],
        code: "123456".to_owned(),
    };
    let garbage = app.office().with_cookie("operator=x");
    let made_up = app.office().with_bearer("sbo_x");
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
        for visitor in [&app.office(), &garbage, &made_up, &stale] {
            let answer = call(&operation, &ids, visitor).await;
            assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
            answer.is_problem(401, "unauthenticated");
        }
    }
    assert_eq!(acts(&app).await.len(), before);
}

#[actix_web::test]
async fn a_token_does_what_it_was_made_for_and_nothing_in_person() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let other = app.operator("other", Role::Administrator).await;
    let ada = app.operator("ada", Role::Administrator).await;
    let visitor = ada.sign_in(&app).await;
    let requests = [
        request_of(&app, other.id).await,
        request_of(&app, other.id).await,
    ];
    let ids = Ids {
        tenant: acme.tenant.id().to_string(),
        other: other.id.to_string(),
        session: uuid::Uuid::nil().to_string(),
        token: uuid::Uuid::nil().to_string(),
        network: uuid::Uuid::nil().to_string(),
        requests,
        code: "123456".to_owned(),
    };
    for permission in Permission::ALL {
        app.advance(jiff::SignedDuration::from_secs(30));
        let asked = json!({
            "name": permission.as_str(), "permissions": [permission], "valid_days": 1,
            "password": testkit::PASSWORD, "code": ada.seed.code(app.clock.now()),
        });
        let made = visitor
            .post_json("/api/v1/tokens", &asked)
            .await
            .is(201)
            .json();
        let program = app
            .office()
            .with_bearer(made["secret"].as_str().expect("a token"));
        for operation in described() {
            if operation.access == Access::Anyone {
                continue;
            }
            let answer = call(&operation, &ids, &program).await;
            let who = format!("{} with {}", operation.id, permission.as_str());
            if !operation.by_token {
                assert_eq!(answer.status, 403, "{who}: {}", answer.text);
                answer.is_problem(403, "session_needed");
                continue;
            }
            match operation.access {
                Access::Needs(needed) if needed != permission => {
                    assert_eq!(answer.status, 403, "{who}: {}", answer.text);
                    let refused = answer.is_problem(403, "forbidden");
                    assert_eq!(refused.json()["permission"], needed.as_str(), "{who}");
                }
                _ => assert!(
                    ![401, 403].contains(&answer.status),
                    "{who}: {}",
                    answer.text
                ),
            }
        }
    }
}
