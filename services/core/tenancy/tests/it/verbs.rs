//! The operators' verbs on a real database: states, reasons, the audit row, and what undoing leads back to.

use db::{PlatformTx, TenantState};
use jiff::SignedDuration;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::life::Verb;
use tenancy::roster::{self, Filter, Order};
use tenancy::verbs::{self, Changed, GRACE, Selector, VerbError};
use testkit::TestDb;

fn mandate() -> Mandate {
    Mandate {
        actor: OperatorActor::Terminal("ada".to_owned()),
        reason: Some("an unpaid bill".to_owned()),
    }
}

fn acme() -> Selector {
    Selector::Slug("acme".to_owned())
}

async fn act(test: &TestDb, verb: Verb) -> Result<Changed, VerbError> {
    test.clock.advance(SignedDuration::from_secs(1));
    test.db
        .write_platform(async |tx: &PlatformTx| {
            verbs::change_state(tx, &acme(), verb, &mandate()).await
        })
        .await
}

async fn timeline(test: &TestDb) -> Vec<String> {
    let deeds = test
        .db
        .read_platform(async |tx| roster::timeline(tx, None, None, 100).await)
        .await;
    let deeds = deeds.expect("the timeline").into_iter();
    deeds.map(|deed| deed.action).collect()
}

#[tokio::test]
async fn a_verb_moves_the_state_once_and_leaves_one_audit_row() {
    let test = TestDb::start().await;
    test.tenant("acme").await;
    let first = act(&test, Verb::Suspend).await.expect("a suspension");
    assert!(first.changed);
    assert_eq!(first.subject.hosts, ["acme.localhost"]);
    let again = act(&test, Verb::Suspend).await.expect("nothing to do");
    assert!(!again.changed);
    assert_eq!(timeline(&test).await, ["tenant.suspended"]);

    let found = test
        .db
        .read_platform(async |tx| tx.find_tenant_by_host("acme.localhost").await)
        .await;
    let tenant = found.expect("an answer").expect("it is still there");
    assert_eq!(tenant.state(), TenantState::Suspended);
    assert_eq!(tenant.state_reason(), Some("an unpaid bill"));
    act(&test, Verb::Resume).await.expect("a resumption");
    assert_eq!(
        timeline(&test).await,
        ["tenant.resumed", "tenant.suspended"]
    );
}

#[tokio::test]
async fn undoing_a_deletion_leads_back_to_the_state_before() {
    let test = TestDb::start().await;
    test.tenant("acme").await;
    act(&test, Verb::Suspend).await.expect("a suspension");
    let deleted = act(&test, Verb::Delete).await.expect("a deletion");
    let end = test.db.now().checked_add(GRACE).expect("an instant");
    assert_eq!(deleted.purge_at, Some(end));
    let refused = act(&test, Verb::Resume)
        .await
        .expect_err("it is being deleted");
    assert!(matches!(refused, VerbError::NotAllowed(_)), "{refused}");
    let back = act(&test, Verb::Undelete).await.expect("undone");
    assert_eq!(back.state, TenantState::Suspended);
    assert_eq!(back.purge_at, None);
}

#[tokio::test]
async fn a_refused_verb_changes_nothing_and_an_unknown_name_is_not_found() {
    let test = TestDb::start().await;
    let missing = act(&test, Verb::Suspend).await.expect_err("nobody");
    assert!(matches!(missing, VerbError::NotFound(_)), "{missing}");
    test.tenant("acme").await;
    act(&test, Verb::Delete).await.expect("a deletion");
    act(&test, Verb::Freeze)
        .await
        .expect_err("it is being deleted");
    assert_eq!(timeline(&test).await, ["tenant.deletion_began"]);
}

#[tokio::test]
async fn the_same_verb_from_two_sides_moves_once() {
    let test = TestDb::start().await;
    test.tenant("acme").await;
    let both = tokio::join!(act(&test, Verb::Suspend), act(&test, Verb::Suspend));
    let changed = [both.0, both.1].map(|side| side.expect("no error").changed);
    assert_eq!(changed.iter().filter(|changed| **changed).count(), 1);
    assert_eq!(timeline(&test).await, ["tenant.suspended"]);
}

#[tokio::test]
async fn the_roster_is_searched_sorted_and_paged() {
    let test = TestDb::start().await;
    test.fill(5).await;
    for slug in ["delta", "alpha", "charlie", "bravo"] {
        test.tenant(slug).await;
        test.clock.advance(SignedDuration::from_secs(1));
    }
    let list = async |filter: Filter, after: Option<roster::After>| {
        let page = test
            .db
            .read_platform(async |tx| roster::list(tx, &filter, after.as_ref(), 2).await)
            .await;
        page.expect("a page")
    };
    for (order, expected) in [
        (Order::Slug, ["alpha", "bravo", "charlie", "delta"]),
        (Order::Created, ["bravo", "charlie", "alpha", "delta"]),
    ] {
        let mut seen: Vec<String> = Vec::new();
        let mut after = None;
        loop {
            let filter = Filter {
                order,
                ..Filter::default()
            };
            let page = list(filter, after).await;
            let Some(last) = page.last() else { break };
            after = Some(roster::After {
                key: last.key.clone(),
                id: last.id.uuid(),
            });
            seen.extend(page.iter().filter_map(|entry| entry.slug.clone()));
        }
        assert_eq!(seen, expected, "{order:?}");
    }
    let found = list(
        Filter {
            search: Some("HARL".to_owned()),
            ..Filter::default()
        },
        None,
    );
    assert_eq!(found.await[0].slug.as_deref(), Some("charlie"));
    let hostile = Filter {
        search: Some("%".to_owned()),
        ..Filter::default()
    };
    assert!(list(hostile, None).await.is_empty(), "% is a sign like any");
    let pooled = Filter {
        state: Some("pooled".to_owned()),
        ..Filter::default()
    };
    assert_eq!(list(pooled, None).await.len(), 1);
}
