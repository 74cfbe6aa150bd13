//! A Postgres of one's own: found or unpacked on this machine, run by this process over a folder,
//! reachable through a Unix socket only, and gone when this process is.
//!
//! Owns: the server's life. Must not: make roles, schemas or tables.

pub(crate) mod account;
mod folder;
mod installation;
mod probe;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use folder::Folder;
pub use installation::{Installation, OLDEST};
use probe::Answer;

use crate::process::{Guarded, INTERRUPT, Program};

/// How long a server may take to start; recovery after a crash is part of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// The folder for everything the server writes. Made when it is not there, kept at the end.
    pub data_dir: PathBuf,
    /// Whether data must survive a crash of the machine. Tests say no and are faster for it.
    pub durable: bool,
    /// The folder of `postgres` and `initdb`; `None` looks for them.
    pub bin_dir: Option<PathBuf>,
    /// Folders into which the npm package of Postgres may have been unpacked, looked at last.
    pub unpacked: Vec<PathBuf>,
    /// Further settings, as `name=value`.
    pub settings: Vec<String>,
}

impl PostgresOptions {
    /// A durable server over `data_dir`, from whatever installation there is.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durable: true,
            bin_dir: None,
            unpacked: Vec::new(),
            settings: Vec::new(),
        }
    }
}

