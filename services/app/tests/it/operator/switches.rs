//! `signalbox switch`: thrown at a terminal, felt by the people, and written down.

use serde_json::{Value, json};
use testkit::TestApp;

use super::signalbox;

async fn positions(app: &TestApp) -> Value {
    signalbox(app, &["switch", "list", "--json"])
        .await
        .is(0)
        .json()
}

#[actix_web::test]
async fn every_switch_is_thrown_listed_and_written_down_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let open =
        json!({"registration": "open", "maintenance": false, "banner": null, "modules_off": []});
    assert_eq!(positions(&app).await, open);
    let table: [&[&str]; 4] = [
        &["registration", "closed"],
        &["maintenance", "on"],
        &["banner", "Upgrades on Sunday"],
        &["module", "endpoints", "off", "--tenant", "acme"],
    ];
    for lever in table {
        let set = [&["switch", "set"], lever].concat();
        let tried = [set.as_slice(), &["--dry-run", "--json"]].concat();
        let tried = signalbox(&app, &tried).await.is(0).json();
        assert_eq!(tried["changed"], true, "{lever:?}");
        assert_eq!(
            positions(&app).await["banner"].is_null(),
            lever[0] != "module"
        );
        signalbox(&app, &set).await.is(0);
        let again = signalbox(&app, &set).await.is(0).out;
        assert!(again.contains("nothing to do"), "{again}");
    }
    let id = acme.tenant.id();
    assert_eq!(
        positions(&app).await,
        json!({
            "registration": "closed", "maintenance": true, "banner": "Upgrades on Sunday",
            "modules_off": [{"tenant_id": id, "module": "endpoints"}],
        })
    );
    let rows = app.db.superuser().await;
    let rows = rows
        .query(
            "SELECT concat_ws(' ', actor, subject, detail ->> 'switch', detail ->> 'from', detail ->> 'to') AS deed
               FROM platform.operator_audit WHERE action = 'switch.thrown' ORDER BY id",
            &[],
        )
        .await
        .expect("the log");
    let deeds: Vec<String> = rows
        .iter()
        .map(|row| row.get("deed").expect("a deed"))
        .collect();
    assert_eq!(
        deeds,
        [
            "cli:ada registration open closed",
            "cli:ada maintenance off on",
            "cli:ada banner off Upgrades on Sunday",
            "cli:ada acme endpoints on off",
        ]
    );
    signalbox(&app, &["switch", "set", "banner", "--off"])
        .await
        .is(0);
    assert_eq!(positions(&app).await["banner"], Value::Null);
}

#[actix_web::test]
async fn a_switch_that_is_none_is_refused_with_what_is_expected() {
    let app = TestApp::start().await;
    let long = "x".repeat(301);
    let table: [(&[&str], i32, &str); 6] = [
        (
            &["registration", "ajar"],
            2,
            "expected one of open, invitation, closed",
        ),
        (&["maintenance", "perhaps"], 2, "possible values: on, off"),
        (&["banner", &long], 2, "1 to 300 characters"),
        (&["banner", "two\nlines"], 2, "one line"),
        (
            &["module", "laundry", "off", "--tenant", "acme"],
            2,
            "expected one of endpoints",
        ),
        (
            &["module", "endpoints", "off", "--tenant", "acme"],
            4,
            "no organisation acme",
        ),
    ];
    for (lever, code, says) in table {
        let said = signalbox(&app, &[&["switch", "set"], lever].concat())
            .await
            .is(code);
        let text = format!("{}{}", said.out, said.err);
        assert!(text.contains(says), "{lever:?}: {text}");
    }
}
