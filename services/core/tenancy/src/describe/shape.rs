//! A schema as the set of its parts, for comparing: what is missing, what nobody expects, what differs.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use db::{DbError, SchemaName};
use sha2::{Digest, Sha256};

use super::{Catalog, HISTORY, column_line, definition};

/// A part of a schema. Parts of one table stand together, the table first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The table it belongs to; empty for what belongs to none.
    pub table: String,
    /// `table`, `column`, `constraint`, `index`, or what else there is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

/// Kinds of parts, in the order they are told about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// A constraint.
    Constraint,
    /// An index that no constraint brought along.
    Index,
    /// What a tenant's schema should have none of, in Postgres' words.
    Other(String),
}

impl Kind {
    /// The word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::Other(word) => word,
        }
    }
}

/// All parts of a schema, each with its definition. The order of columns is none of it: every statement
/// names its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    parts: BTreeMap<Part, String>,
}

/// How a part differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It should be there.
    Missing,
    /// It should not.
    Unexpected,
    /// It is another one.
    Different,
}

impl What {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Different => "different",
        }
    }
}

/// A part that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub part: Part,
    /// How.
    pub what: What,
    /// Its definition as it should be.
    pub expected: Option<String>,
    /// Its definition as it is.
    pub found: Option<String>,
}

impl Shape {
    pub(crate) fn of(catalog: &Catalog, schema: &SchemaName) -> Result<Self, DbError> {
        let mut parts = BTreeMap::new();
        let mut add = |table: &str, kind, name: &str, definition: String| {
            if table != HISTORY {
                let part = Part {
                    table: table.to_owned(),
                    kind,
                    name: name.to_owned(),
                };
                parts.insert(part, definition);
            }
        };
        for row in &catalog.columns {
            let table: &str = row.get("table_name")?;
            add(table, Kind::Table, table, String::new());
            add(table, Kind::Column, row.get("name")?, column_line(row)?);
        }
        for (rows, kind) in [
            (&catalog.constraints, Kind::Constraint),
            (&catalog.indexes, Kind::Index),
        ] {
            for row in rows {
                if let Some(text) = definition(row, schema)? {
                    add(row.get("table_name")?, kind.clone(), row.get("name")?, text);
                }
            }
        }
        for row in &catalog.others {
            let name = row.get::<&str>("name")?.replace(&format!("{schema}."), "");
            add("", Kind::Other(row.get("kind")?), &name, String::new());
        }
        Ok(Self { parts })
    }

    /// 64 hexadecimal digits: equal for equal schemas, and for no others.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (part, definition) in &self.parts {
            // Lengths between the texts: no two lists of parts run together to one text.
            for text in [&part.table, part.kind.as_str(), &part.name, definition] {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
        HEXLOWER.encode(&hash.finalize())
    }

    /// What is not as `expected`. A table that is missing or unexpected stands for all its parts.
    pub fn differences(&self, expected: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (part, definition) in &expected.parts {
            match self.parts.get(part) {
                None if part.kind == Kind::Table || self.has_table_of(part) => {
                    found.push((part, What::Missing, Some(definition), None));
                }
                Some(other) if other != definition => {
                    found.push((part, What::Different, Some(definition), Some(other)));
                }
                _ => {}
            }
        }
        for (part, definition) in &self.parts {
            let known = expected.parts.contains_key(part);
            if !known && (part.kind == Kind::Table || expected.has_table_of(part)) {
                found.push((part, What::Unexpected, None, Some(definition)));
            }
        }
        found.sort_by_key(|(part, ..)| *part);
        let found = found.into_iter();
        found
            .map(|(part, what, expected, found)| Difference {
                part: part.clone(),
                what,
                expected: expected.filter(|text| !text.is_empty()).cloned(),
                found: found.filter(|text| !text.is_empty()).cloned(),
            })
            .collect()
    }

    fn has_table_of(&self, part: &Part) -> bool {
        let table = Part {
            table: part.table.clone(),
            kind: Kind::Table,
            name: part.table.clone(),
        };
        part.table.is_empty() || self.parts.contains_key(&table)
    }
}
