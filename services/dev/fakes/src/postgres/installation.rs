//! The Postgres programs of this machine: where they are and which version. Starts no server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;
use super::account;
use crate::process::{Account, on_path};

/// The oldest Postgres that Signalbox runs on.
pub const OLDEST: u32 = 15;

/// A folder with `postgres` and `initdb` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The folder of the programs.
    pub bin_dir: PathBuf,
    /// `15.18`, as the program itself says.
    pub version: String,
    /// `15`: a data folder belongs to exactly one of these.
    pub major: u32,
}

impl Installation {
    /// Asks the programs in `bin_dir` for their version. `None` where there are none that run.
    pub fn at(bin_dir: &Path) -> Option<Self> {
        // The symlinks that distributions put on the path lead out of the folder with the rest.
        let postgres = bin_dir.join("postgres").canonicalize().ok()?;
        let bin_dir = postgres.parent()?.to_path_buf();
        if !bin_dir.join("initdb").is_file() {
            return None;
        }
        let answer = Command::new(&postgres).arg("--version").output().ok()?;
        let text = String::from_utf8(answer.stdout).ok()?;
        let version = text
            .strip_prefix("postgres (PostgreSQL) ")?
            .split_whitespace()
            .next()?;
        let major = version
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()?;
        Some(Self {
            bin_dir,
            version: version.to_owned(),
            major,
        })
    }

    /// Every usable installation, best first: the one on the search path, the distribution's from
    /// the newest down, then those that were unpacked into the folders given.
    pub fn all(unpacked: &[PathBuf]) -> Vec<Self> {
        let mut folders = Vec::new();
        folders.extend(on_path("postgres").and_then(|file| Some(file.parent()?.to_path_buf())));
        folders.extend(of_the_distribution());
        for folder in unpacked {
            folders.extend([
                folder.clone(),
                folder.join("bin"),
                folder.join("native/bin"),
            ]);
        }
        let mut found: Vec<Self> = Vec::new();
        for installation in folders.iter().filter_map(|folder| Self::at(folder)) {
            if installation.major >= OLDEST && !found.contains(&installation) {
                found.push(installation);
            }
        }
        found
    }

    /// The installation for a data folder: the one named, else the first that fits `cluster_major`
    /// (the version that made the folder, if it was made already) and that `account` may run.
    pub(super) fn choose(
        named: Option<&Path>,
        unpacked: &[PathBuf],
        cluster_major: Option<u32>,
        account: Option<Account>,
    ) -> Result<Self, PostgresError> {
        let candidates = match named {
            Some(folder) => {
                let named = Self::at(folder).filter(|found| found.major >= OLDEST);
                vec![named.ok_or_else(|| PostgresError::NotThere(folder.to_path_buf()))?]
            }
            None => Self::all(unpacked),
        };
        let (usable, shut): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .partition(|found| account.is_none_or(|who| account::may_enter(&found.bin_dir, who)));
        let fits = |found: &&Self| cluster_major.is_none_or(|major| found.major == major);
        match (usable.iter().find(fits), cluster_major) {
            (Some(found), _) => Ok(found.clone()),
            (None, Some(major)) if !usable.is_empty() => {
                let present = usable.iter().map(|found| found.version.clone()).collect();
                Err(PostgresError::WrongVersion { major, present })
            }
            _ => Err(PostgresError::NotFound {
                shut: shut.into_iter().map(|s| s.bin_dir).collect(),
            }),
        }
    }
}

/// Debian and its relatives keep each major version apart, and off the search path.
fn of_the_distribution() -> Vec<PathBuf> {
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut majors: Vec<u32> = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors
        .iter()
        .map(|major| format!("/usr/lib/postgresql/{major}/bin").into())
        .collect()
}
