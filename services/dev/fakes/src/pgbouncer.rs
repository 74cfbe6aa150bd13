//! A PgBouncer of one's own, for tests: before a Postgres of this machine, reachable through a Unix socket in a
//! temporary folder, and gone when this process is.
//!
//! Owns: finding the program, its configuration and its life. Must not: know who asks what through it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::net::UnixStream;

use crate::postgres::account::{make_private, of_folder, open_temp_dir};
use crate::process::{Guarded, Program, on_path};

/// The first version that brings a prepared statement to whichever server connection its client gets.
pub const OLDEST: (u32, u32) = (1, 21);

/// Debian installs it where only root's search path leads.
const SYSTEM: &str = "/usr/sbin/pgbouncer";
/// At an interrupt it would wait for transactions, and nobody may be left to end them.
const QUIT: &str = "QUIT";
const PATIENCE: Duration = Duration::from_secs(10);

/// What to start, and before whom.
#[derive(Clone, Debug)]
pub struct PgBouncerOptions {
    /// The program; `None` looks for it.
    pub program: Option<PathBuf>,
    /// The folder of the server's socket. Every database there can be asked for by its name.
    pub upstream: PathBuf,
    /// The only login that is let in, without a password on either side.
    pub login: String,
    /// Settings in place of the defaults, as `name = value`.
    pub settings: Vec<String>,
}

impl PgBouncerOptions {
    /// For `login`, before the server whose socket is in `upstream`.
    pub fn new(upstream: impl Into<PathBuf>, login: &str) -> Self {
        Self {
            program: None,
            upstream: upstream.into(),
            login: login.to_owned(),
            settings: Vec::new(),
        }
    }
}

/// Why there is no pooler.
#[derive(Debug, thiserror::Error)]
pub enum PgBouncerError {
    /// The system has none.
    #[error("no pgbouncer on the search path or in /usr/sbin")]
    NotFound,
    /// It is too old, or not a PgBouncer.
    #[error("{} is no PgBouncer {}.{} or newer: it says {said:?}", program.display(), OLDEST.0, OLDEST.1)]
    TooOld {
        /// What was run.
        program: PathBuf,
        /// What it answered to `--version`.
        said: String,
    },
    /// It ended or did not listen.
    #[error("PgBouncer did not start: {0}")]
    NotStarted(String),
    /// A file operation failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A running pooler; dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct PrivatePgBouncer {
    server: Guarded,
    folder: PathBuf,
    version: String,
}

impl PrivatePgBouncer {
    /// Starts it in transaction mode, with three server connections for each database and prepared statements
    /// that follow their clients, unless the settings say otherwise. Returns when it listens.
    pub async fn start(options: PgBouncerOptions) -> Result<Self, PgBouncerError> {
        let found = options.program.clone().or_else(find);
        let program = found.ok_or(PgBouncerError::NotFound)?;
        let version = version(&program)?;
        // PgBouncer does not run as root either, and has to get to the server's socket.
        let account = of_folder(&options.upstream)?;
        // The guard removes the folder, also when this process is killed.
        let folder = tempfile::Builder::new()
            .prefix("sbx-pooler-")
            .tempdir_in(open_temp_dir())?
            .keep();
        let server = make_private(&folder, account)
            .and_then(|()| configure(&folder, &options))
            .and_then(|()| File::create(folder.join("pooler.log")))
            .and_then(|log| {
                Guarded::spawn(Program {
                    path: &program,
                    arguments: vec![ini(&folder).display().to_string()],
                    folder: &folder,
                    account,
                    log,
                    signal: QUIT,
                    leftover: Some(&folder),
                })
            })
            .inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let mut started = Self {
            server,
            folder,
            version,
        };
        started.wait_until_ready().await?;
        Ok(started)
    }

    /// The folder of its socket, which is called as Postgres' own would be.
    pub fn socket_dir(&self) -> &Path {
        &self.folder
    }

    /// `1.24.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    async fn wait_until_ready(&mut self) -> Result<(), PgBouncerError> {
        let deadline = Instant::now() + PATIENCE;
        let socket = self.folder.join(".s.PGSQL.5432");
        while UnixStream::connect(&socket).await.is_err() {
            if self.server.exited().is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("pooler.log"));
                return Err(PgBouncerError::NotStarted(log.unwrap_or_default()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

fn find() -> Option<PathBuf> {
    let system = || Some(PathBuf::from(SYSTEM)).filter(|program| program.exists());
    on_path("pgbouncer").or_else(system)
}

/// What follows the name in the first line of `--version`.
fn version(program: &Path) -> Result<String, PgBouncerError> {
    let answer = Command::new(program).arg("--version").output()?;
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    let first = said.lines().next().unwrap_or_default();
    match first.strip_prefix("PgBouncer ") {
        Some(version) if numbers(version) >= Some(OLDEST) => Ok(version.to_owned()),
        _ => Err(PgBouncerError::TooOld {
            program: program.to_owned(),
            said: first.to_owned(),
        }),
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn ini(folder: &Path) -> PathBuf {
    folder.join("pgbouncer.ini")
}

fn configure(folder: &Path, options: &PgBouncerOptions) -> io::Result<()> {
    let users = folder.join("users");
    fs::write(&users, format!("\"{}\" \"\"\n", options.login))?;
    let mut text = format!(
        "[databases]\n* = host={upstream}\n\
         [pgbouncer]\n\
         listen_addr =\n\
         listen_port = 5432\n\
         unix_socket_dir = {folder}\n\
         unix_socket_mode = 0700\n\
         auth_type = trust\n\
         auth_file = {users}\n\
         pool_mode = transaction\n\
         default_pool_size = 3\n\
         max_client_conn = 300\n\
         max_prepared_statements = 200\n",
        upstream = options.upstream.display(),
        folder = folder.display(),
        users = users.display(),
    );
    // The last word counts.
    for setting in &options.settings {
        text.push_str(setting);
        text.push('\n');
    }
    fs::write(ini(folder), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert_eq!(numbers("1.24.1"), Some((1, 24)));
        assert!(numbers("1.21.0") >= Some(OLDEST));
        assert!(numbers("1.9.0") < Some(OLDEST));
        assert!(numbers("devel") < Some(OLDEST));
    }
}
