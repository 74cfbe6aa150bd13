//! Passkeys as they are sent in JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::PasskeyId;
use kernel::text;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};

use crate::ceremony::{Offered, Shown};
use crate::model::{OfferedPasskey, Passkey, SecretToken, ShownPasskey};
use crate::service::Challenge;

const NOT_OURS: &str = "This is not what was asked for. Begin again.";
const NAME: &str = "Enter a name of at most 120 characters, without control characters.";

/// What a browser is asked, and by what its answer finds it again.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyOptions {
    /// Comes back with the browser's answer. Good once, for five minutes.
    #[schema(example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    handle: String,
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON` or `parseCreationOptionsFromJSON`.
    #[schema(
        value_type = Object,
        example = json!({"challenge": "q1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbEo", "rpId": "acme-rockets.signalbox.example", "userVerification": "required"})
    )]
    public_key: Value,
}

impl From<Challenge> for PasskeyOptions {
    fn from(challenge: Challenge) -> Self {
        Self {
            handle: challenge.handle.expose().to_owned(),
            public_key: challenge.asked.options,
        }
    }
}

/// What a browser brings that was asked for a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsePasskey {
    /// What came with the options.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    handle: SecretString,
    /// What `PublicKeyCredential.toJSON` says.
    #[schema(
        value_type = Object,
        example = json!({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"authenticatorData": "AAAA", "clientDataJSON": "AAAA", "signature": "AAAA", "userHandle": "AAAA"}, "clientExtensionResults": {}})
    )]
    credential: Shown,
}

impl Validate for UsePasskey {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

impl UsePasskey {
    /// The same, where its members lie below `above`, such as `passkey/`. Errors: 400 where the handle is
    /// none.
    pub fn shown(self, above: &str) -> Result<ShownPasskey, ApiError> {
        Ok(ShownPasskey {
            handle: handle(&format!("{above}handle"), &self.handle)?,
            shown: self.credential,
        })
    }
}

impl TryFrom<UsePasskey> for ShownPasskey {
    type Error = ApiError;

    fn try_from(input: UsePasskey) -> Result<Self, ApiError> {
        input.shown("")
    }
}

/// What a browser brings that was asked to make a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// What came with the options.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    handle: SecretString,
    /// What to call it.
    #[schema(example = "Ann's phone", min_length = 1, max_length = 120)]
    name: String,
    /// What `PublicKeyCredential.toJSON` says.
    #[schema(
        value_type = Object,
        example = json!({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"attestationObject": "AAAA", "clientDataJSON": "AAAA"}, "clientExtensionResults": {}})
    )]
    credential: Offered,
}

impl Validate for AddPasskey {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

impl TryFrom<AddPasskey> for OfferedPasskey {
    type Error = ApiError;

    fn try_from(input: AddPasskey) -> Result<Self, ApiError> {
        Ok(Self {
            handle: handle("handle", &input.handle)?,
            name: name(&input.name)?,
            offered: input.credential,
        })
    }
}

/// Another name.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskey {
    /// What to call it.
    #[schema(example = "Ann's phone", min_length = 1, max_length = 120)]
    name: String,
}

impl RenamePasskey {
    /// The name. Errors: 400 where it is none.
    pub fn name(&self) -> Result<String, ApiError> {
        name(&self.name)
    }
}

fn handle(field: &str, sent: &SecretString) -> Result<SecretToken, ApiError> {
    SecretToken::parse(sent.expose_secret())
        .ok_or_else(|| ApiError::invalid(vec![FieldError::new(field, "invalid", NOT_OURS)]))
}

fn name(typed: &str) -> Result<String, ApiError> {
    text::line(typed, 120)
        .map_err(|_| ApiError::invalid(vec![FieldError::new("name", "name", NAME)]))
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyView {
    id: PasskeyId,
    #[schema(example = "Ann's phone")]
    name: String,
    /// The host it was made on.
    #[schema(example = "acme-rockets.signalbox.example")]
    host: String,
    /// Whether that is this host: browsers offer it nowhere else.
    works_here: bool,
    created_at: Timestamp,
    #[schema(required = true)]
    last_used_at: Option<Timestamp>,
}

impl PasskeyView {
    /// Of `passkey`, for whoever is on `host`.
    pub fn new(passkey: Passkey, host: &str) -> Self {
        Self {
            id: passkey.id,
            works_here: passkey.host == host,
            name: passkey.name,
            host: passkey.host,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

/// The caller's passkeys, the oldest first: at most 10.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeysView {
    items: Vec<PasskeyView>,
}

impl PasskeysView {
    /// Of `passkeys`, for whoever is on `host`.
    pub fn new(passkeys: Vec<Passkey>, host: &str) -> Self {
        let view = |it| PasskeyView::new(it, host);
        Self {
            items: passkeys.into_iter().map(view).collect(),
        }
    }
}
