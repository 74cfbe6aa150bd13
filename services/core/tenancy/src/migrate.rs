//! Migrations by refinery: the platform's, and every tenant's, each schema in one transaction.
//!
//! refinery decides what to run and keeps its history in the schema itself; transactions, locks and the
//! version in `platform.tenants` are ours, so that all of a schema's step commits together. The engine
//! takes tenants ring by ring and keeps a ledger of what it attempted; where a tenant stands says
//! `platform.tenants.schema_version` alone.

mod chain;
mod engine;
mod ledger;
mod rings;
mod schema;
mod status;
mod verify;
mod worker;

use db::owner::OwnerConnection;
use db::{SchemaName, TenantRef};
use refinery::Target;
use secrecy::SecretString;

use crate::TenancyError;
use schema::boxed;

pub use chain::Chain;
pub use engine::{Engine, Options, Progress, Start};
pub use rings::Halting;
pub use schema::Pace;
pub use status::{
    Failure, Preview, RunReport, Status, Troubles, count_by_version, count_platform_pending,
    status, troubles,
};

pub use verify::{Drift, Models, Verified, verify, verify_due};

mod platform {
    refinery::embed_migrations!("../../../migrations");
}

/// The version of a tenant's schema that this build needs: the number of the last template migration.
pub const TEMPLATE_VERSION: i32 = 3;

/// The oldest version of a tenant's schema that this build can serve. Raised only by the build that comes
/// after the one that migrated to it: until then tenants stand at either version, and are served at both.
/// (3 came at once with its migration: there was no release yet, and nobody to be served at 2.)
pub const MINIMUM_VERSION: i32 = 3;

/// Whether this build can serve `tenant`. Below the minimum it is blocked, alone, until its schema has
/// been migrated. One that is ahead is served: a newer build only adds.
pub fn is_served(tenant: &TenantRef) -> bool {
    tenant.schema_version() >= MINIMUM_VERSION
}

/// Connects as the owner, for everything here.
pub async fn connect(owner: &SecretString) -> Result<OwnerConnection, TenancyError> {
    Ok(OwnerConnection::connect(owner).await?)
}

/// Runs the platform's migrations. Answers how many were applied.
pub async fn run_platform(owner: &OwnerConnection) -> Result<usize, TenancyError> {
    let work = || {
        boxed(async {
            owner.batch("SET LOCAL search_path = platform").await?;
            let runner = platform::migrations::runner()
                .set_grouped(true)
                .set_target(Target::Latest);
            schema::apply(owner, runner, "platform").await
        })
    };
    let gave_way = || boxed(async { Ok(()) });
    schema::in_transaction(owner, "platform", Pace::default(), work, gave_way).await
}

/// Brings one tenant's schema to this build's version, with its grants and its row in
/// `platform.tenants`, in one transaction and outside of any run. Answers how many migrations were
/// applied.
pub async fn run_tenant(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<usize, TenancyError> {
    let chain = Chain::embedded();
    let work = || boxed(migrate_schema(owner, &chain, schema));
    let gave_way = || boxed(async { Ok(()) });
    schema::in_transaction(owner, schema.as_str(), Pace::default(), work, gave_way).await
}

/// Migrations, grants and version of one schema, inside the transaction that is open.
async fn migrate_schema(
    owner: &OwnerConnection,
    chain: &Chain,
    schema: &SchemaName,
) -> Result<usize, TenancyError> {
    owner
        .batch(&format!("SET LOCAL search_path = {schema}"))
        .await?;
    let applied = schema::apply(owner, chain.runner(Target::Latest), schema.as_str()).await?;
    if applied > 0 {
        owner.batch(&chain.grants(schema.as_str())).await?;
    }
    owner
        .execute(
            "UPDATE platform.tenants SET schema_version = $2
              WHERE schema_name = $1 AND schema_version < $2",
            &[&schema.as_str(), &chain.target()],
        )
        .await?;
    Ok(applied)
}

/// Writes the history of a schema that was made from `schema.sql`, inside the caller's transaction.
pub(crate) async fn mark_as_current(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), TenancyError> {
    let runner = Chain::embedded().runner(Target::Fake);
    schema::apply(owner, runner, schema.as_str())
        .await
        .map(drop)
}

/// Runs the chain on an empty schema that is on the path, up to `version`, inside the caller's transaction.
pub(crate) async fn build_at(
    owner: &OwnerConnection,
    schema: &SchemaName,
    version: i32,
) -> Result<(), TenancyError> {
    let runner = Chain::embedded().runner(Target::Version(version));
    schema::apply(owner, runner, schema.as_str())
        .await
        .map(drop)
}

/// Brings a filled schema that is on the path to this build's version, with its grants, inside the caller's
/// transaction.
pub(crate) async fn finish_arrival(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), TenancyError> {
    let chain = Chain::embedded();
    schema::apply(owner, chain.runner(Target::Latest), schema.as_str()).await?;
    Ok(owner.batch(&chain.grants(schema.as_str())).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_last_template() {
        assert_eq!(Chain::embedded().target(), TEMPLATE_VERSION);
    }

    #[test]
    fn a_tenant_may_be_one_version_behind_and_no_more() {
        assert!((TEMPLATE_VERSION - 1..=TEMPLATE_VERSION).contains(&MINIMUM_VERSION));
    }
}
