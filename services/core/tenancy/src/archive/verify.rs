//! Whether an archive is whole, without loading it.

use std::io::Read;

use super::reader::{self, Item};
use super::{ArchiveError, Manifest};

/// Reads all of an archive and answers what it holds. Blocking. Errors: `Corrupt`, `TooNew` (its format).
pub fn verify(from: impl Read) -> Result<Manifest, ArchiveError> {
    let mut found = None;
    reader::read(from, |item| {
        if let Item::End(manifest) = item {
            found = Some(manifest);
        }
        Ok(())
    })?;
    found.ok_or_else(|| ArchiveError::corrupt("it has no manifest"))
}
