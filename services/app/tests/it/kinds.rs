//! Every kind of work that the code can leave behind has a handler, and every handler has such work; every
//! event that is published is in the list of events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;
use testkit::TestApp;

/// The sources of the product, without its tests.
pub fn sources() -> Vec<String> {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = ["core", "adapters", "gateway", "domains", "app/src"]
        .iter()
        .map(|folder| services.join(folder))
        .collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                texts.push(std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    texts
}

#[tokio::test]
async fn what_can_be_enqueued_and_what_is_handled_are_the_same_set() {
    let constant = Regex::new(r#"const ([A-Z_]+): &str = "([a-z_.]+)";"#).expect("a pattern");
    // `tx.enqueue(KIND, …)`, `self.enqueue(KIND, …)`, `jobs::enqueue(tx, KIND, …)`.
    let enqueued =
        Regex::new(r"\benqueue(?:_once)?\(\s*(?:tx,\s*)?([A-Z][A-Z_]+),").expect("a pattern");
    let any = Regex::new(r"(?:tx|self|jobs)(?:\.|::)enqueue(?:_once)?\(").expect("a pattern");
    let texts = sources();
    let values: BTreeMap<&str, &str> = texts
        .iter()
        .flat_map(|text| constant.captures_iter(text))
        .map(|found| {
            (
                found.get(1).expect("a name").as_str(),
                found.get(2).expect("a value").as_str(),
            )
        })
        .collect();
    let mut kinds = BTreeSet::new();
    for text in &texts {
        let by_constant = enqueued.captures_iter(text).count();
        assert_eq!(
            any.find_iter(text).count(),
            by_constant,
            "a kind is not a constant in:\n{text}"
        );
        for found in enqueued.captures_iter(text) {
            let name = found.get(1).expect("a name").as_str();
            kinds.insert(
                *values
                    .get(name)
                    .unwrap_or_else(|| panic!("{name} has no value")),
            );
        }
    }
    assert!(kinds.len() >= 4, "the patterns find the kinds: {kinds:?}");
    let app = TestApp::start().await;
    let handled: BTreeSet<&str> = app.house.runner.kinds().into_iter().collect();
    assert_eq!(kinds, handled);
}

#[test]
fn the_audit_log_can_be_searched_for_every_sort_of_event() {
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/src/features/audit/Toolbar.tsx");
    let page = std::fs::read_to_string(page).expect("the page");
    let offered = page.split("const WHAT = {").nth(1).expect("the list");
    let offered = offered.split("};").next().expect("its end");
    let word = Regex::new(r"(?m)^  ([a-z_]+): '").expect("a pattern");
    let words = word.captures_iter(offered);
    let offered: BTreeSet<&str> = words
        .map(|found| found.get(1).expect("a word").as_str())
        .collect();
    let kinds = events::KINDS
        .iter()
        .filter_map(|kind| kind.split('.').next());
    assert_eq!(offered, kinds.collect());
}

#[test]
fn every_published_event_is_listed() {
    // `const KIND: &'static str = "user.verified";`, and in the endpoints' macro `EndpointPaused = "endpoint.paused"`.
    let kind =
        Regex::new(r#"(?:const KIND: &'static str|[A-Z][A-Za-z]+) = "([a-z_]+\.[a-z]+)"[;,]"#)
            .expect("a pattern");
    let texts = sources();
    let published: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| kind.captures_iter(text))
        .map(|found| found.get(1).expect("a kind").as_str())
        .collect();
    let listed: BTreeSet<&str> = events::KINDS.iter().copied().collect();
    assert_eq!(published, listed);
}
