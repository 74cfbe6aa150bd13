//! `signalbox tenant recover`: what it says and refuses, and that it can be said twice.

use jiff::SignedDuration;
use serde_json::json;
use testkit::TestApp;

use super::signalbox;
use crate::rows::texts;

const PROOF: &str = "a register extract, and a call back";

#[actix_web::test]
async fn an_owner_is_recovered_from_a_terminal_and_that_is_stopped_there() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.catch_up();
    let recover = ["tenant", "recover", "acme"];
    let with = |more: &[&'static str]| [&recover[..], more].concat();
    let wish = with(&["--email", "ann@elsewhere.example", "--proof", PROOF]);
    let tried = [&wish[..], &["--dry-run"]].concat();
    let tried = signalbox(&app, &tried).await.is(0);
    assert!(
        tried.out.starts_with("acme: would tell every member"),
        "{}",
        tried.out
    );
    let rows = async || texts(&app, "SELECT state FROM platform.recoveries ORDER BY ctid").await;
    assert_eq!(rows().await, <[&str; 0]>::default());

    for unread in [
        &["--email", "ann@elsewhere.example"][..],
        &["--proof", PROOF],
        &["--email", "nobody", "--proof", PROOF],
        &["--email", "ann@elsewhere.example", "--proof", "short"],
        &["--stop", "--proof", PROOF],
    ] {
        signalbox(&app, &with(unread)).await.is(2);
    }
    let nobody = ["tenant", "recover", "bravo", "--stop"];
    signalbox(&app, &nobody).await.is(4);
    let nothing = signalbox(&app, &with(&["--stop"])).await.is(0);
    assert_eq!(nothing.out, "acme: nothing to stop\n");

    let json = [&wish[..], &["--json", "--reason", "HELP-412"]].concat();
    let begun = signalbox(&app, &json).await.is(0).json();
    assert_eq!(
        (&begun["changed"], &begun["state"], &begun["email"]),
        (
            &json!(true),
            &json!("waiting"),
            &json!("a•••@elsewhere.example")
        )
    );
    let again = signalbox(&app, &json).await.is(0).json();
    assert_eq!(
        (&again["changed"], &again["due_at"]),
        (&json!(false), &begun["due_at"])
    );
    let other = with(&[
        "--email",
        "bea@elsewhere.example",
        "--proof",
        PROOF,
        "--json",
    ]);
    let refused = signalbox(&app, &other).await.is(3).json();
    assert_eq!(refused["error"], "recovery_open");
    let shown = acme
        .owner()
        .get("/api/v1/ownership/recovery")
        .await
        .is(200)
        .json();
    assert_eq!(shown["recovery"]["due_at"], begun["due_at"]);

    let stopped = signalbox(&app, &with(&["--stop"])).await.is(0);
    assert_eq!(stopped.out, "acme: stopped\n");
    assert_eq!(rows().await, ["stopped"]);
    app.advance(SignedDuration::from_hours(72));
    app.run_jobs().await;
    assert!(app.newest_mail("ann@elsewhere.example").is_none());
    let log = "SELECT concat_ws(' ', action, split_part(actor, ':', 1), reason, detail ->> 'proof')
                 FROM platform.operator_audit WHERE action LIKE 'recovery.%' ORDER BY ctid";
    assert_eq!(
        texts(&app, log).await,
        [
            format!("recovery.began cli HELP-412 {PROOF}").as_str(),
            "recovery.stopped cli"
        ]
    );
}
