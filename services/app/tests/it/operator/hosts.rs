//! Other names and domains: who answers where, and what leads there.

use std::sync::{Arc, Mutex};

use fakes::{NameServer, Reply};
use jiff::SignedDuration;
use serde_json::json;
use testkit::TestApp;

use super::signalbox;
use crate::rows::{number, texts};

#[actix_web::test]
async fn a_renamed_organisation_is_found_under_both_addresses_for_ninety_days() {
    let app = TestApp::start().await;
    app.catch_up();
    let acme = app.tenant("acme").await;
    let tried = ["tenant", "rename", "acme", "rockets", "--dry-run"];
    assert_eq!(
        signalbox(&app, &tried).await.is(0).out,
        "acme: would be on rockets.localhost\n"
    );
    acme.owner().get("/api/v1/me").await.is(200);

    let said = signalbox(
        &app,
        &[
            "tenant",
            "rename",
            "acme",
            "rockets",
            "--name",
            "Acme Rockets",
            "--json",
        ],
    )
    .await;
    assert_eq!(said.is(0).json()["host"], "rockets.localhost");
    app.forget_hosts();
    let moved = acme.owner().get("/api/v1/endpoints?limit=5").await.is(308);
    assert_eq!(
        moved.header("location"),
        "http://rockets.localhost/api/v1/endpoints?limit=5"
    );
    let there = acme.owner().on("rockets.localhost");
    let me = there.get("/api/v1/me").await.is(200).json();
    assert_eq!(
        (&me["organization"]["name"], &me["organization"]["slug"]),
        (&json!("Acme Rockets"), &json!("rockets"))
    );

    let taken = app
        .root()
        .get("/api/v1/auth/slug?name=acme")
        .await
        .is(200)
        .json();
    assert_eq!(taken["available"], false, "nobody else takes it meanwhile");
    signalbox(&app, &["tenant", "rename", "rockets", "rockets"])
        .await
        .is(0);
    assert_eq!(
        texts(&app, "SELECT action FROM platform.operator_audit").await,
        ["tenant.renamed"]
    );

    app.advance(SignedDuration::from_hours(91 * 24));
    app.run_upkeep().await;
    app.forget_hosts();
    acme.owner()
        .get("/api/v1/me")
        .await
        .is_problem(404, "unknown_host");
    let free = app
        .root()
        .get("/api/v1/auth/slug?name=acme")
        .await
        .is(200)
        .json();
    assert_eq!(free["available"], true);
}

#[actix_web::test]
async fn a_name_goes_back_to_whoever_had_it_and_to_nobody_else() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    app.tenant("bravo").await;
    signalbox(&app, &["tenant", "rename", "acme", "rockets"])
        .await
        .is(0);
    signalbox(&app, &["tenant", "rename", "bravo", "rockets"])
        .await
        .is(3);
    signalbox(&app, &["tenant", "rename", "bravo", "acme"])
        .await
        .is(3);
    signalbox(&app, &["tenant", "rename", "bravo", "admin"])
        .await
        .is(3);
    signalbox(&app, &["tenant", "rename", "bravo", "No Name"])
        .await
        .is(3);
    signalbox(&app, &["tenant", "rename", "rockets", "acme"])
        .await
        .is(0);
    let hosts = "SELECT host || ' ' || canonical FROM platform.hosts ORDER BY host";
    assert_eq!(
        texts(&app, hosts).await,
        [
            "acme.localhost true",
            "bravo.localhost true",
            "rockets.localhost false"
        ]
    );
}

/// A house whose name server says what stands in `record`.
async fn with_dns(record: &Arc<Mutex<Vec<String>>>) -> (TestApp, NameServer) {
    let said = Arc::clone(record);
    let dns = NameServer::start(move |name, _| match name {
        "_signalbox.status.acme.example" => {
            Reply::Texts(said.lock().expect("not poisoned").clone())
        }
        _ => Reply::Texts(Vec::new()),
    })
    .await;
    let address = dns.address;
    let app = TestApp::start_with(move |config| config.dns_servers = vec![address]).await;
    app.catch_up();
    (app, dns)
}