/// Why there is no server. Each text says what can be done.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No installation was found.
    #[error(
        "no Postgres {OLDEST} or newer was found on the search path, in /usr/lib/postgresql or \
             unpacked{}: install your system's postgresql package, or run scripts/postgres-binaries",
        shut_out(shut)
    )]
    NotFound {
        /// Installations that are there, but where the unprivileged account cannot go.
        shut: Vec<PathBuf>,
    },
    /// The folder named holds no usable programs.
    #[error("{} holds no working postgres and initdb of version {OLDEST} or newer", .0.display())]
    NotThere(PathBuf),
    /// The data belongs to a version that is not installed.
    #[error("the data folder was made by Postgres {major}, but only {} is here: install Postgres \
             {major}, or remove the folder to begin afresh", present.join(" and "))]
    WrongVersion {
        /// The version of the data.
        major: u32,
        /// The versions found.
        present: Vec<String>,
    },
    /// Somebody else is using the folder.
    #[error("{} is in use by process {holder}: stop that one, or choose another data folder", folder.display())]
    InUse {
        /// The folder asked for.
        folder: PathBuf,
        /// The process id of the user, as far as known.
        holder: String,
    },
    /// A server from an earlier run does not end.
    #[error("a Postgres from an earlier run (process {0}) does not stop: end it and try again")]
    WillNotStop(i32),
    /// Neither the folder nor a substitute can be reached by the account that runs Postgres.
    #[error("Postgres does not run as root, and the account it would run as cannot reach {} nor a \
             substitute: choose a data folder that others may enter", .0.display())]
    Unreachable(PathBuf),
    /// A file operation failed.
    #[error("{}: {error}", path.display())]
    Folder {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The cluster could not be made.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The server ended or did not answer.
    #[error("Postgres did not start; the end of {} says:\n{tail}", log.display())]
    NotStarted {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
}

impl PostgresError {
    fn folder(path: &Path, error: std::io::Error) -> Self {
        Self::Folder {
            path: path.to_path_buf(),
            error,
        }
    }
}

fn shut_out(folders: &[PathBuf]) -> String {
    folders
        .iter()
        .map(|shut| format!(" ({} is not open to others)", shut.display()))
        .collect()
}

/// A running server. Stop it with [`stop`](Self::stop); dropping it stops it too, and waits.
#[derive(Debug)]
pub struct PrivatePostgres {
    // Before the folder, whose lock must outlast the server.
    server: Guarded,
    folder: Folder,
    installation: Installation,
}

impl PrivatePostgres {
    /// Starts a server over `options.data_dir`, making a cluster there when there is none.
    ///
    /// Root's server runs as an unprivileged account; where that cannot reach the folder, the
    /// files go elsewhere (`data_dir()` says where). A server that an earlier run left behind is
    /// stopped first. Returns when the server takes connections.
    pub async fn start(options: PostgresOptions) -> Result<Self, PostgresError> {
        let account = account::for_server(&options.data_dir);
        let root = account::reachable(&options.data_dir, account)?;
        let account = account::for_server(&root);
        let folder = Folder::claim(root, account)?;
        Self::start_in(folder, &options, None).await
    }

    /// Starts a fast, forgetful server in a new temporary folder that goes when the server does.
    pub async fn temporary(
        bin_dir: Option<PathBuf>,
        unpacked: Vec<PathBuf>,
    ) -> Result<Self, PostgresError> {
        Self::temporary_with(bin_dir, unpacked, Vec::new()).await
    }

    /// The same with further settings, as `name=value`.
    pub async fn temporary_with(
        bin_dir: Option<PathBuf>,
        unpacked: Vec<PathBuf>,
        settings: Vec<String>,
    ) -> Result<Self, PostgresError> {
        let base = account::open_temp_dir();
        let root = tempfile::Builder::new().prefix("sbx-").tempdir_in(&base);
        // The guard removes the folder, also when this process is killed.
        let root = root
            .map_err(|error| PostgresError::folder(&base, error))?
            .keep();
        let account = account::for_server(&root);
        let options = PostgresOptions {
            durable: false,
            bin_dir,
            unpacked,
            settings,
            ..PostgresOptions::new(&root)
        };
        let started = match Folder::claim(root.clone(), account) {
            Ok(folder) => Self::start_in(folder, &options, Some(&root)).await,
            Err(error) => Err(error),
        };
        if started.is_err() {
            let _ = fs::remove_dir_all(&root);
        }
        started
    }

    async fn start_in(
        folder: Folder,
        options: &PostgresOptions,
        leftover: Option<&Path>,
    ) -> Result<Self, PostgresError> {
        folder.clear_leftovers().await?;
        let made_by = folder.cluster_major();
        let installation = Installation::choose(
            options.bin_dir.as_deref(),
            &options.unpacked,
            made_by,
            folder.account,
        )?;
        if made_by.is_none() {
            tracing::info!(version = installation.version, folder = %folder.root.display(), "making a Postgres cluster");
            folder.initialise(&installation).await?;
        }
        let server = Guarded::spawn(Program {
            path: &installation.bin_dir.join("postgres"),
            arguments: arguments(&folder, options),
            folder: &folder.root,
            account: folder.account,
            log: new_log(&folder.log())?,
            signal: INTERRUPT,
            leftover,
        })
        .map_err(|error| PostgresError::folder(&installation.bin_dir, error))?;
        let mut started = Self {
            server,
            folder,
            installation,
        };
        started.wait_until_ready().await?;
        Ok(started)
    }

    async fn wait_until_ready(&mut self) -> Result<(), PostgresError> {
        let deadline = Instant::now() + PATIENCE;
        while probe::ask(&self.folder.socket()).await != Answer::Ready {
            if self.server.exited().is_some() || Instant::now() > deadline {
                let log = self.folder.log();
                let text = fs::read_to_string(&log).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let tail = lines.iter().skip(lines.len().saturating_sub(12));
                return Err(PostgresError::NotStarted {
                    tail: tail.copied().collect::<Vec<_>>().join("\n"),
                    log,
                });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Where to connect, as the superuser `postgres`, in a form that every client understands.
    pub fn connection_url(&self) -> String {
        self.connection_url_to("postgres", "postgres")
    }

    /// Where to connect as `user` to `database`; both must be plain names.
    pub fn connection_url_to(&self, user: &str, database: &str) -> String {
        format!(
            "postgresql://{user}@/{database}?host={}",
            self.folder.socket_dir.display()
        )
    }

    /// The folder of the socket; only the server's account and root can enter it.
    pub fn socket_dir(&self) -> &Path {
        &self.folder.socket_dir
    }

    /// The folder in use: the one asked for, unless the server's account cannot reach that.
    pub fn data_dir(&self) -> &Path {
        &self.folder.root
    }

    /// The folder of the programs.
    pub fn bin_dir(&self) -> &Path {
        &self.installation.bin_dir
    }

    /// `15.18`.
    pub fn version(&self) -> &str {
        &self.installation.version
    }

    /// Stops the server in good order. Open connections are cut.
    pub async fn stop(mut self) {
        self.server.stop().await;
    }
}

/// The last run's log is kept beside the new one.
fn new_log(path: &Path) -> Result<File, PostgresError> {
    let _ = fs::rename(path, path.with_extension("log.old"));
    File::create(path).map_err(|error| PostgresError::folder(path, error))
}

fn arguments(folder: &Folder, options: &PostgresOptions) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        "port=5432".to_owned(),
        format!("unix_socket_directories={}", folder.socket_dir.display()),
        "unix_socket_permissions=0700".to_owned(),
        // Dropping a tenant takes a lock on each of its tables and indexes.
        "max_locks_per_transaction=256".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=128MB".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    if !options.durable {
        let fast = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
        ];
        settings.extend(fast.map(str::to_owned));
        settings.push("max_wal_senders=0".to_owned());
    }
    settings.extend(options.settings.iter().cloned());
    let mut arguments = vec!["-D".to_owned(), folder.cluster().display().to_string()];
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    arguments
}
