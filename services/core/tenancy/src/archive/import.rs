//! An archive on its way into a fresh schema: all of it, in one transaction, or nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Seek;

use db::Pulse;
use db::owner::{CopyIn, OwnerConnection};
use kernel::id::TenantId;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::catalog::{self, Table, quoted};
use super::platform_rows::{self, HashAddress};
use super::reader::{self, Item};
use super::room::{self, Place, Room};
use super::{About, ArchiveError, Manifest, TableShape, personal};
use crate::TEMPLATE_VERSION;
use crate::audit::{self, Act, Mandate};

/// Pieces that may wait for the database.
const WAITING: usize = 4;

/// What arrives, and as what.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The slug it is to have; `None` keeps its own.
    pub slug: Option<&'a str>,
    /// What stands behind the slug in its canonical host: the root host, without a port.
    pub base_host: &'a str,
    /// The time, and where ids come from.
    pub pulse: &'a Pulse,
    /// Who lets it in, and why.
    pub mandate: &'a Mandate,
    /// Hashes people's addresses with the key of this house.
    pub hash_address: HashAddress<'a>,
    /// Whether it is a second one beside the first: nobody stays signed in, no link that was mailed works, and
    /// nothing that waits is done twice. Always so where the archive's tenant is still on this server.
    pub copy: bool,
    /// Everything is done and then taken back.
    pub rehearsal: bool,
}

/// A tenant that has arrived.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its new id.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
    /// Where it answers.
    pub host: String,
    /// Whether it arrived as a copy.
    pub copy: bool,
    /// Hosts of the archive that have to be proven again before they lead here.
    pub hosts_to_prove: Vec<String>,
    /// What was loaded.
    pub manifest: Manifest,
}

/// Loads an archive. It is read twice: before the first row is loaded, all of it has been checked. Errors:
/// `Corrupt`, `TooNew`, `DoesNotFit`, `Unloadable`, `SlugTaken`, `SlugUnfit`; nothing stays of a failed one.
pub async fn import(
    owner: &OwnerConnection,
    mut file: File,
    arrival: Arrival<'_>,
) -> Result<Imported, ArchiveError> {
    let mut again = file.try_clone()?;
    let checked = tokio::task::spawn_blocking(move || super::verify(&mut file)).await;
    let manifest = checked.map_err(std::io::Error::other)??;
    again.rewind()?;
    let about = &manifest.about;
    if about.schema_version > TEMPLATE_VERSION {
        return Err(ArchiveError::TooNew {
            what: "schema version",
            archive: about.schema_version.into(),
            here: TEMPLATE_VERSION.into(),
        });
    }
    let slug = arrival.slug.unwrap_or(&about.tenant.slug);
    let host = format!("{slug}.{}", arrival.base_host);
    let place = Place {
        slug,
        host: &host,
        pulse: arrival.pulse,
    };
    room::begin(owner).await?;
    let loaded = async {
        let room = room::open(owner, place, about.schema_version).await?;
        let copy = arrival.copy || is_here(owner, about.tenant.id).await?;
        load(owner, &room, about, again).await?;
        settle(owner, &room, place, &manifest, copy, arrival).await?;
        Ok((room.id, copy))
    };
    let (id, copy) = room::end(owner, arrival.rehearsal, loaded.await).await?;
    let hosts = about
        .hosts
        .iter()
        .filter(|it| !it.starts_with(&format!("{}.", about.tenant.slug)));
    Ok(Imported {
        id,
        slug: slug.to_owned(),
        hosts_to_prove: hosts.cloned().collect(),
        host,
        copy,
        manifest,
    })
}

/// Whether the tenant that the archive was made of is on this server, alive.
async fn is_here(owner: &OwnerConnection, id: Uuid) -> Result<bool, ArchiveError> {
    let alive =
        "SELECT id FROM platform.tenants WHERE id = $1 AND state NOT IN ('pooled', 'deleted')";
    Ok(!owner.query(alive, &[&id]).await?.is_empty())
}

/// What follows the rows.
async fn settle(
    owner: &OwnerConnection,
    room: &Room,
    place: Place<'_>,
    manifest: &Manifest,
    copy: bool,
    arrival: Arrival<'_>,
) -> Result<(), ArchiveError> {
    platform_rows::close_stage(owner, &room.schema, !copy).await?;
    if copy {
        personal::forget_access(owner, &room.schema).await?;
    }
    room::move_in(owner, room, place, &manifest.about.tenant).await?;
    platform_rows::write_address_hashes(owner, &room.schema, room.id, arrival.hash_address).await?;
    let act = Act {
        mandate: arrival.mandate,
        action: "tenant.imported",
        tenant: Some(TenantId::from(room.id)),
        subject: Some(place.slug),
        detail: json!({"of": manifest.about.tenant.id, "made_at": manifest.about.made_at, "copy": copy}),
    };
    Ok(audit::record_as_owner(owner, arrival.pulse, &act).await?)
}

