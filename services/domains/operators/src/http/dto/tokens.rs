//! Tokens of operators' programs as JSON.

use gateway::ApiError;
use jiff::{SignedDuration, Timestamp};
use kernel::id::OperatorTokenId;
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::accounts::named;
use crate::model::ProgramToken;
use crate::roles::Permission;
use crate::service::tokens::NewToken;

/// A token to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateOperatorToken)]
pub struct CreateToken {
    /// What it is for, in your words.
    #[schema(example = "nightly report", min_length = 1, max_length = 120)]
    name: String,
    /// What it may do: some of what your role allows.
    #[validate(length(min = 1, max = 20, message = "Choose at least one permission."))]
    #[schema(min_items = 1, max_items = 20)]
    permissions: Vec<Permission>,
    /// For how many days it works.
    #[validate(range(min = 1, max = 365, message = "From 1 to 365 days."))]
    #[schema(minimum = 1, maximum = 365, example = 90)]
    valid_days: i64,
    /// Your password again.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    password: SecretString,
    /// The six digits that your authenticator app shows now.
    #[validate(length(min = 1, max = 20, message = "Enter the six digits of your app."))]
    #[schema(example = "492039", min_length = 1, max_length = 20)]
    code: String,
}

impl TryFrom<CreateToken> for NewToken {
    type Error = ApiError;

    fn try_from(typed: CreateToken) -> Result<Self, ApiError> {
        Ok(Self {
            name: named(&typed.name)?,
            permissions: typed.permissions,
            life: SignedDuration::from_hours(24 * typed.valid_days),
            password: Password::new(typed.password.expose_secret()),
            code: typed.code.split_whitespace().collect(),
        })
    }
}

/// A token of one's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorToken)]
pub struct TokenView {
    id: OperatorTokenId,
    #[schema(example = "nightly report")]
    name: String,
    /// What it may do as long as your role allows it too.
    permissions: Vec<Permission>,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// To the minute.
    last_used_at: Option<Timestamp>,
    /// From where.
    #[schema(value_type = Option<String>, example = "192.0.2.7")]
    last_address: Option<std::net::IpAddr>,
}

impl From<ProgramToken> for TokenView {
    fn from(token: ProgramToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            permissions: token.permissions,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            last_address: token.last_address,
        }
    }
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorTokenCreated)]
pub struct TokenCreated {
    pub token: TokenView,
    /// For `Authorization: Bearer`. Shown once.
    #[schema(example = "sbo_…")]
    pub secret: String,
}

/// The tokens of whoever asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorTokens)]
pub struct TokenList {
    /// The newest first.
    pub items: Vec<TokenView>,
}
