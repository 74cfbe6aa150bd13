//! The whole story: everybody is told, waits, and the owner is in again by one link that ends every other way in.

use jiff::SignedDuration;
use kernel::roles::Role;
use serde_json::json;
use testkit::TestApp;

use super::*;
use crate::rows::number;

#[actix_web::test]
async fn an_owner_who_lost_access_is_in_again_and_by_nothing_else() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Viewer).await;
    let anns = email_of(&ann).await;
    let nothing = ann.get(STATUS).await.is(200).json();
    assert_eq!(nothing, json!({ "recovery": null }));
    let ada = operator(&app, "ada").await;
    let begun = ask(&ada, &acme, NEW).await.is(201).json();
    assert_eq!(
        begun,
        json!({
            "state": "waiting", "email": "a•••@elsewhere.example",
            "created_at": "2026-11-20T12:00:00Z", "due_at": "2026-11-23T12:00:00Z",
        })
    );

    everybody_is_told(&app, &acme, &anns).await;
    let me = ann.get("/api/v1/me").await.is(200).json();
    assert_eq!(me["recovery_under_way"], true);
    for shown in [ann.get(STATUS).await, ada.get(path(&acme)).await] {
        assert_eq!(shown.is(200).json()["recovery"], begun);
    }

    let ways = Ways::of_the_owner(&app, &acme, &ann).await;
    app.advance(WAIT - SignedDuration::from_mins(1));
    app.run_jobs().await;
    assert!(app.newest_mail(NEW).is_none(), "not a minute early");
    let reset = ways.forget_password(&app, &acme).await;

    app.advance(SignedDuration::from_mins(1));
    let token = app.mailed_token(NEW).await;
    let link = app.newest_mail(NEW).expect("a mail");
    assert!(
        link.text.contains("http://acme.localhost/recovery#token="),
        "{}",
        link.text
    );
    let shown = ann.get(STATUS).await.is(200).json();
    assert_eq!(shown["recovery"]["state"], "sent");
    assert_eq!(shown["recovery"]["due_at"], "2026-11-24T12:00:00Z");
    let weak = json!({ "token": token, "password": "elsewhere" });
    let refused = acme
        .visitor()
        .post_json(REDEEM, &weak)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/password");

    app.advance(SignedDuration::from_mins(1));
    let rows = acme.audit_rows().await;
    let done = redeem(acme.visitor(), &token).await.is(200).json();
    assert_eq!(done, json!({ "status": "changed", "email": NEW }));
    assert_eq!(acme.audit_rows().await, rows + 1);

    ways.are_over(&app, &acme, &ann, &reset).await;

    // The new way in works, without a code, and is the owner's.
    let new = json!({ "email": NEW, "password": CHOSEN });
    let answer = acme
        .visitor()
        .post_json("/api/v1/auth/session", &new)
        .await
        .is(200);
    let back = acme.visitor().signed_in(&answer);
    let me = back.get("/api/v1/me").await.is(200).json();
    assert_eq!(
        (&me["user"]["role"], &me["user"]["email"]),
        (&json!("owner"), &json!(NEW))
    );
    assert_eq!(me["recovery_under_way"], false);
    assert_eq!(back.get(STATUS).await.is(200).json(), nothing);

    everybody_hears_of_it(&app, &anns).await;
    only_operators_know_the_proof(&app, acme.tenant.schema().as_str()).await;
}

/// At once, the owner first; by mails that show the address to nobody.
async fn everybody_is_told(app: &TestApp, acme: &TestTenant<'_>, anns: &str) {
    let schema = acme.tenant.schema();
    let first = format!(
        "SELECT recipient FROM {schema}.mails WHERE template = 'owner_recovery' ORDER BY ctid LIMIT 1"
    );
    assert_eq!(texts(app, &first).await, [OWNER]);
    app.run_jobs().await;
    let mails: Vec<_> = app.mail.messages().into_iter().collect();
    let about: Vec<_> = mails
        .iter()
        .filter(|it| it.subject == "The owner of acme is to get another way in")
        .collect();
    let mut recipients: Vec<&str> = about.iter().map(|it| it.to.as_str()).collect();
    recipients.sort_unstable();
    let mut expected = [OWNER, anns];
    expected.sort_unstable();
    assert_eq!(recipients, expected);
    for mail in about {
        for words in [
            "operators",
            "a•••@elsewhere.example",
            "23 November 2026",
            "Stop it",
        ] {
            assert!(mail.text.contains(words), "{words}: {}", mail.text);
        }
        assert!(!mail.text.contains(NEW), "{}", mail.text);
    }
}

/// What an owner has lying about.
struct Ways {
    session: Visitor,
    program: Visitor,
    tokens: Value,
}

