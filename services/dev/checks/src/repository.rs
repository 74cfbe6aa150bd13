//! The picture every rule looks at: the files of the repository and its parsed manifests.
//!
//! Owns reading the tree, leaving out what `.gitignore` leaves out. Must not judge anything.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::RustSource;

/// The repository as it lies on disk, or as a test wrote it down.
#[derive(Debug)]
pub struct Repository {
    /// Folder that holds the workspace manifest.
    pub root: PathBuf,
    /// Every `Cargo.toml` except the root's, in the order of their paths.
    pub manifests: Vec<Manifest>,
    /// Every file that git would keep, in the order of their paths.
    pub files: Vec<SourceFile>,
    workspace: toml::Table,
}

/// One file, with its path written with forward slashes from the root.
#[derive(Debug)]
pub struct SourceFile {
    /// Path from the root.
    pub path: String,
    /// Contents; empty when they are not UTF-8 (images, fonts).
    pub text: String,
    /// Tokens of a Rust file; `None` for other files and for Rust that does not lex.
    pub rust: Option<RustSource>,
}

/// One package's manifest.
#[derive(Debug)]
pub struct Manifest {
    /// Path of the `Cargo.toml` from the root.
    pub path: String,
    /// Folder that holds it.
    pub folder: String,
    /// `package.name`, or the folder where the manifest names none.
    pub name: String,
    /// The parsed document; empty when it does not parse, so that every rule about it fails.
    pub table: toml::Table,
}

/// One entry of one dependency section.
#[derive(Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The package that is meant, after renames in the member and in the workspace.
    pub package: String,
    /// The name it has in this manifest.
    pub key: String,
    /// `dependencies`, `dev-dependencies` or `build-dependencies`.
    pub section: &'static str,
    /// Whether the entry is `optional = true`.
    pub optional: bool,
    /// Whether the entry inherits its version from the workspace.
    pub inherited: bool,
}

/// The tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A folder could not be listed.
    #[error("cannot list the repository")]
    Walk(#[from] ignore::Error),
    /// A file could not be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

impl Repository {
    /// Reads the tree under `root`.
    pub fn load(root: &Path) -> Result<Self, Unreadable> {
        // `.gitignore` decides alone: the rules hold in an unpacked archive without `.git`, and a
        // developer's global excludes cannot hide a file from them.
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .ignore(false)
            .parents(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        let mut files = Vec::new();
        for entry in walk {
            let entry = entry?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry.path();
            let bytes = std::fs::read(path).map_err(|source| Unreadable::File {
                path: path.to_owned(),
                source,
            })?;
            let name = path
                .strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .replace('\\', "/");
            files.push((name, String::from_utf8(bytes).unwrap_or_default()));
        }
        Ok(Self::from_files(root, files))
    }

    /// Builds the picture from paths and contents.
    pub fn from_files<P, T>(root: &Path, files: impl IntoIterator<Item = (P, T)>) -> Self
    where
        P: Into<String>,
        T: Into<String>,
    {
        let mut files: Vec<SourceFile> = files
            .into_iter()
            .map(|(path, text)| SourceFile::new(path.into(), text.into()))
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let workspace = files
            .iter()
            .find(|file| file.path == "Cargo.toml")
            .and_then(|file| file.text.parse().ok())
            .unwrap_or_default();
        let manifests = files
            .iter()
            .filter_map(|file| Some(Manifest::new(file, file.path.strip_suffix("/Cargo.toml")?)))
            .collect();
        Self {
            root: root.to_owned(),
            manifests,
            files,
            workspace,
        }
    }

    /// The file at `path`, if the repository has it.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Every Rust file that lexes, with its tokens.
    pub fn rust_files(&self) -> impl Iterator<Item = (&SourceFile, &RustSource)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// The manifest of the package called `name`.
    pub fn package(&self, name: &str) -> Option<&Manifest> {
        self.manifests.iter().find(|manifest| manifest.name == name)
    }

    /// Everything `manifest` depends on, in every section and for every target.
    pub fn dependencies(&self, manifest: &Manifest) -> Vec<Dependency> {
        let targets = manifest.table.get("target").and_then(toml::Value::as_table);
        let targets = targets.into_iter().flat_map(|table| table.values());
        let scopes = targets
            .filter_map(toml::Value::as_table)
            .chain([&manifest.table]);
        let mut found = Vec::new();
        for scope in scopes {
            for section in SECTIONS {
                let Some(table) = scope.get(section).and_then(toml::Value::as_table) else {
                    continue;
                };
                found.extend(
                    table
                        .iter()
                        .map(|(key, entry)| self.dependency(section, key, entry)),
                );
            }
        }
        found
    }

    fn dependency(&self, section: &'static str, key: &str, entry: &toml::Value) -> Dependency {
        let pinned = self
            .workspace
            .get("workspace")
            .and_then(|it| it.get("dependencies"));
        let renamed = |entry: &toml::Value| Some(entry.get("package")?.as_str()?.to_owned());
        let flag = |name: &str| entry.get(name).and_then(toml::Value::as_bool) == Some(true);
        Dependency {
            package: renamed(entry)
                .or_else(|| renamed(pinned?.get(key)?))
                .unwrap_or_else(|| key.to_owned()),
            key: key.to_owned(),
            section,
            optional: flag("optional"),
            inherited: flag("workspace"),
        }
    }
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        let rust = path
            .ends_with(".rs")
            .then(|| RustSource::lex(&text))
            .flatten();
        Self { path, text, rust }
    }

    /// The last component of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What follows the last dot of the name; empty for `Dockerfile` and for dotfiles.
    pub fn extension(&self) -> &str {
        match self.name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension,
            _ => "",
        }
    }

    /// Whether a program wrote it: `*.gen.*`, the tenant snapshot and lock files.
    pub fn generated(&self) -> bool {
        let name = self.name();
        name.contains(".gen.")
            || name == "schema.sql"
            || name == "package-lock.json"
            || name.ends_with(".lock")
    }

    /// Whether the whole file is a test.
    pub fn test(&self) -> bool {
        let folders = self.path.split('/').any(|part| part == "tests");
        folders
            || self.name() == "tests.rs"
            || [".test.", ".spec."]
                .iter()
                .any(|mark| self.name().contains(mark))
    }
}

impl Manifest {
    fn new(file: &SourceFile, folder: &str) -> Self {
        let table: toml::Table = file.text.parse().unwrap_or_default();
        let name = table
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(toml::Value::as_str)
            .unwrap_or(folder)
            .to_owned();
        Self {
            path: file.path.clone(),
            folder: folder.to_owned(),
            name,
            table,
        }
    }
}
