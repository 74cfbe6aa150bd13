//! Every rule twice: on this repository, where nothing may break it, and on small wrong trees,
//! where it must name the offender. Shared here: the real tree, read once, and the two verdicts.

mod dependencies;
mod descriptions;
mod layers;
mod live;
mod manifests;
mod migrations;
mod names;
mod ranks;
mod security_map;
mod sizes;
mod statements;
mod text;
mod top_level;
mod wrappers;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use checks::{Offence, Repository};

#[expect(
    clippy::expect_used,
    reason = "without the tree there is nothing to test"
)]
static HOUSE: LazyLock<Repository> =
    LazyLock::new(|| Repository::load(&root()).expect("the repository is readable"));

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// This repository.
fn house() -> &'static Repository {
    &HOUSE
}

/// A repository of these files.
fn tree<T: AsRef<str>>(files: &[(&str, T)]) -> Repository {
    Repository::from_files(
        Path::new("/"),
        files.iter().map(|(path, text)| (*path, text.as_ref())),
    )
}

/// Nothing breaks the rule; otherwise lists everything that does.
#[track_caller]
fn clean(offences: Vec<Offence>) {
    let list: Vec<String> = offences.iter().map(Offence::to_string).collect();
    assert!(
        list.is_empty(),
        "{} offences:\n{}",
        list.len(),
        list.join("\n")
    );
}

/// Exactly these offences, each given by the beginning of its printed form, in any order.
#[track_caller]
fn blames(offences: Vec<Offence>, expected: &[&str]) {
    let mut list: Vec<String> = offences.iter().map(Offence::to_string).collect();
    list.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let same = list.len() == expected.len()
        && list
            .iter()
            .zip(&expected)
            .all(|(is, should)| is.starts_with(should));
    assert!(
        same,
        "expected\n{}\nbut found\n{}",
        expected.join("\n"),
        list.join("\n")
    );
}
