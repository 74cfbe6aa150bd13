//! One's own account as a whole: a copy of what is kept, and its end.

use std::collections::{BTreeMap, BTreeSet};

use db::{Sql, sql};
use jiff::SignedDuration;
use kernel::roles::Role;
use regex::Regex;
use serde_json::json;
use testkit::{Answer, PASSWORD, TestApp, Visitor};

use super::{ME, SESSION, attempts, audit, credentials, program, text};
use crate::rows::{number, run, schema, texts};

const EXPORT: &str = "/api/v1/me/export";
const DELETION: &str = "/api/v1/me/deletion";
const OWNER: &str = "owner@acme.example";

async fn user_of(person: &Visitor) -> (String, String) {
    let me = person.get(ME).await.is(200).json();
    let of = |member| text(&me["user"], member).to_owned();
    (of("id"), of("email"))
}

async fn end(person: &Visitor, email: &str) -> Answer {
    person.post_json(DELETION, &json!({ "email": email })).await
}

/// Rows of every kind that can be about somebody.
fn belongings(schema: &str, id: &str, email: &str) -> String {
    format!(
        "INSERT INTO {schema}.devices (user_id, secret_hash, first_seen_at, last_seen_at) VALUES ('{id}', 'hush', '2026-11-20', '2026-11-20');
         INSERT INTO {schema}.passkeys (id, user_id, host, name, credential_id, credential, created_at) VALUES ('{id}', '{id}', 'acme.localhost', 'Own passkey', 'hush', '{{\"hush\":1}}', '2026-11-20');
         INSERT INTO {schema}.identities (id, user_id, provider, subject, name, tokens, guilds, created_at) VALUES ('{id}', '{id}', 'discord', 'snowflake', 'Ann', 'hush', '[\"Own guild\"]', '2026-11-20');
         INSERT INTO {schema}.one_time_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ('hush', '{id}', 'reset_password', '2026-11-20', '2026-11-20');
         INSERT INTO {schema}.one_time_tokens (token_hash, purpose, detail, created_at, expires_at) VALUES ('hush2', 'not_me', '{{\"user_id\": \"{id}\"}}', '2026-11-20', '2026-11-20');
         INSERT INTO {schema}.api_keys (id, user_id, name, secret_hash, scopes, role, created_at, expires_at) VALUES ('{id}', '{id}', 'Own key', 'hush', '{{}}', 'member', '2026-11-20', '2026-11-20');
         INSERT INTO {schema}.invitations (id, email, role, token_hash, invited_by, created_at, expires_at, accepted_at, accepted_by) VALUES ('{id}', '{email}', 'member', 'hush', '{id}', '2026-11-20', '2026-11-20', '2026-11-20', '{id}');
         INSERT INTO {schema}.mails (id, template, recipient, params, state, created_at) VALUES ('{id}', 'welcome', upper('{email}'), '{{\"organization\": \"acme\"}}', 'sent', '2026-11-20')"
    )
}

