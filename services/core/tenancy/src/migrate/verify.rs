//! Whether every schema is what its version says: each catalog beside the one the chain would make.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};
use refinery::Target;
use uuid::Uuid;

use super::engine::{in_transaction, new_id};
use super::{Chain, ledger, schema};
use crate::describe::{self, Difference, Shape};
use crate::{TenancyError, provision};

/// Schemas looked at in one go: one look at the catalog costs as much for fifty as for one.
const AT_ONCE: i64 = 50;

/// A schema that is not what its version says.
#[derive(Clone, Debug)]
pub struct Drift {
    /// Whose.
    pub tenant: Uuid,
    /// Its slug, where it is somebody's.
    pub slug: Option<String>,
    /// The schema.
    pub schema: SchemaName,
    /// The version it is said to have.
    pub version: i32,
    /// Its fingerprint; `None` where the schema is not there at all.
    pub fingerprint: Option<String>,
    /// What differs, by table.
    pub differences: Vec<Difference>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Schemas compared.
    pub checked: u32,
    /// Those that have drifted.
    pub drifted: u32,
    /// Those at a version that this build does not know: not compared.
    pub newer: u32,
    /// The fingerprint of each version that was met.
    pub fingerprints: BTreeMap<i32, String>,
}

/// One tenant, as the platform knows it.
struct Known {
    id: Uuid,
    slug: Option<String>,
    schema: SchemaName,
    version: i32,
}

/// Compares every schema with what `chain` makes of its version, and tells `on_drift` of each that
/// differs. Holds fifty catalogs at a time, however many tenants there are. What was found is noted beside
/// each tenant; no schema is changed.
pub async fn verify(
    owner: &OwnerConnection,
    chain: &Chain,
    mut on_drift: impl FnMut(Drift),
) -> Result<Verified, TenancyError> {
    let mut verified = Verified::default();
    let mut models = Models::new(chain.clone());
    let mut after = String::new();
    loop {
        let batch = list(owner, &after).await?;
        let Some(last) = batch.last() else { break };
        after = last.schema.as_str().to_owned();
        compare(owner, &mut models, batch, &mut verified, &mut on_drift).await?;
    }
    let shapes = models.shapes.into_iter();
    verified.fingerprints = shapes
        .map(|(version, shape)| (version, shape.fingerprint()))
        .collect();
    Ok(verified)
}

/// The same for at most fifty tenants that were not compared for a day. `models` are kept from one call to
/// the next: each is built by running migrations.
pub async fn verify_due(
    owner: &OwnerConnection,
    models: &mut Models,
    mut on_drift: impl FnMut(Drift),
) -> Result<Verified, TenancyError> {
    let mut verified = Verified::default();
    let batch = list_due(owner).await?;
    compare(owner, models, batch, &mut verified, &mut on_drift).await?;
    Ok(verified)
}

/// Compares those of `batch`, and notes what was found.
async fn compare(
    owner: &OwnerConnection,
    models: &mut Models,
    batch: Vec<Known>,
    verified: &mut Verified,
    on_drift: &mut impl FnMut(Drift),
) -> Result<(), TenancyError> {
    let everybody: Vec<Uuid> = batch.iter().map(|it| it.id).collect();
    let target = models.chain.target();
    let (known, newer): (Vec<_>, Vec<_>) = batch.into_iter().partition(|it| it.version <= target);
    verified.newer += count_of(&newer);
    verified.checked += count_of(&known);
    let schemas: Vec<SchemaName> = known.iter().map(|it| it.schema.clone()).collect();
    let shapes = in_transaction(owner, shapes_of(owner, &schemas), false).await?;
    let mut drifted = Vec::new();
    for tenant in known {
        let shape = shapes.get(tenant.schema.as_str());
        if shape == Some(models.of(owner, tenant.version).await?) {
            continue;
        }
        let again = in_transaction(owner, look_again(owner, tenant), false).await?;
        let Some((tenant, shape)) = again else {
            continue;
        };
        let model = models.of(owner, tenant.version).await?;
        if shape.as_ref() != Some(model) {
            drifted.push(tenant.id);
            on_drift(drift(tenant, shape, model));
        }
    }
    verified.drifted += u32::try_from(drifted.len()).unwrap_or(u32::MAX);
    note(owner, &everybody, &drifted).await?;
    Ok(())
}

