//! Rule 6: a file is named for its concept, never for being left over.

use crate::{Offence, Repository};

const BANNED: [&str; 8] = [
    "utils", "util", "helpers", "helper", "common", "misc", "types", "manager",
];

/// Every Rust and TypeScript file, source folder and inline module with a banned name.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    let source = |path: &str| [".rs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end));
    for file in repo
        .files
        .iter()
        .filter(|file| source(&file.path) && !file.generated())
    {
        let stem = |part: &str| {
            part.split('.')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let banned = file
            .path
            .split('/')
            .map(stem)
            .find(|part| BANNED.contains(&part.as_str()));
        if let Some(name) = banned {
            found.push(Offence::of(
                &file.path,
                format!("`{name}` names no concept"),
            ));
        }
    }
    for (file, rust) in repo.rust_files() {
        for name in BANNED {
            for line in rust.lines_with(&["mod", name]) {
                found.push(Offence::at(
                    &file.path,
                    line,
                    format!("`mod {name}` names no concept"),
                ));
            }
        }
    }
    found
}
