//! The pool of ready schemas, and the directory in front of it.

use std::collections::BTreeSet;

use db::{DbError, NewTenant, TenantState};
use tenancy::{Directory, TEMPLATE_VERSION};
use testkit::TestDb;

#[tokio::test]
async fn a_claimed_schema_is_nobody_elses() {
    let test = TestDb::start().await;
    test.fill(20).await;
    let mut claims = Vec::new();
    for n in 0..20 {
        let db = test.db.clone();
        claims.push(tokio::spawn(async move {
            let slug = format!("team-{n}");
            let host = format!("{slug}.localhost");
            let new = NewTenant {
                name: "Team",
                slug: &slug,
                host: &host,
            };
            db.write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
                .await
        }));
    }
    let mut schemas = BTreeSet::new();
    for claim in claims {
        let tenant = claim
            .await
            .expect("a task")
            .expect("a claim")
            .expect("a ready schema");
        assert_eq!(tenant.state(), TenantState::Active);
        assert!(
            schemas.insert(tenant.schema().clone()),
            "one schema went out twice"
        );
    }
}

#[tokio::test]
async fn an_empty_pool_answers_nothing_and_is_filled_again() {
    let test = TestDb::start().await;
    for slug in ["one", "two", "three"] {
        test.tenant(slug).await;
    }
    let new = NewTenant {
        name: "Four",
        slug: "four",
        host: "four.localhost",
    };
    let none = test
        .db
        .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
        .await;
    assert!(none.expect("a claim").is_none());
    test.fill(1).await;
    assert_eq!(test.tenant("four").await.slug(), "four");
}

#[tokio::test]
async fn a_taken_slug_is_refused_by_its_constraint_and_the_schema_stays_ready() {
    let test = TestDb::start().await;
    test.tenant("acme").await;
    let new = NewTenant {
        name: "Acme",
        slug: "acme",
        host: "acme.localhost",
    };
    let refused: Result<_, DbError> = test
        .db
        .write_platform(async |tx| tx.claim_tenant(new, TEMPLATE_VERSION).await)
        .await;
    assert_eq!(
        refused.expect_err("taken").constraint(),
        Some("tenants_slug_key")
    );
    test.tenant("globex").await;
    test.tenant("initech").await;
}

#[tokio::test]
async fn the_directory_forgets_when_told() {
    let test = TestDb::start().await;
    let directory = Directory::new(test.db.clone());
    assert!(
        directory
            .find("acme.localhost")
            .await
            .expect("an answer")
            .is_none()
    );
    let acme = test.tenant("acme").await;
    assert!(
        directory
            .find("acme.localhost")
            .await
            .expect("an answer")
            .is_none(),
        "it was asked"
    );
    directory.forget("acme.localhost").await;
    let found = directory
        .find("acme.localhost")
        .await
        .expect("an answer")
        .expect("acme");
    assert_eq!(found.id(), acme.id());
}

#[tokio::test]
async fn a_directory_that_hears_nothing_believes_nothing() {
    let test = TestDb::start().await;
    let directory = Directory::new(test.db.clone());
    directory.set_hearing(false);
    assert!(
        directory
            .find("acme.localhost")
            .await
            .expect("an answer")
            .is_none()
    );
    test.tenant("acme").await;
    assert!(
        directory
            .find("acme.localhost")
            .await
            .expect("an answer")
            .is_some()
    );
}
