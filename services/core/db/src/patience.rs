//! Trying again: while Postgres starts, restarts or is full, and never where it has said no.

use std::time::{Duration, Instant};

use crate::DbError;
use crate::error::NoConnection;

/// Between the tries to connect again.
const BACKOFF: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
];
/// Between the tries of a process that starts.
const AT_START: Duration = Duration::from_secs(2);

/// Tries to connect, and three times again.
pub(crate) async fn with_retries<T>(
    connect: impl AsyncFn() -> Result<T, NoConnection>,
) -> Result<T, NoConnection> {
    for pause in BACKOFF {
        match connect().await {
            Err(NoConnection::Refused(error)) if may_pass(&error) => {}
            done => return done,
        }
        tokio::time::sleep(pause).await;
    }
    connect().await
}

/// What a process that starts has waited so far.
pub(crate) struct Start {
    began: Instant,
    patience: Duration,
}

impl Start {
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            began: Instant::now(),
            patience,
        }
    }

    /// Waits a moment before another try. Gives `error` back where Postgres has said no, or where all
    /// patience is spent.
    pub(crate) async fn again(&self, error: DbError) -> Result<(), DbError> {
        let waited = self.began.elapsed();
        if !is_away(&error) || waited + AT_START > self.patience {
            return Err(error);
        }
        tracing::warn!(
            waited_s = waited.as_secs(), patience_s = self.patience.as_secs(), %error,
            "Postgres does not answer yet; trying again"
        );
        tokio::time::sleep(AT_START).await;
        Ok(())
    }
}

fn is_away(error: &DbError) -> bool {
    match error {
        DbError::Pool(NoConnection::Late) => true,
        DbError::Pool(NoConnection::Refused(error)) | DbError::Postgres(error) => may_pass(error),
        _ => false,
    }
}

/// Whether Postgres is not there, is starting or ending, or has too many connections. A wrong password
/// stays wrong.
fn may_pass(error: &tokio_postgres::Error) -> bool {
    error.code().is_none_or(|state| {
        let class = state.code().get(..2).unwrap_or_default();
        matches!(class, "08" | "53" | "57")
    })
}
