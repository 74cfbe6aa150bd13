//! Operators and their sessions as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::error::FieldError;
use kernel::id::{OperatorId, OperatorTokenId, SessionId};
use kernel::text;
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::{Account, AccountState, Caller, Enrollment, Means, Session};
use crate::roles::{Permission, Role};
use crate::service::Approval;
use crate::service::sign_in::Credentials;

/// What somebody types to sign in. All three in one form: nobody learns which one was wrong.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorSignIn)]
pub struct SignIn {
    /// The account's address, in any case.
    #[validate(length(min = 1, max = 254, message = "Enter your e-mail address."))]
    #[schema(example = "ada@example.com", min_length = 1, max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    password: SecretString,
    /// The six digits that the authenticator app shows.
    #[validate(length(min = 1, max = 20, message = "Enter the six digits of your app."))]
    #[schema(example = "492039", min_length = 1, max_length = 20)]
    code: String,
}

impl From<SignIn> for Credentials {
    fn from(typed: SignIn) -> Self {
        Self {
            email: EmailAddress::parse(&typed.email),
            password: Password::new(typed.password.expose_secret()),
            // Apps show a gap in the middle.
            code: typed.code.split_whitespace().collect(),
        }
    }
}

/// Who is signed in, until when, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSession)]
pub struct MeView {
    operator: AccountView,
    permissions: Vec<Permission>,
    /// None where a token asks.
    session_id: Option<SessionId>,
    /// None where a session asks.
    token_id: Option<OperatorTokenId>,
    /// The end at the latest; half an hour without a request ends a session earlier.
    expires_at: Timestamp,
    /// What takes a second operator: `off`, or `destructive`.
    approval: ApprovalMode,
}

/// What takes a second operator.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// Nothing.
    Off,
    /// Deletions, and suspending or freezing several at once.
    Destructive,
}

impl From<Approval> for ApprovalMode {
    fn from(approval: Approval) -> Self {
        match approval {
            Approval::Off => Self::Off,
            Approval::Destructive => Self::Destructive,
        }
    }
}

impl MeView {
    /// `caller`, in a house where `approval` takes a second operator.
    pub fn new(caller: Caller, approval: Approval) -> Self {
        let (session_id, token_id, expires_at) = match &caller.means {
            Means::Session(session) => (Some(session.id), None, session.expires_at),
            Means::Token(token) => (None, Some(token.id), token.expires_at),
        };
        Self {
            permissions: caller.permissions(),
            session_id,
            token_id,
            expires_at,
            approval: approval.into(),
            operator: caller.account.into(),
        }
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperatorState)]
pub enum StateView {
    /// In use.
    Active,
    /// Switched off.
    Disabled,
}

impl From<AccountState> for StateView {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Active => Self::Active,
            AccountState::Disabled => Self::Disabled,
        }
    }
}

/// An operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorAccount)]
pub struct AccountView {
    id: OperatorId,
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada")]
    name: String,
    role: Role,
    state: StateView,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            name: account.name,
            role: account.role,
            state: account.state.into(),
            created_at: account.created_at,
            last_login_at: account.last_login_at,
        }
    }
}

/// Every operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorAccounts)]
pub struct AccountList {
    /// Active ones first.
    pub items: Vec<AccountView>,
}

/// An operator to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOperator {
    /// Where they sign in with.
    #[schema(example = "grace@example.com", max_length = 254)]
    email: String,
    /// Their name.
    #[schema(example = "Grace", min_length = 1, max_length = 120)]
    name: String,
    /// Their standing.
    pub role: Role,
    /// Their first password, by the rules of the house. They change it themselves.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    password: SecretString,
}

impl CreateOperator {
    /// The address. Errors: 400 with a pointer to it.
    pub fn email(&self) -> Result<EmailAddress, ApiError> {
        EmailAddress::parse(&self.email)
            .ok_or_else(|| fault("email", "Enter an e-mail address, like name@example.com."))
    }

    /// The name. Errors: 400 with a pointer to it.
    pub fn name(&self) -> Result<String, ApiError> {
        named(&self.name)
    }

    /// The password.
    pub fn password(&self) -> Password {
        Password::new(self.password.expose_secret())
    }
}

/// A name. Errors: 400 with a pointer to it.
pub fn named(typed: &str) -> Result<String, ApiError> {
    text::line(typed, 120).map_err(|_| {
        let words = "Enter a name of at most 120 characters, without control characters.";
        fault("name", words)
    })
}

fn fault(field: &str, message: &str) -> ApiError {
    ApiError::invalid(vec![FieldError::new(field, field, message)])
}

/// What an authenticator app is told. Shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorEnrollment)]
pub struct EnrollmentView {
    operator: AccountView,
    /// To be typed into an app.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    totp_secret: String,
    /// To be opened with an app.
    #[schema(example = "otpauth://totp/Signalbox:grace%40example%2Ecom?secret=…")]
    otpauth_uri: String,
}

impl From<Enrollment> for EnrollmentView {
    fn from(enrollment: Enrollment) -> Self {
        Self {
            totp_secret: enrollment.seed.base32(),
            otpauth_uri: enrollment.uri(),
            operator: enrollment.account.into(),
        }
    }
}

/// Another role.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    /// The role.
    pub role: Role,
}

/// Another password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    /// The new one, by the rules of the house.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

impl ChangePassword {
    /// The present one.
    pub fn current(&self) -> Password {
        Password::new(self.current_password.expose_secret())
    }

    /// The new one.
    pub fn replacement(&self) -> Password {
        Password::new(self.password.expose_secret())
    }
}

/// A session of one's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSessionItem)]
pub struct SessionView {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    created_at: Timestamp,
    last_used_at: Timestamp,
    /// When it ends unless it is used before.
    ends_at: Timestamp,
    /// From where.
    #[schema(value_type = Option<String>, example = "192.0.2.7")]
    address: Option<std::net::IpAddr>,
    /// With which browser, by its own account.
    user_agent: Option<String>,
}

impl SessionView {
    /// `session`, seen from `current`.
    pub fn new(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            current: session.id == current,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            ends_at: session.ends_at(),
            address: session.address,
            user_agent: session.user_agent,
        }
    }
}

/// The sessions of whoever asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSessions)]
pub struct SessionList {
    /// The newest first.
    pub items: Vec<SessionView>,
}
