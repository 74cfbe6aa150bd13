//! `signalbox network`: said at a terminal, listed, and written down.

use serde_json::{Value, json};
use testkit::TestApp;

use super::signalbox;

async fn listed(app: &TestApp, filter: &[&str]) -> Vec<Value> {
    let list = [&["network", "list", "--json"], filter].concat();
    let said = signalbox(app, &list).await.is(0).json();
    said["items"].as_array().expect("a list").clone()
}

async fn deeds(app: &TestApp) -> Vec<String> {
    let rows = "SELECT concat_ws(' ', action, subject, reason, detail ->> 'from', detail ->> 'to')
                  FROM platform.operator_audit WHERE action LIKE 'network.%' ORDER BY id";
    crate::rows::texts(app, rows).await
}

#[actix_web::test]
async fn a_network_is_blocked_trusted_listed_removed_and_each_written_down_once() {
    let app = TestApp::start().await;
    assert_eq!(
        signalbox(&app, &["network", "list"]).await.is(0).out,
        "none\n"
    );
    let block = [
        "network",
        "block",
        "203.0.113.77/24",
        "--reason",
        "scans us",
    ];
    let tried = [&block[..], &["--dry-run", "--json"]].concat();
    let tried = signalbox(&app, &tried).await.is(0).json();
    assert_eq!(
        (&tried["changed"], &tried["network"]["network"]),
        (&json!(true), &json!("203.0.113.0/24"))
    );
    assert!(listed(&app, &[]).await.is_empty(), "it was only tried");
    let said = signalbox(&app, &block).await.is(0).out;
    assert_eq!(said, "203.0.113.0/24: blocked\n");
    let said = signalbox(&app, &block).await.is(0).out;
    assert_eq!(said, "203.0.113.0/24: nothing to do, it is blocked\n");
    let trust = [
        "network",
        "trust",
        "203.0.113.7",
        "--reason",
        "our office",
        "--until",
        "2099-01-01T00:00:00Z",
    ];
    signalbox(&app, &trust).await.is(0);

    let of = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            text("network"),
            text("verdict"),
            text("until"),
            it["decides"]
        )
    };
    let both = listed(&app, &[]).await;
    assert_eq!(
        both.iter().map(of).collect::<Vec<_>>(),
        [
            "203.0.113.0/24 blocked - false",
            "203.0.113.7/32 trusted 2099-01-01T00:00:00Z false",
        ]
    );
    assert_eq!(
        (&both[0]["created_by"], &both[0]["reason"]),
        (&json!("cli:ada"), &json!("scans us"))
    );
    let deciding = listed(&app, &["--address", "::ffff:203.0.113.7"]).await;
    assert_eq!(
        deciding
            .iter()
            .map(|it| it["decides"].clone())
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(listed(&app, &["--verdict", "blocked"]).await.len(), 1);
    assert_eq!(listed(&app, &["--address", "203.0.114.7"]).await.len(), 0);

    let remove = ["network", "remove", "203.0.113.0/24"];
    signalbox(&app, &remove).await.is(0);
    let again = signalbox(&app, &remove).await.is(0).out;
    assert!(again.contains("nothing to do"), "{again}");
    assert_eq!(
        deeds(&app).await,
        [
            "network.blocked 203.0.113.0/24 scans us none blocked",
            "network.trusted 203.0.113.7/32 our office none trusted",
            "network.removed 203.0.113.0/24 blocked none",
        ]
    );
}

#[actix_web::test]
async fn what_nobody_means_is_refused_with_what_is_expected() {
    let app = TestApp::start().await;
    let why = ["--reason", "a test"];
    let table: [(&[&str], &[&str], i32, &str); 8] = [
        (
            &["block", "203.0.113.0/33"],
            &why,
            2,
            "expected a network, like 203.0.113.0/24",
        ),
        (&["trust", "office.example"], &why, 2, "expected a network"),
        (
            &["block", "203.0.113.7", "--until", "tomorrow"],
            &why,
            2,
            "--until",
        ),
        (
            &["list", "--verdict", "loved"],
            &[],
            2,
            "expected one of trusted, blocked",
        ),
        (&["block", "203.0.113.7"], &[], 3, "reason: Say why"),
        (
            &["block", "203.0.113.7", "--until", "2020-01-01T00:00:00Z"],
            &why,
            3,
            "until: This time is over",
        ),
        (
            &["block", "0.0.0.0/0"],
            &why,
            3,
            "network: 0.0.0.0/0 is too wide",
        ),
        (
            &["block", "127.0.0.1"],
            &why,
            3,
            "addresses of this machine itself",
        ),
    ];
    for (words, reason, code, says) in table {
        let said = signalbox(&app, &[&["network"], words, reason].concat())
            .await
            .is(code);
        let text = format!("{}{}", said.out, said.err);
        assert!(text.contains(says), "{words:?}: {text}");
    }
    let refused = ["network", "block", "::1", "--json", "--reason", "a test"];
    let refused = signalbox(&app, &refused).await.is(3).json();
    assert_eq!(
        (&refused["error"], &refused["field"]),
        (&json!("loopback"), &json!("network"))
    );
    assert!(deeds(&app).await.is_empty());
}
