//! Keys of programs: made once and shown once, refused whenever anything about them is not as it should be,
//! and never more than whoever made them.

use jiff::SignedDuration;
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestTenant, Visitor};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{LOGOUT, ME, text};
use crate::gateway::sockets::{closed, hear, join};
use crate::rows::{number, run, schema, texts};

const KEYS: &str = "/api/v1/api-keys";
const ENDPOINTS: &str = "/api/v1/endpoints";
const MEMBERS: &str = "/api/v1/members";

fn wish(scopes: &[&str]) -> Value {
    json!({ "name": "nightly report", "scopes": scopes, "valid_days": 90 })
}

async fn ask(maker: &Visitor, wish: &Value) -> Answer {
    maker.post_json(KEYS, wish).await
}

/// The id and the secret of a new key.
async fn make(maker: &Visitor, scopes: &[&str]) -> (String, String) {
    let made = ask(maker, &wish(scopes)).await.is(201).json();
    let id = text(&made["key"], "id").to_owned();
    (id, text(&made, "secret").to_owned())
}

/// The program with a new key of `maker`'s, and the key's id.
async fn program_of(acme: &TestTenant<'_>, maker: &Visitor, scopes: &[&str]) -> (String, Visitor) {
    let (id, secret) = make(maker, scopes).await;
    (id, acme.visitor().with_bearer(&secret))
}

/// The id of whoever is signed in.
async fn person_behind(visitor: &Visitor) -> String {
    let me = visitor.get(ME).await.is(200).json();
    text(&me["user"], "id").to_owned()
}

#[tokio::test]
async fn a_key_does_what_it_is_for_and_nothing_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (id, secret) = make(acme.owner(), &["checks_run", "endpoints_read"]).await;
    assert!(secret.starts_with("sbk_") && secret.len() == 88, "{secret}");
    let program = acme.visitor().with_bearer(&secret);
    program.get(ENDPOINTS).await.is(200);
    let me = program.get(ME).await.is(200).json();
    assert_eq!(me["user"]["email"], "owner@acme.example");
    assert_eq!(me["permissions"], json!(["endpoints_read", "checks_run"]));
    let refused = program
        .post_json(
            ENDPOINTS,
            &json!({"name": "x", "url": "http://127.0.0.1:9/"}),
        )
        .await
        .is_problem(403, "forbidden");
    assert_eq!(refused.json()["permission"], "endpoints_write");
    for answer in [
        program.post(LOGOUT).await,
        program.get("/api/v1/auth/sessions").await,
        ask(&program, &wish(&["endpoints_read"])).await,
    ] {
        answer.is_problem(403, "person_required");
    }
    let listed = acme.owner().get(KEYS).await.is(200);
    assert_eq!(listed.json()["items"][0]["id"], json!(id));
    let schema = schema(&app, "acme").await;
    for table in ["api_keys", "audit_log", "events"] {
        let rows = texts(&app, &format!("SELECT it::text FROM {schema}.{table} it")).await;
        let rows = rows.join("\n");
        assert!(rows.contains(&id), "{table} tells of the key");
        assert!(!rows.contains(&secret[32..]), "{table} holds the secret");
    }
    assert!(!listed.text.contains(&secret[32..]));
}