#[actix_web::test]
async fn whoever_ends_their_account_leaves_an_id_and_nothing_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Manager).await;
    let (id, email) = user_of(&ann).await;
    let tokens = program(acme.visitor(), &email).await;
    let bearer = acme.visitor().with_bearer(text(&tokens, "access_token"));
    let invite = json!({ "email": "friend@elsewhere.example", "role": "viewer" });
    ann.post_json("/api/v1/invitations", &invite).await.is(201);
    let schema = schema(&app, "acme").await;
    run(&app, &belongings(&schema, &id, &email)).await;
    let seats = format!("SELECT used FROM {schema}.quotas WHERE key = 'users'");
    run(&app, &format!("INSERT INTO {schema}.quotas (key, used, max) VALUES ('users', 2, 5) ON CONFLICT (key) DO UPDATE SET used = 2")).await;
    for wrong in ["somebody@acme.example", OWNER] {
        let refused = end(&ann, wrong).await.is_problem(400, "validation_failed");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/email");
    }
    let rows = acme.audit_rows().await;
    let gone = end(&ann, &email.to_uppercase()).await.is(204);
    assert!(
        gone.cookie().is_some_and(|it| it.ends_with('=')),
        "the cookie is cleared"
    );
    assert_eq!(gone.header("clear-site-data"), "\"storage\"");
    assert_eq!(acme.audit_rows().await, rows + 1);
    for way in [&ann, &bearer] {
        way.get(ME).await.is_problem(401, "unauthenticated");
    }
    acme.visitor()
        .post_json(SESSION, &credentials(&email, PASSWORD))
        .await
        .is_problem(401, "invalid_credentials");
    assert_eq!(number(&app, &seats).await, 1);
    // Whatever table points to people: none of its rows still points to them.
    let pointing = texts(
        &app,
        &format!(
            "SELECT conrelid::regclass FROM pg_constraint
              WHERE contype = 'f' AND confrelid = '{schema}.users'::regclass"
        ),
    )
    .await;
    assert!(pointing.len() >= 6, "{pointing:?}");
    for table in pointing {
        let left = format!("SELECT count(*) FROM {table} WHERE user_id = '{id}'");
        assert_eq!(number(&app, &left).await, 0, "{table}");
    }
    app.run_jobs().await;
    let told = app.newest_mail(&email).expect("a mail");
    assert_eq!(told.subject, "Your account at acme is gone");
    // The address stands in no row but that of the farewell; where they were, in none.
    let tables = format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'"
    );
    for table in texts(&app, &tables).await {
        let named = format!(
            "SELECT count(*) FROM {schema}.{table} AS row WHERE row::text ILIKE '%{email}%'"
        );
        let expected = i64::from(table == "mails");
        assert_eq!(number(&app, &named).await, expected, "{table}");
    }
    let places = format!(
        "SELECT count(*) FROM {schema}.auth_log
          WHERE user_id = '{id}' AND (address IS NOT NULL OR user_agent IS NOT NULL)"
    );
    assert_eq!(number(&app, &places).await, 0);
    let log = audit(&app, "acme").await;
    assert_eq!(
        log.last().expect("a row"),
        r#"account.deleted user {"role": "manager"} {"sessions_ended": 2}"#
    );
    let found = format!("SELECT count(*) FROM platform.address_hashes WHERE user_id = '{id}'");
    assert_eq!(number(&app, &found).await, 0, "nobody finds them here");
}

#[actix_web::test]
async fn the_last_owner_stays_and_ending_an_account_wants_a_recent_proof() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let refused = end(acme.owner(), OWNER).await;
    let refused = refused.is_problem(409, "last_owner");
    assert!(refused.text.contains("Hand it over to somebody else first"));
    acme.owner().get(ME).await.is(200);
    let viewer = acme.member(Role::Viewer).await;
    let (_, email) = user_of(&viewer).await;
    app.advance(SignedDuration::from_mins(11));
    end(&viewer, &email)
        .await
        .is_problem(403, "reauthentication_required");
    viewer
        .get(EXPORT)
        .await
        .is_problem(403, "reauthentication_required");
    viewer.get(ME).await.is(200);
}

#[actix_web::test]
async fn two_owners_who_end_their_accounts_at_once_leave_one() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let other = acme.member(Role::Owner).await;
    let (_, email) = user_of(&other).await;
    let (one, two) = tokio::join!(end(acme.owner(), OWNER), end(&other, &email));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [204, 409], "{} {}", one.text, two.text);
    let schema = schema(&app, "acme").await;
    let owners = format!("SELECT count(*) FROM {schema}.users WHERE role = 'owner'");
    assert_eq!(number(&app, &owners).await, 1);
}

