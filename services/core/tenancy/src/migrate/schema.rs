//! One schema, one transaction: refinery inside a transaction of ours, and giving way to who holds a lock.

use std::pin::Pin;
use std::time::Duration;

use db::DbError;
use db::owner::OwnerConnection;
use refinery::{Migration, Runner};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::TenancyError;

/// How a migration behaves towards whoever works in the schema.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// It waits this long for a lock, then lets those behind it pass and tries again.
    pub lock_timeout_ms: u32,
    /// How often it tries.
    pub tries: u32,
    /// How long it stands back between two tries.
    pub between_tries: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lock_timeout_ms: 100,
            tries: 100,
            between_tries: Duration::from_millis(300),
        }
    }
}

/// Something that may be done again. Boxed: what an async closure answers cannot be sent between threads.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, TenancyError>> + Send + 'a>>;

pub(super) fn boxed<'a, T>(
    work: impl Future<Output = Result<T, TenancyError>> + Send + 'a,
) -> Work<'a, T> {
    Box::pin(work)
}

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

/// Applies what `runner` finds missing, inside the transaction that is open. Answers how many it applied.
pub(super) async fn apply(
    owner: &OwnerConnection,
    runner: Runner,
    schema: &str,
) -> Result<usize, TenancyError> {
    let report = runner
        .run_async(&mut Inside(owner))
        .await
        .map_err(|source| TenancyError::Migration {
            schema: schema.to_owned(),
            source,
        })?;
    Ok(report.applied_migrations().len())
}

/// One transaction under the schema's own advisory lock, tried again when a lock is not to be had: two
/// runners cannot migrate one schema, and readers never queue behind one that waits. `gave_way` hears of
/// every try that came to nothing.
pub(super) async fn in_transaction<'a, T>(
    owner: &OwnerConnection,
    schema: &str,
    pace: Pace,
    work: impl Fn() -> Work<'a, T>,
    gave_way: impl Fn() -> Work<'a, ()>,
) -> Result<T, TenancyError> {
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL client_min_messages = warning",
        pace.lock_timeout_ms
    );
    for _ in 0..pace.tries {
        owner.batch(&begin).await?;
        let result = match lock(owner, schema).await {
            Ok(()) => work().await,
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
                gave_way().await?;
                tokio::time::sleep(pace.between_tries).await;
            }
        }
    }
    Err(TenancyError::Locked {
        schema: schema.to_owned(),
        tries: pace.tries,
    })
}

/// Keeps everybody else from migrating `schema` until the transaction ends.
pub(super) async fn lock(owner: &OwnerConnection, schema: &str) -> Result<(), TenancyError> {
    owner
        .execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('migrate ' || $1, 0))",
            &[&schema],
        )
        .await?;
    Ok(())
}

/// Whether a lock timeout is at the bottom of `error`, refinery's wrapping included.
fn waited_in_vain(error: &TenancyError) -> bool {
    // Transparent: it is not among its own sources.
    if let TenancyError::Db(error) = error {
        return error.is_lock_timeout();
    }
    let mut source = std::error::Error::source(error);
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
