//! A backup come to life: unpacked into a folder of its own, checked by Postgres' own program, and started on a
//! private socket. Gone when this is dropped; the server ends also where this process is killed.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use db::owner::OwnerConnection;
use flate2::read::MultiGzDecoder;
use secrecy::SecretString;
use tempfile::TempDir;

use super::programs::{self, Account, Programs};
use super::record::Record;

/// The shell holds the read end of a pipe and stops the server when the other end closes, however this process
/// ends. SIGINT is what Postgres takes as: stop now, in good order.
const GUARD: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _; kill -INT "$server"; } <&3 >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait "$server"; code=$?
kill "$guard" 2>/dev/null
exit "$code"
"#;

/// How long recovery may take.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
const POLL: Duration = Duration::from_millis(50);
/// How long a server may take to stop.
const STOPPING: Duration = Duration::from_secs(60);

/// A running copy.
pub struct Scratch {
    server: Child,
    folder: TempDir,
    programs: Programs,
    account: Option<Account>,
    record: Record,
}

impl Scratch {
    /// Unpacks the backup in `from` below `below` (the system's folder for such things without it), checks it and
    /// starts it. Errors: what is wrong with the backup.
    pub async fn open(
        record: &Record,
        from: &Path,
        below: Option<&Path>,
        named: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let major = record.postgres_version.split('.').next();
        let major = major
            .and_then(|it| it.parse().ok())
            .context("no version of Postgres")?;
        let programs = Programs::find(named, major)?;
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("sbx-restore-");
        let folder = match below {
            Some(below) => builder.tempdir_in(below),
            None => builder.tempdir(),
        };
        let folder = folder.context("no room for a restore")?;
        let account = Account::for_server();
        let (record, from) = (record.clone(), from.to_path_buf());
        let prepared = tokio::task::spawn_blocking(move || {
            unpack(&record, &from, folder.path(), account)?;
            let cluster = folder.path().join("cluster");
            let mut check = Command::new(programs.path("pg_verifybackup")?);
            check.arg(&cluster).current_dir(folder.path());
            Account::take(account, &mut check);
            programs::run(&mut check)?;
            // Settings of the machine it was made on: of its memory, its files, its archive.
            fs::write(cluster.join("postgresql.auto.conf"), "")?;
            let server = spawn(folder.path(), &programs, account)?;
            Ok::<_, anyhow::Error>(Self {
                server,
                folder,
                programs,
                account,
                record,
            })
        })
        .await?;
        let mut scratch = prepared?;
        scratch.wait().await?;
        Ok(scratch)
    }

    /// Connects as the login `user` to the database of Signalbox.
    pub async fn connect(&self, user: &str) -> anyhow::Result<OwnerConnection> {
        let url = format!(
            "postgresql://{user}@/{}?host={}",
            self.record.database,
            self.folder.path().display()
        );
        Ok(OwnerConnection::connect(&SecretString::from(url)).await?)
    }

    /// Has Postgres look through tables and indexes of these schemas.
    pub fn check_indexes(&self, schemas: &[String]) -> anyhow::Result<()> {
        let mut command = Command::new(self.programs.path("pg_amcheck")?);
        command
            .args(["--install-missing", "--username", &self.record.superuser])
            .arg("--host")
            .arg(self.folder.path())
            .current_dir(self.folder.path());
        for schema in schemas {
            command.args(["--schema", schema]);
        }
        command.arg(&self.record.database);
        Account::take(self.account, &mut command);
        programs::run(&mut command).map(drop)
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let superuser = self.record.superuser.clone();
            if self.connect(&superuser).await.is_ok() {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let mut last: Vec<&str> = log.lines().rev().take(6).collect();
                last.reverse();
                bail!("the restored server does not start: {}", last.join("; "));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let deadline = Instant::now() + STOPPING;
        while matches!(self.server.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                // The guard leads a group of its own, and the server is in it.
                if let Some(group) = i32::try_from(self.server.id())
                    .ok()
                    .and_then(rustix::process::Pid::from_raw)
                {
                    let _ =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                let _ = self.server.wait();
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

/// Decrypts and unpacks into `<folder>/cluster`.
fn unpack(
    record: &Record,
    from: &Path,
    folder: &Path,
    account: Option<Account>,
) -> anyhow::Result<()> {
    let cluster = folder.join("cluster");
    fs::create_dir(&cluster)?;
    let open = |name: &str| -> anyhow::Result<File> {
        let path = if record.encrypted {
            let plain = folder.join(name);
            decrypt(&from.join(format!("{name}.gpg")), &plain)?;
            plain
        } else {
            from.join(name)
        };
        File::open(&path).with_context(|| path.display().to_string())
    };
    for (name, into) in [
        ("base.tar.gz", cluster.clone()),
        ("pg_wal.tar.gz", cluster.join("pg_wal")),
    ] {
        // pg_basebackup writes the WAL as many gzip members, one behind the other.
        let mut tar = tar::Archive::new(MultiGzDecoder::new(open(name)?));
        tar.unpack(&into)
            .with_context(|| format!("{name} cannot be unpacked"))?;
        if record.encrypted {
            fs::remove_file(folder.join(name))?;
        }
    }
    std::io::copy(
        &mut open("backup_manifest")?,
        &mut File::create(cluster.join("backup_manifest"))?,
    )?;
    Account::own(account, &cluster)?;
    Ok(Account::enter(account, folder)?)
}

fn decrypt(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut gpg = Command::new("gpg");
    gpg.args(["--batch", "--quiet", "--output"])
        .arg(to)
        .arg("--decrypt")
        .arg(from);
    programs::run(&mut gpg).map(drop)
}

fn spawn(folder: &Path, programs: &Programs, account: Option<Account>) -> anyhow::Result<Child> {
    let write = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, text)?;
        Account::own(account, &path)?;
        Ok(path)
    };
    // The folder is this account's alone, and so is the socket in it.
    let hba = write("hba.conf", "local all all trust\n")?;
    let ident = write("ident.conf", "")?;
    let settings = format!(
        "listen_addresses = ''\nport = 5432\nunix_socket_directories = '{}'\nhba_file = '{}'\nident_file = '{}'\n\
         fsync = off\nautovacuum = off\narchive_mode = off\nmax_wal_senders = 0\nwal_level = minimal\n\
         max_connections = 20\nmax_locks_per_transaction = 256\nssl = off\njit = off\nshared_preload_libraries = ''\n",
        folder.display(),
        hba.display(),
        ident.display()
    );
    let config = write("server.conf", &settings)?;
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", GUARD, "guard"])
        .arg(programs.path("postgres")?)
        .arg("-D")
        .arg(folder.join("cluster"))
        .arg(format!("--config-file={}", config.display()))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C reaches the foreground group: the server ends when this process has finished with it.
        .process_group(0);
    Account::take(account, &mut command);
    command
        .spawn()
        .context("the restored server does not start")
}
