//! Rule 11: the top level of the repository is the map in its README, and nothing besides.

use std::collections::BTreeSet;

use crate::{Offence, Repository};

const ENTRIES: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "deploy",
    "migrations",
    "openapi",
    "scripts",
    "services",
    "tenant-templates",
];

/// Every entry too many or too few; dotfiles are free.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let expected: BTreeSet<&str> = ENTRIES.into_iter().collect();
    let present: BTreeSet<&str> = repo
        .files
        .iter()
        .filter_map(|file| file.path.split('/').next())
        .filter(|entry| !entry.starts_with('.'))
        .collect();
    let extra = present
        .difference(&expected)
        .map(|it| Offence::of(it, "has no place on the top level"));
    let missing = expected
        .difference(&present)
        .map(|it| Offence::of(it, "is missing on the top level"));
    extra.chain(missing).collect()
}
