//! Rule 3: a library that could open a way around a wall is named by one package alone.
//!
//! Manifests say who may build against it; the source says who reaches it through a re-export.

use crate::{Dependency, Offence, Repository, RustSource, Token};

struct Wrapper {
    /// Packages, `*` at the end for a family.
    libraries: &'static [&'static str],
    /// The only folders that name them, the owner first; none where nobody outside tests may.
    homes: &'static [&'static str],
    /// Whether dev packages and dev-dependencies may name them too.
    tests: bool,
}

const WRAPPERS: [Wrapper; 5] = [
    Wrapper {
        libraries: &[
            "tokio-postgres*",
            "postgres-types",
            "postgres-protocol",
            "deadpool*",
        ],
        // The benchmark measures the driver bare, as the ceiling of everything else.
        homes: &["services/core/db", "services/dev/bench"],
        tests: false,
    },
    Wrapper {
        libraries: &["refinery*"],
        homes: &["services/core/tenancy"],
        tests: false,
    },
    Wrapper {
        libraries: &["lettre*"],
        homes: &["services/adapters/mail"],
        tests: true,
    },
    Wrapper {
        libraries: &["hyper*", "hickory*"],
        homes: &["services/adapters/egress"],
        tests: true,
    },
    Wrapper {
        libraries: &["reqwest*"],
        homes: &[],
        tests: true,
    },
];

/// Where the app's commands that act as the owner login live, besides `core/tenancy` and `dev/*`.
pub const OWNER_COMMANDS: [&str; 3] = [
    "services/app/src/dev",
    "services/app/src/operator",
    "services/app/src/migrate",
];

/// Every manifest and source line that names a wrapped library outside its home.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for wrapper in &WRAPPERS {
        for manifest in repo
            .manifests
            .iter()
            .filter(|it| !wrapper.is_home(&it.folder))
        {
            for dependency in repo.dependencies(manifest) {
                if wrapper.wraps(&dependency.package)
                    && !wrapper.tolerates(&manifest.folder, &dependency)
                {
                    let message = format!("{} belongs to {}", dependency.package, wrapper.place());
                    found.push(Offence::of(&manifest.path, message));
                }
            }
        }
        for (file, rust) in repo.rust_files() {
            let tolerated =
                wrapper.tests && (file.path.starts_with("services/dev/") || file.test());
            if tolerated || wrapper.is_home(&file.path) {
                continue;
            }
            for (name, line) in roots_of_paths(rust) {
                let tolerated = wrapper.tests && rust.in_test(line);
                if wrapper.wraps(&name.replace('_', "-")) && !tolerated {
                    let message = format!("`{name}` belongs to {}", wrapper.place());
                    found.push(Offence::at(&file.path, line, message));
                }
            }
        }
    }
    found
}

/// Modules that speak as the owner login, by the crate that has them.
const OWNER_MODULES: [(&str, &str); 6] = [
    ("db", "owner"),
    ("tenancy", "archive"),
    ("tenancy", "bootstrap"),
    ("tenancy", "describe"),
    ("tenancy", "drop"),
    ("tenancy", "migrate"),
];

/// Every line outside tenancy, `dev/*` and the app's operator commands that names a module of the
/// owner login: the way to DDL and to SQL made at run time.
pub fn owner_offences(repo: &Repository) -> Vec<Offence> {
    let homes = [
        "services/core/db/",
        "services/core/tenancy/",
        "services/dev/",
    ];
    let command = |path: &str| {
        let rests = OWNER_COMMANDS
            .iter()
            .filter_map(|command| path.strip_prefix(command));
        rests
            .into_iter()
            .any(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    let mut found = Vec::new();
    for (file, rust) in repo.rust_files() {
        if homes.iter().any(|home| file.path.starts_with(home)) || command(&file.path) {
            continue;
        }
        let mut lines: Vec<usize> = Vec::new();
        for (package, module) in OWNER_MODULES {
            lines.extend(rust.lines_with(&[package, ":", ":", module]));
            let imported = |token: &&Token| {
                token.text == module && token.imported_from.as_deref() == Some(package)
            };
            lines.extend(rust.tokens.iter().filter(imported).map(|token| token.line));
        }
        lines.sort_unstable();
        lines.dedup();
        found.extend(lines.into_iter().map(|line| {
            let message =
                "only tenancy, dev/* and the app's operator commands act as the owner login";
            Offence::at(&file.path, line, message)
        }));
    }
    found
}

impl Wrapper {
    fn wraps(&self, package: &str) -> bool {
        self.libraries
            .iter()
            .any(|library| match library.strip_suffix('*') {
                Some(family) => {
                    let family = family.trim_end_matches('-');
                    package == family
                        || package
                            .strip_prefix(family)
                            .is_some_and(|rest| rest.starts_with('-'))
                }
                None => package == *library,
            })
    }

    fn is_home(&self, path: &str) -> bool {
        self.homes
            .iter()
            .any(|home| path == *home || path.starts_with(&format!("{home}/")))
    }

    fn tolerates(&self, folder: &str, dependency: &Dependency) -> bool {
        self.tests
            && (folder.starts_with("services/dev/") || dependency.section == "dev-dependencies")
    }

    fn place(&self) -> &'static str {
        self.homes
            .first()
            .copied()
            .unwrap_or("tests; the house goes out through services/adapters/egress")
    }
}

/// Every identifier that begins or continues a path: `name::…`, `use name;`, `use db::{name}`.
fn roots_of_paths(rust: &RustSource) -> impl Iterator<Item = (&str, usize)> {
    rust.tokens.iter().enumerate().filter_map(|(index, token)| {
        let path = rust.text(index + 1) == ":" && rust.text(index + 2) == ":";
        (path || token.imported_from.is_some()).then_some((token.text.as_str(), token.line))
    })
}
