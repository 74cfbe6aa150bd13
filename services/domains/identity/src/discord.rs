//! Discord, as far as signing in needs it: the address people are sent to, and the four calls behind it.
//!
//! Its answers are a stranger's: bounded, parsed into what is used and nothing else.

mod guild;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use egress::{Call, CallError, Prober, Reply, Target};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::model::{SecretToken, later};

pub use guild::Guild;

/// What is asked for: who somebody is, their address, and their servers.
pub const SCOPES: &str = "identify email guilds";
/// A call that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an operator tells about the application at Discord.
#[derive(Clone)]
pub struct DiscordSettings {
    /// Where Discord is, without a path: `https://discord.com`.
    pub url: Url,
    /// The application's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Where Discord sends people back to: the callback on the root host.
    pub redirect_uri: String,
}

impl fmt::Debug for DiscordSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiscordSettings({})", self.url)
    }
}

/// Why Discord did not help.
#[derive(Debug, thiserror::Error)]
pub enum DiscordError {
    /// It does not take what was presented: a code or a token is not good, or no longer.
    #[error("discord refused with {0}")]
    Refused(u16),
    /// It could not be asked, or its answer makes no sense.
    #[error("discord could not be asked: {0}")]
    Failed(String),
}

impl From<CallError> for DiscordError {
    fn from(error: CallError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The tokens of a person at Discord. They are kept sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// Lets us ask for a while.
    pub access: String,
    /// Gets the next ones.
    pub refresh: String,
    /// Until when `access` works.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// Who somebody is at Discord.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Their id: a number of 64 bits, kept as the text it is.
    pub id: String,
    /// What they are called there.
    pub username: String,
    /// Their address; an account by telephone has none.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether they have shown that mail to it arrives.
    #[serde(default)]
    pub verified: bool,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: String,
    token_type: String,
    expires_in: i64,
    scope: String,
}

/// The application at Discord.
pub struct Discord {
    settings: DiscordSettings,
    prober: Arc<Prober>,
}

impl Discord {
    /// Puts it together. Calls go through `prober`.
    pub const fn new(settings: DiscordSettings, prober: Arc<Prober>) -> Self {
        Self { settings, prober }
    }

    /// Whether `issuer` (RFC 9207) is this provider.
    pub fn is_issuer(&self, issuer: &str) -> bool {
        issuer.trim_end_matches('/') == self.settings.url.as_str().trim_end_matches('/')
    }

    fn at(&self, path: &str) -> String {
        let base = self.settings.url.as_str().trim_end_matches('/');
        format!("{base}{path}")
    }

    /// Where somebody is sent to say that they agree.
    pub fn authorize_url(&self, state: &str, verifier: &SecretToken) -> String {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.expose().as_bytes()));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.settings.redirect_uri)
            .append_pair("scope", SCOPES)
            .append_pair("state", state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        self.at(&format!("/oauth2/authorize?{query}"))
    }

    /// Exchanges the code somebody came back with.
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &SecretToken,
        now: Timestamp,
    ) -> Result<Tokens, DiscordError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.settings.redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        self.granted(&form, now).await
    }

    /// Gets the next tokens.
    pub async fn refresh(&self, tokens: &Tokens, now: Timestamp) -> Result<Tokens, DiscordError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh.as_str()),
        ];
        self.granted(&form, now).await
    }

    /// Makes tokens worthless.
    pub async fn revoke(&self, tokens: &Tokens) -> Result<(), DiscordError> {
        let form = [
            ("token", tokens.refresh.as_str()),
            ("token_type_hint", "refresh_token"),
        ];
        self.post("/api/oauth2/token/revoke", &form).await.map(drop)
    }

    /// Who the tokens are of.
    pub async fn profile(&self, tokens: &Tokens) -> Result<Profile, DiscordError> {
        let profile: Profile = self.read("/api/v10/users/@me", tokens).await?;
        let number = profile.id.parse::<u64>();
        if number.is_err() || profile.username.is_empty() {
            return Err(DiscordError::Failed("a profile without an id".to_owned()));
        }
        Ok(profile)
    }

    /// The servers of whoever the tokens are of.
    pub async fn guilds(&self, tokens: &Tokens) -> Result<Vec<Guild>, DiscordError> {
        self.read("/api/v10/users/@me/guilds", tokens).await
    }

    async fn granted(&self, form: &[(&str, &str)], now: Timestamp) -> Result<Tokens, DiscordError> {
        let granted: Granted = parse(&self.post("/api/oauth2/token", form).await?)?;
        let mut scopes: Vec<&str> = granted.scope.split_whitespace().collect();
        scopes.sort_unstable();
        let asked = ["email", "guilds", "identify"];
        if scopes != asked || !granted.token_type.eq_ignore_ascii_case("bearer") {
            return Err(DiscordError::Failed(
                "other scopes than asked for".to_owned(),
            ));
        }
        let life = SignedDuration::from_secs(granted.expires_in.clamp(0, 30 * 24 * 3600));
        Ok(Tokens {
            access: granted.access_token,
            refresh: granted.refresh_token,
            expires_at: later(now, life),
        })
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Reply, DiscordError> {
        let secret = self.settings.client_secret.expose_secret();
        let basic = BASE64.encode(format!("{}:{secret}", self.settings.client_id).as_bytes());
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.call(path, Some(form), format!("Basic {basic}")).await
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        tokens: &Tokens,
    ) -> Result<T, DiscordError> {
        let bearer = format!("Bearer {}", tokens.access);
        parse(&self.call(path, None, bearer).await?)
    }

    async fn call(
        &self,
        path: &str,
        form: Option<String>,
        authorization: String,
    ) -> Result<Reply, DiscordError> {
        let target = Target::parse_allowed(&self.at(path), self.prober.policy());
        let call = Call {
            target: target.map_err(|error| DiscordError::Failed(error.to_string()))?,
            form,
            authorization: Some(authorization),
            timeout: PATIENCE,
        };
        let reply = self.prober.call(&call).await?;
        match reply.status {
            200..=299 => Ok(reply),
            // The application's own login is not good: nobody's token is to blame.
            status @ (400 | 401 | 403) if !wrong_client(&reply) => {
                Err(DiscordError::Refused(status))
            }
            status => Err(DiscordError::Failed(format!("status {status}"))),
        }
    }
}

fn wrong_client(reply: &Reply) -> bool {
    #[derive(Deserialize)]
    struct Problem {
        error: String,
    }
    serde_json::from_slice::<Problem>(&reply.body).is_ok_and(|it| it.error == "invalid_client")
}

fn parse<T: for<'de> Deserialize<'de>>(reply: &Reply) -> Result<T, DiscordError> {
    serde_json::from_slice(&reply.body)
        .map_err(|_| DiscordError::Failed("an answer that is not understood".to_owned()))
}
