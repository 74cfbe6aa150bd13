//! Rule 1 on this repository and on wrong ones.

use checks::{Repository, ranks};

use crate::{blames, clean, house, tree};

#[test]
fn packages_import_only_from_lower_ranks() {
    assert!(house().manifests.len() > 10, "the packages are found");
    clean(ranks::offences(house()));
}

#[test]
fn an_import_upwards_is_named() {
    let repo = packages(&[
        (
            "core/kernel",
            "[dependencies]\nsignalbox-db.workspace = true",
        ),
        ("core/db", ""),
    ]);
    blames(
        ranks::offences(&repo),
        &["services/core/kernel/Cargo.toml: signalbox-db in dependencies: import only"],
    );
}

#[test]
fn an_import_between_siblings_is_named_in_every_section() {
    for section in [
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
    ] {
        let body = format!("[{section}]\nsignalbox-identity.workspace = true");
        let repo = packages(&[("domains/endpoints", &body), ("domains/identity", "")]);
        blames(
            ranks::offences(&repo),
            &["services/domains/endpoints/Cargo.toml: signalbox-identity in"],
        );
    }
}

#[test]
fn a_renamed_import_is_seen_through() {
    let renamed = "[dependencies]\nx = { package = \"signalbox-app\", path = \"../app\" }";
    let repo = packages(&[("gateway", renamed), ("app", "")]);
    blames(
        ranks::offences(&repo),
        &["services/gateway/Cargo.toml: signalbox-app in dependencies"],
    );
}

#[test]
fn an_import_downwards_is_fine() {
    let repo = packages(&[
        (
            "app",
            "[dependencies]\nsignalbox-identity.workspace = true\nserde.workspace = true",
        ),
        (
            "domains/identity",
            "[dependencies]\nsignalbox-gateway.workspace = true",
        ),
        ("gateway", "[dependencies]\nsignalbox-jobs.workspace = true"),
        (
            "core/jobs",
            "[dependencies]\nsignalbox-tenancy.workspace = true",
        ),
        ("core/tenancy", ""),
    ]);
    clean(ranks::offences(&repo));
}

#[test]
fn dev_packages_are_for_tests() {
    let repo = packages(&[
        (
            "core/db",
            "[dev-dependencies]\nsignalbox-fakes.workspace = true",
        ),
        (
            "core/jobs",
            "[dependencies]\nsignalbox-fakes.workspace = true",
        ),
        ("dev/fakes", ""),
        (
            "dev/testkit",
            "[dependencies]\nsignalbox-app.workspace = true\nsignalbox-fakes.workspace = true",
        ),
        ("app", ""),
    ]);
    blames(
        ranks::offences(&repo),
        &["services/core/jobs/Cargo.toml: signalbox-fakes in dependencies: dev packages"],
    );
}

#[test]
fn app_takes_fakes_only_behind_the_feature_dev() {
    let optional = "[dependencies]\nsignalbox-fakes = { workspace = true, optional = true }\n";
    let cases = [
        ("[dependencies]\nsignalbox-fakes.workspace = true\n", false),
        (optional, false),
        (
            &format!("{optional}[features]\nserve = [\"dep:signalbox-fakes\"]"),
            false,
        ),
        (
            &format!(
                "{optional}[features]\ndev = [\"dep:signalbox-fakes\"]\nx = [\"signalbox-fakes/x\"]"
            ),
            false,
        ),
        (
            &format!("{optional}[features]\ndev = [\"dep:signalbox-fakes\"]"),
            true,
        ),
    ];
    for (body, allowed) in cases {
        let repo = packages(&[("app", body), ("dev/fakes", "")]);
        assert_eq!(ranks::offences(&repo).is_empty(), allowed, "{body}");
    }
}

#[test]
fn a_package_in_a_folder_without_rank_is_named() {
    let repo = packages(&[("core/cache", ""), ("shared", "")]);
    let offenders = [
        "services/core/cache/Cargo.toml: this folder",
        "services/shared/Cargo.toml: this folder",
    ];
    blames(ranks::offences(&repo), &offenders);
}

fn packages(packages: &[(&str, &str)]) -> Repository {
    let manifests: Vec<(String, String)> = packages
        .iter()
        .map(|(folder, body)| {
            let name = folder.rsplit('/').next().unwrap_or(folder);
            let text = format!("[package]\nname = \"signalbox-{name}\"\n{body}\n");
            (format!("services/{folder}/Cargo.toml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = manifests
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    tree(&files)
}