#[tokio::test]
async fn a_key_with_keys_to_manage_makes_none() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (id, program) = program_of(&acme, acme.owner(), &["keys_manage"]).await;
    program.get(KEYS).await.is(200);
    ask(&program, &wish(&["keys_manage"]))
        .await
        .is_problem(403, "person_required");
    program.delete(format!("{KEYS}/{id}")).await.is(204);
    program.get(KEYS).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn what_is_not_a_whole_key_of_this_organisation_is_none() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let (_, secret) = make(acme.owner(), &["endpoints_read"]).await;
    let last = if secret.ends_with('a') { "b" } else { "a" };
    let slipped = format!("{}{last}", &secret[..87]);
    for wrong in [
        secret[..87].to_owned(),
        slipped,
        secret.to_uppercase(),
        format!("{secret}a"),
        secret.replacen("sbk_", "sbo_", 1),
        "sbk_".to_owned(),
    ] {
        let answer = acme.visitor().with_bearer(&wrong).get(ENDPOINTS).await;
        answer.is_problem(401, "unauthenticated");
    }
    let there = globex.visitor().with_bearer(&secret);
    there
        .get(ENDPOINTS)
        .await
        .is_problem(401, "unauthenticated");
    // The same id with another secret.
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("UPDATE {schema}.api_keys SET secret_hash = '\\x00'"),
    )
    .await;
    let answer = acme.visitor().with_bearer(&secret).get(ENDPOINTS).await;
    answer.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_is_revoked_or_over_or_whose_maker_is_gone_works_no_more() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let admin = acme.member(Role::Admin).await;
    let (revoked, program) = program_of(&acme, acme.owner(), &["endpoints_read"]).await;
    let (_, expiring) = program_of(&acme, acme.owner(), &["endpoints_read"]).await;
    let (orphaned, orphan) = program_of(&acme, &admin, &["endpoints_read"]).await;
    admin.delete(format!("{KEYS}/{revoked}")).await.is(204);
    program
        .get(ENDPOINTS)
        .await
        .is_problem(401, "unauthenticated");
    let again = admin.delete(format!("{KEYS}/{revoked}")).await;
    again.is_problem(404, "api_key_not_found");
    orphan.get(ENDPOINTS).await.is(200);
    let off = format!("{MEMBERS}/{}/deactivate", person_behind(&admin).await);
    acme.owner().post_json(off, &json!({})).await.is(200);
    orphan
        .get(ENDPOINTS)
        .await
        .is_problem(401, "unauthenticated");
    let listed = acme.owner().get(KEYS).await.is(200).json();
    let mut items = listed["items"].as_array().expect("a list").iter();
    let still = items.find(|it| it["id"] == json!(orphaned));
    assert_eq!(still.map(|it| text(it, "state")), Some("maker_inactive"));
    app.advance(SignedDuration::from_hours(90 * 24) - SignedDuration::from_secs(1));
    expiring.get(ENDPOINTS).await.is(200);
    app.advance(SignedDuration::from_secs(1));
    expiring
        .get(ENDPOINTS)
        .await
        .is_problem(401, "unauthenticated");
    let schema = schema(&app, "acme").await;
    let states = format!("SELECT count(*) FROM {schema}.api_keys WHERE revoked_at IS NOT NULL");
    assert_eq!(number(&app, &states).await, 1);
}

#[tokio::test]
async fn a_key_is_never_more_than_whoever_made_it() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let admin = acme.member(Role::Admin).await;
    let manager = acme.member(Role::Manager).await;
    ask(&manager, &wish(&["endpoints_read"]))
        .await
        .is_problem(403, "forbidden");
    let beyond = ask(&admin, &wish(&["endpoints_read", "organization_own"])).await;
    let beyond = beyond.is_problem(400, "validation_failed").json();
    assert_eq!(beyond["errors"][0]["pointer"], "/scopes");
    assert_eq!(beyond["errors"][0]["code"], "beyond_role");
    let (_, program) = program_of(&acme, &admin, &["endpoints_write", "endpoints_read"]).await;
    let site = json!({"name": "x", "url": "http://127.0.0.1:9/"});
    program.post_json(ENDPOINTS, &site).await.is(201);
    let path = format!("{MEMBERS}/{}", person_behind(&admin).await);
    let demote = acme.owner().request(reqwest::Method::PATCH, &path);
    let demote = demote.json(&json!({ "role": "viewer" }));
    Answer::of(demote).await.is(200);
    let refused = program.post_json(ENDPOINTS, &site).await;
    refused.is_problem(403, "forbidden");
    program.get(ENDPOINTS).await.is(200);
}

#[tokio::test]
async fn a_key_that_invites_does_not_invite_those_who_manage_unless_it_may_manage() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let invite = async |program: &Visitor, role: &str| {
        let body = json!({ "email": format!("{role}@new.example"), "role": role });
        program.post_json("/api/v1/invitations", &body).await
    };
    let (_, invites) = program_of(&acme, acme.owner(), &["members_invite"]).await;
    invite(&invites, "admin")
        .await
        .is_problem(403, "role_too_high");
    invite(&invites, "member").await.is(201);
    let (_, manages) = program_of(&acme, acme.owner(), &["members_invite", "members_manage"]).await;
    invite(&manages, "admin").await.is(201);
}

#[tokio::test]
async fn making_a_key_wants_a_recent_proof() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.advance(SignedDuration::from_mins(11));
    ask(acme.owner(), &wish(&["endpoints_read"]))
        .await
        .is_problem(403, "reauthentication_required");
    let schema = schema(&app, "acme").await;
    let keys = format!("SELECT count(*) FROM {schema}.api_keys");
    assert_eq!(number(&app, &keys).await, 0);
}

