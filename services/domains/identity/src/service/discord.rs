//! The way to Discord and back: from the root host, where its callback lands, to the organisation's host.
//!
//! Each step leaves one single-use token in the organisation's own rows, and what the next step needs lies
//! in it, sealed for that token and that step: a token of one step opens nothing in another, and none of
//! them is worth anything on another organisation's host.

use std::sync::Arc;

use data_encoding::BASE64;
use db::{DbError, TenantRef, TenantTx};
use gateway::{Root, Sealed};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Identity;
use crate::discord::{Discord, DiscordError, Profile, Tokens};
use crate::error::{Error, IdentityError};
use crate::model::{AGREEING, HAND_OVER, Purpose, SecretToken, TokenHash, later};
use crate::store::one_time;

/// What somebody who wants to sign in brings.
#[derive(Debug)]
pub struct Wish {
    /// Their organisation.
    pub tenant: TenantRef,
    /// What the page keeps that began it; only that page can end it.
    pub page: SecretToken,
    /// What the browser keeps on the root host.
    pub browser: SecretToken,
    /// Where they want to go afterwards.
    pub next: Option<String>,
}

/// Somebody who came back.
#[derive(Debug)]
pub struct Return {
    /// Their organisation.
    pub tenant: TenantRef,
    /// The state they were sent with.
    pub state: SecretToken,
    /// What their browser keeps; without it they began elsewhere.
    pub browser: Option<SecretToken>,
    /// The provider's code, unless they did not agree.
    pub code: Option<String>,
    /// Who says so (RFC 9207), where the provider names itself.
    pub issuer: Option<String>,
}

/// Why somebody is sent back to their organisation's page without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// The state is unknown, used, over, or another browser's; or another provider answers.
    InvalidState,
    /// They did not agree.
    Denied,
    /// Their account there has no address.
    EmailMissing,
    /// Its address is not proven.
    EmailUnverified,
    /// The provider could not be asked, or refused.
    Unreached,
}

impl Turned {
    /// The word the page knows it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidState => "invalid_state",
            Self::Denied => "denied",
            Self::EmailMissing => "email_missing",
            Self::EmailUnverified => "email_unverified",
            Self::Unreached => "provider_unreached",
        }
    }
}

/// A code for the organisation's host.
#[derive(Debug)]
pub struct HandOver {
    /// The code.
    pub code: SecretToken,
    /// Where they want to go afterwards.
    pub next: Option<String>,
}

/// What waits while somebody is at the provider.
#[derive(Serialize, Deserialize)]
struct Asked {
    page: TokenHash,
    browser: TokenHash,
    verifier: String,
    next: Option<String>,
}

/// What waits for the organisation's page.
#[derive(Debug, Serialize, Deserialize)]
pub struct Known {
    page: TokenHash,
    /// Who they are there; the address is proven.
    pub profile: Profile,
    /// Their tokens.
    pub tokens: Tokens,
}

impl Known {
    /// The proven address.
    pub fn email(&self) -> &str {
        self.profile.email.as_deref().unwrap_or_default()
    }
}

const ASKED: &str = "asked";
const KNOWN: &str = "known";

fn place(step: &str, hash: &TokenHash) -> Vec<u8> {
    [b"one_time_tokens.detail/", step.as_bytes(), b"/", hash].concat()
}

impl Identity {
    /// The application at Discord. Errors: [`IdentityError::Off`].
    pub(super) fn discord(&self) -> Result<&Arc<Discord>, Error> {
        Ok(self.discord.as_ref().ok_or(IdentityError::Off)?)
    }

    /// Whether people can sign in with Discord.
    pub const fn has_discord(&self) -> bool {
        self.discord.is_some()
    }

    /// Where to send somebody who wants to sign in by Discord. Errors: [`IdentityError::Off`].
    pub async fn start_discord(&self, root: &Root, wish: Wish) -> Result<String, Error> {
        let discord = self.discord()?;
        let host = wish.tenant.host().to_owned();
        let (state, verifier) = root
            .write(&wish.tenant, async |tx| {
                one_time::sweep(tx, Purpose::SignIn).await?;
                let verifier = SecretToken::generate(tx.entropy());
                let asked = Asked {
                    page: wish.page.hash(),
                    browser: wish.browser.hash(),
                    verifier: verifier.expose().to_owned(),
                    next: wish.next,
                };
                let state = self.leave(tx, ASKED, &asked, AGREEING).await?;
                Ok::<_, DbError>((state, verifier))
            })
            .await?;
        let state = format!("{}.{host}", state.expose());
        Ok(discord.authorize_url(&state, &verifier))
    }

