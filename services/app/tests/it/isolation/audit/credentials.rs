//! The ledger of what people do to their own accounts.

use kernel::clock::Clock;
use kernel::roles::Role;
use passwords::totp::Seed;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, Visitor};

use super::Ledger;
use crate::rows::{run, texts};

const OTHER: &str = "marmalade gantry flute 4";

impl Ledger<'_> {
    async fn act(
        &mut self,
        id: &str,
        person: &Visitor,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        let request = person.request(method, path).json(&body);
        self.count(id, Answer::of(request)).await
    }

    /// Codes, addresses and passwords of a person of their own: what they do ends their sessions.
    pub(super) async fn credentials(&mut self) {
        let person = self.acme.member(Role::Viewer).await;
        let users = format!(
            "SELECT email FROM {}.users WHERE role = 'viewer'",
            self.acme.tenant.schema()
        );
        let email = texts(self.app, &users).await.remove(0);
        let made = self
            .act(
                "start_codes",
                &person,
                Method::POST,
                "/api/v1/me/totp",
                json!({}),
            )
            .await
            .json();
        let seed = Seed::parse(made["secret"].as_str().expect("a secret")).expect("a seed");
        let code = seed.code(self.app.clock.now());
        let confirm = "/api/v1/me/totp/confirm";
        self.act(
            "confirm_codes",
            &person,
            Method::POST,
            confirm,
            json!({ "code": code }),
        )
        .await;
        let again = "/api/v1/me/recovery-codes";
        self.act(
            "replace_recovery_codes",
            &person,
            Method::POST,
            again,
            json!({}),
        )
        .await;
        self.act(
            "remove_codes",
            &person,
            Method::DELETE,
            "/api/v1/me/totp",
            json!({}),
        )
        .await;
        let both = json!({ "current_password": PASSWORD, "password": OTHER });
        self.act(
            "change_password",
            &person,
            Method::PUT,
            "/api/v1/me/password",
            both,
        )
        .await;
        let none = format!(
            "UPDATE {}.users SET password_hash = NULL WHERE email = '{email}'",
            self.acme.tenant.schema()
        );
        run(self.app, &none).await;
        let first = json!({ "password": PASSWORD });
        self.act(
            "set_password",
            &person,
            Method::POST,
            "/api/v1/me/password",
            first,
        )
        .await;
        let wanted = json!({ "email": "other@acme.example" });
        self.act(
            "request_email_change",
            &person,
            Method::POST,
            "/api/v1/me/email",
            wanted,
        )
        .await;
        self.links(&email).await;
    }

    /// What the links in mails do.
    async fn links(&mut self, email: &str) {
        let visitor = self.acme.visitor().clone();
        let token = self.app.mailed_token("other@acme.example").await;
        let confirm = "/api/v1/auth/confirm-email";
        self.act(
            "confirm_email",
            &visitor,
            Method::POST,
            confirm,
            json!({ "token": token }),
        )
        .await;
        let forgot = "/api/v1/auth/forgot-password";
        self.act(
            "forgot_password",
            &visitor,
            Method::POST,
            forgot,
            json!({ "email": email }),
        )
        .await;
        let token = self.app.mailed_token(email).await;
        let reset = "/api/v1/auth/reset-password";
        let chosen = json!({ "token": token, "password": OTHER });
        self.act("reset_password", &visitor, Method::POST, reset, chosen)
            .await;
        let token = self.app.mailed_token(email).await;
        let not_me = "/api/v1/auth/not-me";
        self.act(
            "disown_change",
            &visitor,
            Method::POST,
            not_me,
            json!({ "token": token }),
        )
        .await;
    }
}
