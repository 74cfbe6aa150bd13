//! Making a backup: pg_basebackup into a draft, figures before and after, encryption, and only then its name.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use db::owner::OwnerConnection;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::measure::Measured;
use super::programs::{self, Programs};
use super::record::Record;
use crate::config::Config;

/// Drafts have this end; one that is there when nobody makes a backup was left by a run that was killed.
const DRAFT: &str = ".draft";

/// Makes sure that nobody else makes a backup in `to` while the answer lives, and clears away what a killed run
/// has left: the database, unencrypted.
pub fn alone_in(to: &Path) -> anyhow::Result<File> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)?;
    let lock = File::create(to.join(".lock"))?;
    let taken = lock.try_lock();
    ensure!(
        taken.is_ok(),
        "another backup is being made in {}",
        to.display()
    );
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".signalbox-") && name.ends_with(DRAFT) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(lock)
}

/// A backup in the making: everything but its encryption and its name.
pub struct Draft {
    /// What it says of itself.
    pub record: Record,
    /// Where it is.
    pub folder: PathBuf,
}

impl Draft {
    /// Takes the database as it is at the end of this. What is left of a failed one goes.
    pub async fn take(
        config: &Config,
        owner: &OwnerConnection,
        to: &Path,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let url = config.backup.database_url.as_ref();
        let url = url.context("SIGNALBOX_BACKUP_DATABASE_URL is not set")?;
        let begun = Instant::now();
        let server = Server::ask(owner).await?;
        let programs = Programs::find(config.postgres_bin.as_deref(), server.major)?;
        let name = Record::name_at(now);
        ensure!(!to.join(&name).exists(), "{name} is there already");
        let folder = to.join(format!(".{name}{DRAFT}"));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| folder.display().to_string())?;
        let taken = async {
            let before = Measured::draw(owner).await?;
            let command = base_backup(&programs, url, &folder)?;
            tokio::task::spawn_blocking(move || programs::run(&mut { command })).await??;
            let after = before.again(owner).await?;
            Ok::<_, anyhow::Error>(before.unchanged(&after))
        };
        let measured = match taken.await {
            Ok(measured) => measured,
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                return Err(error);
            }
        };
        Ok(Self {
            record: Record {
                format: 1,
                name,
                made_at: now,
                seconds: begun.elapsed().as_secs(),
                product_version: env!("CARGO_PKG_VERSION").to_owned(),
                postgres_version: server.version,
                database: server.database,
                superuser: server.superuser,
                encrypted: false,
                measured,
                files: Record::entries(&folder)?,
            },
            folder,
        })
    }

    /// Encrypts every file to the key in `recipient`; nobody here can read them any more without its secret half.
    pub fn encrypt(&mut self, recipient: &Path) -> anyhow::Result<()> {
        // A folder for its keyring: nobody's own is touched.
        let home = tempfile::tempdir()?;
        for file in &self.record.files {
            let plain = self.folder.join(&file.name);
            let mut gpg = Command::new("gpg");
            gpg.args([
                "--batch",
                "--quiet",
                "--no-options",
                "--compress-algo",
                "none",
                "--homedir",
            ])
            .arg(home.path())
            .arg("--recipient-file")
            .arg(recipient)
            .arg("--output")
            .arg(self.folder.join(format!("{}.gpg", file.name)))
            .arg("--encrypt")
            .arg(&plain);
            programs::run(&mut gpg)?;
            fs::remove_file(&plain)?;
        }
        self.record.encrypted = true;
        self.record.files = Record::entries(&self.folder)?;
        Ok(())
    }

    /// Gives it its name: from here on it is a backup.
    pub fn finish(self, to: &Path) -> anyhow::Result<(Record, PathBuf)> {
        self.record.write(&self.folder)?;
        let folder = to.join(&self.record.name);
        fs::rename(&self.folder, &folder)?;
        File::open(to)?.sync_all()?;
        Ok((self.record, folder))
    }
}

/// Removes what is older than `days`, but never the newest. Answers the names.
pub fn retire(to: &Path, days: u16, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let mut all = Record::list(to)?;
    all.pop();
    let oldest = now - SignedDuration::from_hours(24 * i64::from(days));
    let mut gone = Vec::new();
    for (folder, record) in all.into_iter().filter(|(_, it)| it.made_at < oldest) {
        fs::remove_dir_all(&folder)?;
        gone.push(record.name);
    }
    Ok(gone)
}

/// What has to be known of the server.
struct Server {
    version: String,
    major: u32,
    database: String,
    superuser: String,
}

impl Server {
    async fn ask(owner: &OwnerConnection) -> anyhow::Result<Self> {
        let rows = owner
            .query(
                "SELECT current_setting('server_version') AS version, current_database()::text AS database,
                        current_setting('server_version_num')::integer / 10000 AS major,
                        (SELECT rolname::text FROM pg_roles WHERE oid = 10) AS superuser,
                        (SELECT count(*) FROM pg_tablespace WHERE oid >= 16384) AS tablespaces",
                &[],
            )
            .await?;
        let row = rows.first().context("the server does not say what it is")?;
        let tablespaces: i64 = row.get("tablespaces")?;
        ensure!(
            tablespaces == 0,
            "the server has tablespaces of its own: they are not backed up by this command"
        );
        let version: &str = row.get("version")?;
        Ok(Self {
            // Distributions add their own number behind it.
            version: version.split(' ').next().unwrap_or_default().to_owned(),
            major: u32::try_from(row.get::<i32>("major")?)?,
            database: row.get("database")?,
            superuser: row.get("superuser")?,
        })
    }
}

fn base_backup(programs: &Programs, url: &SecretString, folder: &Path) -> anyhow::Result<Command> {
    let (url, password) = without_password(url.expose_secret())?;
    let mut command = Command::new(programs.path("pg_basebackup")?);
    command
        .args([
            "--format=tar",
            "--gzip",
            "--wal-method=stream",
            "--checkpoint=fast",
        ])
        .args(["--manifest-checksums=SHA256", "--no-password", "--pgdata"])
        .arg(folder)
        .arg(format!("--dbname={url}"));
    if let Some(password) = password {
        // The command line is everybody's to read, the environment is not.
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

/// The URL without its password, and the password.
fn without_password(url: &str) -> anyhow::Result<(String, Option<String>)> {
    let (scheme, rest) = url
        .split_once("://")
        .context("SIGNALBOX_BACKUP_DATABASE_URL: expected a URL, like postgresql://user:password@host/database")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let Some((login, host)) = authority.rsplit_once('@') else {
        return Ok((url.to_owned(), None));
    };
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (
            user,
            Some(percent_decode_str(password).decode_utf8()?.into_owned()),
        ),
        None => (login, None),
    };
    Ok((format!("{scheme}://{user}@{host}{path}"), password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_leaves_the_url_and_nothing_else_does() {
        let cases = [
            (
                "postgresql://a:p%40ss@db/x?sslmode=require",
                "postgresql://a@db/x?sslmode=require",
                Some("p@ss"),
            ),
            (
                "postgresql://a@/x?host=/run/pg",
                "postgresql://a@/x?host=/run/pg",
                None,
            ),
            ("postgresql://db:5433/x", "postgresql://db:5433/x", None),
            (
                "postgresql://a:b@db?application_name=x@y",
                "postgresql://a@db?application_name=x@y",
                Some("b"),
            ),
        ];
        for (url, expected, password) in cases {
            let (without, found) = without_password(url).expect(url);
            assert_eq!(
                (without.as_str(), found.as_deref()),
                (expected, password),
                "{url}"
            );
        }
        without_password("host=db password=x").expect_err("not a URL");
    }
}
