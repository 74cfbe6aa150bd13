//! What comes in and goes out as JSON.

pub mod account;
pub mod auth_log;
pub mod credentials;
pub mod identities;
pub mod keys;
pub mod members;
pub mod passkeys;
pub mod policy;
pub mod recovery;
pub mod sessions;
pub mod transfers;
pub mod verification;

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use db::{TenantRef, TenantState};
use gateway::ACCESS_TOKEN_SECONDS;
use gateway::{ApiError, Caller};
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::error::FieldError;
use kernel::id::{TenantId, UserId};
use kernel::roles::{Permission, Role};
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tenancy::support::Access;
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use crate::model::{self, Device, KnownBy, User};

/// What somebody types to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account's address, in any case.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe", min_length = 1)]
    password: SecretString,
    /// A one-time code of an account that asks for one, or a recovery code.
    #[schema(example = "287082", max_length = 32)]
    totp_code: Option<String>,
}

impl Validate for SignIn {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut faults = email_faults(&self.email);
        if self.password.expose_secret().is_empty() {
            let fault =
                ValidationError::new("required").with_message("Enter your password.".into());
            faults.add("password", fault);
        }
        if self.totp_code.as_ref().is_some_and(|it| it.len() > 32) {
            let fault = ValidationError::new("too_long");
            faults.add(
                "totp_code",
                fault.with_message("Use at most 32 characters.".into()),
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

impl TryFrom<SignIn> for model::Credentials {
    type Error = ApiError;

    fn try_from(input: SignIn) -> Result<Self, ApiError> {
        Ok(Self {
            email: address(&input.email)?,
            password: Password::new(input.password.expose_secret()),
            code: input.totp_code.filter(|code| !code.is_empty()),
        })
    }
}

fn found(faults: ValidationErrors) -> Result<(), ValidationErrors> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn email_faults(email: &str) -> ValidationErrors {
    let mut faults = ValidationErrors::new();
    if EmailAddress::parse(email).is_none() {
        let fault = ValidationError::new(EMAIL.0).with_message(EMAIL.1.into());
        faults.add("email", fault);
    }
    faults
}

const EMAIL: (&str, &str) = ("email", "Enter an e-mail address, like name@example.com.");

fn address(typed: &str) -> Result<EmailAddress, ApiError> {
    EmailAddress::parse(typed)
        .ok_or_else(|| ApiError::invalid(vec![FieldError::new("email", EMAIL.0, EMAIL.1)]))
}

/// A refresh token to be exchanged.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// The token of the last answer.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub refresh_token: SecretString,
}

/// A person of the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    id: UserId,
    /// Empty for an operator, who sees nobody's.
    #[schema(example = "ann@example.com")]
    email: String,
    role: Role,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            role: user.role,
            created_at: user.created_at,
        }
    }
}

/// A browser that is signed in. The session itself is in the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    user: UserView,
    /// When to sign in again.
    expires_at: Timestamp,
}

impl SessionView {
    /// What the page is told of it.
    pub fn new(session: model::BrowserSession) -> Self {
        Self {
            user: session.user.into(),
            expires_at: session.expires_at,
        }
    }
}

/// The tokens of a program.
#[derive(Serialize, ToSchema)]
pub struct TokenView {
    /// Goes into `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token is worth nothing.
    #[schema(example = 600)]
    expires_in: i64,
    /// Exchanges for the next pair, once.
    refresh_token: String,
    user: UserView,
}

impl TokenView {
    /// The pair of a program's session.
    pub fn new(access_token: String, session: model::ProgramSession) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_SECONDS,
            refresh_token: session.refresh_token.expose().to_owned(),
            user: session.user.into(),
        }
    }
}

/// The organisation of this host, for its sign-in page.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationCard {
    #[schema(example = "Acme Rockets")]
    name: String,
    #[schema(example = "acme-rockets")]
    slug: String,
    #[schema(example = "https://acme-rockets.signalbox.example")]
    url: String,
    state: WorkspaceState,
    /// What people sign in by, beside a password.
    #[schema(example = json!(["passkey", "discord"]))]
    sign_in_by: Vec<&'static str>,
    /// Whether people sign in by a password.
    password_allowed: bool,
}

