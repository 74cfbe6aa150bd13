//! What comes in and goes out as JSON.

pub mod accounts;
pub mod approvals;
pub mod bulk;
pub mod names;
pub mod networks;
pub mod recovery;
pub mod support;
pub mod tenants;
pub mod tokens;

use jiff::Timestamp;
use kernel::page::DEFAULT_LIMIT;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::{Validate, ValidationError};

use crate::service::audit::Entry;

/// Text for a database and for eyes: nothing that is not seen.
fn readable(text: &str) -> Result<(), ValidationError> {
    if text.chars().any(kernel::text::is_hostile) {
        let message = "Leave out control characters.".into();
        return Err(ValidationError::new("control").with_message(message));
    }
    Ok(())
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeedView {
    id: Uuid,
    at: Timestamp,
    /// `cli:<user of the machine>`, `operator:<id>`, `worker`, or `stranger` at the sign-in.
    #[schema(example = "cli:ada")]
    actor: String,
    /// The operator's address, where it was one.
    actor_email: Option<String>,
    #[schema(example = "tenant.suspended")]
    action: String,
    tenant_id: Option<Uuid>,
    /// The slug, host or address as it was.
    subject: Option<String>,
    reason: Option<String>,
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<Entry> for DeedView {
    fn from(entry: Entry) -> Self {
        let Entry { deed, actor_email } = entry;
        Self {
            id: deed.id,
            at: deed.at,
            actor: deed.actor,
            actor_email,
            action: deed.action,
            tenant_id: deed.tenant_id,
            subject: deed.subject,
            reason: deed.reason,
            detail: deed.detail,
        }
    }
}

/// A page of what was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// The newest first.
    pub items: Vec<DeedView>,
    /// Ask for the next page with it; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// Which acts to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only those on this organisation.
    pub tenant: Option<Uuid>,
    /// Only those of this operator.
    pub actor: Option<Uuid>,
    /// Only those with this text in their action, subject, reason or operator's address, whatever its case.
    #[validate(length(max = 200), custom(function = "readable"))]
    #[param(max_length = 200)]
    q: Option<String>,
}

impl AuditQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// What is looked for.
    pub fn search(&self) -> Option<String> {
        self.q.clone().filter(|text| !text.is_empty())
    }
}
