//! What is said about a body that does not fit.

use super::*;
use actix_web::body::MessageBody;
use actix_web::http::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[validate(length(min = 3, max = 5))]
    name: String,
    #[validate(email)]
    email: Option<String>,
    #[serde(default = "ten")]
    #[validate(range(min = 10, max = 3600))]
    every: u32,
    kind: Option<Kind>,
    id: Option<Uuid>,
    #[validate(nested)]
    #[serde(default)]
    parts: Vec<Part>,
    flags: Option<BTreeMap<String, bool>>,
    ratio: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Http,
    Tcp,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Part {
    #[validate(length(min = 1, message = "Name it."))]
    label: String,
}

fn ten() -> u32 {
    10
}

/// Pointer, code and message of each fault.
fn faults(body: &str) -> Vec<(String, String, String)> {
    let refused = parse::<Sample>(body.as_bytes()).expect_err("it is refused");
    assert_eq!(
        (refused.status().as_u16(), refused.code()),
        (400, "validation_failed")
    );
    let bytes = refused
        .respond(Uuid::nil())
        .into_body()
        .try_into_bytes()
        .expect("whole");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    let errors = document["errors"].as_array().expect("a list").clone();
    let text = |error: &Value, name: &str| error[name].as_str().expect("text").to_owned();
    errors
        .iter()
        .map(|e| (text(e, "pointer"), text(e, "code"), text(e, "message")))
        .collect()
}

