//! Why an archive was not written, read or loaded.

use db::DbError;

use crate::TenancyError;

/// A failure of exporting, verifying, importing or cloning.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No such tenant, or none whose data is still there.
    #[error("there is no organisation {0}")]
    NotFound(String),
    /// The file is not an archive, or not all of it, or changed since it was written.
    #[error("the archive is corrupt: {0}")]
    Corrupt(String),
    /// The archive was made by a later version.
    #[error(
        "the archive is too new: it has {what} {archive}, this version of Signalbox reads up to {here}"
    )]
    TooNew {
        /// The format, or the version of the schema.
        what: &'static str,
        /// The archive's.
        archive: i64,
        /// The latest that this build knows.
        here: i64,
    },
    /// The archive names what a schema of its version does not have, or lacks what it has.
    #[error("the archive does not fit a schema of its version: {0}")]
    DoesNotFit(String),
    /// Rows that the database does not take.
    #[error("the rows of {table} were refused")]
    Unloadable {
        /// The table.
        table: String,
        /// What Postgres said.
        source: DbError,
    },
    /// The slug belongs to somebody, or did until lately.
    #[error("the slug {0} is taken")]
    SlugTaken(String),
    /// The slug cannot be one.
    #[error(
        "{0} cannot be a slug: 3 to 40 lower-case letters, digits and single hyphens between them"
    )]
    SlugUnfit(String),
    /// Reading or writing the file failed.
    #[error("the file could not be read or written")]
    Io(#[from] std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Making the schema or migrating it failed.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
}

impl ArchiveError {
    /// Whether the request was refused for what it is, so that asking again changes nothing.
    pub fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::NotFound(_) | Self::Io(_) | Self::Db(_) | Self::Tenancy(_)
        )
    }

    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }

    /// What a failure while reading means: broken data, or a broken disk.
    pub(super) fn of_reading(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        match error.kind() {
            InvalidData | InvalidInput | Other | UnexpectedEof => Self::Corrupt(error.to_string()),
            _ => Self::Io(error),
        }
    }
}
