//! What is said about a query that does not fit.

use super::*;
use actix_web::body::MessageBody;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, Default, PartialEq, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
struct Listing {
    #[validate(range(min = 1, max = 200))]
    limit: Option<u32>,
    cursor: Option<String>,
    #[validate(length(max = 10))]
    q: Option<String>,
    sort: Sort,
    deleted: bool,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
enum Sort {
    #[default]
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDown,
}

fn faults(query: &str) -> Vec<(String, String, String)> {
    let refused = parse::<Listing>(query).expect_err("it is refused");
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
    let text = |error: &Value, name: &str| error[name].as_str().expect("text").to_owned();
    let errors = document["errors"].as_array().expect("a list");
    errors
        .iter()
        .map(|e| (text(e, "pointer"), text(e, "code"), text(e, "message")))
        .collect()
}

#[test]
fn a_good_query_comes_out_as_values() {
    let listing =
        parse::<Listing>("limit=20&q=a+b%20%C3%A9&sort=-name&deleted=true&").expect("good");
    assert_eq!(
        listing,
        Listing {
            limit: Some(20),
            cursor: None,
            q: Some("a b é".into()),
            sort: Sort::NameDown,
            deleted: true,
        }
    );
    assert_eq!(parse::<Listing>("").ok(), Some(Listing::default()));
    assert_eq!(
        parse::<Listing>("q").ok().and_then(|l| l.q),
        Some(String::new())
    );
}

const WHOLE: &str = "Expected a whole number from 0 to 4294967295.";
const TWICE: &str = "This parameter stands here twice.";
const RANGE: &str = "A number from 1 to 200.";
const ENCODING: &str = "Percent-encoding of UTF-8 text is expected.";

/// Query; pointer; code; message.
const FAULTS: [(&str, &str, &str, &str); 15] = [
    ("limit=x", "/limit", "type", WHOLE),
    ("limit=", "/limit", "type", WHOLE),
    ("limit=-1", "/limit", "type", WHOLE),
    ("limit=1.5", "/limit", "type", WHOLE),
    ("limit=1&limit=2", "/limit", "duplicate", TWICE),
    ("l%69mit=1&limit=2", "/limit", "duplicate", TWICE),
    ("limit=0", "/limit", "range", RANGE),
    ("limit=201", "/limit", "range", RANGE),
    (
        "sort=size",
        "/sort",
        "choice",
        "Expected one of: name, -name.",
    ),
    ("deleted=yes", "/deleted", "type", "Expected true or false."),
    ("page=1", "/page", "unknown", "There is no such field here."),
    ("q=%ff", "/q", "encoding", ENCODING),
    ("q=%zz", "/q", "encoding", ENCODING),
    ("q=%", "/q", "encoding", ENCODING),
    ("%ff=1", "", "encoding", ENCODING),
];

#[test]
fn each_fault_of_a_query_names_its_parameter() {
    for (query, pointer, code, message) in FAULTS {
        let expected = vec![(pointer.to_owned(), code.to_owned(), message.to_owned())];
        assert_eq!(faults(query), expected, "{query}");
    }
    let many: String = (0..40).map(|n| format!("p{n}=1&")).collect();
    assert_eq!(faults(&many)[0].1, "too_many");
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let all = faults("limit=0&q=12345678901");
    let places: Vec<&str> = all.iter().map(|(pointer, _, _)| pointer.as_str()).collect();
    assert_eq!(places, ["/limit", "/q"]);
}

proptest! {
    #[test]
    fn no_query_makes_the_reader_fail(query in "[ -~]{0,60}") {
        if let Err(refused) = parse::<Listing>(&query) {
            prop_assert_eq!(refused.status().as_u16(), 400);
        }
    }

    #[test]
    fn text_arrives_as_it_was_sent(text in "[^\u{0}]{0,10}") {
        let encoded: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
        let listing = parse::<Listing>(&format!("cursor={encoded}")).expect("it is good");
        prop_assert_eq!(listing.cursor, Some(text));
    }
}
