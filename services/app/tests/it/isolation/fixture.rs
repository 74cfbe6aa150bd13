//! Two organisations, one of which holds a canary wherever it can hold text.

use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{PASSWORD, TestApp, TestTenant, Visitor, sign_in};

/// Stands in everything the first organisation has.
pub const CANARY: &str = "canary7q";
/// What the first organisation is called.
pub const NAME: &str = CANARY;

pub struct House<'a> {
    /// The organisation that must stay unseen.
    pub acme: TestTenant<'a>,
    /// Its endpoint.
    pub endpoint: String,
    viewer: Visitor,
    member: Visitor,
    /// Another organisation's owner, on their own host.
    stranger_by_cookie: Visitor,
    /// The same as a program.
    stranger_by_token: Visitor,
    /// The same by a key for everything.
    pub stranger_by_key: Visitor,
    /// A program of the first organisation that may do what everybody there may.
    pub key_for_little: Visitor,
    /// One that may do all that keys may.
    pub key_for_all: Visitor,
    /// Its key's id.
    pub api_key: String,
}

/// A new key of an owner's: its id, and who brings it.
async fn program(tenant: &TestTenant<'_>, name: &str, scopes: &Value) -> (String, Visitor) {
    let body = json!({"name": name, "scopes": scopes, "valid_days": 365});
    let made = tenant.owner().post_json("/api/v1/api-keys", &body).await;
    let made = made.is(201).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let bearer = tenant.visitor().with_bearer(&text(&made["secret"]));
    (text(&made["key"]["id"]), bearer)
}

impl<'a> House<'a> {
    pub async fn build(app: &'a TestApp) -> Self {
        let acme = app.tenant(CANARY).await;
        let settings = json!({"name": format!("{CANARY} site"), "url": format!("http://127.0.0.1:9/{CANARY}")});
        let endpoint = acme.create_endpoint_with(settings).await;
        let invited = json!({"email": format!("new@{CANARY}.example"), "role": "viewer"});
        acme.owner()
            .post_json("/api/v1/invitations", &invited)
            .await
            .is(201);
        app.run_checks().await;
        let (viewer, member) = (
            acme.member(Role::Viewer).await,
            acme.member(Role::Member).await,
        );
        let globex = app.tenant("globex").await;
        let body = json!({"email": "owner@globex.example", "password": PASSWORD});
        let token = globex
            .visitor()
            .post_json("/api/v1/auth/token", &body)
            .await
            .is(200)
            .json();
        let token = token["access_token"].as_str().expect("a token").to_owned();
        let all = json!(kernel::roles::Permission::ALL);
        let (_, stranger_by_key) = program(&globex, "Theirs", &all).await;
        let (api_key, key_for_all) = program(&acme, CANARY, &all).await;
        let (_, key_for_little) = program(&acme, CANARY, &json!(["endpoints_read"])).await;
        Self {
            stranger_by_key,
            key_for_little,
            key_for_all,
            api_key,
            stranger_by_cookie: sign_in(globex.visitor(), "owner@globex.example").await,
            stranger_by_token: globex.visitor().with_bearer(&token),
            acme,
            endpoint,
            viewer,
            member,
        }
    }

    /// Another organisation's owner, by each proof.
    pub fn strangers(&self) -> [&Visitor; 3] {
        [
            &self.stranger_by_cookie,
            &self.stranger_by_token,
            &self.stranger_by_key,
        ]
    }

    /// A person of the first organisation.
    pub fn person(&self, role: Role) -> &Visitor {
        match role {
            Role::Viewer => &self.viewer,
            Role::Member => &self.member,
            other => panic!("the suite has nobody who is {other:?}"),
        }
    }

    /// Everything of the first organisation that a call could change.
    pub async fn state(&self) -> Value {
        let endpoint = format!("/api/v1/endpoints/{}", self.endpoint);
        json!({
            "endpoints": self.acme.owner().get("/api/v1/endpoints").await.is(200).json(),
            "results": self.acme.owner().get(format!("{endpoint}/results")).await.is(200).json(),
            "members": self.acme.owner().get("/api/v1/members").await.is(200).json(),
            "invitations": self.acme.owner().get("/api/v1/invitations").await.is(200).json(),
            "rules": self.acme.owner().get("/api/v1/sign-in-policy").await.is(200).json(),
            "me": self.acme.owner().get("/api/v1/me").await.is(200).json(),
        })
    }
}
