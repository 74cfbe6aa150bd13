//! Rule 11 on this repository and on wrong ones.

use checks::top_level;

use crate::{blames, clean, house, tree};

#[test]
fn the_top_level_is_the_map() {
    clean(top_level::offences(house()));
}

#[test]
fn an_entry_too_many_or_too_few_is_named() {
    let repo = tree(&[
        ("Cargo.lock", ""),
        ("Cargo.toml", ""),
        ("LICENSE", ""),
        ("README.md", ""),
        ("NOTES.md", ""),
        ("deploy/compose.yaml", ""),
        ("docs/plan.md", ""),
        ("migrations/V1__x.sql", ""),
        ("openapi/signalbox.v1.json", ""),
        ("scripts/dev", ""),
        ("services/README.md", ""),
        (".gitignore", ""),
        (".ci/run", ""),
    ]);
    let offenders = [
        "NOTES.md: has no place",
        "docs: has no place",
        "tenant-templates: is missing",
    ];
    blames(top_level::offences(&repo), &offenders);
}
