//! The ledger of passkeys.

use reqwest::Method;
use serde_json::json;
use testkit::Answer;

use super::Ledger;
use crate::identity::passkeys::{ADD_OPTIONS, OPTIONS, OWN, SESSION, device, public_key};

impl Ledger<'_> {
    /// One is made, used, called something else and taken away.
    pub(super) async fn passkeys(&mut self) {
        let owner = self.acme.owner().clone();
        let visitor = self.acme.visitor().clone();
        let mut phone = device("acme");
        let asked = self.count("ask_for_new_passkey", owner.post(ADD_OPTIONS));
        let asked = asked.await.json();
        let offered = json!({
            "handle": asked["handle"],
            "name": "Phone",
            "credential": phone.make(public_key(&asked)),
        });
        let added = self.count("add_passkey", owner.post_json(OWN, &offered));
        let added = added.await.json();
        let asked = self.count("ask_for_passkey", visitor.post(OPTIONS)).await;
        let asked = asked.json();
        let shown = json!({
            "handle": asked["handle"],
            "credential": phone.show(public_key(&asked)),
        });
        self.count("use_passkey", visitor.post_json(SESSION, &shown))
            .await;
        let path = format!("{OWN}/{}", added["id"].as_str().expect("an id"));
        let named = owner
            .request(Method::PATCH, &path)
            .json(&json!({ "name": "Tablet" }));
        self.count("rename_passkey", Answer::of(named)).await;
        self.count("remove_passkey", owner.delete(path)).await;
    }
}
