//! What somebody says about their own account as JSON.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use super::email_faults;
use super::found;

/// That somebody means it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccount {
    /// The address of the caller's account, in any case.
    #[schema(example = "ann@example.com", max_length = 254)]
    pub email: String,
}

impl Validate for DeleteAccount {
    fn validate(&self) -> Result<(), ValidationErrors> {
        found(email_faults(&self.email))
    }
}
