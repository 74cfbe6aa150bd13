//! What comes in and goes out as JSON.

use gateway::Root;
use kernel::id::TenantId;
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::model::{Application, Preview, Registered, Unavailable};
use crate::slug::Slug;

/// A name whose address is asked for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewSlug {
    /// The name of an organisation, or an address somebody would like to have.
    #[validate(length(max = 200, message = "Use at most 200 characters."))]
    #[param(example = "Acme Rockets", max_length = 200)]
    pub name: String,
}

/// Why an address is not to be had.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlugReason {
    /// Somebody has it.
    Taken,
    /// It belongs to the service.
    Reserved,
    /// Nothing an address can be made of.
    Invalid,
}

impl From<Unavailable> for SlugReason {
    fn from(reason: Unavailable) -> Self {
        match reason {
            Unavailable::Taken => Self::Taken,
            Unavailable::Reserved => Self::Reserved,
            Unavailable::Invalid => Self::Invalid,
        }
    }
}

/// What a name leads to.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlugPreview {
    /// The address's first label; empty where none can be made.
    #[schema(example = "acme-rockets")]
    slug: String,
    /// Whether it is to be had at this moment.
    #[schema(example = false)]
    available: bool,
    /// Why it is not.
    #[schema(required = true)]
    reason: Option<SlugReason>,
    /// One that is.
    #[schema(required = true, example = "acme-rockets-2")]
    suggestion: Option<String>,
    /// The console's address with this slug.
    #[schema(required = true, example = "https://acme-rockets.signalbox.example")]
    url: Option<String>,
}

impl SlugPreview {
    /// `preview`, as the host of `root` would serve it.
    pub fn new(preview: Preview, root: &Root) -> Self {
        let url = || root.url_of(&format!("{}.{}", preview.slug, root.domain()));
        Self {
            available: preview.reason.is_none(),
            url: (!preview.slug.is_empty()).then(url),
            reason: preview.reason.map(SlugReason::from),
            suggestion: preview.suggestion.as_ref().map(Slug::to_string),
            slug: preview.slug,
        }
    }
}

/// An organisation and its owner.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterOrganization {
    /// What the organisation calls itself: 1 to 120 characters, no web address.
    #[schema(example = "Acme Rockets", min_length = 1, max_length = 120)]
    organization_name: String,
    /// The owner's address. A link to prove it is mailed there.
    #[schema(example = "wile@acme.example", max_length = 254)]
    email: String,
    /// 12 to 128 characters, not easy to guess, without the organisation's name or the address.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe", min_length = 12, max_length = 128)]
    password: SecretString,
    /// The same again.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe", min_length = 12, max_length = 128)]
    password_confirm: SecretString,
    /// The address, where it is not to be made from the name.
    #[schema(
        example = "acme",
        min_length = 3,
        max_length = 40,
        pattern = "^[a-z0-9](-?[a-z0-9])*$"
    )]
    slug: Option<String>,
}

/// The rules of the fields depend on each other, so they are checked together in `model`, which tells
/// every fault at once.
impl From<RegisterOrganization> for Application {
    fn from(form: RegisterOrganization) -> Self {
        Self {
            organization_name: form.organization_name,
            email: form.email,
            password: Password::new(form.password.expose_secret()),
            password_confirm: Password::new(form.password_confirm.expose_secret()),
            slug: form.slug,
        }
    }
}

/// An organisation that was registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredView {
    organization: RegisteredOrganization,
    /// Where the link was mailed to.
    #[schema(example = "wile@acme.example")]
    email: String,
    #[schema(example = "verification_sent")]
    status: &'static str,
}

/// The organisation, and where it is reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredOrganization {
    id: TenantId,
    #[schema(example = "Acme Rockets")]
    name: String,
    #[schema(example = "acme-rockets")]
    slug: String,
    /// Its console's address.
    #[schema(example = "https://acme-rockets.signalbox.example")]
    url: String,
}

impl From<Registered> for RegisteredView {
    fn from(registered: Registered) -> Self {
        Self {
            organization: RegisteredOrganization {
                id: registered.id,
                name: registered.name,
                slug: registered.slug,
                url: registered.url,
            },
            email: registered.email,
            status: "verification_sent",
        }
    }
}

/// An address whose workspaces are looked for.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindWorkspaces {
    /// The address somebody signs in with.
    #[schema(example = "wile@acme.example", max_length = 254)]
    pub email: String,
}

/// That something was accepted, whatever comes of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAccepted {
    #[schema(example = "accepted")]
    status: &'static str,
}

impl SearchAccepted {
    /// The one answer.
    pub const fn new() -> Self {
        Self { status: "accepted" }
    }
}
