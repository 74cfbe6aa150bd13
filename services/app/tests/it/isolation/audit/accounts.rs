//! The ledger of who owns the organisation, and of an account as a whole.

use identity::recovery::{self, Terms};
use jiff::SignedDuration;
use kernel::email::EmailAddress;
use kernel::roles::Role;
use serde_json::json;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::recovery::Wanted;
use testkit::{Visitor, sign_in};

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

    /// The owner is given another way in: stopped once, and used once. Nothing else can follow.
    pub(super) async fn recovery(&mut self) {
        let owner = sign_in(self.acme.visitor(), "owner@acme.example").await;
        self.begin_recovery().await;
        self.count("stop_recovery", owner.delete("/api/v1/ownership/recovery"))
            .await;
        self.begin_recovery().await;
        let token = self.app.mailed_token("ann@acme.example").await;
        let chosen = json!({ "token": token, "password": "marmalade gantry flute 4" });
        let visitor = self.acme.visitor().clone();
        self.count(
            "recover_ownership",
            visitor.post_json("/api/v1/auth/recovery", &chosen),
        )
        .await;
    }

    /// As an operator would; nobody waits.
    async fn begin_recovery(&self) {
        let email = EmailAddress::parse("ann@acme.example").expect("an address");
        let wanted = Wanted {
            tenant: self.acme.tenant.id(),
            email: &email,
            proof: "a register extract",
        };
        let terms = Terms {
            wait: SignedDuration::ZERO,
            contact: None,
        };
        let mandate = Mandate {
            actor: OperatorActor::Terminal("test".to_owned()),
            reason: None,
        };
        let db = &self.app.house.db;
        let begun =
            db.write_platform(async |tx| recovery::begin(tx, &terms, &wanted, &mandate).await);
        begun.await.expect("a recovery");
    }
}
