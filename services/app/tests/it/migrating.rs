//! Tenants on either side of a migration, in front of one house.

use jiff::SignedDuration;
use jobs::Hint;
use reqwest::Method;
use serde_json::json;
use tenancy::{MINIMUM_VERSION, TEMPLATE_VERSION};
use testkit::{Answer, Target, TestApp, TestTenant};

use crate::rows::{number, run};

/// Says that the tenant's schema is at `version`, and that everybody may know.
async fn set_version(app: &TestApp, tenant: &TestTenant<'_>, version: i32) {
    let slug = tenant.tenant.slug();
    run(
        app,
        &format!("UPDATE platform.tenants SET schema_version = {version} WHERE slug = '{slug}'"),
    )
    .await;
    let host = tenant.tenant.host().to_owned();
    app.house.bus.publish(&[Hint::DirectoryChanged { host }]);
}

/// The page, as a browser asks for it, until it is answered with `status`: a hint takes its time.
async fn page(tenant: &TestTenant<'_>, status: u16) -> Answer {
    for _ in 0..500 {
        let request = tenant.owner().request(Method::GET, "/endpoints");
        let answer = Answer::of(request.header("accept", "text/html")).await;
        if answer.status == status {
            return answer;
        }
    }
    panic!("the page never answered {status}");
}

#[tokio::test]
async fn a_tenant_that_is_too_far_behind_is_blocked_alone() {
    let app = TestApp::start().await;
    let (acme, globex) = (app.tenant("acme").await, app.tenant("globex").await);
    set_version(&app, &acme, MINIMUM_VERSION - 1).await;

    let refused = page(&acme, 503).await;
    assert_eq!(refused.header("retry-after"), "30");
    assert!(refused.text.contains("being upgraded"), "{}", refused.text);
    for path in ["/api/v1/endpoints", "/api/v1/me", "/api/v1/organization"] {
        let refused = acme.owner().get(path).await.is_problem(503, "migrating");
        assert_eq!(refused.header("retry-after"), "30", "{path}");
    }
    let signing_in = json!({ "email": "owner@acme.example", "password": testkit::PASSWORD });
    let signing_in = acme
        .visitor()
        .post_json("/api/v1/auth/session", &signing_in)
        .await;
    signing_in.is_problem(503, "migrating");

    page(&globex, 200).await;
    globex.owner().get("/api/v1/endpoints").await.is(200);
    testkit::sign_in(globex.visitor(), "owner@globex.example").await;

    set_version(&app, &acme, MINIMUM_VERSION).await;
    page(&acme, 200).await;
    acme.owner().get("/api/v1/me").await.is(200);
}

#[tokio::test]
async fn what_a_blocked_tenant_has_due_waits_and_is_not_lost() {
    let app = TestApp::start().await;
    let (acme, globex) = (app.tenant("acme").await, app.tenant("globex").await);
    app.run_jobs().await;
    let site = Target::start().await;
    for tenant in [&acme, &globex] {
        tenant.create_endpoint(site.url()).await;
    }
    let work = "SELECT count(*) FROM platform.work WHERE kind NOT IN ('call_last', 'seal_audit', 'forget_addresses')";
    assert_eq!(
        number(&app, work).await,
        2,
        "an event to deliver for each of them"
    );
    set_version(&app, &acme, MINIMUM_VERSION - 1).await;
    for _ in 0..2 {
        app.run_jobs().await;
        app.run_checks().await;
    }
    assert_eq!(site.hits(), 1, "the other's endpoint was asked");
    assert_eq!(number(&app, work).await, 1);

    set_version(&app, &acme, MINIMUM_VERSION).await;
    app.advance(SignedDuration::from_mins(6));
    app.run_jobs().await;
    app.run_checks().await;
    assert_eq!(
        site.hits(),
        2,
        "its first check is never too late, the other's second is"
    );
    assert_eq!(number(&app, work).await, 0);
}

