//! `signalbox tenant export|verify-archive|import|clone|restore`: organisations as files, and beside themselves.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use db::owner::OwnerConnection;
use indicatif::{ProgressBar, ProgressStyle};
use jobs::Hint;
use kernel::id::TenantId;
use serde_json::{Value, json};
use tenancy::archive::{self, ArchiveError, Arrival, Manifest, NewClone};
use tenancy::audit::{self, Act};

use super::backup::restore::{self, Restore};
use super::{Desk, Manner, Outcome};
use crate::wiring;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Archive {
    /// Writes all of an organisation into one file, as it is at this moment.
    Export {
        /// Its slug.
        tenant: String,
        /// The file, which must not be there yet, or - for standard output.
        #[arg(long)]
        to: PathBuf,
    },
    /// Says whether an archive is whole, without loading it.
    VerifyArchive {
        /// The file.
        file: PathBuf,
    },
    /// Lets an organisation in from an archive: all of it or nothing.
    Import {
        /// The file.
        file: PathBuf,
        /// Its slug here; without this its own.
        #[arg(long)]
        slug: Option<String>,
        /// Nobody stays signed in, no mailed link works, nothing that waits is done. Always so beside the original.
        #[arg(long)]
        as_copy: bool,
    },
    /// Makes a second organisation of one.
    Clone {
        /// The slug of the first.
        tenant: String,
        /// The slug of the second.
        #[arg(long = "as")]
        slug: String,
        /// Replaces everything personal; nobody can sign in, and nothing is checked.
        #[arg(long)]
        mask: bool,
    },
    /// Brings an organisation back out of a backup, as a copy beside the one that is there.
    Restore(Restore),
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Archive) -> anyhow::Result<Outcome> {
    match command {
        Archive::Export { tenant, to } => export(desk, &tenant, &to).await,
        Archive::VerifyArchive { file } => verify(&desk.manner, &file),
        Archive::Import {
            file,
            slug,
            as_copy,
        } => import(desk, &file, slug.as_deref(), as_copy).await,
        Archive::Restore(restore) => restore::run(desk, restore).await,
        Archive::Clone { tenant, slug, mask } => clone(desk, &tenant, &slug, mask).await,
    }
}

/// The owner's connection, which these verbs need beside the serving login's.
pub(super) async fn owner(desk: &Desk) -> anyhow::Result<OwnerConnection> {
    let url = desk.config.owner_url.as_ref();
    let url = url.context("SIGNALBOX_OWNER_DATABASE_URL is not set")?;
    Ok(OwnerConnection::connect(url).await?)
}

async fn export(desk: &Desk, slug: &str, to: &Path) -> anyhow::Result<Outcome> {
    let owner = owner(desk).await?;
    if desk.manner.dry_run {
        return match archive::fingerprint(&owner, slug).await {
            Ok(manifest) => desk.told(
                &format!("{slug} would be exported: {}.", contents(&manifest)),
                &document(&manifest),
            ),
            Err(error) => refuse(&desk.manner, slug, &error),
        };
    }
    let exported = if to == Path::new("-") {
        let written = archive::export(&owner, slug, io::stdout()).await;
        written.map(|(manifest, _)| manifest)
    } else if to.exists() {
        let text = format!("{} is there already: it is not overwritten.", to.display());
        desk.say(&text, &json!({ "error": "file_exists", "detail": text }))?;
        return Ok(Outcome::Refused);
    } else {
        export_to(&desk.manner, &owner, slug, to).await
    };
    let manifest = match exported {
        Ok(manifest) => manifest,
        Err(error) => return refuse(&desk.manner, slug, &error),
    };
    let act = Act {
        mandate: &desk.mandate,
        action: "tenant.exported",
        tenant: Some(TenantId::from(manifest.about.tenant.id)),
        subject: Some(slug),
        detail: json!({ "made_at": manifest.about.made_at }),
    };
    audit::record_as_owner(&owner, desk.db.pulse(), &act).await?;
    if to == Path::new("-") {
        // Standard output is the archive.
        return Ok(Outcome::Done);
    }
    desk.told(
        &format!("{slug} is in {}: {}.", to.display(), contents(&manifest)),
        &document(&manifest),
    )
}

