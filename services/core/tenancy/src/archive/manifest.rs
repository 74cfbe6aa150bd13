//! What an archive says of itself: before its rows what it is, after them how much there was.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What an archive is. The first thing in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The version of the format.
    pub format: u32,
    /// The version of Signalbox that wrote it.
    pub product_version: String,
    /// When its rows were read: all at this instant.
    pub made_at: Timestamp,
    /// The last migration the schema had seen.
    pub schema_version: i32,
    /// Whose data it is.
    pub tenant: TenantFacts,
    /// Where the tenant answered; for the operator to read, an import gives a host of its own.
    pub hosts: Vec<String>,
    /// The tables, in the order in which they can be loaded.
    pub tables: Vec<TableShape>,
}

/// What the platform knows of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFacts {
    /// The id it had.
    pub id: Uuid,
    /// The organisation's name.
    pub name: String,
    /// The slug it had.
    pub slug: String,
    /// Where it was in its life.
    pub state: String,
    /// Its plan.
    pub plan: String,
    /// Since when its owner's address is proven.
    pub verified_at: Option<Timestamp>,
}

/// A table and the columns whose values are there, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableShape {
    /// The table's name; `platform.x` for rows that live outside the schema.
    pub name: String,
    /// The columns.
    pub columns: Vec<String>,
}

/// How much of a table there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Bytes of the rows in the text format of COPY.
    pub bytes: u64,
    /// SHA-256 of these bytes, in hexadecimal.
    pub sha256: String,
}

/// The last thing in an archive. Two archives with equal sums hold equal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The first thing again.
    pub about: About,
    /// One for each table, in the same order.
    pub sums: Vec<Sum>,
}

/// Adds up a table while it passes.
#[derive(Clone, Default)]
pub(super) struct Adding {
    rows: u64,
    bytes: u64,
    hash: Sha256,
}

impl Adding {
    pub(super) fn add(&mut self, piece: &[u8]) {
        // In the text format a newline inside a value is escaped: each byte of it ends a row.
        self.rows += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.bytes += piece.len() as u64;
        self.hash.update(piece);
    }

    pub(super) fn sum(self, table: &str) -> Sum {
        Sum {
            table: table.to_owned(),
            rows: self.rows,
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.hash.finalize()),
        }
    }
}
