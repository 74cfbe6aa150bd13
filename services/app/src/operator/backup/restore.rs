//! `signalbox tenant restore`: one organisation out of a backup, beside the one that is there.
//!
//! What is there is never overwritten: whoever restores looks at the copy first, and then lets the two change places.

use std::io::Seek;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tenancy::archive;

use super::record::Record;
use super::scratch::Scratch;
use crate::operator::archive::{arrive, refuse, told};
use crate::operator::{Desk, Outcome};

/// Which organisation, and out of what.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// Its slug in the backup.
    tenant: String,
    /// The backup's own folder.
    #[arg(long)]
    from: PathBuf,
    /// The slug again: a copy of all of its data is about to be there a second time.
    #[arg(long)]
    confirm: Option<String>,
    /// The slug of the copy; without this <slug>-restored.
    #[arg(long = "as")]
    slug: Option<String>,
    /// Where the scratch cluster is put; it needs as much room as the database.
    #[arg(long)]
    scratch: Option<PathBuf>,
}

/// Restores it.
pub async fn run(desk: &Desk, restore: Restore) -> anyhow::Result<Outcome> {
    let tenant = &restore.tenant;
    if restore.confirm.as_ref() != Some(tenant) && !desk.manner.dry_run {
        let text = format!("Not confirmed. Say it again with --confirm {tenant}.");
        told(
            &desk.manner,
            &text,
            &json!({ "error": "not_confirmed", "tenant": tenant }),
        )?;
        return Ok(Outcome::Refused);
    }
    let record = Record::read(&restore.from)?;
    record.check(&restore.from)?;
    let scratch = Scratch::open(
        &record,
        &restore.from,
        restore.scratch.as_deref(),
        desk.config.postgres_bin.as_deref(),
    )
    .await?;
    // A file without a name: nothing of it can stay behind.
    let mut file = tempfile::tempfile()?;
    let exported = {
        let owner = scratch.connect("signalbox_owner").await?;
        archive::export(&owner, tenant, file.try_clone()?).await
    };
    drop(scratch);
    if let Err(error) = exported {
        return refuse(&desk.manner, tenant, &error);
    }
    file.rewind()?;
    let slug = restore.slug.unwrap_or_else(|| format!("{tenant}-restored"));
    let imported = match arrive(desk, file, Some(&slug), true).await? {
        Ok(imported) => imported,
        Err(error) => return refuse(&desk.manner, &slug, &error),
    };
    let as_of = imported.manifest.about.made_at;
    let text = format!(
        "{slug} on {} is {tenant} as it was in {}. Look at it; `signalbox tenant swap {tenant} {slug} --confirm {tenant}` lets them change places.",
        imported.host, record.name
    );
    told(
        &desk.manner,
        &text,
        &json!({
            "tenant": slug, "id": imported.id, "host": imported.host, "of": tenant, "backup": record.name,
            "made_at": record.made_at, "read_at": as_of, "dry_run": desk.manner.dry_run,
        }),
    )
}
