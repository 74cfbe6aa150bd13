//! An organisation of a test: its people, signed in, and what a test does in their name.

use db::{Sql, TenantRef, sql};
use kernel::roles::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, sign_in};
use crate::database::worker;
use crate::http::Visitor;

/// A person like the owner, whose password is the owner's.
const ADD_PERSON: Sql = sql!(
    "INSERT INTO users (id, email, password_hash, role, state, created_at, verified_at)
     SELECT $1, $2, password_hash, $3, 'active', created_at, verified_at FROM users WHERE role = 'owner' LIMIT 1"
);

/// An organisation with a signed-in owner.
pub struct TestTenant<'a> {
    app: &'a TestApp,
    /// The organisation, for work below the API.
    pub tenant: TenantRef,
    visitor: Visitor,
    owner: Visitor,
}

impl<'a> TestTenant<'a> {
    pub(crate) fn new(
        app: &'a TestApp,
        tenant: TenantRef,
        visitor: Visitor,
        owner: Visitor,
    ) -> Self {
        Self {
            app,
            tenant,
            visitor,
            owner,
        }
    }

    /// Nobody in particular, on this organisation's host.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// The owner, signed in.
    pub fn owner(&self) -> &Visitor {
        &self.owner
    }

    /// A new person of `role`, signed in.
    pub async fn member(&self, role: Role) -> Visitor {
        let id = Uuid::from_bytes(
            kernel::rng::bytes32(&kernel::rng::SystemEntropy)[..16]
                .try_into()
                .expect("16 bytes"),
        );
        let email = format!(
            "{}-{}@{}.example",
            role.as_str(),
            id.simple(),
            self.tenant.slug()
        );
        self.app
            .house
            .db
            .write(&self.tenant, worker(), None, async |tx| {
                tx.execute(ADD_PERSON, &[&id, &email, &role.as_str()]).await
            })
            .await
            .expect("a person");
        sign_in(&self.visitor, &email).await
    }

    /// Adds an endpoint and answers its id.
    pub async fn create_endpoint(&self, url: &str) -> String {
        self.create_endpoint_with(json!({ "name": url, "url": url }))
            .await
    }

    /// Adds an endpoint with these settings and answers its id.
    pub async fn create_endpoint_with(&self, settings: Value) -> String {
        let answer = self
            .owner
            .post_json("/api/v1/endpoints", &settings)
            .await
            .is(201);
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// How many audit rows there are.
    pub async fn audit_rows(&self) -> i64 {
        self.app.audit_rows(&self.tenant).await
    }
}
