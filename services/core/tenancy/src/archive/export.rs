//! A tenant's rows on their way into an archive: one snapshot, table by table, hashed as they pass.

use std::io::Write;

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};
use jiff::Timestamp;

use super::catalog::{self, Table};
use super::manifest::Adding;
use super::reader::PART;
use super::writer::Writer;
use super::{About, ArchiveError, FORMAT, Manifest, TableShape, TenantFacts, platform_rows};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Whatever is written as text is written the same on every server.
const AS_TEXT: &str = "
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL search_path = pg_catalog;
    SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres';
    SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL client_encoding = 'UTF8'";

const TENANT: &str = "
    SELECT t.id, t.schema_name, t.name, t.slug, t.state, t.plan, t.schema_version, t.verified_at,
           ARRAY(SELECT h.host FROM platform.hosts h WHERE h.tenant_id = t.id
                  ORDER BY h.canonical DESC, h.host) AS hosts,
           transaction_timestamp() AS made_at
      FROM platform.tenants t
     WHERE t.slug = $1 AND t.state NOT IN ('pooled', 'deleted')";

/// Writes the tenant called `slug` to `to`. Answers the manifest and `to`, flushed. The memory it takes does
/// not depend on how much there is. Errors: `NotFound`.
pub async fn export<W: Write + Send + 'static>(
    owner: &OwnerConnection,
    slug: &str,
    to: W,
) -> Result<(Manifest, W), ArchiveError> {
    in_snapshot(owner, slug, async {
        let (about, sources) = survey(owner, slug).await?;
        let writer = Writer::start(to);
        writer.about(&about).await?;
        let mut sums = Vec::with_capacity(sources.len());
        for Source { table, select } in sources {
            let mut adding = Adding::default();
            let mut number = 0;
            let mut rows = owner
                .copy_out(&format!("COPY ({select}) TO STDOUT"))
                .await?;
            let mut buffer = Vec::with_capacity(PART);
            let mut more = true;
            while more {
                more = rows.append_to(&mut buffer).await?;
                while buffer.len() >= PART || (!more && !buffer.is_empty()) {
                    let rest = buffer.split_off(buffer.len().min(PART));
                    let piece = std::mem::replace(&mut buffer, rest);
                    adding.add(&piece);
                    number += 1;
                    writer.part(&table.name, number, piece).await?;
                }
            }
            sums.push(adding.sum(&table.name));
        }
        let manifest = Manifest { about, sums };
        let to = writer.finish(&manifest).await?;
        Ok((manifest, to))
    })
    .await
}

/// What an export would say of the tenant called `slug`, without writing one.
pub async fn fingerprint(owner: &OwnerConnection, slug: &str) -> Result<Manifest, ArchiveError> {
    in_snapshot(owner, slug, async {
        let (about, sources) = survey(owner, slug).await?;
        let mut sums = Vec::with_capacity(sources.len());
        for Source { table, select } in sources {
            let mut adding = Adding::default();
            let mut rows = owner
                .copy_out(&format!("COPY ({select}) TO STDOUT"))
                .await?;
            let mut buffer = Vec::new();
            while rows.append_to(&mut buffer).await? {
                if buffer.len() >= PART {
                    adding.add(&buffer);
                    buffer.clear();
                }
            }
            adding.add(&buffer);
            sums.push(adding.sum(&table.name));
        }
        Ok(Manifest { about, sums })
    })
    .await
}

async fn in_snapshot<T>(
    owner: &OwnerConnection,
    slug: &str,
    work: impl Future<Output = Result<T, ArchiveError>>,
) -> Result<T, ArchiveError> {
    let (schema, _) = find(owner, slug).await?;
    let tables = catalog::tables(owner, &schema).await?;
    owner.batch(BEGIN).await?;
    let result = async {
        catalog::hold(owner, &schema, &tables).await?;
        owner.batch(AS_TEXT).await?;
        work.await
    }
    .await;
    // Where the connection is gone, so is the transaction; it has written nothing.
    let _ = owner.batch("ROLLBACK").await;
    result
}

/// A table of the archive and what reads it.
struct Source {
    table: TableShape,
    select: String,
}

async fn find(owner: &OwnerConnection, slug: &str) -> Result<(SchemaName, Row), ArchiveError> {
    let rows = owner.query(TENANT, &[&slug]).await?;
    let row = rows
        .into_iter()
        .next()
        .ok_or_else(|| ArchiveError::NotFound(slug.to_owned()))?;
    let corrupt = DbError::Corrupt {
        table: "platform.tenants",
        column: "schema_name",
    };
    let schema = SchemaName::parse(row.get("schema_name")?).ok_or(corrupt)?;
    Ok((schema, row))
}

async fn survey(owner: &OwnerConnection, slug: &str) -> Result<(About, Vec<Source>), ArchiveError> {
    let (schema, row) = find(owner, slug).await?;
    let tables = catalog::tables(owner, &schema).await?;
    let inside = tables.iter().map(|table: &Table| Source {
        table: table.shape.clone(),
        select: table.select(&schema),
    });
    let outside = platform_rows::ALL.iter().map(|rows| Source {
        table: rows.shape(),
        select: rows.select(&schema),
    });
    let sources: Vec<Source> = inside.chain(outside).collect();
    let about = About {
        format: FORMAT,
        product_version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: row.get::<Timestamp>("made_at")?,
        schema_version: row.get("schema_version")?,
        tenant: TenantFacts {
            id: row.get("id")?,
            name: row.get("name")?,
            slug: row.get("slug")?,
            state: row.get("state")?,
            plan: row.get("plan")?,
            verified_at: row.get("verified_at")?,
        },
        hosts: row.get("hosts")?,
        tables: sources.iter().map(|it| it.table.clone()).collect(),
    };
    Ok((about, sources))
}
