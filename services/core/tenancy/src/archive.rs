//! A tenant as one file, and as a copy: export, verify, import, clone.
//!
//! An archive is a tar, compressed by gzip: `about.json` says what it is, `data/<table>/<n>.copy` are the rows
//! in the text format of COPY, cut into pieces so that nobody needs room for a whole table, `manifest.json`
//! says at last how much there was, with SHA-256. Behind the stream stands a second, empty gzip member that
//! carries the SHA-256 of every byte before it: `tar -xzf` reads the file, and no byte can change unseen.
//!
//! Must not know what the rows mean, but for `personal` (which of them are personal) and `platform_rows`
//! (what of a tenant lives outside its schema).

mod catalog;
mod clone;
mod error;
mod export;
mod import;
mod manifest;
pub mod personal;
mod platform_rows;
mod reader;
mod room;
mod seal;
mod verify;
mod writer;

pub use clone::{NewClone, clone_tenant};
pub use error::ArchiveError;
pub use export::{export, fingerprint};
pub use import::{Arrival, Imported, import};
pub use manifest::{About, Manifest, Sum, TableShape, TenantFacts};
pub use verify::verify;

/// The version of the format. An archive of a later one is refused.
pub const FORMAT: u32 = 1;
