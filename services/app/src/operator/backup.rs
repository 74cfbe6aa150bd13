//! `signalbox backup run|verify|list`: the whole database, physically, and the proof that it can be restored.
//!
//! pg_dump takes longer for one organisation among a thousand than a base backup for all of them; one
//! organisation alone is exported as an archive.

mod measure;
mod programs;
mod record;
pub mod restore;
mod scratch;
mod take;
mod verify;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use db::Pulse;
use db::owner::OwnerConnection;
use jiff::Timestamp;
use kernel::clock::SystemClock;
use kernel::rng::SystemEntropy;
use serde_json::{Value, json};
use tenancy::audit::{self, Act, Mandate};

use self::record::Record;
use self::take::Draft;
use self::verify::{Place, Verified};
use super::archive::told;
use super::{Manner, Outcome};
use crate::config::Config;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Backup {
    /// Makes a backup: base and WAL, encrypted where a key is set, then taken elsewhere where a program is set.
    Run {
        /// The folder of all backups.
        #[arg(long)]
        to: PathBuf,
        /// Restores it into a scratch cluster before it is encrypted, and compares.
        #[arg(long)]
        verify: bool,
        /// Where the scratch cluster is put; it needs as much room as the database.
        #[arg(long)]
        scratch: Option<PathBuf>,
    },
    /// Restores a backup into a scratch cluster and compares. Of an encrypted one gpg needs the secret key.
    Verify {
        /// The backup's own folder.
        backup: PathBuf,
        /// Where the scratch cluster is put; it needs as much room as the database.
        #[arg(long)]
        scratch: Option<PathBuf>,
    },
    /// Lists the whole backups in a folder, oldest first.
    List {
        /// The folder of all backups.
        folder: PathBuf,
    },
}

/// Runs the command.
pub async fn run(config: &Config, manner: Manner, command: Backup) -> anyhow::Result<Outcome> {
    let desk = BackupDesk {
        config,
        pulse: Pulse {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        },
        mandate: super::mandate_of(&manner)?,
        manner,
    };
    match command {
        Backup::Run {
            to,
            verify,
            scratch,
        } => desk.make(&to, verify, scratch.as_deref()).await,
        Backup::Verify { backup, scratch } => desk.verify(&backup, scratch.as_deref()).await,
        Backup::List { folder } => desk.list(&folder),
    }
}

/// A terminal's way to the database as a whole.
struct BackupDesk<'a> {
    config: &'a Config,
    manner: Manner,
    mandate: Mandate,
    pulse: Pulse,
}

