//! Migrations by refinery: the platform's, and every tenant's, each schema in one transaction.
//!
//! refinery decides what to run and keeps its history in the schema itself; transactions, locks and the
//! version in `platform.tenants` are ours, so that all of a schema's step commits together.

use std::time::Duration;

use db::owner::OwnerConnection;
use db::{DbError, SchemaName, TenantRef};
use refinery::{Migration, Runner, Target};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use secrecy::SecretString;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::TenancyError;
use crate::provision::GRANTS;

mod platform {
    refinery::embed_migrations!("../../../migrations");
}

mod tenant {
    refinery::embed_migrations!("../../../tenant-templates");
}

/// The version of a tenant's schema that this build needs: the number of the last template migration.
pub const TEMPLATE_VERSION: i32 = 2;

/// The oldest version of a tenant's schema that this build can serve. Raised only by the build that comes
/// after the one that migrated to it: until then tenants stand at either version, and are served at both.
pub const MINIMUM_VERSION: i32 = 2;

/// Whether this build can serve `tenant`. Below the minimum it is blocked, alone, until its schema has
/// been migrated. One that is ahead is served: a newer build only adds.
pub fn is_served(tenant: &TenantRef) -> bool {
    tenant.schema_version() >= MINIMUM_VERSION
}

/// A migration waits this long for a lock, then lets the readers behind it pass and tries again.
const LOCK_TIMEOUT_MS: u32 = 100;
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(300);

/// refinery's view of the transaction that is open on the owner's connection.
struct Inside<'a>(&'a OwnerConnection);

impl AsyncTransaction for Inside<'_> {
    type Error = DbError;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, DbError> {
        let mut count = 0;
        for query in queries {
            self.0.batch(query).await?;
            count += 1;
        }
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Inside<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, DbError> {
        let corrupt = |column| DbError::Corrupt {
            table: "refinery_schema_history",
            column,
        };
        let mut applied = Vec::new();
        for row in self.0.query(query, &[]).await? {
            let at: String = row.get("applied_on")?;
            let at = OffsetDateTime::parse(&at, &Rfc3339).map_err(|_| corrupt("applied_on"))?;
            let checksum: String = row.get("checksum")?;
            let checksum = checksum.parse().map_err(|_| corrupt("checksum"))?;
            let name: String = row.get("name")?;
            applied.push(Migration::applied(row.get("version")?, name, at, checksum));
        }
        Ok(applied)
    }
}

impl AsyncMigrate for Inside<'_> {}

/// Runs the platform's migrations. Answers how many were applied.
pub async fn run_platform(owner: &OwnerConnection) -> Result<usize, TenancyError> {
    let work = async || {
        owner.batch("SET LOCAL search_path = platform").await?;
        apply(
            owner,
            platform::migrations::runner(),
            Target::Latest,
            "platform",
        )
        .await
    };
    in_transaction(owner, "platform", work).await
}

/// Brings one tenant's schema to this build's version, with its grants and its row in
/// `platform.tenants`, in one transaction. Answers how many migrations were applied.
pub async fn run_tenant(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<usize, TenancyError> {
    let work = async || {
        owner
            .batch(&format!("SET LOCAL search_path = {schema}"))
            .await?;
        let applied = apply(
            owner,
            tenant::migrations::runner(),
            Target::Latest,
            schema.as_str(),
        )
        .await?;
        if applied > 0 {
            owner
                .batch(&GRANTS.replace("{schema}", schema.as_str()))
                .await?;
        }
        owner
            .execute(
                "UPDATE platform.tenants SET schema_version = $2 WHERE schema_name = $1",
                &[&schema.as_str(), &TEMPLATE_VERSION],
            )
            .await?;
        Ok(applied)
    };
    in_transaction(owner, schema.as_str(), work).await
}

/// Writes the history of a schema that was made from `schema.sql`, inside the caller's transaction.
pub(crate) async fn mark_as_current(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), TenancyError> {
    apply(
        owner,
        tenant::migrations::runner(),
        Target::Fake,
        schema.as_str(),
    )
    .await
    .map(drop)
}

/// Runs the chain on an empty schema that is on the path, up to `version`, inside the caller's transaction.
pub(crate) async fn build_at(
    owner: &OwnerConnection,
    schema: &SchemaName,
    version: i32,
) -> Result<(), TenancyError> {
    apply(
        owner,
        tenant::migrations::runner(),
        Target::Version(version),
        schema.as_str(),
    )
    .await
    .map(drop)
}

/// Brings a filled schema that is on the path to this build's version, with its grants, inside the caller's
/// transaction.
pub(crate) async fn finish_arrival(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), TenancyError> {
    apply(
        owner,
        tenant::migrations::runner(),
        Target::Latest,
        schema.as_str(),
    )
    .await?;
    Ok(owner
        .batch(&GRANTS.replace("{schema}", schema.as_str()))
        .await?)
}

/// A schema that is behind this build.
#[derive(Debug)]
pub struct Pending {
    /// The schema's name.
    pub schema: SchemaName,
    /// Its version now.
    pub version: i32,
}

/// The tenants below this build's version, oldest first, at most `limit`. None are visited when all are
/// current: the version is a column of the platform.
pub async fn list_pending(
    owner: &OwnerConnection,
    limit: i64,
) -> Result<Vec<Pending>, TenancyError> {
    let rows = owner
        .query(
            "SELECT schema_name, schema_version FROM platform.tenants
              WHERE schema_version < $1 AND state <> 'deleted' ORDER BY created_at LIMIT $2",
            &[&TEMPLATE_VERSION, &limit],
        )
        .await?;
    let corrupt = DbError::Corrupt {
        table: "platform.tenants",
        column: "schema_name",
    };
    let mut pending = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(schema) = SchemaName::parse(row.get("schema_name")?) else {
            return Err(corrupt.into());
        };
        pending.push(Pending {
            schema,
            version: row.get("schema_version")?,
        });
    }
    Ok(pending)
}

