//! API keys as JSON.

use std::net::IpAddr;

use gateway::{ApiError, ProgramKey};
use jiff::{SignedDuration, Timestamp};
use kernel::error::FieldError;
use kernel::id::{ApiKeyId, UserId};
use kernel::page::{DEFAULT_LIMIT, Page};
use kernel::roles::Permission;
use kernel::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::model::{ApiKey, KeyState, NewApiKey};

/// A key to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// What it is for, in your words.
    #[schema(example = "nightly report", min_length = 1, max_length = 120)]
    name: String,
    /// What it may do: some of what your role allows.
    #[validate(length(min = 1, max = 20, message = "Choose from 1 to 20 permissions."))]
    #[schema(min_items = 1, max_items = 20)]
    scopes: Vec<Permission>,
    /// For how many days it works.
    #[validate(range(min = 1, max = 365, message = "From 1 to 365 days."))]
    #[schema(minimum = 1, maximum = 365, example = 90)]
    valid_days: i64,
    /// Requests a minute. It only lowers the number that all keys have.
    #[validate(range(min = 1, max = 6000, message = "From 1 to 6000 requests a minute."))]
    #[schema(minimum = 1, maximum = 6000, example = 30)]
    per_minute: Option<u32>,
}

impl TryFrom<CreateApiKey> for NewApiKey {
    type Error = ApiError;

    fn try_from(typed: CreateApiKey) -> Result<Self, ApiError> {
        let name = text::line(&typed.name, 120).map_err(|_| {
            let words = "Enter a name of at most 120 characters, without control characters.";
            ApiError::invalid(vec![FieldError::new("name", "name", words)])
        })?;
        Ok(Self {
            name,
            scopes: typed.scopes,
            life: SignedDuration::from_hours(24 * typed.valid_days),
            per_minute: typed.per_minute,
        })
    }
}

/// Which keys to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApiKeys {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Those that are expired or revoked instead.
    #[serde(default)]
    #[param(default = false)]
    pub ended: bool,
}

impl ListApiKeys {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyState {
    /// It does.
    Working,
    /// Not while the account of whoever made it is switched off.
    MakerInactive,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl From<KeyState> for ApiKeyState {
    fn from(state: KeyState) -> Self {
        match state {
            KeyState::Working => Self::Working,
            KeyState::MakerInactive => Self::MakerInactive,
            KeyState::Expired => Self::Expired,
            KeyState::Revoked => Self::Revoked,
        }
    }
}

/// Whoever made a key: it does nothing that they may not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyMaker {
    id: UserId,
    #[schema(example = "ann@example.com")]
    email: String,
}

/// A key of a program.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    id: ApiKeyId,
    #[schema(example = "nightly report")]
    name: String,
    /// What it may do as long as its maker's role allows it too.
    scopes: Vec<Permission>,
    state: ApiKeyState,
    /// Requests a minute, where they are fewer than those of other keys.
    #[schema(required = true, example = 30)]
    per_minute: Option<u32>,
    created_by: ApiKeyMaker,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// To the minute.
    #[schema(required = true)]
    last_used_at: Option<Timestamp>,
    /// From where.
    #[schema(required = true, value_type = Option<String>, example = "192.0.2.7")]
    last_address: Option<IpAddr>,
}

impl ApiKeyView {
    /// `key` as it is at `now`.
    pub fn new(key: ApiKey, now: Timestamp) -> Self {
        Self {
            state: key.state(now).into(),
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            per_minute: key.per_minute,
            created_by: ApiKeyMaker {
                id: key.maker,
                email: key.maker_email,
            },
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_address: key.last_address,
        }
    }
}

/// A page of keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyPage {
    /// The newest first.
    items: Vec<ApiKeyView>,
    /// Ask for the next page with it; `null` on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl ApiKeyPage {
    /// `page` as it is at `now`.
    pub fn new(page: Page<ApiKey>, now: Timestamp) -> Self {
        let page = page.map(|key| ApiKeyView::new(key, now));
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyCreated {
    key: ApiKeyView,
    /// Goes into `Authorization: Bearer …`. Shown once.
    #[schema(example = "sbk_…")]
    secret: String,
}

impl ApiKeyCreated {
    /// `key`, and what proves it.
    pub fn new(key: ApiKeyView, secret: &ProgramKey) -> Self {
        Self {
            key,
            secret: secret.expose(ProgramKey::ORGANIZATION),
        }
    }
}