fn one(body: &str) -> (String, String, String) {
    let mut all = faults(body);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn a_good_body_comes_out_as_values() {
    let body =
        r#"{"name":"abc","email":"a@b.example","every":60,"kind":"tcp","parts":[{"label":"x"}]}"#;
    let sample = parse::<Sample>(body.as_bytes()).expect("it is good");
    assert_eq!((sample.name.as_str(), sample.every), ("abc", 60));
    assert!(matches!(sample.kind, Some(Kind::Tcp)));
    assert!(sample.id.is_none() && sample.flags.is_none() && sample.ratio.is_none());
    assert!(matches!(parse::<Sample>(br#"{"name":"abc","kind":"http"}"#), Ok(s) if s.every == 10));
}

const REQUIRED: &str = "This field is required.";
const UNKNOWN: &str = "There is no such field here.";
const WHOLE: &str = "Expected a whole number from 0 to 4294967295.";

/// Body; pointer; code; message.
type Fault = (&'static str, &'static str, &'static str, &'static str);

const TOP: [Fault; 11] = [
    (r#"{}"#, "/name", "required", REQUIRED),
    (r#"{"name":1}"#, "/name", "type", "Expected text."),
    (r#"{"name":null}"#, "/name", "type", "Expected text."),
    (r#"[]"#, "", "type", "Expected an object."),
    (r#""text""#, "", "type", "Expected an object."),
    (r#"null"#, "", "type", "Expected an object."),
    (r#"{"name":"abc","extra":1}"#, "/extra", "unknown", UNKNOWN),
    (
        r#"{"name":"abc","a/b~c":1}"#,
        "/a~1b~0c",
        "unknown",
        UNKNOWN,
    ),
    (r#"{"name":"abc","Name":1}"#, "/Name", "unknown", UNKNOWN),
    (
        r#"{"name":"abc","ratio":"x"}"#,
        "/ratio",
        "type",
        "Expected a number.",
    ),
    (
        r#"{"name":"abc","name":"abd"}"#,
        "/name",
        "duplicate",
        "This member stands here twice.",
    ),
];

const VALUES: [Fault; 7] = [
    (r#"{"name":"abc","every":-1}"#, "/every", "type", WHOLE),
    (r#"{"name":"abc","every":1.5}"#, "/every", "type", WHOLE),
    (r#"{"name":"abc","every":"60"}"#, "/every", "type", WHOLE),
    (
        r#"{"name":"abc","every":99999999999}"#,
        "/every",
        "type",
        WHOLE,
    ),
    (
        r#"{"name":"abc","kind":"udp"}"#,
        "/kind",
        "choice",
        "Expected one of: http, tcp.",
    ),
    (
        r#"{"name":"abc","id":"7"}"#,
        "/id",
        "type",
        "Expected a UUID.",
    ),
    (
        r#"{"name":"abc","id":7}"#,
        "/id",
        "type",
        "Expected a UUID.",
    ),
];

const NESTED: [Fault; 5] = [
    (
        r#"{"name":"abc","parts":{}}"#,
        "/parts",
        "type",
        "Expected a list.",
    ),
    (
        r#"{"name":"abc","parts":[{"label":"x"},{}]}"#,
        "/parts/1/label",
        "required",
        REQUIRED,
    ),
    (
        r#"{"name":"abc","parts":[{"label":true}]}"#,
        "/parts/0/label",
        "type",
        "Expected text.",
    ),
    (
        r#"{"name":"abc","parts":[{"label":"x","y":1}]}"#,
        "/parts/0/y",
        "unknown",
        UNKNOWN,
    ),
    (
        r#"{"name":"abc","flags":{"a":1}}"#,
        "/flags/a",
        "type",
        "Expected true or false.",
    ),
];

#[test]
fn the_first_fault_of_the_structure_is_told_with_its_place_and_what_is_expected() {
    for (body, pointer, code, message) in TOP.into_iter().chain(VALUES).chain(NESTED) {
        let expected = (pointer.to_owned(), code.to_owned(), message.to_owned());
        assert_eq!(one(body), expected, "{body}");
    }
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let body = r#"{"name":"a","email":"x","every":5,"parts":[{"label":"x"},{"label":""}]}"#;
    let all = faults(body);
    let places: Vec<(&str, &str)> = all
        .iter()
        .map(|(p, c, _)| (p.as_str(), c.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("/email", "email"),
            ("/every", "range"),
            ("/name", "length"),
            ("/parts/1/label", "length")
        ]
    );
    assert_eq!(all[1].2, "A number from 10 to 3600.");
    assert_eq!(all[2].2, "Between 3 and 5 characters or elements.");
    assert_eq!(all[3].2, "Name it.");
}

#[test]
fn what_was_sent_never_comes_back() {
    let secret = "hunter2, expected hunter2";
    let long = format!("{secret}{secret}");
    for body in [
        json!({"name": "abc", "every": secret}),
        json!({"name": "abc", "kind": secret}),
        json!({"name": "abc", "id": secret}),
        json!({"name": "abc", "ratio": secret}),
        json!({"name": "abc", "flags": secret}),
        json!({"name": "abc", "parts": secret}),
        json!({"name": "abc", "parts": [secret]}),
        json!({"name": long}),
        json!({"name": "abc", "email": secret}),
        json!(secret),
    ] {
        for (pointer, code, message) in faults(&body.to_string()) {
            assert!(!message.contains("hunter2"), "{pointer} {code} {message}");
        }
    }
}

#[test]
fn only_json_is_read() {
    let check = |kind: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        check_headers(&headers).map_err(|error| error.status().as_u16())
    };
    for good in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ] {
        assert_eq!(check(Some(good)), Ok(()), "{good}");
    }
    for wrong in [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/json, text/plain",
    ] {
        assert_eq!(check(Some(wrong)), Err(415), "{wrong}");
    }
    assert_eq!(check(None), Err(415));
}

#[test]
fn a_compressed_body_is_not_read() {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(
        check_headers(&headers).map_err(|e| e.status().as_u16()),
        Err(415)
    );
}

#[test]
fn a_body_that_says_it_is_too_long_is_not_read() {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("65537"));
    let refused = check_headers(&headers).expect_err("it is too long");
    assert_eq!(
        (refused.status().as_u16(), refused.code()),
        (413, "body_too_large")
    );
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("65536"));
    assert!(check_headers(&headers).is_ok());
}
