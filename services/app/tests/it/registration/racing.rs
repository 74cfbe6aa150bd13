//! Many at once, an empty pool, and clients that hang up: never half an organisation.

use std::time::Duration;

use futures_util::future::join_all;
use jobs::{Hint, Signal};
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use super::{REGISTER, form, organisations, with};
use crate::rows::{number, texts};

/// Sends a form `count` times at once. Whom the house turns away because it is full comes again, when the
/// others are done.
async fn all_at_once(app: &TestApp, form: &Value, count: usize) -> Vec<Answer> {
    let root = app.root();
    let mut served = Vec::new();
    while served.len() < count {
        let waiting = (served.len()..count).map(|_| root.post_json(REGISTER, form));
        for answer in join_all(waiting).await {
            if answer.status == 503 {
                assert_ne!(answer.header("retry-after"), "", "{}", answer.text);
            } else {
                served.push(answer);
            }
        }
    }
    served
}

#[actix_web::test]
async fn of_two_hundred_who_choose_one_address_one_gets_it() {
    let app = TestApp::start().await;
    app.db.fill(10).await;
    let chosen = with(&form("Acme", "wile@acme.example"), "slug", json!("acme"));
    let answers = all_at_once(&app, &chosen, 200).await;
    let with_status = |status| answers.iter().filter(|it| it.status == status).count();
    assert_eq!((with_status(201), with_status(409)), (1, 199));
    assert_eq!(organisations(&app).await, 1);
    assert_whole(&app).await;
}

#[actix_web::test]
async fn everybody_with_one_name_gets_an_address_of_their_own() {
    let app = TestApp::start().await;
    app.db.fill(200).await;
    let form = form("Acme", "wile@acme.example");
    for answer in all_at_once(&app, &form, 200).await {
        answer.is(201);
    }
    let slugs = "SELECT slug FROM platform.tenants WHERE slug IS NOT NULL";
    let distinct: std::collections::HashSet<_> = texts(&app, slugs).await.into_iter().collect();
    assert_eq!(distinct.len(), 200);
    assert!(
        distinct.contains("acme") && distinct.contains("acme-2"),
        "{distinct:?}"
    );
    assert_whole(&app).await;
}

async fn drain(app: &TestApp) {
    for slug in ["one", "two", "three"] {
        app.db.tenant(slug).await;
    }
    let ready = number(
        app,
        "SELECT count(*) FROM platform.tenants WHERE state = 'pooled'",
    )
    .await;
    assert_eq!(ready, 0);
}

#[actix_web::test]
async fn an_empty_pool_is_waited_for() {
    let app = TestApp::start().await;
    drain(&app).await;
    let mut hints = app.house.bus.subscribe();
    let root = app.root();
    let form = form("Acme", "wile@acme.example");
    let registering = root.post_json(REGISTER, &form);
    let filling = async {
        while hints.next().await != Some(Signal::Hint(Hint::PoolWanted)) {}
        app.db.fill(1).await;
    };
    let (answer, ()) = futures_util::join!(registering, filling);
    answer.is(201);
}

#[actix_web::test]
async fn a_pool_that_stays_empty_is_not_waited_for_forever() {
    let app = TestApp::start().await;
    drain(&app).await;
    let started = std::time::Instant::now();
    let answer = app
        .root()
        .post_json(REGISTER, &form("Acme", "wile@acme.example"))
        .await;
    let answer = answer.is_problem(503, "no_workspace_ready");
    assert_eq!(answer.header("retry-after"), "5");
    assert!(
        started.elapsed() >= Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(organisations(&app).await, 3);
}

#[actix_web::test]
async fn a_client_that_hangs_up_leaves_a_whole_organisation_or_none() {
    let app = TestApp::start().await;
    app.db.fill(24).await;
    let forms: Vec<Value> = (0..24)
        .map(|n| form(&format!("Acme {n}"), "wile@acme.example"))
        .collect();
    let impatient = forms.iter().enumerate().map(|(n, form)| {
        let patience = Duration::from_millis(2 * n as u64);
        let root = app.root();
        async move {
            tokio::time::timeout(patience, root.post_json(REGISTER, form))
                .await
                .is_ok()
        }
    });
    join_all(impatient).await;
    // Whoever comes now is served by what the others left behind.
    app.root()
        .post_json(REGISTER, &form("Road Runner", "road@acme.example"))
        .await
        .is(201);
    assert_whole(&app).await;
}

/// Every organisation has all it begins with, and every ready schema is empty.
async fn assert_whole(app: &TestApp) {
    for schema in texts(
        app,
        "SELECT schema_name FROM platform.tenants WHERE state = 'active'",
    )
    .await
    {
        let counts = format!(
            "SELECT concat_ws(' ',
                 (SELECT count(*) FROM {schema}.users), (SELECT count(*) FROM {schema}.one_time_tokens),
                 (SELECT count(*) FROM {schema}.mails), (SELECT count(*) FROM {schema}.audit_log),
                 (SELECT count(*) FROM {schema}.events), (SELECT count(*) FROM {schema}.quotas),
                 (SELECT count(*) FROM platform.work WHERE tenant = '{schema}'),
                 (SELECT count(*) FROM platform.hosts h JOIN platform.tenants t ON t.id = h.tenant_id
                   WHERE t.schema_name = '{schema}'),
                 (SELECT count(*) FROM platform.address_hashes a JOIN platform.tenants t ON t.id = a.tenant_id
                   WHERE t.schema_name = '{schema}'))"
        );
        assert_eq!(texts(app, &counts).await, ["1 1 1 1 1 2 3 1 1"], "{schema}");
    }
    for schema in texts(
        app,
        "SELECT schema_name FROM platform.tenants WHERE state = 'pooled'",
    )
    .await
    {
        assert_eq!(
            number(app, &format!("SELECT count(*) FROM {schema}.users")).await,
            0
        );
    }
}
