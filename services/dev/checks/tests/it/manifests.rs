//! Rule 2 on this repository and on wrong ones.

use checks::manifests;

use crate::{blames, clean, house, tree};

const GOOD: &str = "\
[package]
name = \"signalbox-db\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true
[lints]
workspace = true
[dependencies]
serde.workspace = true
uuid = { workspace = true, features = [\"v7\"] }
";

#[test]
fn packages_inherit_from_the_workspace() {
    clean(manifests::offences(house()));
}

#[test]
fn a_package_that_inherits_everything_is_fine() {
    clean(manifests::offences(&tree(&[(
        "services/core/db/Cargo.toml",
        GOOD,
    )])));
}

#[test]
fn everything_set_by_a_package_itself_is_named() {
    let cases = [
        (
            "version.workspace = true",
            "version = \"0.2.0\"",
            "`version.workspace = true`",
        ),
        (
            "edition.workspace = true",
            "edition = \"2021\"",
            "`edition.workspace = true`",
        ),
        (
            "rust-version.workspace = true",
            "",
            "`rust-version.workspace = true`",
        ),
        (
            "license.workspace = true",
            "license = \"MIT\"",
            "`license.workspace = true`",
        ),
        ("publish.workspace = true", "", "`publish.workspace = true`"),
        (
            "[lints]\nworkspace = true",
            "",
            "`workspace = true` is missing in [lints]",
        ),
        (
            "signalbox-db",
            "db",
            "the package of this folder is called signalbox-db",
        ),
        (
            "serde.workspace = true",
            "serde = \"1\"",
            "serde in dependencies is not",
        ),
        (
            "serde.workspace = true",
            "serde = { path = \"../x\" }",
            "serde in dependencies is not",
        ),
    ];
    for (good, bad, message) in cases {
        let wrong = GOOD.replacen(good, bad, 1);
        assert_ne!(wrong, GOOD);
        let repo = tree(&[("services/core/db/Cargo.toml", wrong)]);
        blames(
            manifests::offences(&repo),
            &[&format!("services/core/db/Cargo.toml: {message}")],
        );
    }
}

#[test]
fn a_manifest_that_does_not_parse_inherits_nothing() {
    let repo = tree(&[("services/core/db/Cargo.toml", "[package")]);
    assert_eq!(manifests::offences(&repo).len(), 7);
}