/// Writes beside the file and renames at the end: what has the name is whole.
async fn export_to(
    manner: &Manner,
    owner: &OwnerConnection,
    slug: &str,
    to: &Path,
) -> Result<Manifest, ArchiveError> {
    let mut draft = to.as_os_str().to_owned();
    draft.push(".part");
    let draft = PathBuf::from(draft);
    let bar = spinner(manner);
    let written = async {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        let synced = file.try_clone()?;
        let (manifest, _) = archive::export(owner, slug, bar.wrap_write(file)).await?;
        synced.sync_all()?;
        fs::rename(&draft, to)?;
        Ok(manifest)
    }
    .await;
    bar.finish_and_clear();
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

/// Says whether the archive in `file` is whole.
pub fn verify(manner: &Manner, file: &Path) -> anyhow::Result<Outcome> {
    let name = file.display().to_string();
    let opened = File::open(file).with_context(|| name.clone())?;
    match archive::verify(opened) {
        Ok(manifest) => told(
            manner,
            &format!("{name} is whole: {}.", contents(&manifest)),
            &document(&manifest),
        ),
        Err(error) => refuse(manner, &name, &error),
    }
}

async fn import(
    desk: &Desk,
    file: &Path,
    slug: Option<&str>,
    copy: bool,
) -> anyhow::Result<Outcome> {
    let name = file.display().to_string();
    let opened = File::open(file).with_context(|| name.clone())?;
    let bar = spinner(&desk.manner);
    let imported = arrive(desk, opened, slug, copy).await;
    bar.finish_and_clear();
    let imported = match imported? {
        Ok(imported) => imported,
        Err(error) => return refuse(&desk.manner, &name, &error),
    };
    let host = imported.host.clone();
    desk.tell(vec![Hint::DirectoryChanged { host }]).await;
    let done = if desk.manner.dry_run {
        "would answer"
    } else {
        "answers"
    };
    let kind = if imported.copy { ", as a copy" } else { "" };
    let mut text = format!(
        "{} {done} on {}{kind}: {}.",
        imported.slug,
        imported.host,
        contents(&imported.manifest)
    );
    if !imported.hosts_to_prove.is_empty() {
        let hosts = imported.hosts_to_prove.join(", ");
        text.push_str(&format!(
            " To be proven again before they lead here: {hosts}."
        ));
    }
    desk.told(
        &text,
        &json!({
            "tenant": imported.slug, "id": imported.id, "host": imported.host, "copy": imported.copy,
            "hosts_to_prove": imported.hosts_to_prove, "dry_run": desk.manner.dry_run,
        }),
    )
}

/// Imports an opened archive as the desk's house would have it.
pub(super) async fn arrive(
    desk: &Desk,
    file: File,
    slug: Option<&str>,
    copy: bool,
) -> anyhow::Result<Result<archive::Imported, ArchiveError>> {
    let keys =
        wiring::keys(&desk.config).context("people are found by addresses that are hashed")?;
    let hash_address = |address: &str| keys.address_hash(address);
    let owner = owner(desk).await?;
    let arrival = Arrival {
        slug,
        base_host: desk.domain(),
        pulse: desk.db.pulse(),
        mandate: &desk.mandate,
        hash_address: &hash_address,
        copy,
        rehearsal: desk.manner.dry_run,
    };
    Ok(archive::import(&owner, file, arrival).await)
}

async fn clone(desk: &Desk, tenant: &str, slug: &str, mask: bool) -> anyhow::Result<Outcome> {
    let new = NewClone {
        slug,
        base_host: desk.domain(),
        pulse: desk.db.pulse(),
        mandate: &desk.mandate,
        mask,
        rehearsal: desk.manner.dry_run,
    };
    let bar = spinner(&desk.manner);
    let cloned = archive::clone_tenant(&owner(desk).await?, tenant, new).await;
    bar.finish_and_clear();
    let id = match cloned {
        Ok(id) => id,
        Err(error) => return refuse(&desk.manner, tenant, &error),
    };
    let host = format!("{slug}.{}", desk.domain());
    desk.tell(vec![Hint::DirectoryChanged { host: host.clone() }])
        .await;
    let done = if desk.manner.dry_run {
        "would answer"
    } else {
        "answers"
    };
    desk.told(
        &format!("{slug}, made of {tenant}, {done} on {host}."),
        &json!({ "tenant": slug, "id": id, "host": host, "masked": mask, "dry_run": desk.manner.dry_run }),
    )
}

fn spinner(manner: &Manner) -> ProgressBar {
    if manner.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bytes} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn contents(manifest: &Manifest) -> String {
    let rows: u64 = manifest.sums.iter().map(|sum| sum.rows).sum();
    let (about, tables) = (&manifest.about, manifest.sums.len());
    format!(
        "{} rows of {tables} tables, schema version {}, as of {}",
        rows, about.schema_version, about.made_at
    )
}

fn document(manifest: &Manifest) -> Value {
    serde_json::to_value(manifest).unwrap_or_default()
}

/// Says why nothing came of it.
pub(super) fn refuse(manner: &Manner, name: &str, error: &ArchiveError) -> anyhow::Result<Outcome> {
    let (outcome, code) = match error {
        ArchiveError::NotFound(_) => (Outcome::NotFound, "not_found"),
        ArchiveError::Corrupt(_) => (Outcome::Refused, "corrupt"),
        ArchiveError::TooNew { .. } => (Outcome::Refused, "too_new"),
        ArchiveError::DoesNotFit(_) | ArchiveError::Unloadable { .. } => {
            (Outcome::Refused, "does_not_fit")
        }
        ArchiveError::SlugTaken(_) => (Outcome::Refused, "slug_taken"),
        ArchiveError::SlugUnfit(_) => (Outcome::Refused, "slug_unfit"),
        _ => (Outcome::Failed, "failed"),
    };
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        detail.push_str(&format!(": {error}"));
        source = error.source();
    }
    told(
        manner,
        &format!("{name}: {detail}"),
        &json!({ "subject": name, "error": code, "detail": detail }),
    )?;
    Ok(outcome)
}

/// Prints `text`, or `json` where that was asked for.
pub(super) fn told(manner: &Manner, text: &str, json: &Value) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    if manner.json {
        writeln!(out, "{json}")?;
    } else {
        writeln!(out, "{text}")?;
    }
    Ok(Outcome::Done)
}

impl Desk {
    fn told(&self, text: &str, json: &Value) -> anyhow::Result<Outcome> {
        told(&self.manner, text, json)
    }
}
