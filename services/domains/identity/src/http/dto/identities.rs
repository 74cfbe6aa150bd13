//! Who people are elsewhere, as JSON and in queries.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::{Validate, ValidationError, ValidationErrors};

use super::found;
use crate::discord::Guild;
use crate::model::{IdentityState, LinkedIdentity, SecretToken};
use crate::service::{Guilds, Presented};

const NOT_OURS: &str = "This is not what the sign-in page makes. Begin there again.";

/// Where somebody comes from who wants to sign in with Discord.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StartDiscord {
    /// The organisation's host, without a port.
    #[validate(length(min = 1, max = 253, message = "Name the organisation's host."))]
    #[param(example = "acme-rockets.signalbox.example", max_length = 253)]
    host: String,
    /// 32 random bytes in base64url that the page keeps: only that page can use what comes back.
    #[param(
        example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE",
        min_length = 43,
        max_length = 43
    )]
    page: String,
    /// The path on the organisation's host to go to afterwards.
    #[validate(length(max = 1024, message = "Use at most 1024 characters."))]
    #[param(example = "/endpoints", max_length = 1024)]
    next: Option<String>,
}

impl StartDiscord {
    /// Host, page and path. Errors: 400 where the page's secret is none.
    pub fn parts(self) -> Result<(String, SecretToken, Option<String>), ApiError> {
        let page = token("page", &self.page)?;
        Ok((self.host, page, self.next))
    }
}

fn token(field: &str, sent: &str) -> Result<SecretToken, ApiError> {
    SecretToken::parse(sent)
        .ok_or_else(|| ApiError::invalid(vec![FieldError::new(field, "invalid", NOT_OURS)]))
}

/// What Discord sends people back with. It may send more.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CameBack {
    /// What they were sent with.
    state: Option<String>,
    /// Discord's code; absent where they did not agree.
    pub code: Option<String>,
    /// Who sends them (RFC 9207).
    pub iss: Option<String>,
}

impl CameBack {
    /// The state's secret, and the host it was made for.
    pub fn state(&self) -> Option<(SecretToken, &str)> {
        let (secret, host) = self.state.as_deref()?.split_once('.')?;
        Some((SecretToken::parse(secret)?, host))
    }
}

/// What the page brings that somebody came back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// What stands behind `#code=` in the address.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    code: SecretString,
    /// What the page kept since it began.
    #[schema(value_type = String, example = "q1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbEo")]
    page: SecretString,
    /// A one-time code of an account that asks for one, or a recovery code.
    #[schema(example = "287082", max_length = 32)]
    totp_code: Option<String>,
}

impl Validate for HandedOver {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut faults = ValidationErrors::new();
        if self.totp_code.as_ref().is_some_and(|it| it.len() > 32) {
            let fault = ValidationError::new("too_long");
            let fault = fault.with_message("Use at most 32 characters.".into());
            faults.add("totp_code", fault);
        }
        found(faults)
    }
}

impl TryFrom<HandedOver> for Presented {
    type Error = ApiError;

    fn try_from(input: HandedOver) -> Result<Self, ApiError> {
        Ok(Self {
            code: token("code", input.code.expose_secret())?,
            page: token("page", input.page.expose_secret())?,
            totp_code: input.totp_code.filter(|code| !code.is_empty()),
        })
    }
}

/// Whether a link holds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It does.
    Linked,
    /// Discord ended it; signing in by it once brings it back.
    Ended,
}

/// Who somebody is elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityView {
    id: Uuid,
    #[schema(example = "discord")]
    provider: &'static str,
    /// What they are called there.
    #[schema(example = "ann.signals")]
    name: String,
    state: LinkState,
    created_at: Timestamp,
    #[schema(required = true)]
    last_used_at: Option<Timestamp>,
}

impl From<LinkedIdentity> for IdentityView {
    fn from(identity: LinkedIdentity) -> Self {
        Self {
            id: identity.id,
            provider: "discord",
            name: identity.name,
            state: match identity.state {
                IdentityState::Linked => LinkState::Linked,
                IdentityState::Ended => LinkState::Ended,
            },
            created_at: identity.created_at,
            last_used_at: identity.last_used_at,
        }
    }
}

/// Who the caller is elsewhere, and what they can be linked to.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentitiesView {
    identities: Vec<IdentityView>,
    /// Whether Discord is set up here.
    discord_offered: bool,
}

impl IdentitiesView {
    /// Of what is linked.
    pub fn new(linked: Vec<LinkedIdentity>, discord_offered: bool) -> Self {
        Self {
            identities: linked.into_iter().map(IdentityView::from).collect(),
            discord_offered,
        }
    }
}

/// A server at Discord.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuildView {
    #[schema(example = "81384788765712384")]
    id: String,
    #[schema(example = "Acme Yard")]
    name: String,
    /// Whether the caller owns it; else they administer it.
    owner: bool,
}

/// The servers at Discord that the caller runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuildsView {
    guilds: Vec<GuildView>,
    /// When Discord said so.
    as_of: Timestamp,
}

impl From<Guilds> for GuildsView {
    fn from(guilds: Guilds) -> Self {
        let view = |Guild {
                        id, name, owner, ..
                    }| GuildView { id, name, owner };
        Self {
            guilds: guilds.run.into_iter().map(view).collect(),
            as_of: guilds.as_of,
        }
    }
}