/// What an organisation's people can do there at present.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceState {
    /// Everything.
    Active,
    /// Read.
    ReadOnly,
    /// Sign in.
    Suspended,
    /// Sign in; it is dropped when its days of grace are over.
    Deleting,
    /// Nothing.
    Deleted,
}

impl From<TenantState> for WorkspaceState {
    fn from(state: TenantState) -> Self {
        match state {
            TenantState::Active => Self::Active,
            TenantState::ReadOnly => Self::ReadOnly,
            TenantState::Suspended => Self::Suspended,
            TenantState::Deleting => Self::Deleting,
            TenantState::Deleted => Self::Deleted,
        }
    }
}

impl OrganizationCard {
    /// What everybody may know of `tenant`, whose console is at `url`.
    pub fn new(tenant: &TenantRef, url: String, methods: &[model::Method]) -> Self {
        let beside = methods.iter().filter(|it| **it != model::Method::Password);
        Self {
            name: tenant.name().to_owned(),
            slug: tenant.slug().to_owned(),
            url,
            state: tenant.state().into(),
            sign_in_by: beside.map(|it| it.as_str()).collect(),
            password_allowed: methods.contains(&model::Method::Password),
        }
    }
}

/// The organisation somebody is signed in to.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    id: TenantId,
    #[schema(example = "Acme Rockets")]
    name: String,
    #[schema(example = "acme-rockets")]
    slug: String,
    #[schema(example = "https://acme-rockets.signalbox.example")]
    url: String,
    state: WorkspaceState,
    /// Why it is not active, in the words of whoever changed that.
    #[schema(example = "The last three invoices are unpaid.")]
    state_reason: Option<String>,
    /// The end of its days of grace, while it is being deleted.
    purge_at: Option<Timestamp>,
}

/// Who is signed in, where, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    user: UserView,
    organization: OrganizationView,
    permissions: Vec<Permission>,
    /// Whether the organisation asks for a second factor that this session has not been shown. Until it is,
    /// one can be set up, and little else be done.
    second_factor_due: bool,
    /// Whether the organisation is offered to this person, see `show_ownership_transfer`.
    ownership_offered: bool,
    /// Whether operators are about to give the owner another way in, see `show_recovery`.
    recovery_under_way: bool,
    /// Where an operator looks at what this person sees, as a viewer.
    support: Option<SupportView>,
}

/// An operator's look, for whoever looks.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportView {
    /// The operator's name.
    #[schema(example = "Ada")]
    operator: String,
    reason: String,
    ticket: Option<String>,
    /// When it is over, at the latest.
    ends_at: Timestamp,
}

impl Me {
    /// `user` of `tenant`, whose console is at `url`, and what they may do in this request.
    pub fn new(user: User, caller: Caller, tenant: &TenantRef, url: String) -> Self {
        Self {
            support: None,
            second_factor_due: caller.owing,
            ownership_offered: false,
            recovery_under_way: false,
            permissions: caller.allowed.iter().collect(),
            user: user.into(),
            organization: OrganizationView {
                id: tenant.id(),
                name: tenant.name().to_owned(),
                slug: tenant.slug().to_owned(),
                url,
                state: tenant.state().into(),
                state_reason: tenant.state_reason().map(str::to_owned),
                purge_at: tenant.purge_at(),
            },
        }
    }
}

impl Me {
    /// The same, as an operator sees it: a viewer's standing, whatever the person's is, and no address.
    pub fn seen_by_support(mut self, look: Option<Access>) -> Self {
        self.user.role = Role::Viewer;
        self.user.email = String::new();
        self.support = look.map(|look| SupportView {
            operator: look.operator,
            reason: look.reason,
            ticket: look.ticket,
            ends_at: look.ends_at,
        });
        self
    }
}

/// That something was accepted, whatever comes of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    #[schema(example = "accepted")]
    status: &'static str,
}

impl Accepted {
    /// The one answer.
    pub const fn new() -> Self {
        Self { status: "accepted" }
    }
}

/// The device a request comes from.
pub fn device(request: &HttpRequest) -> Device {
    let user_agent = request.headers().get(USER_AGENT);
    let known_by = gateway::device_cookie(request);
    Device {
        known_by: known_by.map_or_else(KnownBy::default, |sent| KnownBy::read(&sent)),
        ..Device::new(user_agent.and_then(|value| value.to_str().ok()))
    }
}
