//! `signalbox jobs`: dead letters are found, tried again, discarded, and all of it is written down.

use db::{Sql, sql};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestApp, worker};
use uuid::Uuid;

use super::signalbox;

const ADD_MAIL: Sql = sql!(
    "INSERT INTO mails (id, template, recipient, params, created_at)
     VALUES ($1, 'verify', 'person@private.example', '{}', $2)"
);
const MEND_MAIL: Sql = sql!("UPDATE mails SET template = 'welcome', params = $2 WHERE id = $1");

/// A dead letter of acme's: a mail whose values fit no template.
async fn bury_one(app: &TestApp, n: u128) -> Uuid {
    let acme = app.tenant_ref("acme").await;
    let id = Uuid::from_u128(n);
    app.house
        .db
        .write(&acme, worker(), None, async |tx| {
            tx.execute(ADD_MAIL, &[&id, &tx.now()]).await?;
            tx.enqueue("mail", id, tx.now()).await
        })
        .await
        .expect("work is left");
    app.run_jobs().await;
    let dead = signalbox(app, &["jobs", "list", "--state", "dead", "--json"]).await;
    let dead = dead.is(0).json();
    let of_this = |job: &&Value| job["reference"] == json!(id);
    let job = dead["items"]
        .as_array()
        .expect("a list")
        .iter()
        .find(of_this);
    job.expect("a dead letter")["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id")
}

/// What the audit log says of operators' acts on work: action, actor, whose, why.
async fn deeds(app: &TestApp) -> Vec<String> {
    let rows = app
        .db
        .superuser()
        .await
        .query(
            "SELECT concat_ws(' ', action, actor, subject, reason) AS deed
               FROM platform.operator_audit WHERE action LIKE 'job.%' ORDER BY id",
            &[],
        )
        .await
        .expect("the log");
    rows.iter()
        .map(|row| row.get("deed").expect("a deed"))
        .collect()
}

#[actix_web::test]
async fn a_dead_letter_is_found_shown_tried_again_and_then_done() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let id = bury_one(&app, 1).await.to_string();
    let shown = signalbox(&app, &["jobs", "show", &id]).await.is(0).out;
    for line in [
        "dead",
        "mail",
        "acme",
        "params that do not fit the template",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    let job = signalbox(&app, &["jobs", "show", &id, "--json"]).await;
    let job = job.is(0).json();
    assert_eq!(
        (&job["state"], &job["attempts"], &job["tenant"]),
        (&json!("dead"), &json!(1), &json!("acme"))
    );

    let tried = signalbox(&app, &["jobs", "retry", &id, "--dry-run"]).await;
    assert_eq!(tried.is(0).out, format!("{id}: would be tried again\n"));
    assert_eq!(deeds(&app).await, <[&str; 0]>::default());
    let acme = app.tenant_ref("acme").await;
    let mend = app.house.db.write(&acme, worker(), None, async |tx| {
        let params = json!({"organization": "Acme"});
        tx.execute(MEND_MAIL, &[&Uuid::from_u128(1), &params]).await
    });
    let mended: Result<u64, db::DbError> = mend.await;
    assert_eq!(mended.expect("it is mended"), 1);
    let reason = ["--reason", "the template is mended"];
    let retry = ["jobs", "retry", &id, reason[0], reason[1]];
    signalbox(&app, &retry).await.is(0);
    let again = signalbox(&app, &retry).await.is(0).out;
    assert!(again.contains("nothing to do"), "{again}");
    // The program goes by the time of the day, which the house of a test knows nothing of.
    app.advance(SignedDuration::from_hours(24 * 3650));
    app.run_jobs().await;
    assert!(app.newest_mail("person@private.example").is_some());
    signalbox(&app, &["jobs", "show", &id]).await.is(4);
    assert_eq!(
        deeds(&app).await,
        ["job.retried cli:ada acme the template is mended"]
    );
}

#[actix_web::test]
async fn dead_letters_are_retried_in_bulk_and_only_where_they_fit() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    app.tenant("bravo").await;
    for n in 1..=3 {
        bury_one(&app, n).await;
    }
    let retry = async |more: &[&str]| {
        let arguments = [&["jobs", "retry", "--dead", "--json"], more].concat();
        signalbox(&app, &arguments).await
    };
    let counted = async |more: &[&str]| retry(more).await.is(0).json()["retried"].clone();
    assert_eq!(counted(&["--kind", "event"]).await, 0);
    assert_eq!(counted(&["--tenant", "bravo"]).await, 0);
    assert_eq!(counted(&["--kind", "mail", "--dry-run"]).await, 3);
    assert_eq!(counted(&["--kind", "mail", "--tenant", "acme"]).await, 3);
    assert_eq!(counted(&[]).await, 0);
    assert_eq!(deeds(&app).await, ["job.retried cli:ada acme"]);
    retry(&["--tenant", "nobody"]).await.is(4);
    signalbox(&app, &["jobs", "retry"]).await.is(2);
    signalbox(&app, &["jobs", "retry", "--kind", "mail"])
        .await
        .is(2);
}

#[actix_web::test]
async fn discarding_asks_for_the_id_again_and_takes_dead_letters_only() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let id = bury_one(&app, 1).await.to_string();
    let other = bury_one(&app, 2).await.to_string();
    signalbox(&app, &["jobs", "discard", &id]).await.is(3);
    signalbox(&app, &["jobs", "discard", &id, "--confirm", &other])
        .await
        .is(3);
    signalbox(&app, &["jobs", "show", &id]).await.is(0);
    let both = ["jobs", "discard", &id, &other, "--confirm", &id];
    signalbox(&app, &both).await.is(5);
    signalbox(&app, &["jobs", "discard", &id, "--confirm", &id])
        .await
        .is(4);

    signalbox(&app, &["jobs", "retry", &other]).await.is(0);
    let refused = ["jobs", "discard", &other, "--confirm", &other, "--json"];
    let refused = signalbox(&app, &refused).await.is(3).json();
    assert_eq!(
        (&refused["error"], &refused["state"]),
        (&json!("not_allowed"), &json!("due"))
    );
    assert_eq!(
        deeds(&app).await,
        ["job.discarded cli:ada acme", "job.retried cli:ada acme"]
    );
}

#[actix_web::test]
async fn a_list_is_read_page_by_page_and_says_what_it_does_not_know() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    for n in 1..=3 {
        bury_one(&app, n).await;
    }
    let others =
        "DELETE FROM platform.work WHERE kind IN ('call_last', 'seal_audit', 'forget_addresses')";
    crate::rows::run(&app, others).await;
    let page = signalbox(&app, &["jobs", "list", "--limit", "2", "--json"]).await;
    let page = page.is(0).json();
    let next = page["next"].as_str().expect("there is more").to_owned();
    let rest = ["jobs", "list", "--limit", "2", "--after", &next, "--json"];
    let rest = signalbox(&app, &rest).await.is(0).json();
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next"], Value::Null);
    let elsewhere = ["jobs", "list", "--kind", "mail", "--after", &next];
    signalbox(&app, &elsewhere).await.is(1);
    signalbox(&app, &["jobs", "list", "--tenant", "nobody"])
        .await
        .is(4);
    signalbox(&app, &["jobs", "list", "--state", "odd"])
        .await
        .is(2);
    let none = signalbox(&app, &["jobs", "list", "--kind", "other"]).await;
    assert_eq!(none.is(0).out, "No work fits.\n");
}
