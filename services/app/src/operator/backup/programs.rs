//! The Postgres programs of this machine, gpg, and how they are run: found by version, without a shell, and
//! never as root where Postgres refuses that.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use rustix::process::geteuid;

/// A folder with the programs of one version.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Those of the major version `major`: in the folder named, else where distributions put them.
    pub fn find(named: Option<&Path>, major: u32) -> anyhow::Result<Self> {
        let folders = match named {
            Some(folder) => vec![folder.to_path_buf()],
            None => candidates(major),
        };
        let found = folders
            .into_iter()
            .find(|folder| major_of(folder) == Some(major));
        let folder = found.with_context(|| {
            format!("the programs of Postgres {major} are not here: install its server package, or name their folder in SIGNALBOX_POSTGRES_BIN")
        })?;
        Ok(Self { folder })
    }

    /// The path of `name`. Errors where it is missing: some packages leave programs out.
    pub fn path(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        ensure!(path.is_file(), "{} is missing", path.display());
        Ok(path)
    }
}

fn candidates(major: u32) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"))];
    let asked = Command::new("/bin/sh")
        .args(["-c", "command -v postgres || command -v pg_basebackup"])
        .stdin(Stdio::null())
        .output();
    let said = asked
        .ok()
        .and_then(|out| String::from_utf8(out.stdout).ok());
    let program = said.and_then(|path| PathBuf::from(path.trim()).canonicalize().ok());
    folders.extend(program.and_then(|path| Some(path.parent()?.to_path_buf())));
    folders.extend(
        [
            format!("/usr/pgsql-{major}/bin"),
            "/usr/local/bin".to_owned(),
            "/usr/bin".to_owned(),
        ]
        .map(PathBuf::from),
    );
    folders
}

/// What the server says, or where only the client's programs are, what the base backup says.
fn major_of(folder: &Path) -> Option<u32> {
    ["postgres", "pg_basebackup"].iter().find_map(|program| {
        let answer = Command::new(folder.join(program)).arg("--version").output();
        let text = String::from_utf8(answer.ok()?.stdout).ok()?;
        let (_, version) = text.split_once("(PostgreSQL) ")?;
        let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

/// The account that a server runs as when root asks for one: Postgres does not run as root.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `None` where this process is not root's: then it is its own.
    pub fn for_server() -> Option<Self> {
        let number = |which: &str, name: &str| {
            let out = Command::new("id").args([which, name]).output().ok()?;
            String::from_utf8(out.stdout).ok()?.trim().parse().ok()
        };
        let of = |name: &str| {
            Some(Self {
                uid: number("-u", name)?,
                gid: number("-g", name)?,
            })
        };
        geteuid()
            .is_root()
            .then(|| of("postgres").or_else(|| of("nobody")))
            .flatten()
    }

    /// Runs `command` as this account.
    pub fn take(account: Option<Self>, command: &mut Command) {
        if let Some(Self { uid, gid }) = account {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives it `path` and all below, for itself alone.
    pub fn own(account: Option<Self>, path: &Path) -> std::io::Result<()> {
        let there = fs::symlink_metadata(path)?;
        if there.is_dir() {
            for entry in fs::read_dir(path)? {
                Self::own(account, &entry?.path())?;
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        match account {
            Some(Self { uid, gid }) => std::os::unix::fs::lchown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Gives it one folder, to go through and to write in.
    pub fn enter(account: Option<Self>, folder: &Path) -> std::io::Result<()> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        match account {
            Some(Self { uid, gid }) => chown(folder, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }
}

/// Runs a program to its end. Errors: what it said, where it failed.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(OsStr::new("program"))
        .display()
        .to_string();
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} does not run"))?;
    if !done.status.success() {
        let said = [done.stderr, done.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        let mut last: Vec<&str> = said.trim().lines().rev().take(5).collect();
        last.reverse();
        bail!("{name} failed: {}", last.join("; "));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
