//! Rule 12: the map of OWASP's standard names tests that exist, or says why there is none.
//!
//! Owns reading `deploy/security/asvs.md`. Whether a test proves what the map says is for people to judge.

use std::collections::BTreeSet;

use crate::{Offence, Repository};

/// The map.
pub const MAP: &str = "deploy/security/asvs.md";

/// Words that a reason has at least.
const REASON_WORDS: usize = 4;

/// Every line of the map that names no test and gives no reason, names a test that is not there, or comes
/// twice.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let Some(map) = repo.file(MAP) else {
        return vec![Offence::of(MAP, "is missing")];
    };
    let tests = tests(repo);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (line, text) in (1..).zip(map.text.lines()) {
        let Some([item, level, evidence]) = cells(text) else {
            continue;
        };
        let mut blame = |message: String| found.push(Offence::at(MAP, line, message));
        if !is_item(item) || !matches!(level, "1" | "2") {
            blame(format!(
                "`{item}` at level `{level}` is no item of the standard"
            ));
        }
        if !seen.insert(item.to_owned()) {
            blame(format!("{item} stands here twice"));
        }
        // Every other part stands between backticks.
        let names: Vec<&str> = evidence.split('`').skip(1).step_by(2).collect();
        for name in &names {
            if !tests.contains(*name) {
                blame(format!("{item}: there is no test `{name}`"));
            }
        }
        if names.is_empty() && evidence.split_whitespace().count() < REASON_WORDS {
            blame(format!("{item}: name a test, or say why there is none"));
        }
    }
    if seen.is_empty() {
        found.push(Offence::of(MAP, "holds no item"));
    }
    found
}

/// The three cells of a line of the table, past its head.
fn cells(line: &str) -> Option<[&str; 3]> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let mut cells = inner.splitn(3, " | ");
    let found = [cells.next()?, cells.next()?, cells.next()?];
    (found.first() != Some(&"item")).then_some(found)
}

/// `V6.2.1`: chapter, section, item.
fn is_item(text: &str) -> bool {
    let numbers = |rest: &str| {
        rest.split('.').count() == 3
            && rest
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    text.strip_prefix('V').is_some_and(numbers)
}

/// How far in front of a function its attributes are looked for.
const ATTRIBUTES: usize = 60;

/// The names of the functions that are tests.
fn tests(repo: &Repository) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, rust) in repo.rust_files() {
        for index in rust.find(&["fn"]) {
            let before = (1..ATTRIBUTES).map_while(|back| index.checked_sub(back));
            let marked = before
                .take_while(|at| !matches!(rust.text(*at), "}" | ";"))
                .any(|at| rust.text(at) == "test" && rust.text(at + 1) == "]");
            if marked {
                found.insert(rust.text(index + 1).to_owned());
            }
        }
    }
    found
}