#[tokio::test]
async fn nobody_is_registered_into_a_schema_that_is_behind() {
    let app = TestApp::start().await;
    let behind = TEMPLATE_VERSION - 1;
    run(
        &app,
        &format!("UPDATE platform.tenants SET schema_version = {behind} WHERE state = 'pooled'"),
    )
    .await;
    let acme = app.tenant("acme").await;
    assert_eq!(acme.tenant.schema_version(), TEMPLATE_VERSION);
}

#[tokio::test]
async fn a_search_for_workspaces_passes_by_the_one_that_is_blocked() {
    let app = TestApp::start().await;
    let (acme, _globex) = (app.tenant("acme").await, app.tenant("globex").await);
    // The same address in both.
    let globex_hashes = "UPDATE platform.address_hashes SET address_hash =
        (SELECT address_hash FROM platform.address_hashes h
           JOIN platform.tenants t ON t.id = h.tenant_id WHERE t.slug = 'globex')";
    run(&app, globex_hashes).await;
    set_version(&app, &acme, MINIMUM_VERSION - 1).await;
    // What it has to say cannot be read.
    run(
        &app,
        &format!("DROP TABLE {}.users CASCADE", acme.tenant.schema()),
    )
    .await;
    app.root()
        .post_json(
            "/api/v1/auth/find-workspaces",
            &json!({ "email": "owner@globex.example" }),
        )
        .await
        .is(202);
    let mail = app.mail.messages().len();
    app.run_jobs().await;
    assert_eq!(app.mail.messages().len(), mail + 1);
    let mail = app.newest_mail("owner@globex.example").expect("a mail");
    assert!(mail.text.contains("http://globex.localhost"));
    assert!(!mail.text.contains("http://acme.localhost"));
}

#[tokio::test]
async fn one_house_serves_tenants_on_either_side_of_a_migration_and_while_it_goes_on() {
    let app = TestApp::start().await;
    let mut tenants = Vec::new();
    for slug in ["acme", "globex", "initech", "umbrella"] {
        let tenant = app.tenant(slug).await;
        let schema = tenant.tenant.schema();
        run(
            &app,
            &format!("UPDATE {schema}.quotas SET max = 1000000 WHERE key = 'endpoints'"),
        )
        .await;
        tenants.push(tenant);
    }
    let list = "/api/v1/endpoints";
    // A build that comes after this one, expanding: what this one writes and reads must go on.
    let migrated = app.db.migrate_further(
        "labels",
        "ALTER TABLE endpoints ADD COLUMN label text NOT NULL DEFAULT 'none';
         CREATE INDEX endpoints_label_idx ON endpoints (label);
         ALTER TABLE users ADD COLUMN nickname text",
    );
    let mut migrated = std::pin::pin!(migrated);
    let mut turn = 0;
    let migrated = loop {
        turn += 1;
        let requests = async {
            for tenant in &tenants {
                let slug = tenant.tenant.slug();
                let body = json!({ "name": format!("{turn}"), "url": format!("https://{slug}.example/{turn}") });
                let owner = tenant.owner();
                owner.post_json(list, &body).await.is(201);
                owner.get(list).await.is(200);
                owner.get("/api/v1/me").await.is(200);
                testkit::sign_in(tenant.visitor(), &format!("owner@{slug}.example")).await;
            }
        };
        let mut requests = std::pin::pin!(requests);
        tokio::select! {
            () = &mut requests => assert!(turn < 1_000, "it never ends"),
            migrated = &mut migrated => {
                // What is in flight is answered, too.
                requests.await;
                break migrated;
            }
        }
    };
    let behind =
        format!("SELECT count(*) FROM platform.tenants WHERE schema_version = {TEMPLATE_VERSION}");
    assert_eq!(number(&app, &behind).await, 0, "{migrated} were migrated");
    for tenant in &tenants {
        let listed = tenant.owner().get(list).await.is(200).json();
        assert_eq!(listed["total"], json!(turn), "nothing was lost");
    }
}