/// A request that the gate has let in meets the removal of whoever sends it: it is nobody's, and no failure.
#[actix_web::test]
async fn whoever_is_removed_while_their_request_runs_is_signed_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let remove = |id: &str| {
        format!(
            "BEGIN; DELETE FROM {schema}.refresh_tokens WHERE session_id IN (SELECT id FROM {schema}.sessions WHERE user_id = '{id}');
             DELETE FROM {schema}.one_time_tokens WHERE user_id = '{id}'; DELETE FROM {schema}.devices WHERE user_id = '{id}'; DELETE FROM {schema}.sessions WHERE user_id = '{id}';
             DELETE FROM {schema}.users WHERE id = '{id}'"
        )
    };
    let waiting = "SELECT count(*) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let key = json!({ "name": "CI", "scopes": ["endpoints_read"], "valid_days": 1 });
    let wish = json!({ "email": "other@acme.example" });
    for (path, body) in [
        ("/api/v1/api-keys", &key),
        ("/api/v1/me/email", &wish),
        ("/api/v1/me/deletion", &json!({ "email": OWNER })),
    ] {
        let person = acme.member(Role::Admin).await;
        let (id, _) = user_of(&person).await;
        let holder = app.db.superuser().await;
        holder.batch(&remove(&id)).await.expect("a removal");
        let release = async {
            while number(&app, waiting).await < 1 {
                tokio::task::yield_now().await;
            }
            holder.batch("COMMIT").await.expect("it is done");
        };
        let (answer, ()) = tokio::join!(person.post_json(path, body), release);
        answer.is_problem(401, "unauthenticated");
    }
}

const ADD_DEVICE: Sql = sql!(
    "INSERT INTO devices (user_id, secret_hash, first_seen_at, last_seen_at) VALUES ($1, 'x', $2, $2)"
);

#[actix_web::test]
async fn a_row_of_somebody_who_is_gone_is_refused_as_nobodys() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let gone = uuid::Uuid::nil();
    let db = &app.house.db;
    let refused = db
        .write(&acme.tenant, testkit::worker(), None, async |tx| {
            tx.execute(ADD_DEVICE, &[&gone, &tx.now()]).await
        })
        .await
        .expect_err("nobody has this id");
    let answer = ::gateway::ApiError::from(refused);
    assert_eq!(
        (answer.status().as_u16(), answer.code()),
        (401, "unauthenticated")
    );
}

#[actix_web::test]
async fn a_copy_holds_what_is_kept_of_somebody_and_no_secret() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Manager).await;
    let (id, email) = user_of(&ann).await;
    program(acme.visitor(), &email).await;
    let settings = json!({ "name": "Annes own", "url": "http://127.0.0.1:9/" });
    ann.post_json("/api/v1/endpoints", &settings).await.is(201);
    let schema = schema(&app, "acme").await;
    run(&app, &belongings(&schema, &id, &email)).await;
    let hidden = format!(
        "UPDATE {schema}.users SET name = 'Ann', totp_secret = 'hush', recovery_codes = '{{hush}}' WHERE id = '{id}';
         UPDATE {schema}.sessions SET user_agent = 'Own browser' WHERE user_id = '{id}'"
    );
    run(&app, &hidden).await;
    let rows = acme.audit_rows().await;
    let copy = ann.get(EXPORT).await.is(200);
    assert_eq!(acme.audit_rows().await, rows, "it changes nothing");
    assert_eq!(
        attempts(&app, "acme").await.last().expect("a row"),
        "exported"
    );
    assert_eq!(copy.header("content-type"), "application/json");
    assert_eq!(
        copy.header("content-disposition"),
        "attachment; filename=\"account-acme-2026-11-20.json\""
    );
    assert_eq!(copy.header("cache-control"), "no-store");
    let kept = copy.json();
    let count = |section: &str| kept[section].as_array().expect("a list").len();
    let counts: BTreeMap<&str, usize> = kept
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, value)| value.is_array())
        .map(|(name, _)| (name.as_str(), count(name)))
        .collect();
    let expected = [
        ("api_keys", 1),
        ("audit", 3),
        ("devices", 2),
        ("identities", 1),
        ("invitations", 1),
        ("links", 2),
        ("mails", 1),
        ("passkeys", 1),
        ("profile", 1),
        ("sessions", 2),
        ("sign_ins", 3),
        ("token_exchanges", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected), "{kept:#}");
    let profile = &kept["profile"][0];
    assert_eq!(
        (&profile["email"], &profile["name"]),
        (&json!(email), &json!("Ann"))
    );
    for known in [
        "Own browser",
        "Own passkey",
        "Own key",
        "Own guild",
        "snowflake",
        "127.0.0.1",
    ] {
        assert!(copy.text.contains(known), "{known}");
    }
    let hush = data_encoding::HEXLOWER.encode(b"hush");
    for secret in ["hush", hush.as_str(), "argon2", OWNER, "Annes own"] {
        assert!(!copy.text.contains(secret), "{secret}");
    }
    let own = kept["audit"].as_array().expect("a list").iter();
    let actions: BTreeSet<&str> = own
        .filter(|row| row["by_you"] == true)
        .map(|row| text(row, "action"))
        .collect();
    let expected = ["endpoint.created", "session.created"];
    assert_eq!(actions, BTreeSet::from(expected));
}

