//! A tenant beside itself: a fresh schema, filled from the first one inside the database.

use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};
use kernel::id::TenantId;
use serde_json::json;
use uuid::Uuid;

use super::catalog::{self, Table, quoted};
use super::room::{self, Place, Room};
use super::{ArchiveError, TenantFacts, personal};
use crate::audit::{self, Act, Mandate};

/// What the clone is to be.
#[derive(Clone, Copy)]
pub struct NewClone<'a> {
    /// Its slug.
    pub slug: &'a str,
    /// What stands behind the slug in its canonical host: the root host, without a port.
    pub base_host: &'a str,
    /// The time, and where ids come from.
    pub pulse: &'a Pulse,
    /// Who clones, and why.
    pub mandate: &'a Mandate,
    /// Whether personal data is replaced. Nobody can sign in to a masked clone, and nothing is checked for it.
    pub mask: bool,
    /// Everything is done and then taken back.
    pub rehearsal: bool,
}

const SOURCE: &str = "
    SELECT id, schema_name, schema_version, name, slug, state, plan, verified_at FROM platform.tenants
     WHERE slug = $1 AND state NOT IN ('pooled', 'deleted')";

/// Clones the tenant called `slug`. A clone knows nobody who is signed in, no link that was mailed, and sends
/// none of the first one's mail. Answers its id. Errors: `NotFound`, `SlugTaken`, `SlugUnfit`.
pub async fn clone_tenant(
    owner: &OwnerConnection,
    slug: &str,
    new: NewClone<'_>,
) -> Result<Uuid, ArchiveError> {
    let host = format!("{}.{}", new.slug, new.base_host);
    let place = Place {
        slug: new.slug,
        host: &host,
        pulse: new.pulse,
    };
    let rows = owner.query(SOURCE, &[&slug]).await?;
    let row = rows
        .first()
        .ok_or_else(|| ArchiveError::NotFound(slug.to_owned()))?;
    let corrupt = DbError::Corrupt {
        table: "platform.tenants",
        column: "schema_name",
    };
    let source = SchemaName::parse(row.get("schema_name")?).ok_or(corrupt)?;
    let mut facts = TenantFacts {
        id: row.get("id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        state: row.get("state")?,
        plan: row.get("plan")?,
        verified_at: row.get("verified_at")?,
    };
    if new.mask {
        personal::MASKED_NAME.clone_into(&mut facts.name);
    }
    let version: i32 = row.get("schema_version")?;
    let tables = catalog::tables(owner, &source).await?;
    room::begin(owner).await?;
    let work = async {
        catalog::hold(owner, &source, &tables).await?;
        let room = room::open(owner, place, version).await?;
        fill(owner, &tables, &source, &room, new.mask).await?;
        owner.batch(&personal::give_up_mail(&room.schema)).await?;
        room::move_in(owner, &room, place, &facts).await?;
        if !new.mask {
            be_found(owner, &source, facts.id, &room).await?;
        }
        let act = Act {
            mandate: new.mandate,
            action: "tenant.cloned",
            tenant: Some(TenantId::from(room.id)),
            subject: Some(new.slug),
            detail: json!({"of": facts.id, "masked": new.mask}),
        };
        audit::record_as_owner(owner, new.pulse, &act).await?;
        Ok(room.id)
    };
    room::end(owner, new.rehearsal, work.await).await
}

/// Fills every table but those that would let people in. One statement a table, and all of them see the
/// first one as it was when the transaction began.
async fn fill(
    owner: &OwnerConnection,
    from: &[Table],
    source: &SchemaName,
    room: &Room,
    mask: bool,
) -> Result<(), ArchiveError> {
    let into = catalog::tables(owner, &room.schema).await?;
    for table in from {
        if !into.iter().any(|it| it.shape == table.shape) {
            return Err(ArchiveError::DoesNotFit(format!(
                "the table {} is not what a schema of its version has",
                table.shape.name
            )));
        }
        if !personal::is_access(&table.shape.name) {
            owner.batch(&statement(table, source, room, mask)).await?;
        }
    }
    Ok(())
}

fn statement(table: &Table, source: &SchemaName, room: &Room, mask: bool) -> String {
    let name = &table.shape.name;
    let values: Vec<String> = table
        .shape
        .columns
        .iter()
        .map(|column| {
            if mask {
                personal::masked(name, column)
            } else {
                quoted(column)
            }
        })
        .collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        table.in_schema(&room.schema),
        table.columns(),
        values.join(", "),
        table.in_schema(source),
    )
}

/// Its endpoints are checked, and its people find it: both as for the first one.
async fn be_found(
    owner: &OwnerConnection,
    source: &SchemaName,
    first: Uuid,
    room: &Room,
) -> Result<(), ArchiveError> {
    owner
        .execute(
            "INSERT INTO platform.check_schedule (tenant, endpoint_id, interval_ms, next_due_at)
             SELECT $2, endpoint_id, interval_ms, next_due_at FROM platform.check_schedule WHERE tenant = $1",
            &[&source.as_str(), &room.schema.as_str()],
        )
        .await?;
    owner
        .execute(
            "INSERT INTO platform.address_hashes (address_hash, tenant_id, user_id)
             SELECT address_hash, $2, user_id FROM platform.address_hashes WHERE tenant_id = $1",
            &[&first, &room.id],
        )
        .await?;
    Ok(())
}
