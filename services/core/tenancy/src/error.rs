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
    /// A run was halted, and a person decides how it goes on.
    #[error(
        "the last run was halted: {0}. `migrate retry` tries the failed again, `migrate resume` goes on"
    )]
    Halted(String),
    /// Another run is under way that this one cannot take part in.
    #[error(
        "{0} is under way, or was killed; `migrate resume` takes part in it and brings it to its end"
    )]
    UnderWay(&'static str),
    /// There is no ledger yet.
    #[error("the platform is not migrated; run `signalbox migrate run`")]
    NotMigrated,
    /// Nobody is called so.
    #[error("there is no tenant {0}")]
    UnknownTenant(String),
    /// The attempt was ended by somebody else, who took this worker for dead.
    #[error("the attempt was taken over by another worker")]
    TakenOver,
}
