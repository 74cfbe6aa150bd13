//! What comes in and goes out as JSON about somebody's own sessions.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::SessionId;
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

use super::found;
use super::passkeys::UsePasskey;
use crate::model::{OpenSession, Proof, SessionKind, masked};

/// How somebody comes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComesBy {
    /// A browser.
    Browser,
    /// A program.
    Program,
    /// Somebody of the platform, let in to help.
    Support,
}

impl From<SessionKind> for ComesBy {
    fn from(kind: SessionKind) -> Self {
        match kind {
            SessionKind::Browser => Self::Browser,
            SessionKind::Program => Self::Program,
            SessionKind::Support => Self::Support,
        }
    }
}

/// A session that is not over.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenSessionView {
    id: SessionId,
    kind: ComesBy,
    /// What its owner proved themselves by when it began.
    #[schema(example = "password")]
    method: String,
    /// The browser, or what a program calls itself.
    #[schema(required = true, example = "Firefox")]
    browser: Option<String>,
    #[schema(required = true, example = "Linux")]
    system: Option<&'static str>,
    /// From where it was last used, without the end.
    #[schema(required = true, example = "203.0.113.x")]
    address: Option<String>,
    created_at: Timestamp,
    /// To the minute.
    last_seen_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
    /// Whether this request came by it.
    current: bool,
}

/// Somebody's open sessions, the one that was used last first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenSessions {
    /// At most 200.
    items: Vec<OpenSessionView>,
}

impl OpenSessions {
    /// Those of whoever comes by `current`.
    pub fn new(all: Vec<OpenSession>, current: SessionId) -> Self {
        let view = |session: OpenSession| OpenSessionView {
            id: session.id,
            kind: session.kind.into(),
            browser: session.device.browser(),
            system: session.device.system(),
            method: session.method,
            address: session.address.map(masked),
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            current: session.id == current,
        };
        Self {
            items: all.into_iter().map(view).collect(),
        }
    }
}

/// Which session is left.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Except {
    /// The one this request comes by.
    Current,
}

/// Which sessions are to end.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RevokeSessions {
    /// `current` keeps the session this request comes by. Without it, all end.
    #[param(inline)]
    pub except: Option<Except>,
}

/// How many sessions are over now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Revoked {
    #[schema(example = 3)]
    ended: usize,
}

impl Revoked {
    /// So many.
    pub const fn new(ended: usize) -> Self {
        Self { ended }
    }
}

/// What somebody who is signed in proves again who they are by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reauthenticate {
    /// The account's password.
    #[schema(value_type = Option<String>, format = Password, example = "tangerine plinth oboe", min_length = 1)]
    password: Option<SecretString>,
    /// A one-time code, or a recovery code, of an account that asks for them.
    #[schema(max_length = 32)]
    code: Option<String>,
    /// A passkey of the caller's, by the options of `POST /auth/passkeys/options`.
    passkey: Option<UsePasskey>,
}

impl Validate for Reauthenticate {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut faults = ValidationErrors::new();
        let sent = [
            self.password.is_some(),
            self.code.is_some(),
            self.passkey.is_some(),
        ];
        if sent.into_iter().filter(|it| *it).count() > 1 {
            let name = if self.passkey.is_some() {
                "passkey"
            } else {
                "code"
            };
            let fault = ValidationError::new("one_proof");
            faults.add(name, fault.with_message("Send one proof, not two.".into()));
        }
        if self
            .code
            .as_ref()
            .is_some_and(|it| it.is_empty() || it.len() > 32)
        {
            let fault = ValidationError::new("code");
            faults.add(
                "code",
                fault.with_message("Enter a code of at most 32 characters.".into()),
            );
        }
        found(faults)
    }
}

impl TryFrom<Reauthenticate> for Proof {
    type Error = ApiError;

    fn try_from(input: Reauthenticate) -> Result<Self, ApiError> {
        if let Some(passkey) = input.passkey {
            return Ok(Self::Passkey(Box::new(passkey.shown("passkey/")?)));
        }
        if let Some(code) = input.code {
            return Ok(Self::Code(code));
        }
        let password = input.password.as_ref().map(ExposeSecret::expose_secret);
        match password {
            Some(password) if !password.is_empty() => Ok(Self::Password(Password::new(password))),
            _ => {
                let fault = FieldError::new(
                    "password",
                    "required",
                    "Enter your password, or prove it otherwise.",
                );
                Err(ApiError::invalid(vec![fault]))
            }
        }
    }
}