#[actix_web::test]
async fn a_domain_is_served_once_it_is_proven_and_dead_when_the_proof_is_gone() {
    let record = Arc::default();
    let (app, _dns) = with_dns(&record).await;
    let acme = app.tenant("acme").await;
    let domain = "status.acme.example";
    let added = signalbox(&app, &["tenant", "domain", "add", "acme", domain, "--json"])
        .await
        .is(0)
        .json();
    let proof = added["host"]["proof"].as_str().expect("a proof").to_owned();
    let again = signalbox(&app, &["tenant", "domain", "add", "acme", domain, "--json"])
        .await
        .is(0)
        .json();
    assert_eq!(again["host"]["proof"], proof.as_str(), "the same proof");
    let there = acme.visitor().on(domain);
    app.run_upkeep().await;
    there
        .get("/api/v1/organization")
        .await
        .is_problem(404, "unknown_host");
    signalbox(&app, &["tenant", "domain", "use", "acme", domain])
        .await
        .is(3);

    record.lock().expect("not poisoned").push(proof.clone());
    app.advance(SignedDuration::from_mins(6));
    app.run_upkeep().await;
    app.forget_hosts();
    let led = there.get("/login").await.is(308);
    assert_eq!(led.header("location"), "http://acme.localhost/login");
    signalbox(&app, &["tenant", "domain", "use", "acme", domain])
        .await
        .is(0);
    app.forget_hosts();
    there.get("/api/v1/organization").await.is(200);
    let led = acme.visitor().get("/login").await.is(308);
    assert_eq!(led.header("location"), "http://status.acme.example/login");

    record.lock().expect("not poisoned").clear();
    for _ in 0..2 {
        app.advance(SignedDuration::from_hours(25));
        app.run_upkeep().await;
        app.forget_hosts();
        there.get("/api/v1/organization").await.is(200);
    }
    app.advance(SignedDuration::from_hours(73));
    app.run_upkeep().await;
    app.forget_hosts();
    there
        .get("/api/v1/organization")
        .await
        .is_problem(404, "unknown_host");
    acme.visitor().get("/api/v1/organization").await.is(200);
    let told =
        "SELECT action FROM platform.operator_audit WHERE action LIKE 'domain.%' ORDER BY action";
    assert_eq!(
        texts(&app, told).await,
        [
            "domain.added",
            "domain.lost",
            "domain.made_canonical",
            "domain.proven"
        ]
    );
}

#[actix_web::test]
async fn a_domain_is_one_organisations_and_free_when_it_is_released() {
    let record = Arc::default();
    let (app, _dns) = with_dns(&record).await;
    app.tenant("acme").await;
    app.tenant("bravo").await;
    let domain = "status.acme.example";
    let first = signalbox(&app, &["tenant", "domain", "add", "acme", domain, "--json"])
        .await
        .is(0)
        .json();
    signalbox(&app, &["tenant", "domain", "add", "bravo", domain])
        .await
        .is(3);
    for hostile in [
        "localhost",
        "bravo.localhost",
        "127.0.0.1",
        "a_b.example",
        "Ünicode.example",
    ] {
        signalbox(&app, &["tenant", "domain", "add", "bravo", hostile])
            .await
            .is(3);
    }
    signalbox(&app, &["tenant", "domain", "remove", "bravo", domain])
        .await
        .is(3);
    signalbox(&app, &["tenant", "domain", "remove", "acme", domain])
        .await
        .is(0);
    let second = signalbox(
        &app,
        &["tenant", "domain", "add", "bravo", domain, "--json"],
    )
    .await
    .is(0)
    .json();
    assert_ne!(
        first["host"]["proof"], second["host"]["proof"],
        "a proof of their own"
    );
    record
        .lock()
        .expect("not poisoned")
        .push(first["host"]["proof"].as_str().expect("a proof").to_owned());
    app.run_upkeep().await;
    let proven =
        "SELECT count(*) FROM platform.hosts WHERE kind = 'custom' AND verified_at IS NOT NULL";
    assert_eq!(
        number(&app, proven).await,
        0,
        "the earlier owner's record proves nothing"
    );
    app.advance(SignedDuration::from_hours(8 * 24));
    app.run_upkeep().await;
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM platform.hosts WHERE kind = 'custom'"
        )
        .await,
        0
    );
}

#[actix_web::test]
async fn what_was_deleted_is_dropped_when_its_grace_is_over_and_not_an_hour_before() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = acme.tenant.schema().to_string();
    app.run_upkeep().await;
    let sized =
        "SELECT count(*) FROM platform.tenants WHERE size_bytes > 0 AND sized_at IS NOT NULL";
    assert_eq!(number(&app, sized).await, 1);
    signalbox(&app, &["tenant", "delete", "acme", "--confirm", "acme"])
        .await
        .is(0);
    app.catch_up();
    let there = format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'");
    app.advance(SignedDuration::from_hours(30 * 24 - 1));
    app.run_upkeep().await;
    assert_eq!(number(&app, &there).await, 1);
    app.advance(SignedDuration::from_hours(1));
    app.run_upkeep().await;
    assert_eq!(number(&app, &there).await, 0);
    let taken = app
        .root()
        .get("/api/v1/auth/slug?name=acme")
        .await
        .is(200)
        .json();
    assert_eq!(taken["available"], false, "a tombstone keeps the name");
    app.advance(SignedDuration::from_hours(91 * 24));
    app.run_upkeep().await;
    let free = app
        .root()
        .get("/api/v1/auth/slug?name=acme")
        .await
        .is(200)
        .json();
    assert_eq!(free["available"], true);
}