#[tokio::test]
async fn bad_input_is_told_by_its_field() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let but = |field: &str, value: Value| {
        let mut body = wish(&["endpoints_read"]);
        body[field] = value;
        body
    };
    for (field, body) in [
        ("/name", but("name", json!(""))),
        ("/name", but("name", json!("a\u{7}b"))),
        ("/name", but("name", json!("x".repeat(121)))),
        ("/scopes", but("scopes", json!([]))),
        ("/scopes/0", but("scopes", json!(["everything"]))),
        ("/valid_days", but("valid_days", json!(0))),
        ("/valid_days", but("valid_days", json!(366))),
        ("/valid_days", but("valid_days", Value::Null)),
        ("/per_minute", but("per_minute", json!(0))),
        ("/per_minute", but("per_minute", json!(6001))),
        ("/secret", but("secret", json!("mine"))),
    ] {
        let answer = ask(acme.owner(), &body).await;
        let answer = answer.is_problem(400, "validation_failed").json();
        assert_eq!(answer["errors"][0]["pointer"], field, "{body}");
    }
    let answer = acme.owner().get(format!("{KEYS}?cursor=x")).await;
    let answer = answer.is_problem(400, "validation_failed").json();
    assert_eq!(answer["errors"][0]["pointer"], "/cursor");
    acme.owner().delete(format!("{KEYS}/x")).await.is(404);
}

#[tokio::test]
async fn when_a_key_was_used_is_known_to_the_minute() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (_, program) = program_of(&acme, acme.owner(), &["endpoints_read"]).await;
    let used = async || {
        app.house.gateway.write_seen().await;
        let list = acme.owner().get(KEYS).await.is(200).json();
        app.house.gateway.write_seen().await;
        list["items"][0].clone()
    };
    assert_eq!(used().await["last_used_at"], Value::Null);
    program.get(ENDPOINTS).await.is(200);
    let first = used().await;
    assert_eq!(first["last_used_at"], "2026-11-20T12:00:00Z");
    assert_eq!(first["last_address"], "127.0.0.1");
    app.advance(SignedDuration::from_secs(59));
    program.get(ENDPOINTS).await.is(200);
    assert_eq!(used().await["last_used_at"], first["last_used_at"]);
    app.advance(SignedDuration::from_secs(1));
    program.get(ENDPOINTS).await.is(200);
    assert_eq!(used().await["last_used_at"], "2026-11-20T12:01:00Z");
}

#[tokio::test]
async fn each_key_has_its_own_number_of_requests() {
    let app = TestApp::start_with(|config| config.limits.key_per_minute = 5).await;
    let acme = app.tenant("acme").await;
    let (_, usual) = program_of(&acme, acme.owner(), &["endpoints_read"]).await;
    let mut few = wish(&["endpoints_read"]);
    few["per_minute"] = json!(2);
    let few = ask(acme.owner(), &few).await.is(201).json();
    let few = acme.visitor().with_bearer(text(&few, "secret"));
    let first = usual.get(ENDPOINTS).await.is(200);
    assert_eq!(first.header("ratelimit"), "\"key\";r=4;t=12");
    assert_eq!(first.header("ratelimit-policy"), "\"key\";q=5;w=60");
    let mut through = 0;
    for _ in 0..4 {
        let answer = few.get(ENDPOINTS).await;
        if answer.status == 200 {
            through += 1;
        } else {
            let refused = answer.is_problem(429, "rate_limited");
            assert_eq!(refused.header("ratelimit-policy"), "\"key\";q=2;w=60");
            assert_ne!(refused.header("retry-after"), "");
        }
    }
    assert_eq!(through, 2);
    usual.get(ENDPOINTS).await.is(200);
}

