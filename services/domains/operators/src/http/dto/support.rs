//! Support access as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Why somebody wants to look.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSupport {
    /// For both audit logs, and for the organisation's owners.
    #[schema(
        example = "Checks of one endpoint are late.",
        min_length = 1,
        max_length = 500
    )]
    reason: String,
    /// Where else it is written about.
    #[schema(example = "HELP-412", max_length = 120)]
    ticket: Option<String>,
}

impl RequestSupport {
    /// The reason. Errors: 400 with a pointer to it.
    pub fn reason(&self) -> Result<String, ApiError> {
        line(
            "reason",
            &self.reason,
            500,
            "Say why, in at most 500 characters on one line.",
        )
    }

    /// The ticket. Errors: 400 with a pointer to it.
    pub fn ticket(&self) -> Result<Option<String>, ApiError> {
        let given = self.ticket.as_deref().filter(|it| !it.trim().is_empty());
        given
            .map(|it| line("ticket", it, 120, "At most 120 characters on one line."))
            .transpose()
    }
}

fn line(field: &str, typed: &str, max: usize, words: &str) -> Result<String, ApiError> {
    text::line(typed, max)
        .map_err(|_| ApiError::invalid(vec![FieldError::new(field, field, words)]))
}

/// A link to an organisation's console.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportLink {
    /// To be opened by whoever asked. Shown once.
    #[schema(example = "https://acme.signalbox.example/support#code=…")]
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}
