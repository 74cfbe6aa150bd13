//! The ledger of who belongs to the organisation.

use kernel::roles::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::Ledger;
use crate::rows::texts;

const INVITATIONS: &str = "/api/v1/invitations";
const EMAIL: &str = "newcomer@elsewhere.example";

impl Ledger<'_> {
    async fn manage(&mut self, id: &str, method: Method, path: &str, body: Value) -> String {
        let answer = self.call(id, method, path, Some(body)).await;
        match answer.text.is_empty() {
            true => String::new(),
            false => answer.json()["id"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Somebody is invited, joins, is changed and goes.
    pub(super) async fn members(&mut self) {
        let to = |role: &str| json!({ "email": EMAIL, "role": role });
        let first = self
            .manage("create_invitation", Method::POST, INVITATIONS, to("viewer"))
            .await;
        let path = format!("{INVITATIONS}/{first}");
        self.manage(
            "resend_invitation",
            Method::POST,
            &format!("{path}/resend"),
            json!({}),
        )
        .await;
        self.manage("revoke_invitation", Method::DELETE, &path, json!({}))
            .await;
        self.manage("create_invitation", Method::POST, INVITATIONS, to("viewer"))
            .await;
        let token = self.app.mailed_token(EMAIL).await;
        let visitor = self.acme.visitor().clone();
        let preview = json!({ "token": token });
        self.count(
            "preview_invitation",
            visitor.post_json("/api/v1/auth/invitation", &preview),
        )
        .await;
        let chosen =
            json!({ "token": token, "name": "Ann", "password": "marmalade gantry flute 4" });
        self.count(
            "accept_invitation",
            visitor.post_json("/api/v1/auth/accept-invitation", &chosen),
        )
        .await;
        let joined = format!(
            "SELECT id FROM {}.users WHERE email = '{EMAIL}'",
            self.acme.tenant.schema()
        );
        let id = texts(self.app, &joined).await.remove(0);
        let path = format!("/api/v1/members/{id}");
        let role = json!({ "role": Role::Member });
        self.manage("change_member", Method::PATCH, &path, role)
            .await;
        for verb in ["deactivate", "reactivate"] {
            let (id, path) = (format!("{verb}_member"), format!("{path}/{verb}"));
            self.manage(&id, Method::POST, &path, json!({})).await;
        }
        self.manage("remove_member", Method::DELETE, &path, json!({}))
            .await;
    }
}
