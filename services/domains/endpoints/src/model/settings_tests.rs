//! What people may send, and what becomes of it.

use super::*;

fn draft(name: &str, url: &str) -> Draft {
    Draft {
        name: Some(name.to_owned()),
        url: Some(url.to_owned()),
        ..Draft::default()
    }
}

fn parse(draft: Draft) -> Result<Settings, Vec<FieldError>> {
    let policy = TargetPolicy::default();
    let rules = Rules {
        policy: &policy,
        min_interval_seconds: 10,
    };
    Settings::parse(draft, None, rules)
}

fn faults(draft: Draft) -> Vec<(String, String)> {
    let faults = parse(draft).expect_err("it breaks a rule");
    faults.into_iter().map(|it| (it.pointer, it.code)).collect()
}

fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[test]
fn a_name_and_an_address_are_enough() {
    let settings = parse(draft(" Shop ", "HTTPS://Example.com")).unwrap();
    assert_eq!(settings.name, "Shop");
    assert_eq!(settings.url, "https://example.com/");
    assert_eq!(settings.method, HttpMethod::Get);
    assert_eq!(settings.expected_codes.to_string(), "200-299");
    assert_eq!(
        (settings.interval_seconds, settings.timeout_ms),
        (60, 10_000)
    );
}

#[test]
fn all_faults_are_told_at_once() {
    let all = Draft {
        expected_codes: Some("2xx".to_owned()),
        interval_seconds: Some(9),
        timeout_ms: Some(99),
        ..draft("\u{200b}", "example.com")
    };
    let pointers: Vec<_> = faults(all).into_iter().map(|fault| fault.0).collect();
    assert_eq!(
        pointers,
        [
            "/name",
            "/url",
            "/expected_codes",
            "/interval_seconds",
            "/timeout_ms"
        ]
    );
}

#[test]
fn names_keep_their_text_and_have_a_length() {
    let long = "ä".repeat(MAX_NAME_CHARS);
    assert_eq!(parse(draft(&long, "http://a.example")).unwrap().name, long);
    let too_long = draft(&format!("{long}ä"), "http://a.example");
    assert_eq!(faults(too_long), fault("/name", "too_long"));
    let empty = draft(" \t ", "http://a.example");
    assert_eq!(faults(empty), fault("/name", "control_characters"));
    assert_eq!(
        faults(draft("  ", "http://a.example")),
        fault("/name", "required")
    );
    let script = "<script>alert(1)</script>'; DROP TABLE endpoints --";
    assert_eq!(
        parse(draft(script, "http://a.example")).unwrap().name,
        script
    );
}

#[test]
fn an_address_that_is_not_public_is_refused() {
    for url in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
    ] {
        assert_eq!(
            faults(draft("x", url)),
            fault("/url", "blocked_target"),
            "{url}"
        );
    }
    let secret = draft("x", "http://me:secret@a.example");
    assert_eq!(faults(secret), fault("/url", "url_credentials"));
}

#[test]
fn numbers_stay_within_their_ranges() {
    for (interval, fits) in [
        (9, false),
        (10, true),
        (2_678_400, true),
        (2_678_401, false),
        (i64::MAX, false),
    ] {
        let draft = Draft {
            interval_seconds: Some(interval),
            ..draft("x", "http://a.example")
        };
        assert_eq!(parse(draft).is_ok(), fits, "{interval}");
    }
    for (timeout, interval, fits) in [
        (100, 60, true),
        (99, 60, false),
        (60_000, 60, true),
        (60_001, 3_600, false),
        (10_001, 10, false),
        (-1, 60, false),
    ] {
        let draft = Draft {
            interval_seconds: Some(interval),
            timeout_ms: Some(timeout),
            ..draft("x", "http://a.example")
        };
        assert_eq!(parse(draft).is_ok(), fits, "{timeout} every {interval}");
    }
}

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let policy = TargetPolicy::default();
    let rules = Rules {
        policy: &policy,
        min_interval_seconds: 60,
    };
    let old = Settings {
        interval_seconds: 10,
        ..parse(draft("x", "http://a.example")).unwrap()
    };
    let renamed = Draft {
        name: Some("y".to_owned()),
        ..Draft::default()
    };
    let new = Settings::parse(renamed, Some(&old), rules).unwrap();
    assert_eq!(
        new,
        Settings {
            name: "y".to_owned(),
            ..old.clone()
        }
    );
    let (before, after) = old.changes(&new);
    assert_eq!(Value::Object(before), json!({ "name": "x" }));
    assert_eq!(Value::Object(after), json!({ "name": "y" }));
    assert!(old.same_target(&new));
}

#[test]
fn a_shorter_interval_does_not_leave_a_longer_timeout_behind() {
    let policy = TargetPolicy::default();
    let rules = Rules {
        policy: &policy,
        min_interval_seconds: 10,
    };
    let old = Settings {
        timeout_ms: 30_000,
        ..parse(draft("x", "http://a.example")).unwrap()
    };
    let shorter = Draft {
        interval_seconds: Some(20),
        ..Draft::default()
    };
    let faults = Settings::parse(shorter, Some(&old), rules).expect_err("it is too long now");
    assert_eq!(
        faults.first().map(|fault| fault.pointer.as_str()),
        Some("/timeout_ms")
    );
}
