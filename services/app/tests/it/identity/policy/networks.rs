//! From where people and programs are let in, by each way in, and what is not theirs.

use fakes::FakeDiscord;
use kernel::roles::Role;
use serde_json::json;
use testkit::{PASSWORD, TestApp, Visitor};

use super::super::{LOGOUT, ME, REFRESH, SESSION, TOKEN, attempts, credentials, program, text};
use super::{DESK, OFFICE, OWNER, behind_a_proxy, rules, set};
use crate::gateway::sockets::{console, open};
use crate::rows::{run, schema};

const HOME: &str = "198.51.100.7";
const ENDPOINTS: &str = "/api/v1/endpoints";

#[actix_web::test]
async fn a_session_works_in_the_organisations_networks_and_nowhere_else() {
    let app = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let member = acme.member(Role::Member).await;
    // Without a rule anywhere is right.
    member.from(HOME).get(ENDPOINTS).await.is(200);
    let office = rules("console_networks", json!([OFFICE, "2001:db8::/32"]));
    set(&acme.owner().from(DESK), &office).await.is(200);
    for inside in [DESK, "2001:db8::7", "::ffff:203.0.113.7"] {
        member.from(inside).get(ENDPOINTS).await.is(200);
    }
    for outside in [HOME, "203.0.114.9", "2001:db9::7", "::ffff:198.51.100.7"] {
        let refused = member.from(outside).get(ENDPOINTS).await;
        refused.is_problem(403, "network_not_allowed");
        let refused = member.from(outside).get(ME).await;
        refused.is_problem(403, "network_not_allowed");
    }
    // It is no secret of the network's whether somebody is signed in.
    let nobody = acme.visitor().from(HOME);
    nobody.get(ME).await.is_problem(401, "unauthenticated");
    globex.owner().from(HOME).get(ENDPOINTS).await.is(200);
    // From elsewhere it can only be ended.
    member.from(HOME).post(LOGOUT).await.is(204);
    member
        .from(DESK)
        .get(ME)
        .await
        .is_problem(401, "unauthenticated");
    // The wall is the rule's, and falls with it.
    set(
        &acme.owner().from(DESK),
        &rules("console_networks", json!([])),
    )
    .await
    .is(200);
    acme.owner().from(HOME).get(ENDPOINTS).await.is(200);
}

#[actix_web::test]
async fn nobody_signs_in_from_elsewhere_and_the_answer_tells_nothing_of_accounts() {
    let discord = FakeDiscord::start().await;
    let app = super::super::discord::house(&discord).await;
    let acme = app.tenant("acme").await;
    let tokens = program(acme.visitor(), OWNER).await;
    let schema = schema(&app, "acme").await;
    let elsewhere = format!(
        "INSERT INTO {schema}.sign_in_policy (idle_s, second_factor_required, methods, mail_domains,
                console_networks, key_networks, updated_at)
         VALUES (900, false, '{{password,discord}}', '{{}}', '{{{OFFICE}}}', '{{}}', now());
         UPDATE {schema}.sessions SET networks = '{{{OFFICE}}}'"
    );
    run(&app, &elsewhere).await;
    let visitor = acme.visitor();
    for typed in [
        credentials(OWNER, PASSWORD),
        credentials(OWNER, "not the password at all"),
        credentials("nobody@acme.example", PASSWORD),
    ] {
        for path in [SESSION, TOKEN] {
            let refused = visitor.post_json(path, &typed).await;
            refused.is_problem(403, "network_not_allowed");
        }
    }
    let code = super::super::discord::way_through(&app, &discord, OWNER).await;
    let exchange = "/api/v1/auth/discord/exchange";
    let refused = visitor.post_json(exchange, &code).await;
    refused.is_problem(403, "network_not_allowed");
    let old = json!({ "refresh_token": tokens["refresh_token"] });
    let refused = visitor.post_json(REFRESH, &old).await;
    refused.is_problem(403, "network_not_allowed");
    let access = visitor.with_bearer(text(&tokens, "access_token"));
    access
        .get(ENDPOINTS)
        .await
        .is_problem(403, "network_not_allowed");
    let log = attempts(&app, "acme").await;
    let refused = log.iter().filter(|it| it.starts_with("network_refused"));
    assert_eq!(refused.count(), 8, "{log:?}");
    // What was refused for the place is good in another one.
    run(
        &app,
        &format!(
            "UPDATE {schema}.sign_in_policy SET console_networks = '{{127.0.0.0/8}}';
             UPDATE {schema}.sessions SET networks = '{{127.0.0.0/8}}'"
        ),
    )
    .await;
    access.get(ENDPOINTS).await.is(200);
    visitor.post_json(REFRESH, &old).await.is(200);
    visitor.post_json(exchange, &code).await.is(200);
}

#[actix_web::test]
async fn a_key_works_in_the_networks_of_keys() {
    let app = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let key = async |name: &str| {
        let wish = json!({ "name": name, "scopes": ["endpoints_read"], "valid_days": 1 });
        let made = acme.owner().post_json("/api/v1/api-keys", &wish).await;
        let secret = made.is(201).json()["secret"]
            .as_str()
            .expect("a key")
            .to_owned();
        acme.visitor().with_bearer(&secret)
    };
    let old = key("before").await;
    old.from(HOME).get(ENDPOINTS).await.is(200);
    set(acme.owner(), &rules("key_networks", json!([OFFICE])))
        .await
        .is(200);
    let new = key("after").await;
    for program in [&old, &new] {
        program.from(DESK).get(ENDPOINTS).await.is(200);
        let refused = program.from(HOME).get(ENDPOINTS).await;
        refused.is_problem(403, "network_not_allowed");
    }
    // People are somewhere else.
    acme.owner().from(HOME).get(ENDPOINTS).await.is(200);
}

#[actix_web::test]
async fn sockets_open_and_join_where_the_session_works() {
    let app = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let member = acme.member(Role::Member).await;
    let (mut early, _) = console(&member.from(HOME)).await;
    let office = rules("console_networks", json!([OFFICE]));
    set(&acme.owner().from(DESK), &office).await.is(200);
    let refused = async |it: &Visitor| {
        let origin = format!("http://{}", it.host());
        open(it, Some(&origin)).await.err()
    };
    assert_eq!(refused(&member.from(HOME)).await, Some(403));
    assert_eq!(refused(&member.from(DESK)).await, None);
    // What was open joins no room any more; its end comes with its next ping.
    crate::gateway::sockets::say(&mut early, json!({ "type": "join", "room": "org" })).await;
    let answer = crate::gateway::sockets::hear(&mut early).await;
    assert_eq!(answer, json!({ "type": "refused", "room": "org" }));
}

/// The control: with the copy taken out of the row, nothing else refuses.
#[actix_web::test]
async fn it_is_the_copy_in_the_row_that_refuses() {
    let app: TestApp = behind_a_proxy().await;
    let acme = app.tenant("acme").await;
    let office = rules("console_networks", json!([OFFICE]));
    set(&acme.owner().from(DESK), &office).await.is(200);
    let refused = acme.owner().from(HOME).get(ENDPOINTS).await;
    refused.is_problem(403, "network_not_allowed");
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.sessions SET networks = NULL"),
    )
    .await;
    acme.owner().from(HOME).get(ENDPOINTS).await.is(200);
    // A row that nobody can read lets nobody in.
    run(
        &app,
        &format!("UPDATE {schema}.sessions SET networks = '{{rubbish}}'"),
    )
    .await;
    let refused = acme.owner().from(DESK).get(ENDPOINTS).await;
    refused.is_problem(403, "network_not_allowed");
}
