//! The recovery of an owner as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::email::{EmailAddress, MAX_CHARS};
use kernel::error::FieldError;
use serde::{Deserialize, Serialize};
use tenancy::recovery::{self, Recovery};
use utoipa::ToSchema;
use validator::Validate;

use super::readable;

/// Another way in for an organisation's only owner.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestRecovery {
    /// The address that the owner is to have.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
    /// What was shown as proof that this is the owner. For the operators' audit alone.
    #[schema(
        example = "Register extract and a call back to the number on it.",
        min_length = 10,
        max_length = 500
    )]
    proof: String,
    /// Why, or the ticket where it is written about. For the operators' audit alone.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(example = "HELP-412", max_length = 500)]
    reason: Option<String>,
    /// The organisation's slug again.
    #[schema(example = "acme")]
    confirm: String,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    dry_run: bool,
}

/// The same, read.
#[derive(Debug)]
pub struct Asked {
    /// The address that the owner is to have.
    pub email: EmailAddress,
    /// What was shown.
    pub proof: String,
    /// Why.
    pub reason: Option<String>,
    /// The organisation's slug again.
    pub confirm: String,
    /// Whether it is only tried.
    pub dry_run: bool,
}

impl RequestRecovery {
    /// Reads it. Errors: 400 with a pointer to what cannot be read.
    pub fn parsed(self) -> Result<Asked, ApiError> {
        let (email, proof) = (
            EmailAddress::parse(&self.email),
            recovery::proof(&self.proof),
        );
        let mut faults = Vec::new();
        if email.is_none() {
            let words = format!("Enter an e-mail address, at most {MAX_CHARS} characters long.");
            faults.push(FieldError::new("email", "email", words));
        }
        if proof.is_none() {
            let words = "Say what was shown, in 10 to 500 characters on one line.";
            faults.push(FieldError::new("proof", "proof", words));
        }
        match (email, proof) {
            (Some(email), Some(proof)) => Ok(Asked {
                email,
                proof,
                reason: self.reason,
                confirm: self.confirm,
                dry_run: self.dry_run,
            }),
            _ => Err(ApiError::invalid(faults)),
        }
    }
}

/// The recovery of an owner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerRecovery)]
pub struct RecoveryView {
    /// `asked` until a second operator has approved it, `waiting`, or `sent` once the link is with the new address.
    #[schema(example = "waiting")]
    state: &'static str,
    /// The address that the owner is to have, masked; the audit has it whole.
    #[schema(example = "a•••@example.com")]
    email: String,
    created_at: Timestamp,
    /// When that state is over: the request lapses, the link is sent, the link works no more.
    due_at: Timestamp,
}

impl From<Recovery> for RecoveryView {
    fn from(recovery: Recovery) -> Self {
        Self {
            state: recovery.state.as_str(),
            email: recovery.email.masked(),
            created_at: recovery.created_at,
            due_at: recovery.due_at,
        }
    }
}

/// Whether a recovery is under way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerRecoveryStatus)]
pub struct RecoveryStatus {
    /// None where none is.
    recovery: Option<RecoveryView>,
}

impl From<Option<Recovery>> for RecoveryStatus {
    fn from(open: Option<Recovery>) -> Self {
        Self {
            recovery: open.map(RecoveryView::from),
        }
    }
}
