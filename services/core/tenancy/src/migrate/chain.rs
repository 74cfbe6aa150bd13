//! A chain of migrations as a value: the one this build was made with, or one that a test makes up.

use refinery::{Migration, Runner, Target};

use crate::TenancyError;
use crate::provision::GRANTS;

mod tenant {
    refinery::embed_migrations!("../../../tenant-templates");
}

/// The migrations of a tenant's schema, and what its role may do once they have run.
#[derive(Clone, Debug)]
pub struct Chain {
    migrations: Vec<Migration>,
    grants: &'static str,
}

impl Chain {
    /// The chain of this build.
    pub fn embedded() -> Self {
        Self {
            migrations: tenant::migrations::runner().get_migrations().clone(),
            grants: GRANTS,
        }
    }

    /// A chain of nothing yet, with `grants` for its schemas (`{schema}` stands for the name).
    pub fn empty(grants: &'static str) -> Self {
        Self {
            migrations: Vec::new(),
            grants,
        }
    }

    /// The same with one more migration, called as its file would be: `V3__colours`. Errors: another kind
    /// of name.
    pub fn with(mut self, name: &str, sql: &str) -> Result<Self, TenancyError> {
        let migration =
            Migration::unapplied(name, sql).map_err(|source| TenancyError::Migration {
                schema: name.to_owned(),
                source,
            })?;
        self.migrations.push(migration);
        Ok(self)
    }

    /// The version it leads to; 0 for a chain of nothing.
    pub fn target(&self) -> i32 {
        let versions = self.migrations.iter().map(Migration::version);
        versions.max().unwrap_or(0)
    }

    pub(super) fn runner(&self, target: Target) -> Runner {
        Runner::new(&self.migrations)
            .set_grouped(true)
            .set_target(target)
    }

    pub(super) fn grants(&self, schema: &str) -> String {
        self.grants.replace("{schema}", schema)
    }
}
