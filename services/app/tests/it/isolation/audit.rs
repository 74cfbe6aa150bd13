//! Every mutating operation leaves exactly one audit row, and reads leave none.

mod accounts;
mod credentials;
mod identities;
mod keys;
mod passkeys;
mod people;
mod policy;

use fakes::FakeDiscord;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, Target, TestApp, TestTenant, Visitor, sign_in};

use super::table::TABLE;
use super::{described, row};

const BASE: &str = "/api/v1/endpoints";

/// Calls one operation so that it takes effect, and answers how many audit rows that left.
struct Ledger<'a> {
    app: &'a TestApp,
    acme: TestTenant<'a>,
    site: Target,
    endpoint: String,
    checked: Vec<String>,
}

impl Ledger<'_> {
    async fn count(&mut self, id: &str, call: impl Future<Output = Answer>) -> Answer {
        let before = self.acme.audit_rows().await;
        let answer = call.await;
        assert!(
            (200..300).contains(&answer.status),
            "{id} was to take effect: {}",
            answer.text
        );
        let left = self.acme.audit_rows().await - before;
        assert_eq!(left, row(id).audit_rows, "{id} left {left} audit row(s)");
        self.checked.push(id.to_owned());
        answer
    }

    async fn call(&mut self, id: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let owner = self.acme.owner().clone();
        let mut request = owner.request(method, path);
        if id == "replace_endpoint" || id == "replace_sign_in_policy" {
            let tag = owner.get(path).await.is(200);
            request = request.header("if-match", tag.header("etag"));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.count(id, Answer::of(request)).await
    }

    async fn endpoints(&mut self) {
        let url = self.site.url().to_owned();
        let path = format!("{BASE}/{}", self.endpoint);
        let other = json!({"name": "Two", "url": format!("{url}two")});
        let made = self
            .call("create_endpoint", Method::POST, BASE, Some(other))
            .await
            .json();
        let second = format!("{BASE}/{}", made["id"].as_str().expect("an id"));
        let whole = json!({"name": "Whole", "url": format!("{url}whole")});
        self.call("replace_endpoint", Method::PUT, &path, Some(whole))
            .await;
        self.call(
            "update_endpoint",
            Method::PATCH,
            &path,
            Some(json!({"name": "Part"})),
        )
        .await;
        self.call(
            "try_endpoint",
            Method::POST,
            &format!("{BASE}/try"),
            Some(json!({"url": url})),
        )
        .await;
        self.call(
            "check_endpoint",
            Method::POST,
            &format!("{path}/check"),
            None,
        )
        .await;
        self.call(
            "pause_endpoint",
            Method::POST,
            &format!("{path}/pause"),
            None,
        )
        .await;
        self.call(
            "resume_endpoint",
            Method::POST,
            &format!("{path}/resume"),
            None,
        )
        .await;
        self.call("delete_endpoint", Method::DELETE, &second, None)
            .await;
        self.call(
            "restore_endpoint",
            Method::POST,
            &format!("{second}/restore"),
            None,
        )
        .await;
    }

    async fn people(&mut self) {
        let visitor: Visitor = self.acme.visitor().clone();
        let credentials = json!({"email": "owner@acme.example", "password": PASSWORD});
        let post = |path: &'static str, body: Value| {
            let visitor = visitor.clone();
            async move { visitor.post_json(path, &body).await }
        };
        self.count(
            "create_session",
            post("/api/v1/auth/session", credentials.clone()),
        )
        .await;
        let token = self
            .count("create_token", post("/api/v1/auth/token", credentials))
            .await
            .json();
        let refresh = json!({"refresh_token": token["refresh_token"]});
        self.count("refresh_token", post("/api/v1/auth/token/refresh", refresh))
            .await;
        let address = json!({"email": "owner@acme.example"});
        self.count(
            "resend_verification",
            post("/api/v1/auth/resend-verification", address.clone()),
        )
        .await;
        let root = self.app.root();
        self.count("find_workspaces", async move {
            root.post_json("/api/v1/auth/find-workspaces", &address)
                .await
        })
        .await;
    }

    /// What somebody does about their own sessions, in one that nothing else here comes by.
    async fn own_sessions(&mut self) {
        let visitor = self.acme.visitor().clone();
        let other = sign_in(&visitor, "owner@acme.example").await;
        let list = other.get("/api/v1/auth/sessions").await.is(200).json();
        let ids = list["items"].as_array().expect("a list").iter();
        let third = ids
            .filter(|session| session["kind"] == "program")
            .find_map(|session| session["id"].as_str())
            .expect("a session");
        let path = format!("/api/v1/auth/sessions/{third}");
        self.count("revoke_session", other.delete(path)).await;
        let proof = json!({"password": PASSWORD});
        let path = "/api/v1/auth/reauthenticate";
        let again = self.count("reauthenticate", other.post_json(path, &proof));
        let other = visitor.signed_in(&again.await);
        let path = "/api/v1/auth/sessions?except=current";
        self.count("revoke_sessions", other.delete(path)).await;
        let answer = self.count("end_session", other.post("/api/v1/auth/logout"));
        answer.await;
    }

    /// Somebody of the platform comes in by a code that the platform's tables hold.
    async fn support(&mut self) {
        let allow = json!({"allow": "day"});
        let path = "/api/v1/settings/support";
        self.call("change_support", Method::PUT, path, Some(allow))
            .await;
        let ada = self.app.operator("ada", operators::Role::Support).await;
        let code = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let new = tenancy::support::NewAccess {
            tenant: self.acme.tenant.id(),
            operator: ada.id,
            reason: "a test",
            ticket: None,
            code_hash: <sha2::Sha256 as sha2::Digest>::digest(code).into(),
        };
        let db = &self.app.house.db;
        let asked = db.write_platform(async |tx| tenancy::support::add(tx, &new).await);
        asked.await.expect("a code");
        let visitor = self.acme.visitor().clone();
        self.count("begin_support", async move {
            visitor
                .post_json("/api/v1/auth/support", &json!({"code": code}))
                .await
        })
        .await;
    }

    /// Registration and verification happen in organisations of their own.
    async fn newcomers(&mut self) {
        let form = json!({
            "organization_name": "Newcomer", "slug": "newcomer", "email": "owner@newcomer.example",
            "password": PASSWORD, "password_confirm": PASSWORD,
        });
        self.app.db.fill(1).await;
        self.app
            .root()
            .post_json("/api/v1/auth/register", &form)
            .await
            .is(201);
        let newcomer = self.app.tenant_ref("newcomer").await;
        assert_eq!(
            self.app.audit_rows(&newcomer).await,
            row("register_organization").audit_rows
        );
        let token = self.app.mailed_token("owner@newcomer.example").await;
        let visitor = self.app.visitor("newcomer.localhost");
        visitor
            .post_json("/api/v1/auth/verify-email", &json!({"token": token}))
            .await
            .is(200);
        assert_eq!(
            self.app.audit_rows(&newcomer).await,
            row("register_organization").audit_rows + row("verify_email").audit_rows
        );
        self.checked.extend([
            "register_organization".to_owned(),
            "verify_email".to_owned(),
        ]);
    }
}

