//! What is counted when somebody makes and ends keys of programs.

use reqwest::Method;
use serde_json::json;

use super::Ledger;

impl Ledger<'_> {
    pub(super) async fn api_keys(&mut self) {
        let base = "/api/v1/api-keys";
        let key = json!({"name": "Counted", "scopes": ["endpoints_read"], "valid_days": 1});
        let made = self.call("create_api_key", Method::POST, base, Some(key));
        let made = made.await.json();
        let id = made["key"]["id"].as_str().expect("an id");
        let path = format!("{base}/{id}");
        self.call("revoke_api_key", Method::DELETE, &path, None)
            .await;
    }
}