#[actix_web::test]
async fn a_long_copy_comes_in_pieces_and_is_whole() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let (id, _) = user_of(acme.owner()).await;
    let many = format!(
        "INSERT INTO {schema}.auth_log (id, at, outcome, user_id, request_id)
         SELECT gen_random_uuid(), '2026-01-01', 'signed_in', '{id}', gen_random_uuid() FROM generate_series(1, 1500)"
    );
    run(&app, &many).await;
    let before = format!("SELECT count(*) FROM {schema}.auth_log WHERE user_id = '{id}'");
    let before = number(&app, &before).await;
    let kept = acme.owner().get(EXPORT).await.is(200).json();
    let sign_ins = kept["sign_ins"].as_array().expect("a list");
    assert_eq!(i64::try_from(sign_ins.len()).expect("a count"), before + 1);
    assert!(kept["audit"].as_array().expect("a list").len() > 1);
    for _ in 0..9 {
        acme.owner().get(EXPORT).await.is(200);
    }
    acme.owner()
        .get(EXPORT)
        .await
        .is_problem(429, "rate_limited");
}

/// Secrets, hashes of them, and copies that the gate keeps of what stands elsewhere.
const UNTOLD: &[(&str, &str)] = &[
    ("api_keys", "networks"),
    ("api_keys", "per_minute"),
    ("api_keys", "role"),
    ("api_keys", "secret_hash"),
    ("api_keys", "user_state"),
    ("audit_log", "hash"),
    ("audit_log", "seq"),
    ("auth_log", "request_id"),
    ("devices", "secret_hash"),
    ("identities", "tokens"),
    ("identities", "tokens_expire_at"),
    ("identities", "guilds_at"),
    ("invitations", "token_hash"),
    ("mails", "dedupe_key"),
    ("mails", "secret"),
    ("one_time_tokens", "token_hash"),
    ("passkeys", "credential"),
    ("passkeys", "credential_id"),
    ("refresh_tokens", "child_used_at"),
    ("refresh_tokens", "expires_at"),
    ("refresh_tokens", "parent_hash"),
    ("refresh_tokens", "token_hash"),
    ("refresh_tokens", "used_at"),
    ("sessions", "idle_s"),
    ("sessions", "networks"),
    ("sessions", "operator_id"),
    ("sessions", "role"),
    ("sessions", "second_factor_required"),
    ("sessions", "secret_hash"),
    ("sessions", "user_state"),
    ("users", "totp_last_step"),
    ("users", "totp_secret"),
];