#[tokio::test]
async fn every_mutating_operation_leaves_exactly_one_audit_row() {
    let discord = FakeDiscord::start().await;
    let app = crate::identity::discord::house(&discord).await;
    let acme = app.tenant("acme").await;
    let site = Target::start().await;
    let endpoint = acme.create_endpoint(site.url()).await;
    let mut ledger = Ledger {
        app: &app,
        acme,
        site,
        endpoint,
        checked: Vec::new(),
    };
    ledger.endpoints().await;
    ledger.people().await;
    ledger.support().await;
    ledger.newcomers().await;
    ledger.credentials().await;
    ledger.identities(&discord).await;
    ledger.passkeys().await;
    ledger.members().await;
    ledger.api_keys().await;
    ledger.policy().await;
    ledger.ownership().await;
    for operation in described()
        .into_iter()
        .filter(|operation| operation.method == Method::GET)
    {
        if operation.host == "tenant"
            && operation.id != "open_live"
            && !ledger.checked.contains(&operation.id)
        {
            let path = operation.path.replace("{id}", &ledger.endpoint.clone());
            ledger.call(&operation.id, Method::GET, &path, None).await;
        }
    }
    ledger.own_sessions().await;
    ledger.recovery().await;

    let writes = described()
        .into_iter()
        .filter(|operation| operation.method != Method::GET);
    let forgotten: Vec<String> = writes
        .map(|operation| operation.id)
        .filter(|id| !ledger.checked.contains(id))
        .collect();
    assert!(forgotten.is_empty(), "not tried: {forgotten:?}");
    assert!(TABLE.len() >= ledger.checked.len());
}