#[tokio::test]
async fn keys_are_listed_in_pages_and_those_that_are_over_apart() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(make(acme.owner(), &["endpoints_read"]).await.0);
        app.advance(SignedDuration::from_secs(1));
    }
    let page = async |query: &str| {
        acme.owner()
            .get(format!("{KEYS}{query}"))
            .await
            .is(200)
            .json()
    };
    let first = page("?limit=2").await;
    let cursor = text(&first, "next_cursor").to_owned();
    let second = page(&format!("?limit=2&cursor={cursor}")).await;
    let ids = [&first, &second].map(|page| {
        let items = page["items"].as_array().expect("a list").iter();
        items
            .map(|it| text(it, "id").to_owned())
            .collect::<Vec<_>>()
    });
    made.reverse();
    assert_eq!(ids.concat(), made);
    assert_eq!(second["next_cursor"], Value::Null);
    let other = format!("{KEYS}?ended=true&cursor={cursor}");
    acme.owner()
        .get(other)
        .await
        .is_problem(400, "validation_failed");
    acme.owner()
        .delete(format!("{KEYS}/{}", made[0]))
        .await
        .is(204);
    let ended = page("?ended=true").await;
    assert_eq!(ended["items"][0]["id"], json!(made[0]));
    assert_eq!(ended["items"][0]["state"], "revoked");
    assert_eq!(page("").await["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn one_person_has_a_hundred_keys_at_the_most() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (first, _) = make(acme.owner(), &["endpoints_read"]).await;
    let schema = schema(&app, "acme").await;
    let more = format!(
        "INSERT INTO {schema}.api_keys (id, user_id, name, secret_hash, scopes, role, created_at, expires_at)
         SELECT gen_random_uuid(), user_id, name, secret_hash, scopes, role, created_at, expires_at
           FROM {schema}.api_keys, generate_series(1, 99)"
    );
    run(&app, &more).await;
    let one_more = ask(acme.owner(), &wish(&["endpoints_read"])).await;
    one_more.is_problem(409, "api_key_limit");
    acme.owner().delete(format!("{KEYS}/{first}")).await.is(204);
    make(acme.owner(), &["endpoints_read"]).await;
}

#[tokio::test]
async fn what_a_key_does_stands_in_the_audit_log_as_the_keys() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (id, program) = program_of(&acme, acme.owner(), &["endpoints_write"]).await;
    let site = json!({"name": "x", "url": "http://127.0.0.1:9/"});
    program.post_json(ENDPOINTS, &site).await.is(201);
    let schema = schema(&app, "acme").await;
    let who = format!(
        "SELECT concat_ws(' ', a.actor_kind, k.id, u.email) FROM {schema}.audit_log a
           JOIN {schema}.api_keys k ON k.id = a.actor_id JOIN {schema}.users u ON u.id = k.user_id
          WHERE a.action = 'endpoint.created'"
    );
    let expected = format!("key {id} owner@acme.example");
    assert_eq!(texts(&app, &who).await, [expected]);
    let log = acme.owner().get("/api/v1/audit?actor=key").await.is(200);
    let log = log.json();
    let actor = &log["items"][0]["actor"];
    let shown = ["kind", "id", "name", "email"].map(|it| text(actor, it).to_owned());
    let maker = "owner@acme.example";
    assert_eq!(shown, ["key", id.as_str(), "Key nightly report", maker]);
}

#[tokio::test]
async fn a_socket_of_a_key_joins_what_the_key_may_read_and_closes_with_it() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (id, secret) = make(acme.owner(), &["endpoints_read"]).await;
    let (_, blind) = make(acme.owner(), &["members_read"]).await;
    let open = async |secret: &str| {
        let visitor = acme.visitor();
        let stream = TcpStream::connect(visitor.address()).await;
        let url = format!("ws://{}/api/v1/live", visitor.host());
        let mut request = url.into_client_request().expect("a request");
        let value = format!("Bearer {secret}").parse().expect("a header");
        request.headers_mut().insert("authorization", value);
        let stream = stream.expect("a connection");
        let opened = client_async(request, stream).await;
        let (mut socket, _) = opened.expect("it opens");
        assert_eq!(hear(&mut socket).await["type"], "hello");
        socket
    };
    let mut reads = open(&secret).await;
    join(&mut reads, &["org"]).await;
    let mut sees_nothing = open(&blind).await;
    let wish = r#"{"type":"join","room":"org"}"#;
    let message = tokio_tungstenite::tungstenite::Message::text(wish);
    futures_util::SinkExt::send(&mut sees_nothing, message)
        .await
        .expect("it is sent");
    let refused = json!({ "type": "refused", "room": "org" });
    assert_eq!(hear(&mut sees_nothing).await, refused);
    acme.owner().delete(format!("{KEYS}/{id}")).await.is(204);
    app.run_jobs().await;
    assert_eq!(closed(&mut reads).await, 4401);
}
