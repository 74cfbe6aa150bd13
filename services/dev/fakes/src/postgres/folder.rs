//! The folder of a private server: who may use it, what is in it, and what a crash left behind.
//!
//! ```text
//! <folder>/lock      held while a process uses the folder
//! <folder>/cluster/  Postgres' own data folder
//! <folder>/run/      its socket (elsewhere when that path would be too long)
//! <folder>/server.log
//! ```

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::account::{fingerprint, make_private};
use super::{Installation, PostgresError};
use crate::process::Account;

pub(super) const CLUSTER: &str = "cluster";

/// `.s.PGSQL.5432` and the limit of a socket's path (104 bytes on some systems, 108 on others).
const SOCKET: &str = ".s.PGSQL.5432";
const LONGEST_SOCKET_PATH: usize = 100;

/// A folder this process has for itself.
#[derive(Debug)]
pub(super) struct Folder {
    pub root: PathBuf,
    pub socket_dir: PathBuf,
    pub account: Option<Account>,
    /// Goes when the process dies, however that comes about.
    lock: File,
}

impl Folder {
    /// Takes the folder, making it where it is not there.
    pub(super) fn claim(root: PathBuf, account: Option<Account>) -> Result<Self, PostgresError> {
        let problem = |error| PostgresError::folder(&root, error);
        make_private(&root, account).map_err(problem)?;
        let lock = take_lock(&root)?;
        let mut socket_dir = root.join("run");
        if socket_dir.join(SOCKET).as_os_str().len() > LONGEST_SOCKET_PATH {
            socket_dir = Path::new("/tmp").join(format!("sbx-{}", fingerprint(&root)));
        }
        make_private(&socket_dir, account)
            .map_err(|error| PostgresError::folder(&socket_dir, error))?;
        Ok(Self {
            root,
            socket_dir,
            account,
            lock,
        })
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join(CLUSTER)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.socket_dir.join(SOCKET)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// The major version that made the cluster, if there is one.
    pub(super) fn cluster_major(&self) -> Option<u32> {
        fs::read_to_string(self.cluster().join("PG_VERSION"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Makes the cluster beside its place and moves it there, so that half a cluster is never
    /// taken for one.
    pub(super) async fn initialise(&self, with: &Installation) -> Result<(), PostgresError> {
        let draft = self.root.join("cluster.new");
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(|error| PostgresError::folder(&draft, error))?;
        }
        let mut command = tokio::process::Command::new(with.bin_dir.join("initdb"));
        command
            // No TCP and a folder of its own: whoever reaches the socket is the owner or root.
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "--locale=C",
                "-E",
                "UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(&draft)
            .current_dir(&self.root)
            .stdin(Stdio::null());
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        let done = command
            .output()
            .await
            .map_err(|error| PostgresError::folder(&draft, error))?;
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            return Err(PostgresError::Initdb(
                String::from_utf8_lossy(&said).trim().to_owned(),
            ));
        }
        let cluster = self.cluster();
        fs::rename(&draft, &cluster).map_err(|error| PostgresError::folder(&cluster, error))
    }

    /// Stops a server of ours that outlived its process, and forgets one that only left its mark.
    ///
    /// Only the holder of the lock gets here, so a server on this cluster belongs to nobody alive.
    pub(super) async fn clear_leftovers(&self) -> Result<(), PostgresError> {
        let mark = self.cluster().join("postmaster.pid");
        let Some(pid) = pid_in(&mark) else {
            return Ok(());
        };
        if !runs_on(pid, &self.cluster()) {
            // The machine went down, and the number may be another program's by now: Postgres
            // would refuse to start because of it.
            return fs::remove_file(&mark).map_err(|error| PostgresError::folder(&mark, error));
        }
        tracing::info!(
            pid = pid.as_raw_nonzero().get(),
            "stopping a Postgres that was left running"
        );
        let _ = kill_process(pid, Signal::INT);
        let deadline = Instant::now() + Duration::from_secs(30);
        while runs_on(pid, &self.cluster()) {
            if Instant::now() > deadline {
                return Err(PostgresError::WillNotStop(pid.as_raw_nonzero().get()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is just starting has a copy still.
        let _ = self.lock.unlock();
        if !self.socket_dir.starts_with(&self.root) {
            let _ = fs::remove_dir(&self.socket_dir);
        }
    }
}

/// Takes the folder's lock or says whose it is.
fn take_lock(root: &Path) -> Result<File, PostgresError> {
    let path = root.join("lock");
    let problem = |error| PostgresError::folder(&path, error);
    let mut options = File::options();
    let mut lock = options
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(problem)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path)
                .unwrap_or_default()
                .trim()
                .to_owned();
            return Err(PostgresError::InUse {
                folder: root.to_path_buf(),
                holder,
            });
        }
        Err(TryLockError::Error(error)) => return Err(problem(error)),
    }
    // The number is for the person who is told that the folder is taken.
    let _ = lock.set_len(0);
    let _ = write!(lock, "{}", std::process::id());
    Ok(lock)
}

/// The server's process id stands in the first line.
fn pid_in(mark: &Path) -> Option<Pid> {
    let text = fs::read_to_string(mark).ok()?;
    text.lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .and_then(Pid::from_raw)
}

/// Whether `pid` is a living Postgres over `cluster`, and not a later program with that number.
fn runs_on(pid: Pid, cluster: &Path) -> bool {
    if test_kill_process(pid).is_err() {
        return false;
    }
    let number = pid.as_raw_nonzero().to_string();
    let command_line = fs::read(format!("/proc/{number}/cmdline")).or_else(|_| {
        std::process::Command::new("ps")
            .args(["-o", "command=", "-p", &number])
            .output()
            .map(|ps| ps.stdout)
    });
    let Ok(command_line) = command_line else {
        return false;
    };
    String::from_utf8_lossy(&command_line).contains(&*cluster.to_string_lossy())
}
