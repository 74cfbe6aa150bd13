//! Rule 2: every package inherits from the workspace what must not differ between packages.

use crate::{Manifest, Offence, Repository};

/// What `[package]` inherits.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

/// Every package that sets its own version, edition, licence, lints or dependency version, or
/// whose names do not follow its folder.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for manifest in &repo.manifests {
        let mut blame = |message: String| found.push(Offence::of(&manifest.path, message));
        for key in INHERITED {
            if !inherits(manifest, &["package", key]) {
                blame(format!("`{key}.workspace = true` is missing in [package]"));
            }
        }
        if !inherits(manifest, &["lints"]) {
            blame("`workspace = true` is missing in [lints]".to_owned());
        }
        let folder = manifest
            .folder
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .replace('_', "-");
        if manifest.name != format!("signalbox-{folder}") {
            blame(format!(
                "the package of this folder is called signalbox-{folder}"
            ));
        }
        for dependency in repo
            .dependencies(manifest)
            .iter()
            .filter(|it| !it.inherited)
        {
            blame(format!(
                "{} in {} is not `workspace = true`",
                dependency.key, dependency.section
            ));
        }
    }
    found
}

fn inherits(manifest: &Manifest, path: &[&str]) -> bool {
    let mut tables = path.iter();
    let mut value = tables.next().and_then(|key| manifest.table.get(*key));
    for key in tables {
        value = value.and_then(|it| it.get(key));
    }
    value
        .and_then(|it| it.get("workspace"))
        .and_then(toml::Value::as_bool)
        == Some(true)
}
