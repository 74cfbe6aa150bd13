//! A schema in words: one text that says all that tables, columns, constraints and indexes are.
//!
//! The same catalog is the snapshot `tenant-templates/schema.sql`, the proof that it equals the chain of
//! migrations, and the look-up of drift ([`crate::migrate::verify`]). Not-null constraints (`contype` n)
//! are left out: Postgres 18 lists them, 15 does not, and the columns say the same.

mod shape;

use std::collections::BTreeMap;
use std::fmt::Write;

use db::owner::OwnerConnection;
use db::{DbError, Row, SchemaName};

use crate::TenancyError;

pub use shape::{Difference, Kind, Part, Shape, What};

/// First lines of the generated file.
const HEADER: &str =
    "-- Generated from the migrations beside it; a test compares. Do not edit.\n\n";

/// refinery's own table: history, not shape.
const HISTORY: &str = "refinery_schema_history";

/// Schemas that are there, each with its relations. Those are found by what depends on the schema: there is an
/// index for that, and none over where a relation is.
const RELATIONS: &str = "
    SELECT n.nspname::text AS schema_name, d.objid AS relation
      FROM pg_namespace n
      LEFT JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
                           AND d.classid = 'pg_class'::regclass
     WHERE n.nspname = ANY($1::text[]::name[])";

const COLUMNS: &str = "
    SELECT n.nspname::text AS schema_name, c.relname::text AS table_name, a.attname::text AS name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
           pg_get_expr(d.adbin, d.adrelid) AS default_expr
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.oid = ANY($1) AND c.relkind = 'r'
     ORDER BY c.relname, a.attnum";

const CONSTRAINTS: &str = "
    SELECT n.nspname::text AS schema_name, c.relname::text AS table_name, k.conname::text AS name,
           k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype <> 'n'
     WHERE c.oid = ANY($1)
     ORDER BY c.relname, k.conname";

const INDEXES: &str = "
    SELECT n.nspname::text AS schema_name, c.relname::text AS table_name, x.relname::text AS name,
           pg_get_indexdef(i.indexrelid) AS definition
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_index i ON i.indrelid = c.oid
      JOIN pg_class x ON x.oid = i.indexrelid
     WHERE c.oid = ANY($1) AND c.relkind IN ('r', 'm', 'p')
       AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                          AND d.refclassid = 'pg_constraint'::regclass AND d.deptype = 'i')
     ORDER BY c.relname, x.relname";

/// What a tenant's schema has none of, unless somebody put it there.
const OTHERS: &str = "
    SELECT n.nspname::text AS schema_name, c.relname::text AS name,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                          WHEN 'f' THEN 'foreign table' ELSE 'partitioned table' END AS kind
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = ANY($1) AND c.relkind IN ('v', 'm', 'S', 'f', 'p')
     UNION ALL
    SELECT n.nspname::text, format('%s on %s', t.tgname, c.relname), 'trigger'
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
     WHERE c.oid = ANY($1)
     UNION ALL
    SELECT n.nspname::text, format('%s on %s', o.polname, c.relname), 'row policy'
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_policy o ON o.polrelid = c.oid
     WHERE c.oid = ANY($1)";

/// The same that is no relation. Of functions there are few in all.
const OTHERS_BY_SCHEMA: &str = "
    SELECT n.nspname::text AS schema_name, t.typname::text AS name, 'composite type' AS kind
      FROM pg_namespace n
      JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
                      AND d.classid = 'pg_type'::regclass
      JOIN pg_type t ON t.oid = d.objid AND t.typtype = 'c'
     WHERE n.nspname = ANY($1::text[]::name[])
     UNION ALL
    SELECT n.nspname::text, p.oid::regprocedure::text, 'function'
      FROM pg_namespace n
      JOIN pg_proc p ON p.pronamespace = n.oid
     WHERE n.nspname = ANY($1::text[]::name[])";

/// What the catalog says of one schema.
#[derive(Default)]
pub(crate) struct Catalog {
    columns: Vec<Row>,
    constraints: Vec<Row>,
    indexes: Vec<Row>,
    others: Vec<Row>,
}