impl Ways {
    async fn of_the_owner(app: &TestApp, acme: &TestTenant<'_>, ann: &Visitor) -> Self {
        let schema = acme.tenant.schema();
        let session = acme.owner().clone();
        let own = json!({ "email": OWNER, "password": PASSWORD });
        let tokens = acme
            .visitor()
            .post_json("/api/v1/auth/token", &own)
            .await
            .is(200)
            .json();
        let key = json!({ "name": "CI", "scopes": ["endpoints_read"], "valid_days": 90 });
        let key = session
            .post_json("/api/v1/api-keys", &key)
            .await
            .is(201)
            .json();
        let program = acme
            .visitor()
            .with_bearer(key["secret"].as_str().expect("a key"));
        let annexed =
            json!({ "member_id": ann.get("/api/v1/me").await.is(200).json()["user"]["id"] });
        session
            .post_json("/api/v1/ownership-transfer", &annexed)
            .await
            .is(201);
        let owner = format!("(SELECT id FROM {schema}.users WHERE email = '{OWNER}')");
        let ways = format!(
            "INSERT INTO {schema}.passkeys (id, user_id, name, host, credential_id, credential, created_at)
         VALUES ({owner}, {owner}, 'Key', 'acme.localhost', '', '{{}}', '2026-11-20');
         INSERT INTO {schema}.identities (id, user_id, provider, subject, name, created_at)
         VALUES ({owner}, {owner}, 'discord', '1', 'Ann', '2026-11-20');
         UPDATE {schema}.users
            SET totp_secret = 'hush', totp_confirmed_at = '2026-11-20', recovery_codes = ARRAY['\\x77'::bytea]
          WHERE id = {owner}"
        );
        run(app, &ways).await;
        Self {
            session,
            program,
            tokens,
        }
    }

    /// The body that works for a link to a new password, but for the password.
    async fn forget_password(&self, app: &TestApp, acme: &TestTenant<'_>) -> Value {
        let forgotten = json!({ "email": OWNER });
        acme.visitor()
            .post_json("/api/v1/auth/forgot-password", &forgotten)
            .await
            .is(202);
        let token = app.mailed_token(OWNER).await;
        let proof = json!({ "token": token, "password": "x" });
        acme.visitor()
            .post_json("/api/v1/auth/reset-password", &proof)
            .await
            .is_problem(400, "validation_failed");
        proof
    }

    /// At once, all of them.
    async fn are_over(&self, app: &TestApp, acme: &TestTenant<'_>, ann: &Visitor, reset: &Value) {
        let schema = acme.tenant.schema();
        self.session
            .get("/api/v1/me")
            .await
            .is_problem(401, "unauthenticated");
        self.program
            .get("/api/v1/endpoints")
            .await
            .is_problem(401, "unauthenticated");
        let bearer = self.tokens["access_token"].as_str().expect("a token");
        acme.visitor()
            .with_bearer(bearer)
            .get("/api/v1/me")
            .await
            .is(401);
        let refresh = json!({ "refresh_token": self.tokens["refresh_token"] });
        acme.visitor()
            .post_json("/api/v1/auth/token/refresh", &refresh)
            .await
            .is(401);
        acme.visitor()
            .post_json("/api/v1/auth/reset-password", reset)
            .await
            .is_problem(404, "token_not_found");
        ann.post_json("/api/v1/ownership-transfer/accept", &json!({}))
            .await
            .is(403);
        let offered = format!("SELECT count(*) FROM {schema}.one_time_tokens");
        assert_eq!(number(app, &offered).await, 0, "no link of theirs is left");
        for table in ["passkeys", "identities", "devices"] {
            let left = format!(
                "SELECT count(*) FROM {schema}.{table} WHERE user_id = (SELECT id FROM {schema}.users WHERE email = '{NEW}')"
            );
            assert_eq!(number(app, &left).await, 0, "{table}");
        }
        let codes = format!(
            "SELECT count(*) FROM {schema}.users WHERE totp_secret IS NOT NULL OR recovery_codes <> '{{}}'"
        );
        assert_eq!(number(app, &codes).await, 0);
        let own = json!({ "email": OWNER, "password": PASSWORD });
        let old = acme.visitor().post_json("/api/v1/auth/session", &own).await;
        old.is_problem(401, "invalid_credentials");
    }
}

/// At the address before as well; and both logs tell the story.
async fn everybody_hears_of_it(app: &TestApp, anns: &str) {
    let subject = "The owner of acme has another way in";
    assert_eq!(told(app, &[OWNER, anns]).await, [subject; 2]);
    assert!(
        app.mail
            .messages()
            .iter()
            .any(|it| it.to == NEW && it.subject == subject)
    );
    assert_eq!(state(app).await, "done");
    assert_eq!(
        deeds(app).await,
        [
            "recovery.began operator",
            "recovery.link_sent worker",
            "recovery.done organization"
        ]
    );
    assert_eq!(
        facts(app).await,
        [
            "recovery.began operator",
            "recovery.sent worker",
            "recovery.completed user"
        ]
    );
    // The platform keeps no address of it, and finds the workspace by the new one.
    let kept = "SELECT count(*) FROM platform.recoveries WHERE email IS NOT NULL";
    assert_eq!(number(app, kept).await, 0);
    let find = json!({ "email": NEW });
    app.root()
        .post_json("/api/v1/auth/find-workspaces", &find)
        .await
        .is(202);
    app.run_jobs().await;
    assert!(
        app.newest_mail(NEW)
            .expect("a mail")
            .text
            .contains("http://acme.localhost")
    );
}

/// Looks through every table for what was shown, and through every mail.
async fn only_operators_know_the_proof(app: &TestApp, schema: &str) {
    let tables = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND n.nspname IN ('platform', '{schema}')"
    );
    let mut found = Vec::new();
    for table in texts(app, &tables).await {
        let hits = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%canary-proof%'");
        if number(app, &hits).await > 0 {
            found.push(table);
        }
    }
    assert_eq!(found, ["platform.operator_audit"]);
    for mail in app.mail.messages() {
        assert!(!mail.raw.contains("canary-proof"), "{}", mail.raw);
    }
}