async fn load(
    owner: &OwnerConnection,
    room: &Room,
    about: &About,
    from: File,
) -> Result<(), ArchiveError> {
    let tables = catalog::tables(owner, &room.schema).await?;
    let targets = targets(room, about, &tables)?;
    platform_rows::open_stage(owner, &room.schema).await?;
    let (give, mut items) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        reader::read(from, |item| {
            // Nobody takes it any more: the database has refused, and says why.
            give.blocking_send(item)
                .map_err(|_| ArchiveError::corrupt("it was not loaded"))
        })
    });
    let mut open: Option<(usize, CopyIn)> = None;
    let mut ended = None;
    while let Some(item) = items.recv().await {
        match item {
            Item::About(again) if again == *about => {}
            Item::About(_) => return Err(changed()),
            Item::Part(at, piece) => {
                let target = targets.get(at).ok_or_else(changed)?;
                if open.as_ref().is_none_or(|(present, _)| *present != at) {
                    close(open.take(), &targets).await?;
                    let begun = owner.copy_in(&target.statement).await;
                    open = Some((at, begun.map_err(|error| target.refused(error))?));
                }
                if let Some((_, rows)) = &mut open {
                    let sent = rows.send(piece).await;
                    sent.map_err(|error| target.refused(error))?;
                }
            }
            Item::End(manifest) => ended = Some(manifest),
        }
    }
    close(open.take(), &targets).await?;
    reading.await.map_err(std::io::Error::other)??;
    // What was read the second time is what was checked the first time.
    match ended {
        Some(manifest) if manifest.about == *about => Ok(()),
        _ => Err(changed()),
    }
}

fn changed() -> ArchiveError {
    ArchiveError::corrupt("it changed while it was read")
}

async fn close(open: Option<(usize, CopyIn)>, targets: &[Target]) -> Result<(), ArchiveError> {
    if let Some((at, rows)) = open {
        let target = targets.get(at).ok_or_else(changed)?;
        rows.finish().await.map_err(|error| target.refused(error))?;
    }
    Ok(())
}

/// Where the rows of a table of the archive go.
struct Target {
    table: String,
    statement: String,
}

impl Target {
    fn refused(&self, source: db::DbError) -> ArchiveError {
        if source.is_refusal() {
            ArchiveError::Unloadable {
                table: self.table.clone(),
                source,
            }
        } else {
            source.into()
        }
    }
}

/// One statement for each table of the archive, in its order. Every name in it comes from the catalog: an
/// archive that names anything else does not fit.
fn targets(room: &Room, about: &About, tables: &[Table]) -> Result<Vec<Target>, ArchiveError> {
    let misfit = |what: String| Err(ArchiveError::DoesNotFit(what));
    let mut seen = BTreeSet::new();
    let mut targets = Vec::with_capacity(about.tables.len());
    for TableShape { name, columns } in &about.tables {
        if !seen.insert(name.as_str()) {
            return misfit(format!("{name} is there twice"));
        }
        let outside = platform_rows::ALL
            .iter()
            .find(|it| it.shape().name == *name);
        let inside = tables.iter().find(|it| it.shape.name == *name);
        let (known, into) = match (inside, outside) {
            (Some(table), _) => (table.shape.columns.clone(), table.in_schema(&room.schema)),
            (None, Some(rows)) => (rows.shape().columns, rows.target(&room.schema)),
            (None, None) => return misfit(format!("there is no table {name}")),
        };
        let (has, should): (BTreeSet<_>, BTreeSet<_>) =
            (columns.iter().collect(), known.iter().collect());
        if let Some(column) = has.symmetric_difference(&should).next() {
            return misfit(format!("column {column} of {name} is on one side only"));
        }
        if columns.len() != has.len() {
            return misfit(format!("a column of {name} is there twice"));
        }
        let columns: Vec<String> = columns.iter().map(|it| quoted(it)).collect();
        targets.push(Target {
            table: name.clone(),
            statement: format!("COPY {into} ({}) FROM STDIN", columns.join(", ")),
        });
    }
    let missing = tables
        .iter()
        .find(|it| !seen.contains(it.shape.name.as_str()));
    match missing {
        Some(table) => misfit(format!("the table {} is missing", table.shape.name)),
        None => Ok(targets),
    }
}