/// Describes `schema` as the statements that would make it, names unqualified: equal texts are equal
/// schemas, whatever they are called and however they came to be.
pub async fn describe(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<String, TenancyError> {
    owner.batch("BEGIN").await?;
    let catalogs = read(owner, std::slice::from_ref(schema)).await;
    owner.batch("ROLLBACK").await?;
    let catalog = catalogs?.remove(schema.as_str()).unwrap_or_default();
    let mut tables = columns_by_table(&catalog.columns)?;
    let foreign_keys = add_constraints(schema, &mut tables, &catalog.constraints)?;
    tables.remove(HISTORY);
    let mut text = String::from(HEADER);
    for (table, lines) in &tables {
        let lines = lines.join(",\n    ");
        let _ = writeln!(text, "CREATE TABLE {table} (\n    {lines}\n);\n");
    }
    for row in &catalog.indexes {
        if let Some(definition) = definition(row, schema)? {
            let _ = writeln!(text, "{definition};");
        }
    }
    text.push('\n');
    text.push_str(&foreign_keys);
    Ok(text)
}

/// What the catalog says of each of `schemas`, inside the transaction that is open. Those that are not there
/// are left out.
pub(crate) async fn read(
    owner: &OwnerConnection,
    schemas: &[SchemaName],
) -> Result<BTreeMap<String, Catalog>, DbError> {
    let names: Vec<&str> = schemas.iter().map(SchemaName::as_str).collect();
    // Names are written out in full, so that each schema's own can be taken off.
    owner.batch("SET LOCAL search_path = ''").await?;
    let mut catalogs: BTreeMap<String, Catalog> = BTreeMap::new();
    let mut relations: Vec<u32> = Vec::new();
    for row in &owner.query(RELATIONS, &[&names]).await? {
        catalogs.entry(row.get("schema_name")?).or_default();
        relations.extend(row.get::<Option<u32>>("relation")?);
    }
    let mut keep = |rows: Vec<Row>, rows_of: RowsOf| -> Result<(), DbError> {
        for row in rows {
            if let Some(catalog) = catalogs.get_mut(row.get::<&str>("schema_name")?) {
                rows_of(catalog).push(row);
            }
        }
        Ok(())
    };
    for (statement, rows_of) in [
        (COLUMNS, (|it| &mut it.columns) as RowsOf),
        (CONSTRAINTS, |it| &mut it.constraints),
        (INDEXES, |it| &mut it.indexes),
        (OTHERS, |it| &mut it.others),
    ] {
        keep(owner.query(statement, &[&relations]).await?, rows_of)?;
    }
    let others = owner.query(OTHERS_BY_SCHEMA, &[&names]).await?;
    keep(others, |it| &mut it.others)?;
    Ok(catalogs)
}

/// Where the rows of one statement are kept.
type RowsOf = fn(&mut Catalog) -> &mut Vec<Row>;

/// A definition with the names of its own schema unqualified; `None` where the object went away while the
/// catalog was read.
fn definition(row: &Row, schema: &SchemaName) -> Result<Option<String>, DbError> {
    let definition: Option<&str> = row.get("definition")?;
    Ok(definition.map(|text| text.replace(&format!("{schema}."), "")))
}

fn column_line(row: &Row) -> Result<String, DbError> {
    let mut line = format!("{} {}", row.get::<&str>("name")?, row.get::<&str>("type")?);
    if let Some(default) = row.get::<Option<&str>>("default_expr")? {
        let _ = write!(line, " DEFAULT {default}");
    }
    if row.get("required")? {
        line.push_str(" NOT NULL");
    }
    Ok(line)
}

/// The lines of each table, so far its columns.
fn columns_by_table(columns: &[Row]) -> Result<BTreeMap<String, Vec<String>>, DbError> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in columns {
        let lines = tables.entry(row.get("table_name")?).or_default();
        lines.push(column_line(row)?);
    }
    Ok(tables)
}

/// Adds the constraints to their tables. Answers the foreign keys, which come after all tables, so that
/// their order does not matter.
fn add_constraints(
    schema: &SchemaName,
    tables: &mut BTreeMap<String, Vec<String>>,
    constraints: &[Row],
) -> Result<String, DbError> {
    let mut foreign_keys = String::new();
    for row in constraints {
        let (table, name): (&str, &str) = (row.get("table_name")?, row.get("name")?);
        let Some(definition) = definition(row, schema)? else {
            continue;
        };
        let line = format!("CONSTRAINT {name} {definition}");
        if row.get::<&str>("kind")? == "f" {
            let _ = writeln!(foreign_keys, "ALTER TABLE {table} ADD {line};");
        } else if let Some(lines) = tables.get_mut(table) {
            lines.push(line);
        }
    }
    Ok(foreign_keys)
}
