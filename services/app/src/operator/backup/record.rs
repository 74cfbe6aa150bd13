//! What a backup says of itself: `backup.json`, written last, so that a folder that has it is a whole backup.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use db::owner::OwnerConnection;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::measure::Measured;

/// The name of the file.
const NAME: &str = "backup.json";
/// What names of backups begin with.
const PREFIX: &str = "signalbox-";

/// What a backup is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The version of this description.
    pub format: u32,
    /// The folder's name.
    pub name: String,
    /// When it was begun; it holds everything up to its end.
    pub made_at: Timestamp,
    /// How long it took.
    pub seconds: u64,
    /// The version of Signalbox that made it.
    pub product_version: String,
    /// The server it was made of: `15.18`.
    pub postgres_version: String,
    /// The database of Signalbox on that server.
    pub database: String,
    /// The login that made the cluster, for what only a superuser may look at.
    pub superuser: String,
    /// Whether the files are encrypted.
    pub encrypted: bool,
    /// What a restore has to hold.
    pub measured: Measured,
    /// The files.
    pub files: Vec<Entry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl Record {
    /// Reads the description of the backup in `folder`.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} is no backup: no {NAME}", folder.display()))?;
        let record: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        ensure!(
            record.format == 1,
            "{} has format {}: it was made by a later version",
            folder.display(),
            record.format
        );
        let plain = |name: &str| !name.is_empty() && !name.contains('/') && name != "..";
        ensure!(
            record.files.iter().all(|file| plain(&file.name)),
            "{} names files elsewhere",
            path.display()
        );
        Ok(record)
    }

    /// Writes it into `folder`, to stay.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(NAME);
        fs::write(&path, serde_json::to_vec_pretty(self)?)?;
        File::open(&path)?.sync_all()?;
        Ok(File::open(folder)?.sync_all()?)
    }

    /// The files of `folder` as they are now, in the order of their names.
    pub fn entries(folder: &Path) -> anyhow::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for file in fs::read_dir(folder)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if name != NAME {
                entries.push(entry(folder, &name)?);
            }
        }
        entries.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(entries)
    }

    /// Whether every file is what was written, and nothing was added.
    pub fn check(&self, folder: &Path) -> anyhow::Result<()> {
        let there = Self::entries(folder)?;
        for file in &self.files {
            let is = there.iter().find(|it| it.name == file.name);
            let is = is.with_context(|| format!("{} is missing", file.name))?;
            ensure!(is == file, "{} is not what was written", file.name);
        }
        ensure!(
            there.len() == self.files.len(),
            "there are files that nobody wrote"
        );
        Ok(())
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whole backups in `folder`, oldest first. What is no backup is left out.
    pub fn list(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Self)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
            if named && let Ok(record) = Self::read(&entry.path()) {
                found.push((entry.path(), record));
            }
        }
        found.sort_by_key(|(_, record)| record.made_at);
        Ok(found)
    }

    /// The name of a backup that begins now.
    pub fn name_at(now: Timestamp) -> String {
        format!("{PREFIX}{}", now.strftime("%Y%m%dT%H%M%SZ"))
    }

    /// Notes in the database that it was made, or that its restore has passed.
    pub async fn note(
        &self,
        owner: &OwnerConnection,
        verified_at: Option<Timestamp>,
    ) -> anyhow::Result<()> {
        let bytes = i64::try_from(self.bytes())?;
        owner
            .execute(
                "INSERT INTO platform.backups (name, made_at, size_bytes, verified_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (name) DO UPDATE
                    SET verified_at = coalesce(excluded.verified_at, backups.verified_at)",
                &[&self.name, &self.made_at, &bytes, &verified_at],
            )
            .await?;
        Ok(())
    }
}

fn entry(folder: &Path, name: &str) -> anyhow::Result<Entry> {
    let mut file = File::open(folder.join(name))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            break;
        }
        digest.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    Ok(Entry {
        name: name.to_owned(),
        bytes,
        sha256: HEXLOWER.encode(&digest.finalize()),
    })
}