/// How many tenants stand at which version, for `signalbox migrate status`.
pub async fn count_by_version(owner: &OwnerConnection) -> Result<Vec<(i32, i64)>, TenancyError> {
    let rows = owner
        .query(
            "SELECT schema_version, count(*) AS tenants FROM platform.tenants
              WHERE state <> 'deleted' GROUP BY schema_version ORDER BY schema_version",
            &[],
        )
        .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        counts.push((row.get("schema_version")?, row.get("tenants")?));
    }
    Ok(counts)
}

/// Connects as the owner, for everything here.
pub async fn connect(owner: &SecretString) -> Result<OwnerConnection, TenancyError> {
    Ok(OwnerConnection::connect(owner).await?)
}

async fn apply(
    owner: &OwnerConnection,
    runner: Runner,
    target: Target,
    schema: &str,
) -> Result<usize, TenancyError> {
    let report = runner
        .set_grouped(true)
        .set_target(target)
        .run_async(&mut Inside(owner))
        .await
        .map_err(|source| TenancyError::Migration {
            schema: schema.to_owned(),
            source,
        })?;
    Ok(report.applied_migrations().len())
}

/// One transaction under the schema's own advisory lock, tried again when a lock is not to be had: two
/// runners cannot migrate one schema, and readers never queue behind one that waits.
async fn in_transaction<T>(
    owner: &OwnerConnection,
    schema: &str,
    work: impl AsyncFn() -> Result<T, TenancyError>,
) -> Result<T, TenancyError> {
    for _ in 0..TRIES {
        owner
            .batch(&format!(
                "BEGIN; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; SET LOCAL client_min_messages = warning"
            ))
            .await?;
        let locked = owner
            .execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('migrate ' || $1, 0))",
                &[&schema],
            )
            .await
            .map_err(TenancyError::from);
        let result = match locked {
            Ok(_) => work().await,
            Err(error) => Err(error),
        };
        match result {
            Ok(value) => {
                owner.batch("COMMIT").await?;
                return Ok(value);
            }
            Err(error) => {
                owner.batch("ROLLBACK").await?;
                if !waited_in_vain(&error) {
                    return Err(error);
                }
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
        }
    }
    Err(TenancyError::Locked {
        schema: schema.to_owned(),
        tries: TRIES,
    })
}

/// Whether a lock timeout is at the bottom of `error`, refinery's wrapping included.
fn waited_in_vain(error: &TenancyError) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error
            .downcast_ref::<DbError>()
            .is_some_and(DbError::is_lock_timeout)
        {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_last_template() {
        let runner = tenant::migrations::runner();
        let last = runner.get_migrations().iter().map(Migration::version).max();
        assert_eq!(last, Some(TEMPLATE_VERSION));
    }

    #[test]
    fn a_tenant_may_be_one_version_behind_and_no_more() {
        assert!((TEMPLATE_VERSION - 1..=TEMPLATE_VERSION).contains(&MINIMUM_VERSION));
    }
}
