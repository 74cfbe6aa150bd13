//! A schema in words: one text that says all that tables, columns, constraints and indexes are.
//!
//! The same text is the snapshot `tenant-templates/schema.sql`, the proof that it equals the chain of
//! migrations, and the look-up of drift. Not-null constraints (`contype` n) are left out: Postgres 18
//! lists them, 15 does not, and the columns say the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};

use crate::TenancyError;

/// First lines of the generated file.
const HEADER: &str =
    "-- Generated from the migrations beside it; a test compares. Do not edit.\n\n";

/// refinery's own table: history, not shape.
const HISTORY: &str = "refinery_schema_history";

const COLUMNS: &str = "
    SELECT c.relname::text AS table_name, a.attname::text AS name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
           pg_get_expr(d.adbin, d.adrelid) AS default_expr
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r'
     ORDER BY c.relname, a.attnum";

const CONSTRAINTS: &str = "
    SELECT c.relname::text AS table_name, k.conname::text AS name, k.contype::text AS kind,
           pg_get_constraintdef(k.oid) AS definition
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
     WHERE c.relnamespace = $1::text::regnamespace AND k.contype <> 'n'
     ORDER BY c.relname, k.conname";

const INDEXES: &str = "
    SELECT c.relname::text AS table_name, pg_get_indexdef(i.indexrelid) AS definition
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid
      JOIN pg_class x ON x.oid = i.indexrelid
     WHERE c.relnamespace = $1::text::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
     ORDER BY c.relname, x.relname";

/// What the catalog says of one schema.
struct Catalog {
    columns: Vec<Row>,
    constraints: Vec<Row>,
    indexes: Vec<Row>,
}

/// Describes `schema` as the statements that would make it, names unqualified: equal texts are equal
/// schemas, whatever they are called and however they came to be.
pub async fn describe(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<String, TenancyError> {
    let catalog = read(owner, schema.as_str()).await?;
    let mut tables = columns_by_table(&catalog.columns)?;
    let foreign_keys = add_constraints(&mut tables, &catalog.constraints)?;
    tables.remove(HISTORY);
    let mut text = String::from(HEADER);
    for (table, lines) in &tables {
        let lines = lines.join(",\n    ");
        let _ = writeln!(text, "CREATE TABLE {table} (\n    {lines}\n);\n");
    }
    for row in &catalog.indexes {
        let definition: &str = row.get("definition")?;
        let unqualified = definition.replace(&format!(" ON {schema}."), " ON ");
        let _ = writeln!(text, "{unqualified};");
    }
    text.push('\n');
    text.push_str(&foreign_keys);
    Ok(text)
}

async fn read(owner: &OwnerConnection, schema: &str) -> Result<Catalog, DbError> {
    // Definitions name what is on the path without its schema.
    owner
        .batch(&format!("BEGIN; SET LOCAL search_path = {schema}"))
        .await?;
    let catalog = async {
        Ok(Catalog {
            columns: owner.query(COLUMNS, &[&schema]).await?,
            constraints: owner.query(CONSTRAINTS, &[&schema]).await?,
            indexes: owner.query(INDEXES, &[&schema]).await?,
        })
    }
    .await;
    owner.batch("ROLLBACK").await?;
    catalog
}

/// The lines of each table, so far its columns.
fn columns_by_table(columns: &[Row]) -> Result<BTreeMap<String, Vec<String>>, DbError> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in columns {
        let mut line = format!("{} {}", row.get::<&str>("name")?, row.get::<&str>("type")?);
        if let Some(default) = row.get::<Option<&str>>("default_expr")? {
            let _ = write!(line, " DEFAULT {default}");
        }
        if row.get("required")? {
            line.push_str(" NOT NULL");
        }
        tables.entry(row.get("table_name")?).or_default().push(line);
    }
    Ok(tables)
}

/// Adds the constraints to their tables. Answers the foreign keys, which come after all tables, so that
/// their order does not matter.
fn add_constraints(
    tables: &mut BTreeMap<String, Vec<String>>,
    constraints: &[Row],
) -> Result<String, DbError> {
    let mut foreign_keys = String::new();
    for row in constraints {
        let (table, name): (&str, &str) = (row.get("table_name")?, row.get("name")?);
        let definition: &str = row.get("definition")?;
        let line = format!("CONSTRAINT {name} {definition}");
        if row.get::<&str>("kind")? == "f" {
            let _ = writeln!(foreign_keys, "ALTER TABLE {table} ADD {line};");
        } else if let Some(lines) = tables.get_mut(table) {
            lines.push(line);
        }
    }
    Ok(foreign_keys)
}
