//! The tables of a schema as Postgres knows them: the only source of names that get into a statement here.

use std::collections::BTreeSet;

use db::SchemaName;
use db::owner::OwnerConnection;

use super::{ArchiveError, TableShape};

/// refinery's own table: which migrations ran is said by the archive's version.
const HISTORY: &str = "refinery_schema_history";

/// Found by what depends on the schema, for which there is an index.
const TABLES: &str = "
    SELECT c.relname::text AS name,
           ARRAY(SELECT a.attname::text FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                  ORDER BY a.attnum) AS columns,
           ARRAY(SELECT quote_ident(a.attname)
                        || CASE WHEN a.attcollation <> 0 THEN ' COLLATE \"C\"' ELSE '' END
                   FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                   JOIN pg_attribute a ON a.attnum = k.attnum
                  WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid
                  ORDER BY k.place) AS key_columns,
           ARRAY(SELECT DISTINCT r.relname::text FROM pg_constraint f
                   JOIN pg_class r ON r.oid = f.confrelid
                  WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS needs
      FROM pg_depend d
      JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r' AND c.relname <> $2
     WHERE d.classid = 'pg_class'::regclass
       AND d.refclassid = 'pg_namespace'::regclass AND d.refobjid = to_regnamespace($1)
     ORDER BY c.relname";

/// A table with what it takes to read and load it.
pub(super) struct Table {
    pub(super) shape: TableShape,
    /// The primary key, as a list for ORDER BY: the same on every server, whatever its collation.
    order: Vec<String>,
    needs: Vec<String>,
}

impl Table {
    /// The columns, quoted.
    pub(super) fn columns(&self) -> String {
        let quoted: Vec<String> = self.shape.columns.iter().map(|it| quoted(it)).collect();
        quoted.join(", ")
    }

    /// The table in `schema`, quoted.
    pub(super) fn in_schema(&self, schema: &SchemaName) -> String {
        format!("{schema}.{}", quoted(&self.shape.name))
    }

    /// The statement that reads all rows in the order of their key.
    pub(super) fn select(&self, schema: &SchemaName) -> String {
        let order = if self.order.is_empty() {
            self.columns()
        } else {
            self.order.join(", ")
        };
        let (columns, table) = (self.columns(), self.in_schema(schema));
        format!("SELECT {columns} FROM {table} ORDER BY {order}")
    }
}

/// A name as an identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of `schema` in an order in which they can be filled: each after those it refers to.
pub(super) async fn tables(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<Vec<Table>, ArchiveError> {
    let rows = owner.query(TABLES, &[&schema.as_str(), &HISTORY]).await?;
    let mut left = Vec::with_capacity(rows.len());
    for row in rows {
        left.push(Table {
            shape: TableShape {
                name: row.get("name")?,
                columns: row.get("columns")?,
            },
            order: row.get("key_columns")?,
            needs: row.get("needs")?,
        });
    }
    in_order(left)
}

/// Keeps the tables as they are until the transaction ends: rows of a table that a migration rewrites after
/// the snapshot would be missing from it. Takes no snapshot itself, so it comes first in its transaction.
pub(super) async fn hold(
    owner: &OwnerConnection,
    schema: &SchemaName,
    tables: &[Table],
) -> Result<(), ArchiveError> {
    if tables.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = tables.iter().map(|it| it.in_schema(schema)).collect();
    let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
    Ok(owner.batch(&lock).await?)
}

fn in_order(mut left: Vec<Table>) -> Result<Vec<Table>, ArchiveError> {
    let mut placed: BTreeSet<String> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let (ready, waiting): (Vec<Table>, Vec<Table>) = left
            .into_iter()
            .partition(|table| table.needs.iter().all(|need| placed.contains(need)));
        if ready.is_empty() {
            let names: Vec<&str> = waiting.iter().map(|it| it.shape.name.as_str()).collect();
            return Err(ArchiveError::DoesNotFit(format!(
                "{} refer to each other in a circle",
                names.join(", ")
            )));
        }
        placed.extend(ready.iter().map(|table| table.shape.name.clone()));
        ordered.extend(ready);
        left = waiting;
    }
    Ok(ordered)
}