    /// Takes somebody back from Discord: a code for their organisation's host, or why there is none.
    pub async fn return_discord(
        &self,
        root: &Root,
        back: Return,
    ) -> Result<Result<HandOver, Turned>, Error> {
        let discord = self.discord()?;
        let asked = root
            .write(&back.tenant, async |tx| {
                let hash = back.state.hash();
                let Some(asked) = self.open_step::<Asked>(tx, ASKED, &hash).await? else {
                    return Ok(None);
                };
                let browser = back.browser.as_ref().map(SecretToken::hash);
                // Somebody else's state is left to whoever began it.
                let own = browser == Some(asked.browser);
                Ok::<_, Error>((own && one_time::take(tx, &hash).await?).then_some(asked))
            })
            .await?;
        let named_other = |issuer: &String| !discord.is_issuer(issuer);
        let Some(asked) = asked.filter(|_| !back.issuer.as_ref().is_some_and(named_other)) else {
            return Ok(Err(Turned::InvalidState));
        };
        let (Some(code), Some(verifier)) = (back.code, SecretToken::parse(&asked.verifier)) else {
            return Ok(Err(Turned::Denied));
        };
        let (profile, tokens) = match ask(discord, root, &code, &verifier).await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "discord did not say who came back");
                return Ok(Err(Turned::Unreached));
            }
        };
        if let Some(turned) = refusal(&profile) {
            self.revoke_quietly(&tokens).await;
            return Ok(Err(turned));
        }
        let known = Known {
            page: asked.page,
            profile,
            tokens,
        };
        let code = root
            .write(&back.tenant, async |tx| {
                self.leave(tx, KNOWN, &known, HAND_OVER).await
            })
            .await
            .map_err(Error::Db)?;
        let next = asked.next;
        Ok(Ok(HandOver { code, next }))
    }

    /// Tells the provider that tokens are not needed any more; they run out by themselves if it is away.
    pub(super) async fn revoke_quietly(&self, tokens: &Tokens) {
        if let Some(discord) = &self.discord
            && let Err(error) = discord.revoke(tokens).await
        {
            tracing::info!(%error, "discord did not take tokens back");
        }
    }

    /// What a code brings to the page that began. The code is not used up by that. Errors:
    /// [`IdentityError::CodeNotGood`].
    pub(super) async fn open_code(
        &self,
        tx: &TenantTx,
        code: &SecretToken,
        page: &SecretToken,
    ) -> Result<Known, Error> {
        let known = self.open_step::<Known>(tx, KNOWN, &code.hash()).await?;
        let own = known.filter(|it| it.page == page.hash());
        Ok(own.ok_or(IdentityError::CodeNotGood)?)
    }

    async fn leave<T: Serialize>(
        &self,
        tx: &TenantTx,
        step: &str,
        what: &T,
        life: jiff::SignedDuration,
    ) -> Result<SecretToken, DbError> {
        let token = SecretToken::generate(tx.entropy());
        // Maps of texts and numbers: it cannot fail to be written.
        let bytes = serde_json::to_vec(what).unwrap_or_default();
        let sealed = self
            .keys
            .seal(&place(step, &token.hash()), &bytes, tx.entropy());
        let detail = json!({ "step": step, "sealed": BASE64.encode(sealed.bytes()) });
        let (purpose, until) = (Purpose::SignIn, later(tx.now(), life));
        one_time::replace(tx, None, purpose, &token.hash(), Some(&detail), until).await?;
        Ok(token)
    }

    async fn open_step<T: DeserializeOwned>(
        &self,
        tx: &TenantTx,
        step: &str,
        hash: &TokenHash,
    ) -> Result<Option<T>, Error> {
        let issued = one_time::find(tx, Purpose::SignIn, hash).await?;
        let Some(issued) = issued.filter(|it| it.expires_at > tx.now()) else {
            return Ok(None);
        };
        let sealed = issued
            .detail
            .as_ref()
            .and_then(|it| BASE64.decode(it.get("sealed")?.as_str()?.as_bytes()).ok());
        // A token of another step does not open.
        let opened = sealed.and_then(|it| {
            let sealed = Sealed::stored(it);
            self.keys.open(&place(step, hash), &sealed).ok()
        });
        Ok(opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}

async fn ask(
    discord: &Discord,
    root: &Root,
    code: &str,
    verifier: &SecretToken,
) -> Result<(Profile, Tokens), DiscordError> {
    let tokens = discord.exchange(code, verifier, root.now()).await?;
    Ok((discord.profile(&tokens).await?, tokens))
}

/// Nobody comes in by an address that they may not have.
fn refusal(profile: &Profile) -> Option<Turned> {
    match profile.email.as_deref() {
        None | Some("") => Some(Turned::EmailMissing),
        Some(_) if !profile.verified => Some(Turned::EmailUnverified),
        Some(_) => None,
    }
}
