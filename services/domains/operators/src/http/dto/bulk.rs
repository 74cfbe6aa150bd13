//! What became of several organisations, as JSON.

use kernel::error::DomainError;
use serde::Serialize;
use tenancy::verbs::Changed;
use utoipa::ToSchema;
use uuid::Uuid;

use super::tenants::TenantChanged;
use crate::error::Error;

/// What became of one of several.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkItem {
    id: Uuid,
    /// What was done, where it was.
    done: Option<TenantChanged>,
    /// The code of the refusal, where it was not.
    #[schema(example = "not_allowed")]
    error: Option<&'static str>,
    /// The same in words.
    detail: Option<String>,
}

impl BulkItem {
    /// What became of `id`.
    pub fn new(id: Uuid, result: Result<Changed, Error>) -> Self {
        let (done, error) = match result {
            Ok(changed) => (Some(changed.into()), None),
            Err(error) => {
                // Text of internal errors goes to the log only.
                tracing::warn!(%id, error = %error, "one of several was refused");
                (None, Some(error))
            }
        };
        Self {
            id,
            done,
            error: error.as_ref().map(DomainError::code),
            detail: error.as_ref().map(DomainError::detail),
        }
    }

    /// Whether it was refused.
    pub fn failed(&self) -> bool {
        self.error.is_some()
    }
}

/// What became of all of them, in the order they were named in.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// One by one.
    pub items: Vec<BulkItem>,
    /// How many were refused.
    pub failed: usize,
}

impl BulkResult {
    /// Counts the refused ones.
    pub fn new(items: Vec<BulkItem>) -> Self {
        Self {
            failed: items.iter().filter(|item| item.failed()).count(),
            items,
        }
    }
}
