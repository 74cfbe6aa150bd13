//! What can go wrong while schemas are made and migrated.

use db::DbError;

/// A failure of provisioning or migrating.
#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// refinery refused: a changed or missing migration, or a statement of one.
    #[error("the migrations do not fit the schema {schema}")]
    Migration {
        /// The schema.
        schema: String,
        /// What refinery said.
        source: refinery::Error,
    },
    /// Another connection held a lock for longer than all the tries.
    #[error("{schema} stayed locked by other work for {tries} tries; run the command again")]
    Locked {
        /// The schema.
        schema: String,
        /// How often it was tried.
        tries: u32,
    },
}
