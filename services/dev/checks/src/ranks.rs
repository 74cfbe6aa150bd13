//! Rule 1: a package imports only from a lower rank, siblings never, `dev/*` only in tests.
//!
//! The rank of a package is its folder. Cargo forbids cycles; this forbids the rest.

use crate::{Dependency, Manifest, Offence, Repository};

/// The packages of `core` in the order in which they may build on each other.
const CORE: [&str; 5] = ["kernel", "db", "tenancy", "events", "jobs"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Core(usize),
    Adapter,
    Gateway,
    Domain,
    App,
    /// Outside the order: may use everything, and is used by tests alone.
    Dev,
}

/// Every import that goes up or sideways, and every package in a folder without a rank.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for manifest in &repo.manifests {
        let Some(rank) = rank(&manifest.folder) else {
            found.push(Offence::of(
                &manifest.path,
                "this folder has no rank in the house",
            ));
            continue;
        };
        for dependency in repo.dependencies(manifest) {
            let Some(other) = repo.package(&dependency.package) else {
                continue;
            };
            if let Some(reason) = refusal(manifest, rank, other, &dependency) {
                let message = format!("{} in {}: {reason}", other.name, dependency.section);
                found.push(Offence::of(&manifest.path, message));
            }
        }
    }
    found
}

fn rank(folder: &str) -> Option<Rank> {
    let parts: Vec<&str> = folder.split('/').collect();
    match parts.as_slice() {
        ["services", "core", name] => CORE.iter().position(|it| it == name).map(Rank::Core),
        ["services", "adapters", _] => Some(Rank::Adapter),
        ["services", "gateway"] => Some(Rank::Gateway),
        ["services", "domains", _] => Some(Rank::Domain),
        ["services", "app"] => Some(Rank::App),
        ["services", "dev", _] => Some(Rank::Dev),
        _ => None,
    }
}

fn refusal(
    manifest: &Manifest,
    rank: Rank,
    other: &Manifest,
    dependency: &Dependency,
) -> Option<&'static str> {
    let other_rank = self::rank(&other.folder)?;
    if rank == Rank::Dev {
        return None;
    }
    if other_rank == Rank::Dev {
        let fakes_of_dev = rank == Rank::App
            && other.folder == "services/dev/fakes"
            && dependency.optional
            && only_feature_dev_enables(manifest, &dependency.key);
        let allowed = dependency.section == "dev-dependencies" || fakes_of_dev;
        return (!allowed).then_some(
            "dev packages are dev-dependencies; app alone may take fakes, optional, for feature `dev`",
        );
    }
    (other_rank >= rank).then_some("import only from a lower rank; siblings never")
}

fn only_feature_dev_enables(manifest: &Manifest, key: &str) -> bool {
    let Some(features) = manifest
        .table
        .get("features")
        .and_then(toml::Value::as_table)
    else {
        return false;
    };
    let enables = |list: &toml::Value| {
        let mut names = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str);
        names.any(|name| {
            name == key || name == format!("dep:{key}") || name.starts_with(&format!("{key}/"))
        })
    };
    let mut enabling = features
        .iter()
        .filter(|(_, list)| enables(list))
        .map(|(name, _)| name);
    enabling.next().is_some_and(|name| name == "dev") && enabling.next().is_none()
}
