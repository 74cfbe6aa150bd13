//! Whether a backup can be restored, by restoring it.

use std::path::Path;

use anyhow::{bail, ensure};
use db::owner::OwnerConnection;

use super::record::Record;
use super::scratch::Scratch;

/// Where restores are tried, and with which programs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The folder for it.
    pub below: Option<&'a Path>,
    /// The folder of the Postgres programs.
    pub programs: Option<&'a Path>,
}

/// What was found to hold.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Organisations whose every table was compared.
    pub organizations: usize,
    /// Tables of the platform whose rows were counted.
    pub platform_tables: usize,
    /// Whether indexes were looked through.
    pub indexes: bool,
}

/// Organisations without a schema, or schemas without one.
const HALVES: &str = "
    SELECT t.schema_name AS name FROM platform.tenants t
     WHERE t.state <> 'deleted' AND to_regnamespace(t.schema_name) IS NULL
     UNION ALL
    SELECT n.nspname::text FROM pg_namespace n
     WHERE n.nspname ~ '^t_[a-z2-7]{26}$'
       AND NOT EXISTS (SELECT FROM platform.tenants t WHERE t.schema_name = n.nspname)
     ORDER BY 1 LIMIT 5";

/// Restores the backup in `folder` into a scratch cluster and compares. Errors: what is wrong with it.
pub async fn verify(record: &Record, folder: &Path, place: Place<'_>) -> anyhow::Result<Verified> {
    {
        let (record, folder) = (record.clone(), folder.to_path_buf());
        tokio::task::spawn_blocking(move || record.check(&folder)).await??;
    }
    let scratch = Scratch::open(record, folder, place.below, place.programs).await?;
    let owner = scratch.connect("signalbox_owner").await?;
    let halves = owner.query(HALVES, &[]).await?;
    if let Some(row) = halves.first() {
        bail!("{} is there by half", row.get::<&str>("name")?);
    }
    let restored = record.measured.again(&owner).await?;
    let differences = record.measured.differences(&restored);
    ensure!(
        differences.is_empty(),
        "the restore differs: {}",
        differences.join("; ")
    );
    let schemas = schemas(&owner, record).await?;
    // A module of its own, which some packages leave out.
    let there = "SELECT name FROM pg_available_extensions WHERE name = 'amcheck'";
    let indexes = !owner.query(there, &[]).await?.is_empty();
    drop(owner);
    if indexes {
        tokio::task::spawn_blocking(move || scratch.check_indexes(&schemas)).await??;
    }
    Ok(Verified {
        organizations: record.measured.samples.len(),
        platform_tables: record.measured.platform.len(),
        indexes,
    })
}

/// The platform's schema and those of the organisations that were drawn.
async fn schemas(owner: &OwnerConnection, record: &Record) -> anyhow::Result<Vec<String>> {
    let ids: Vec<_> = record.measured.samples.iter().map(|it| it.tenant).collect();
    let rows = owner
        .query(
            "SELECT schema_name FROM platform.tenants WHERE id = ANY($1)",
            &[&ids],
        )
        .await?;
    let mut schemas = vec!["platform".to_owned()];
    for row in rows {
        schemas.push(row.get("schema_name")?);
    }
    Ok(schemas)
}
