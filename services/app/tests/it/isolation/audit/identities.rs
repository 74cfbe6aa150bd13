//! The ledger of who people are elsewhere.

use fakes::FakeDiscord;
use serde_json::Value;

use super::Ledger;
use crate::identity::discord::{OWNER, way_through};

impl Ledger<'_> {
    /// A link, signing in by it, and its end.
    pub(super) async fn identities(&mut self, discord: &FakeDiscord) {
        let owner = self.acme.owner().clone();
        let visitor = self.acme.visitor().clone();
        let body = way_through(self.app, discord, OWNER).await;
        let link = async { owner.post_json("/api/v1/me/identities", &body).await };
        let view: Value = self.count("link_identity", link).await.json();
        let body = way_through(self.app, discord, OWNER).await;
        let exchange = visitor.post_json("/api/v1/auth/discord/exchange", &body);
        self.count("exchange_discord", exchange).await;
        let path = format!(
            "/api/v1/me/identities/{}",
            view["id"].as_str().expect("an id")
        );
        let guilds = format!("{path}/guilds");
        self.count("list_guilds", owner.get(guilds)).await;
        self.count("unlink_identity", owner.delete(path)).await;
    }
}
