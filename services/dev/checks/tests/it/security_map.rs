//! Rule 12 on this repository and on wrong ones.

use checks::security_map::{self, MAP};

use crate::{blames, clean, house, tree};

const TESTS: &str =
    "//! Tests of a thing.\n\n#[tokio::test]\nasync fn a_thing_holds() {}\n\nfn a_helper() {}\n";

#[test]
fn every_test_of_the_map_exists() {
    clean(security_map::offences(house()));
}

#[test]
fn a_name_without_a_test_and_a_line_without_a_reason_are_named() {
    let map = "# Map\n\n| item | level | held by |\n|---|---|---|\n\
               | V1.1.1 | 2 | `a_thing_holds` |\n\
               | V1.1.2 | 2 | There is nothing of the kind here. |\n\
               | V1.1.2 | 2 | `a_helper` |\n\
               | V1.2.1 | 1 | later |\n\
               | V1.2 | 3 | `a_thing_holds` |\n";
    let repo = tree(&[(MAP, map), ("services/x/tests/it.rs", TESTS)]);
    let at = |line: usize, text: &str| format!("{MAP}:{line}: {text}");
    let offenders = [
        at(7, "V1.1.2 stands here twice"),
        at(7, "V1.1.2: there is no test `a_helper`"),
        at(8, "V1.2.1: name a test"),
        at(9, "`V1.2` at level `3`"),
    ];
    let offenders: Vec<&str> = offenders.iter().map(String::as_str).collect();
    blames(security_map::offences(&repo), &offenders);
}

#[test]
fn a_missing_map_is_named() {
    blames(
        security_map::offences(&tree(&[("README.md", "")])),
        &["deploy/security/asvs.md: is missing"],
    );
}