/// Tables that hold nothing about one person, or nothing that is not in a copy, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "endpoints",
        "the organisation's; who changed them says the audit log",
    ),
    (
        "events",
        "what the audit log says, on its way to subscribers",
    ),
    (
        "idempotency_keys",
        "answers kept for a day under a hash of their key",
    ),
    ("quotas", "the organisation's"),
    ("refinery_schema_history", "of migrations"),
    ("result_hours", "the organisation's"),
    ("results", "the organisation's"),
    ("sign_in_policy", "the organisation's"),
];

/// A new table, or a new column of one that is copied, has to be decided about here.
#[actix_web::test]
async fn every_column_is_in_a_copy_or_left_out_on_purpose() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let source = include_str!("../../../../domains/identity/src/store/copies.rs");
    let statement = Regex::new(r#"(?s)sql!\(\s*"(.*?)"\s*\)"#).expect("a pattern");
    let of = Regex::new(r"(?:FROM|JOIN) ([a-z_]+)").expect("a pattern");
    let word = Regex::new(r"[a-z_]+").expect("a pattern");
    let mut told: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for found in statement.captures_iter(source) {
        let text = found.get(1).expect("a text").as_str();
        let words: BTreeSet<&str> = word.find_iter(text).map(|it| it.as_str()).collect();
        for table in of.captures_iter(text) {
            let table = table.get(1).expect("a name").as_str();
            told.entry(table).or_default().extend(&words);
        }
    }
    let columns = format!(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = '{schema}'"
    );
    let mut seen = BTreeSet::new();
    for column in texts(&app, &columns).await {
        let (table, column) = column.split_once('.').expect("a column");
        seen.insert(table.to_owned());
        if ELSEWHERE.iter().any(|(left, _)| *left == table) {
            assert!(!told.contains_key(table), "{table} is both");
            continue;
        }
        let words = told
            .get(table)
            .unwrap_or_else(|| panic!("{table} is in no copy, and nothing says why"));
        let untold = UNTOLD.contains(&(table, column));
        assert!(
            words.contains(column) != untold,
            "{table}.{column}: in a copy or left out, one of the two"
        );
    }
    for (table, _) in ELSEWHERE {
        assert!(seen.contains(*table), "{table} is no table");
    }
    let references = format!(
        "SELECT conrelid::regclass FROM pg_constraint
          WHERE contype = 'f' AND confrelid = '{schema}.users'::regclass"
    );
    for table in texts(&app, &references).await {
        let name = table.rsplit('.').next().expect("a name").to_owned();
        assert!(told.contains_key(name.as_str()), "{name} is about people");
    }
}

#[actix_web::test]
async fn a_copy_holds_nothing_later_than_its_beginning() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Manager).await;
    let (id, email) = user_of(&ann).await;
    let schema = schema(&app, "acme").await;
    // As if it came in while a slow reader reads.
    let later = belongings(&schema, &id, &email).replace("2026-11-20", "2026-11-21");
    run(&app, &later).await;
    let sections = [
        "passkeys",
        "identities",
        "api_keys",
        "links",
        "invitations",
        "mails",
    ];
    let of_later = |copy: &serde_json::Value| {
        sections.map(|section| copy[section].as_array().expect("a section").len())
    };
    let copy = ann.get(EXPORT).await.is(200).json();
    assert_eq!(of_later(&copy), [0; 6]);
    assert_eq!(copy["devices"].as_array().map(Vec::len), Some(1));

    app.advance(SignedDuration::from_hours(13));
    let proof = json!({ "password": PASSWORD });
    let again = ann.post_json("/api/v1/auth/reauthenticate", &proof);
    let ann = acme.visitor().signed_in(&again.await.is(204));
    let copy = ann.get(EXPORT).await.is(200).json();
    assert_eq!(of_later(&copy), [1, 1, 1, 2, 1, 1]);
    assert_eq!(copy["devices"].as_array().map(Vec::len), Some(2));
}
