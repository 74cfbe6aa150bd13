//! The ledger of who owns the organisation, and of an account as a whole.

use kernel::roles::Role;
use serde_json::json;
use testkit::Visitor;

use super::Ledger;

const TRANSFER: &str = "/api/v1/ownership-transfer";
const ACCEPT: &str = "/api/v1/ownership-transfer/accept";
const ME: &str = "/api/v1/me";

async fn member(person: &Visitor, name: &str) -> String {
    let me = person.get(ME).await.is(200).json();
    me["user"][name].as_str().expect("a text").to_owned()
}

impl Ledger<'_> {
    /// The organisation goes to somebody and comes back, and they leave.
    pub(super) async fn ownership(&mut self) {
        let ann = self.acme.member(Role::Admin).await;
        let owner = self.acme.owner().clone();
        let to_ann = json!({ "member_id": member(&ann, "id").await });
        let to_owner = json!({ "member_id": member(&owner, "id").await });
        self.count("offer_ownership", owner.post_json(TRANSFER, &to_ann))
            .await;
        self.count("end_ownership_transfer", owner.delete(TRANSFER))
            .await;
        for (giver, taker, offer) in [(&owner, &ann, &to_ann), (&ann, &owner, &to_owner)] {
            self.count("offer_ownership", giver.post_json(TRANSFER, offer))
                .await;
            self.count("accept_ownership", taker.post_json(ACCEPT, &json!({})))
                .await;
        }
        let farewell = json!({ "email": member(&ann, "email").await });
        self.count(
            "delete_account",
            ann.post_json("/api/v1/me/deletion", &farewell),
        )
        .await;
    }
}