impl BackupDesk<'_> {
    fn now(&self) -> Timestamp {
        self.pulse.clock.now()
    }

    fn place<'p>(&'p self, below: Option<&'p Path>) -> Place<'p> {
        Place {
            below,
            programs: self.config.postgres_bin.as_deref(),
        }
    }

    /// The owner's connection, where it is configured: a machine that verifies backups may have none.
    async fn owner(&self) -> anyhow::Result<Option<OwnerConnection>> {
        match &self.config.owner_url {
            Some(url) => Ok(Some(OwnerConnection::connect(url).await?)),
            None => Ok(None),
        }
    }

    async fn make(
        &self,
        to: &Path,
        verify: bool,
        scratch: Option<&Path>,
    ) -> anyhow::Result<Outcome> {
        let owner = self.owner().await?;
        let owner = owner.context("SIGNALBOX_OWNER_DATABASE_URL is not set")?;
        if self.manner.dry_run {
            let text = format!("A backup would be made in {}.", to.display());
            return told(&self.manner, &text, &json!({ "dry_run": true }));
        }
        let _alone = take::alone_in(to)?;
        let draft = Draft::take(self.config, &owner, to, self.now()).await?;
        let verified = if verify {
            Some(verify::verify(&draft.record, &draft.folder, self.place(scratch)).await)
        } else {
            None
        };
        let (record, folder) = self.finish(draft, to).await?;
        let verified_at = verified
            .as_ref()
            .is_some_and(Result::is_ok)
            .then(|| self.now());
        self.note(&owner, "backup.made", &record, verified_at)
            .await?;
        // Also where its restore failed: it may be all there is.
        self.send_away(&folder).await?;
        let verified = verified
            .transpose()
            .with_context(|| format!("{} is made, but its restore failed", record.name))?;
        // Last: what went before stays until its follower is known to be good.
        let retired = take::retire(to, self.config.backup.keep_days, self.now())?;
        let mut text = format!(
            "{}: {} bytes in {} s.",
            record.name,
            record.bytes(),
            record.seconds
        );
        if let Some(verified) = &verified {
            text.push_str(&sentence(verified));
        }
        if !retired.is_empty() {
            text.push_str(&format!(" Removed: {}.", retired.join(", ")));
        }
        told(&self.manner, &text, &document(&record, verified.is_some()))
    }

    /// Encrypts the draft where a key is set, and gives it its name.
    async fn finish(&self, mut draft: Draft, to: &Path) -> anyhow::Result<(Record, PathBuf)> {
        let (recipient, to) = (self.config.backup.recipient_key.clone(), to.to_path_buf());
        let folder = draft.folder.clone();
        tokio::task::spawn_blocking(move || {
            let finish = || {
                if let Some(recipient) = recipient {
                    draft.encrypt(&recipient)?;
                }
                draft.finish(&to)
            };
            // What could not be encrypted does not lie there unencrypted until the next run.
            finish().inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))
        })
        .await?
    }

    async fn verify(&self, folder: &Path, scratch: Option<&Path>) -> anyhow::Result<Outcome> {
        let record = Record::read(folder)?;
        let verified = verify::verify(&record, folder, self.place(scratch)).await?;
        let mut text = format!("{} can be restored.{}", record.name, sentence(&verified));
        match self.owner().await? {
            Some(owner) if !self.manner.dry_run => {
                let now = Some(self.now());
                self.note(&owner, "backup.verified", &record, now).await?;
            }
            _ => text.push_str(" That is noted nowhere."),
        }
        told(&self.manner, &text, &document(&record, true))
    }

    fn list(&self, folder: &Path) -> anyhow::Result<Outcome> {
        for (_, record) in Record::list(folder)? {
            let encrypted = if record.encrypted { ", encrypted" } else { "" };
            let text = format!("{}  {} bytes{encrypted}", record.name, record.bytes());
            told(&self.manner, &text, &document(&record, false))?;
        }
        Ok(Outcome::Done)
    }

    async fn note(
        &self,
        owner: &OwnerConnection,
        action: &str,
        record: &Record,
        verified_at: Option<Timestamp>,
    ) -> anyhow::Result<()> {
        record.note(owner, verified_at).await?;
        let act = Act {
            mandate: &self.mandate,
            action,
            tenant: None,
            subject: Some(&record.name),
            detail: json!({ "bytes": record.bytes(), "verified": verified_at.is_some() }),
        };
        Ok(audit::record_as_owner(owner, &self.pulse, &act).await?)
    }

    /// Hands the folder to the program that takes it elsewhere. No shell reads the path.
    async fn send_away(&self, folder: &Path) -> anyhow::Result<()> {
        let Some(program) = self.config.backup.offsite_command.clone() else {
            return Ok(());
        };
        let folder = folder.to_path_buf();
        tokio::task::spawn_blocking(move || {
            let sent = programs::run(Command::new(&program).arg(&folder));
            sent.map(drop)
                .with_context(|| format!("{} is made, but not taken elsewhere", folder.display()))
        })
        .await?
    }
}

fn sentence(verified: &Verified) -> String {
    let indexes = if verified.indexes {
        "their indexes looked through"
    } else {
        "indexes not looked through, for want of the module amcheck"
    };
    format!(
        " Restored and compared: {} tables of the platform, {} organisations, {indexes}.",
        verified.platform_tables, verified.organizations
    )
}

fn document(record: &Record, verified: bool) -> Value {
    json!({
        "name": record.name, "made_at": record.made_at, "bytes": record.bytes(), "seconds": record.seconds,
        "encrypted": record.encrypted, "postgres_version": record.postgres_version, "verified": verified,
    })
}
