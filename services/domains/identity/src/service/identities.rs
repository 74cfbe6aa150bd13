//! Who people are elsewhere: signing in by it, linking it and taking the link away.

use db::{DbError, OnConstraint, TenantTx};
use events::identity::{IdentityChange, IdentityChanged};
use gateway::{ApiError, Tenant, Visitor};
use kernel::email::EmailAddress;
use kernel::roles::Policy;
use uuid::Uuid;

use super::discord::Known;
use super::notices::{self, Notice};
use super::sign_in::{Way, open_browser_session};
use super::{Identity, Noted, policy};
use crate::discord::Tokens;
use crate::error::{CredentialsError, Error, IdentityError};
use crate::model::{
    Account, Attempt, BrowserSession, Device, LinkedIdentity, Method, SecretToken, UserState,
};
use crate::store::identities::Kept;
use crate::store::{attempts, identities, one_time, people};

/// What the page brings that somebody came back to.
#[derive(Debug)]
pub struct Presented {
    /// The code from the root host.
    pub code: SecretToken,
    /// What the page kept.
    pub page: SecretToken,
    /// A one-time code, or a recovery code, of an account that asks for one.
    pub totp_code: Option<String>,
}

impl Identity {
    /// Signs a browser in by who its owner is at Discord: by the link they have, else by an address that is
    /// proven on both sides. Errors: [`IdentityError::CodeNotGood`], [`IdentityError::NoAccount`],
    /// [`IdentityError::AccountUnverified`], [`IdentityError::HasIdentity`],
    /// [`CredentialsError::CodeRequired`], [`CredentialsError::InvalidCode`]; 429.
    pub async fn sign_in_by_discord(
        &self,
        visitor: &Visitor,
        presented: &Presented,
        device: &Device,
    ) -> Result<BrowserSession, ApiError> {
        self.discord()?;
        let network = self.limiter.address(visitor.source());
        self.limiter.take(self.limits.sign_in, network).await?;
        let found = visitor
            .read(async |tx| {
                let known = self.open_code(tx, &presented.code, &presented.page).await;
                match known {
                    Ok(known) => find_account(tx, &known).await,
                    Err(_) => Ok(None),
                }
            })
            .await?;
        let asked = found.as_ref().filter(|it| it.asks_for_code);
        let tries = asked.map(|it| self.person(visitor.organization().id(), it.user.id));
        if let (Some(tries), Some(_)) = (tries, &presented.totp_code) {
            self.limiter.take(self.limits.code, tries).await?;
        }
        let admitted = visitor
            .write(async |tx| self.admit_known(tx, presented, device).await)
            .await?;
        if let (Ok(_), Some(tries)) = (&admitted, tries) {
            let given_back = self.limiter.give_back(self.limits.code, tries).await;
            given_back.map_err(Error::from)?;
        }
        // A good code is no guess, whatever else is missing.
        let guess = Error::from(IdentityError::CodeNotGood);
        if !matches!(&admitted, Err(error) if error.to_string() == guess.to_string()) {
            let given_back = self.limiter.give_back(self.limits.sign_in, network).await;
            given_back.map_err(Error::from)?;
        }
        Ok(admitted?)
    }

    async fn admit_known(
        &self,
        tx: &TenantTx,
        presented: &Presented,
        device: &Device,
    ) -> Noted<BrowserSession> {
        let refused = async |error: Error, user| {
            attempts::add_attempt(tx, Attempt::IdentityRefused, user, device).await?;
            Ok(Err(error))
        };
        if let Err(refusal) = policy::admits(tx, Method::Discord, None, device).await? {
            return Ok(Err(refusal));
        }
        let known = match self.open_code(tx, &presented.code, &presented.page).await {
            Ok(known) => known,
            Err(error @ Error::Identity(_)) => return refused(error, None).await,
            Err(error) => return Err(error),
        };
        let found = find_account(tx, &known).await?;
        let locked = match &found {
            Some(account) => people::lock_account(tx, account.user.id).await?,
            None => None,
        };
        let named = locked.as_ref().map(|it| it.user.id);
        let account = match standing(locked) {
            Ok(account) => account,
            Err(error) => return refused(error.into(), named).await,
        };
        if account.asks_for_code {
            let Some(code) = &presented.totp_code else {
                attempts::add_attempt(tx, Attempt::CodeMissing, named, device).await?;
                return Ok(Err(CredentialsError::CodeRequired.into()));
            };
            if !self.accept_code(tx, &account.user, code).await? {
                attempts::add_attempt(tx, Attempt::WrongCode, named, device).await?;
                return Ok(Err(CredentialsError::InvalidCode.into()));
            }
        }
        if !one_time::take(tx, &presented.code.hash()).await? {
            return refused(IdentityError::CodeNotGood.into(), named).await;
        }
        let (kept, new) = match self.keep(tx, &account, &known).await? {
            Ok(kept) => kept,
            Err(error) => return refused(error.into(), named).await,
        };
        if new {
            notices::send(tx, &account.user, Notice::DiscordLinked).await?;
        }
        let way = Way {
            method: Method::Discord,
            linked_identity: new.then_some(kept),
        };
        Ok(Ok(open_browser_session(tx, &account, device, &way).await?))
    }

