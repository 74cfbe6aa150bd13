//! Who the server runs as, and where that account can reach. Postgres refuses to run as root, so
//! root's server runs as the unprivileged account that every system has.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use super::PostgresError;
use crate::process::Account;

/// The account for a server over `folder`: `None` is the caller's own.
///
/// A folder that root finds already made by somebody else is run as that somebody.
pub(super) fn for_server(folder: &Path) -> Option<Account> {
    if !geteuid().is_root() {
        return None;
    }
    let owner = fs::metadata(folder.join(super::folder::CLUSTER))
        .ok()
        .filter(|data| data.uid() != 0);
    Some(match owner {
        Some(data) => Account {
            uid: data.uid(),
            gid: data.gid(),
        },
        None => Account {
            uid: number_of_nobody("-u"),
            gid: number_of_nobody("-g"),
        },
    })
}

/// The account for a program that goes in and out of `folder` as the server does: root's is whoever has it.
pub(crate) fn of_folder(folder: &Path) -> io::Result<Option<Account>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let there = fs::metadata(folder)?;
    Ok(Some(Account {
        uid: there.uid(),
        gid: there.gid(),
    }))
}

fn number_of_nobody(which: &str) -> u32 {
    let answer = Command::new("id").args([which, "nobody"]).output().ok();
    let text = answer.and_then(|out| String::from_utf8(out.stdout).ok());
    text.and_then(|text| text.trim().parse().ok())
        .unwrap_or(65_534)
}

/// Whether `account` can walk into `folder`: every folder above it must let it pass.
pub(super) fn may_enter(folder: &Path, account: Account) -> bool {
    let Ok(folder) = folder.canonicalize() else {
        return false;
    };
    folder.ancestors().all(|step| {
        fs::metadata(step).is_ok_and(|step| {
            let pass = match step {
                _ if step.uid() == account.uid => 0o100,
                _ if step.gid() == account.gid => 0o010,
                _ => 0o001,
            };
            step.mode() & pass != 0
        })
    })
}

/// The folder to use for the one asked for: that one, unless the account cannot get there (a
/// home of root's, say); then one of the same name elsewhere, always the same.
pub(super) fn reachable(folder: &Path, account: Option<Account>) -> Result<PathBuf, PostgresError> {
    let asked =
        std::path::absolute(folder).map_err(|error| PostgresError::folder(folder, error))?;
    let Some(account) = account else {
        return Ok(asked);
    };
    let parent = asked.parent().unwrap_or(&asked);
    let first_there = parent.ancestors().find(|step| step.exists());
    if first_there.is_some_and(|step| may_enter(step, account))
        && fs::create_dir_all(parent).is_ok()
        && may_enter(parent, account)
    {
        return Ok(asked);
    }
    let name = format!("postgres-{}", fingerprint(&asked));
    for base in [Path::new("/var/lib/signalbox"), &std::env::temp_dir()] {
        if fs::create_dir_all(base).is_ok() && may_enter(base, account) {
            tracing::info!(asked = %asked.display(), used = %base.join(&name).display(),
                "the account that runs Postgres cannot reach the data folder: its files go elsewhere");
            return Ok(base.join(name));
        }
    }
    Err(PostgresError::Unreachable(asked))
}

/// The system's temporary folder, unless that is one where the server's account cannot go.
pub(crate) fn open_temp_dir() -> PathBuf {
    let folder = std::env::temp_dir();
    match for_server(&folder) {
        Some(account) if !may_enter(&folder, account) => PathBuf::from("/tmp"),
        _ => folder,
    }
}

/// Twelve characters that stand for a path, the same in every build and on every start.
pub(super) fn fingerprint(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Makes `folder` private to the account, or checks that it already is that account's.
pub(crate) fn make_private(folder: &Path, account: Option<Account>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // A link in a shared folder could lead anywhere, and somebody else's folder is not private.
    let there = fs::symlink_metadata(folder)?;
    let owner = account.map_or(geteuid().as_raw(), |account| account.uid);
    if !there.is_dir() || (there.uid() != owner && !geteuid().is_root()) {
        let text = format!("it belongs to another account (uid {})", there.uid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if let Some(account) = account {
        chown(folder, Some(account.uid), Some(account.gid))?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}
