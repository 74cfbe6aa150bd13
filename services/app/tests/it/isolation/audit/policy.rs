//! What is counted when somebody changes the rules for signing in.

use reqwest::Method;
use serde_json::json;

use super::Ledger;

impl Ledger<'_> {
    pub(super) async fn policy(&mut self) {
        let rules = json!({
            "idle_minutes": 60, "second_factor_required": false, "methods": ["password", "passkey"],
            "mail_domains": ["acme.example"], "console_networks": [], "key_networks": ["203.0.113.0/24"],
        });
        let path = "/api/v1/sign-in-policy";
        let preview = format!("{path}/preview");
        self.call(
            "preview_sign_in_policy",
            Method::POST,
            &preview,
            Some(rules.clone()),
        )
        .await;
        self.call("replace_sign_in_policy", Method::PUT, path, Some(rules))
            .await;
    }
}
