//! Operators of a test's house: made, signed in, and ready to act on a listener of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use kernel::clock::Clock;
use kernel::email::EmailAddress;
use kernel::id::OperatorId;
use kernel::rng::SystemEntropy;
use operators::{NewAccount, Role, Seed, accounts};
use passwords::{Cost, Password, Passwords};
use serde_json::{Value, json};
use tenancy::audit::{Mandate, OperatorActor};

use crate::app::{PASSWORD, TestApp};
use crate::http::Visitor;

/// An operator with [`PASSWORD`].
pub struct TestOperator {
    /// The id.
    pub id: OperatorId,
    /// Where they sign in with.
    pub email: String,
    /// What their app knows.
    pub seed: Seed,
}

impl TestOperator {
    /// What they type to sign in at this moment.
    pub fn credentials(&self, app: &TestApp) -> Value {
        json!({ "email": self.email, "password": PASSWORD, "code": self.seed.code(app.clock.now()) })
    }

    /// A browser of theirs that is signed in. Once in half a minute: a code is good once.
    pub async fn sign_in(&self, app: &TestApp) -> Visitor {
        let credentials = self.credentials(app);
        let office = app.office();
        let answer = office.post_json("/api/v1/session", &credentials).await;
        office.signed_in(&answer.is(200))
    }
}

impl TestApp {
    /// A house that operators can reach.
    pub async fn start_with_office() -> Self {
        Self::start_with(|config| {
            config.operator_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        })
        .await
    }

    /// Nobody in particular, on the operators' listener.
    pub fn office(&self) -> Visitor {
        let (address, _) = self.office.as_ref().expect("a house with an office");
        Visitor::new(self.client.clone(), *address, "localhost")
    }

    /// A new operator.
    pub async fn operator(&self, name: &str, role: Role) -> TestOperator {
        let passwords = Passwords::new(Cost::LEAST, NonZeroUsize::MIN, Arc::new(SystemEntropy));
        let passwords = passwords.expect("a cost");
        let hash = passwords.hash(&Password::new(PASSWORD)).await;
        let email = format!("{name}@operators.example");
        let new = NewAccount {
            email: EmailAddress::parse(&email).expect("an address"),
            name: name.to_owned(),
            role,
            password_hash: hash.expect("a hash"),
        };
        let mandate = Mandate {
            actor: OperatorActor::Terminal("test".to_owned()),
            reason: None,
        };
        let keys = app::wiring::keys(&self.config).expect("keys");
        let made = self
            .house
            .db
            .write_platform(async |tx| accounts::create(tx, &keys, &new, &mandate).await)
            .await
            .expect("an operator");
        TestOperator {
            id: made.account.id,
            email,
            seed: made.seed,
        }
    }
}