    /// Links the caller to who they are at Discord. Errors: [`IdentityError::CodeNotGood`],
    /// [`IdentityError::Taken`], [`IdentityError::HasIdentity`].
    pub async fn link_discord<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        presented: &Presented,
    ) -> Result<LinkedIdentity, ApiError> {
        let linked = tenant
            .write(async |tx| {
                self.discord()?;
                let known = self.open_code(tx, &presented.code, &presented.page).await?;
                let caller = tenant.caller()?.user;
                let account = people::lock_account(tx, caller).await?;
                let account = account.ok_or(DbError::Refused)?;
                if !one_time::take(tx, &presented.code.hash()).await? {
                    return Err(Error::from(IdentityError::CodeNotGood));
                }
                let (id, _) = self.keep(tx, &account, &known).await??;
                notices::send(tx, &account.user, Notice::DiscordLinked).await?;
                let linked = IdentityChanged {
                    user_id: caller,
                    identity_id: id,
                    name: known.profile.username.clone(),
                    change: IdentityChange::Linked,
                };
                tx.record(&linked).await?;
                let kept = identities::lock_of(tx, caller).await?;
                Ok(kept.ok_or(IdentityError::NotFound)?.identity)
            })
            .await?;
        Ok(linked)
    }

    /// Takes a link of the caller's away. Errors: [`IdentityError::NotFound`],
    /// [`IdentityError::LastWayIn`].
    pub async fn unlink<P: Policy>(&self, tenant: &Tenant<P>, id: Uuid) -> Result<(), ApiError> {
        let tokens = tenant
            .write(async |tx| {
                let caller = tenant.caller()?.user;
                let account = people::lock_account(tx, caller).await?;
                let account = account.ok_or(DbError::Refused)?;
                let kept = identities::lock_of(tx, caller).await?;
                let kept = kept.filter(|it| it.identity.id == id);
                let kept = kept.ok_or(IdentityError::NotFound)?;
                // One person has one: without it, the others are left.
                if self.ways_in(tx, caller).await?.without_identities() == 0 {
                    return Err(Error::from(IdentityError::LastWayIn));
                }
                identities::remove(tx, id).await?;
                notices::send(tx, &account.user, Notice::DiscordUnlinked).await?;
                let unlinked = IdentityChanged {
                    user_id: caller,
                    identity_id: id,
                    name: kept.identity.name.clone(),
                    change: IdentityChange::Unlinked,
                };
                tx.record(&unlinked).await?;
                self.open_tokens(&kept)
            })
            .await?;
        if let Some(tokens) = tokens {
            self.revoke_quietly(&tokens).await;
        }
        Ok(())
    }

    /// Keeps who somebody is there. Answers the link's id, and whether it is a new one.
    async fn keep(
        &self,
        tx: &TenantTx,
        account: &Account,
        known: &Known,
    ) -> Result<Result<(Uuid, bool), IdentityError>, Error> {
        let (user, profile) = (account.user.id, &known.profile);
        let theirs = identities::lock_of(tx, user).await?;
        let (id, new) = match theirs {
            Some(kept) if kept.identity.subject != profile.id => {
                return Ok(Err(IdentityError::HasIdentity));
            }
            Some(kept) => (kept.identity.id, false),
            None if identities::find(tx, &profile.id).await?.is_some() => {
                return Ok(Err(IdentityError::Taken));
            }
            None => {
                let id: Uuid = tx.new_id();
                // Somebody else may link it in this very moment.
                identities::add(tx, id, user, &profile.id, &profile.username)
                    .await
                    .on_constraint(identities::SUBJECT_KEY, Error::from(IdentityError::Taken))?;
                (id, true)
            }
        };
        identities::set_name(tx, id, &profile.username).await?;
        self.keep_tokens(tx, id, &known.tokens).await?;
        Ok(Ok((id, new)))
    }

    /// Seals tokens into their row.
    pub(super) async fn keep_tokens(
        &self,
        tx: &TenantTx,
        id: Uuid,
        tokens: &Tokens,
    ) -> Result<(), Error> {
        // Texts and a time: it cannot fail to be written.
        let bytes = serde_json::to_vec(tokens).unwrap_or_default();
        let sealed = self.keys.seal(&place(id), &bytes, tx.entropy());
        Ok(identities::keep_tokens(tx, id, sealed.bytes(), tokens.expires_at).await?)
    }

    /// The tokens of a row; `None` once its link has ended.
    pub(super) fn open_tokens(&self, kept: &Kept) -> Result<Option<Tokens>, Error> {
        let Some(sealed) = kept.tokens.clone() else {
            return Ok(None);
        };
        let sealed = gateway::Sealed::stored(sealed);
        let bytes = self.keys.open(&place(kept.identity.id), &sealed)?;
        Ok(serde_json::from_slice(&bytes).ok())
    }
}

/// The place tokens are sealed for: no other row can hold them.
pub(super) fn place(id: Uuid) -> Vec<u8> {
    [b"identities.tokens/", &id.as_bytes()[..]].concat()
}

/// Whose account it is: of whoever is linked to them, else of whoever has their address.
async fn find_account(tx: &TenantTx, known: &Known) -> Result<Option<Account>, Error> {
    if let Some(kept) = identities::find(tx, &known.profile.id).await? {
        return Ok(people::find_by_id(tx, kept.identity.user).await?);
    }
    match EmailAddress::parse(known.email()) {
        Some(email) => Ok(people::find_account(tx, &email.folded()).await?),
        None => Ok(None),
    }
}

/// Only an account in use, whose own address is proven, is signed in to.
fn standing(account: Option<Account>) -> Result<Account, IdentityError> {
    let account = account.ok_or(IdentityError::NoAccount)?;
    match account.state {
        UserState::Active => Ok(account),
        UserState::Unverified => Err(IdentityError::AccountUnverified),
        UserState::Deactivated => Err(IdentityError::NoAccount),
    }
}