async fn note(owner: &OwnerConnection, compared: &[Uuid], drifted: &[Uuid]) -> Result<(), DbError> {
    owner
        .execute(
            // Whoever is being migrated keeps nobody waiting, and stays due.
            "WITH compared AS (
                 SELECT id FROM platform.tenants WHERE id = ANY ($1) FOR UPDATE SKIP LOCKED
             )
             UPDATE platform.tenants t
                SET compared_at = clock_timestamp(),
                    drifted_at = CASE WHEN t.id = ANY ($2) THEN COALESCE(t.drifted_at, clock_timestamp()) END
               FROM compared WHERE t.id = compared.id",
            &[&compared, &drifted],
        )
        .await
        .map(drop)
}

/// What each version should look like, built when it is first met.
pub struct Models {
    chain: Chain,
    shapes: BTreeMap<i32, Shape>,
}

impl Models {
    /// None yet, of `chain`.
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            shapes: BTreeMap::new(),
        }
    }

    async fn of(&mut self, owner: &OwnerConnection, version: i32) -> Result<&Shape, TenancyError> {
        match self.shapes.entry(version) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let shape = build(owner, &self.chain, version).await?;
                Ok(place.insert(shape))
            }
        }
    }
}

fn count_of(tenants: &[Known]) -> u32 {
    u32::try_from(tenants.len()).unwrap_or(u32::MAX)
}

fn drift(tenant: Known, shape: Option<Shape>, expected: &Shape) -> Drift {
    let fingerprint = shape.as_ref().map(Shape::fingerprint);
    Drift {
        tenant: tenant.id,
        slug: tenant.slug,
        schema: tenant.schema,
        version: tenant.version,
        fingerprint,
        differences: shape.unwrap_or_default().differences(expected),
    }
}

const COLUMNS: &str = "t.id, t.slug, t.schema_name, t.schema_version";

async fn list(owner: &OwnerConnection, after: &str) -> Result<Vec<Known>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM platform.tenants t
          WHERE t.state <> 'deleted' AND t.schema_name > $1 ORDER BY t.schema_name LIMIT $2"
    );
    let rows = owner.query(&text, &[&after, &AT_ONCE]).await?;
    rows.iter().map(Known::read).collect()
}

async fn list_due(owner: &OwnerConnection) -> Result<Vec<Known>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM platform.tenants t
          WHERE t.state <> 'deleted' AND COALESCE(t.compared_at < clock_timestamp() - interval '1 day', true)
          ORDER BY t.compared_at NULLS FIRST LIMIT $1"
    );
    let rows = owner.query(&text, &[&AT_ONCE]).await?;
    rows.iter().map(Known::read).collect()
}

impl Known {
    fn read(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            slug: row.get("slug")?,
            schema: ledger::schema_of(row.get("schema_name")?)?,
            version: row.get("schema_version")?,
        })
    }
}

/// The shapes of those schemas that are there.
async fn shapes_of(
    owner: &OwnerConnection,
    schemas: &[SchemaName],
) -> Result<BTreeMap<String, Shape>, TenancyError> {
    let mut catalogs = describe::read(owner, schemas).await?;
    let mut shapes = BTreeMap::new();
    for schema in schemas {
        if let Some(catalog) = catalogs.remove(schema.as_str()) {
            shapes.insert(schema.as_str().to_owned(), Shape::of(&catalog, schema)?);
        }
    }
    Ok(shapes)
}

/// A second look at one that seemed to differ, while nobody can migrate it: version and catalog of one
/// moment. `None` where the tenant has gone.
async fn look_again(
    owner: &OwnerConnection,
    tenant: Known,
) -> Result<Option<(Known, Option<Shape>)>, TenancyError> {
    schema::lock(owner, tenant.schema.as_str()).await?;
    let text = format!(
        "SELECT {COLUMNS} FROM platform.tenants t WHERE t.id = $1 AND t.state <> 'deleted'"
    );
    let rows = owner.query(&text, &[&tenant.id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let tenant = Known::read(row)?;
    let schemas = std::slice::from_ref(&tenant.schema);
    let shape = shapes_of(owner, schemas).await?.into_values().next();
    Ok(Some((tenant, shape)))
}

/// What the chain makes of `version`, on this very server: built, looked at and rolled back.
async fn build(
    owner: &OwnerConnection,
    chain: &Chain,
    version: i32,
) -> Result<Shape, TenancyError> {
    let scratch = provision::schema_name(&new_id())?;
    let built = async {
        owner
            .batch(&format!(
                "SET LOCAL client_min_messages = warning; CREATE SCHEMA {scratch};
                 SET LOCAL search_path = {scratch}"
            ))
            .await?;
        let runner = chain.runner(Target::Version(version));
        schema::apply(owner, runner, scratch.as_str()).await?;
        let mut shapes = shapes_of(owner, std::slice::from_ref(&scratch)).await?;
        Ok(shapes.remove(scratch.as_str()).unwrap_or_default())
    };
    in_transaction(owner, built, false).await
}
