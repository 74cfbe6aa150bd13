//! By what people sign in, and of which domains whoever joins is.

use fakes::FakeDiscord;
use kernel::roles::Role;
use serde_json::json;
use testkit::{PASSWORD, TestApp};

use super::super::{ME, REFRESH, SESSION, TOKEN, attempts, credentials, program};
use super::{OWNER, POLICY, PREVIEW, rules, set};
use crate::gateway::sockets::{closed, console, join};
use crate::rows::{number, run, schema};

const EXCHANGE: &str = "/api/v1/auth/discord/exchange";

#[actix_web::test]
async fn what_is_not_allowed_lets_nobody_in_and_its_sessions_end() {
    let discord = FakeDiscord::start().await;
    let app = super::super::discord::house(&discord).await;
    let acme = app.tenant("acme").await;
    let visitor = acme.visitor();
    let card = visitor.get("/api/v1/organization").await.is(200).json();
    assert_eq!(card["password_allowed"], true);
    assert_eq!(card["sign_in_by"], json!(["passkey", "discord"]));
    let member = acme.member(Role::Member).await;
    let tokens = program(visitor, OWNER).await;
    let code = super::super::discord::way_through(&app, &discord, OWNER).await;
    let owner = visitor.post_json(EXCHANGE, &code).await.is(200);
    let owner = visitor.signed_in(&owner);
    let (mut socket, _) = console(&member).await;
    join(&mut socket, &["org"]).await;

    let wish = rules("methods", json!(["discord"]));
    let effects = owner.post_json(PREVIEW, &wish).await.is(200).json();
    // The member's, the program's, and the one the owner began with.
    assert_eq!(effects["sessions_ended"], 3);
    set(&owner, &wish).await.is(200);
    member.get(ME).await.is_problem(401, "unauthenticated");
    app.run_jobs().await;
    assert_eq!(closed(&mut socket).await, 4401);
    owner.get(ME).await.is(200);
    for typed in [
        credentials(OWNER, PASSWORD),
        credentials(OWNER, "not the password at all"),
        credentials("nobody@acme.example", PASSWORD),
    ] {
        for path in [SESSION, TOKEN] {
            let refused = visitor.post_json(path, &typed).await;
            refused.is_problem(403, "sign_in_method_off");
        }
    }
    let old = json!({ "refresh_token": tokens["refresh_token"] });
    let refused = visitor.post_json(REFRESH, &old).await;
    refused.is_problem(403, "sign_in_method_off");
    let log = attempts(&app, "acme").await;
    let refused = log.iter().filter(|it| it.starts_with("method_refused"));
    assert_eq!(refused.count(), 7, "{log:?}");
    let card = visitor.get("/api/v1/organization").await.is(200).json();
    assert_eq!(card["password_allowed"], false);
    assert_eq!(card["sign_in_by"], json!(["discord"]));

    // Without a password that is of use, the link is the only way in.
    let links = owner.get("/api/v1/me/identities").await.is(200).json();
    let link = links["identities"][0]["id"].as_str().expect("an id");
    let unlinked = owner.delete(format!("/api/v1/me/identities/{link}")).await;
    unlinked.is_problem(409, "last_way_in");

    set(&owner, &rules("methods", json!(["password"])))
        .await
        .is(200);
    let code = super::super::discord::way_through(&app, &discord, OWNER).await;
    let refused = visitor.post_json(EXCHANGE, &code).await;
    refused.is_problem(403, "sign_in_method_off");
    owner.get(POLICY).await.is(200);
    visitor
        .post_json(SESSION, &credentials(OWNER, PASSWORD))
        .await
        .is(200);
}

#[actix_web::test]
async fn whoever_was_invited_before_joins_only_with_an_address_that_is_still_allowed() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let invited = json!({ "email": "ann@elsewhere.example", "role": "viewer" });
    let invitations = "/api/v1/invitations";
    let made = acme.owner().post_json(invitations, &invited).await;
    let id = made.is(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let token = app.mailed_token("ann@elsewhere.example").await;
    set(
        acme.owner(),
        &rules("mail_domains", json!(["acme.example"])),
    )
    .await
    .is(200);
    let chosen = json!({ "token": token, "name": "Ann", "password": "marmalade gantry flute 4" });
    let accept = "/api/v1/auth/accept-invitation";
    let refused = acme.visitor().post_json(accept, &chosen).await;
    refused.is_problem(403, "mail_domain_not_allowed");
    let resend = format!("{invitations}/{id}/resend");
    let refused = acme.owner().post_json(resend, &json!({})).await;
    let refused = refused.is_problem(400, "validation_failed").json();
    assert_eq!(refused["errors"][0]["code"], "mail_domain");
    let log = attempts(&app, "acme").await;
    assert_eq!(
        log.last().map(String::as_str),
        Some("invitation_refused nobody")
    );
    let schema = schema(&app, "acme").await;
    let people = format!("SELECT count(*) FROM {schema}.users");
    assert_eq!(number(&app, &people).await, 1);
    set(
        acme.owner(),
        &rules("mail_domains", json!(["acme.example", "elsewhere.example"])),
    )
    .await
    .is(200);
    acme.visitor().post_json(accept, &chosen).await.is(200);
}

/// The control: the rule is read where a session opens, however somebody got there.
#[actix_web::test]
async fn no_session_opens_against_the_rules() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let off = format!(
        "INSERT INTO {schema}.sign_in_policy (idle_s, second_factor_required, methods, mail_domains,
                console_networks, key_networks, updated_at)
         VALUES (900, false, '{{discord}}', '{{}}', '{{}}', '{{}}', now())"
    );
    run(&app, &off).await;
    let refused = super::sign_in(acme.visitor(), OWNER).await;
    refused.is_problem(403, "sign_in_method_off");
    let sessions = format!("SELECT count(*) FROM {schema}.sessions");
    assert_eq!(number(&app, &sessions).await, 1, "the owner's, of before");
}
