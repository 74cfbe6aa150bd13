//! The ceremonies of passkeys by the rules of W3C Web Authentication, as the library checks them.
//!
//! Owns the library's words: what a browser is asked, what has to be kept until it answers, and whether the
//! answer is good on one host. Decides nothing about people, and keeps nothing.

use kernel::id::UserId;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

pub use webauthn_rs::prelude::{
    PublicKeyCredential as Shown, RegisterPublicKeyCredential as Offered,
};

use crate::model::{CEREMONY, User};

/// Why an answer of a browser is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is not an answer to what was asked, on this host, by this key, of somebody who unlocked it.
    #[error("the answer of the authenticator is not good: {0}")]
    Refused(WebauthnError),
    /// The key has been used somewhere else since: there are two of it.
    #[error("the counter of the passkey went back")]
    CounterWentBack,
    /// What is kept is none of ours.
    #[error("a kept passkey or its challenge cannot be read")]
    Kept(#[from] serde_json::Error),
    /// The host cannot have passkeys.
    #[error("passkeys cannot be had on this host")]
    Host,
}

impl From<WebauthnError> for Fault {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::CredentialPossibleCompromise => Self::CounterWentBack,
            other => Self::Refused(other),
        }
    }
}

/// What a browser is asked, and what is kept until it answers.
#[derive(Debug)]
pub struct Asked {
    /// For `navigator.credentials`.
    pub options: Value,
    /// For us.
    pub state: Value,
}

/// A key that a browser made.
#[derive(Debug)]
pub struct Made {
    /// By what browsers name it.
    pub credential_id: Vec<u8>,
    /// Its public part, its counter and flags.
    pub credential: Value,
}

/// One host, as browsers see it. A passkey that was made on it works there and nowhere else.
pub struct Site(Webauthn);

impl Site {
    /// The host of `origin`, whose passkeys are shown as those of `organization`. Errors: [`Fault::Host`].
    pub fn new(origin: &str, organization: &str) -> Result<Self, Fault> {
        let url = Url::parse(origin).map_err(|_| Fault::Host)?;
        let host = url.domain().ok_or(Fault::Host)?;
        let builder = WebauthnBuilder::new(host, &url).map_err(|_| Fault::Host)?;
        let life = CEREMONY.unsigned_abs();
        let site = builder.rp_name(organization).timeout(life).build();
        Ok(Self(site.map_err(|_| Fault::Host)?))
    }

    /// Asks for a new passkey of `user`, who has `known` already: one that names its owner by itself, and
    /// that nobody uses without unlocking it.
    pub fn ask_for_new(&self, user: &User, known: Vec<Vec<u8>>) -> Result<Asked, Fault> {
        let (id, name) = (user.id.uuid(), user.email.as_str());
        let (challenge, state) = self
            .0
            .start_passkey_registration(id, name, name, Some(known))?;
        let mut asked = Asked::new(&challenge.public_key, &state)?;
        // The library would let keys be made that do not name their owner.
        if let Some(wanted) = asked.options.get_mut("authenticatorSelection") {
            wanted["residentKey"] = json!("required");
            wanted["requireResidentKey"] = json!(true);
        }
        Ok(asked)
    }

    /// The passkey that a browser made when it was asked. Errors: [`Fault::Refused`].
    pub fn take_new(&self, state: Value, offered: &Offered) -> Result<Made, Fault> {
        let state: PasskeyRegistration = serde_json::from_value(state)?;
        let made = self.0.finish_passkey_registration(offered, &state)?;
        Ok(Made {
            credential_id: made.cred_id().clone(),
            credential: serde_json::to_value(&made)?,
        })
    }

    /// Asks for any passkey of this host, of anybody.
    pub fn ask_for_one(&self) -> Result<Asked, Fault> {
        let (challenge, state) = self.0.start_discoverable_authentication()?;
        Asked::new(&challenge.public_key, &state)
    }

    /// Whether `shown` proves that somebody holds `credential`, unlocked it, and was asked by `state` on
    /// this host. Answers what is to be kept of it from now on. Errors: [`Fault::Refused`],
    /// [`Fault::CounterWentBack`].
    pub fn check(&self, state: Value, shown: &Shown, credential: Value) -> Result<Value, Fault> {
        let state: DiscoverableAuthentication = serde_json::from_value(state)?;
        let mut passkey: Passkey = serde_json::from_value(credential)?;
        let used = self
            .0
            .finish_discoverable_authentication_v2(shown, state, &passkey)?;
        passkey.update_credential(&used);
        Ok(serde_json::to_value(&passkey)?)
    }
}

impl Asked {
    fn new<O: Serialize, S: Serialize>(options: &O, state: &S) -> Result<Self, Fault> {
        Ok(Self {
            options: serde_json::to_value(options)?,
            state: serde_json::to_value(state)?,
        })
    }
}

/// Whose key `shown` says it is, and which one. Errors: [`Fault::Refused`].
pub fn named_by(shown: &Shown) -> Result<(UserId, Vec<u8>), Fault> {
    let handle = shown.get_user_unique_id();
    let owner = handle.and_then(|bytes| uuid::Uuid::from_slice(bytes).ok());
    let owner = owner.ok_or(WebauthnError::InvalidUserUniqueId)?;
    Ok((owner.into(), shown.get_credential_id().to_vec()))
}
