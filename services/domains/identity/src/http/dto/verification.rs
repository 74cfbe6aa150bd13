//! Proving the address somebody registered with, as JSON.

use gateway::ApiError;
use kernel::email::EmailAddress;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use super::{address, email_faults};
use crate::model::User;

/// An address that wants another link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendVerification {
    /// The address, as it was registered.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
}

impl Validate for ResendVerification {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let faults = email_faults(&self.email);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

impl TryFrom<ResendVerification> for EmailAddress {
    type Error = ApiError;

    fn try_from(input: ResendVerification) -> Result<Self, ApiError> {
        address(&input.email)
    }
}

/// The token of a verification link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmail {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: SecretString,
}

/// That an address is proven.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verified {
    #[schema(example = "verified")]
    status: &'static str,
    /// The address to sign in with.
    #[schema(example = "ann@example.com")]
    email: String,
}

impl From<User> for Verified {
    fn from(user: User) -> Self {
        Self {
            status: "verified",
            email: user.email,
        }
    }
}
