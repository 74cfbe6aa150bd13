//! Passwords: forgetting one, choosing another, and telling their owner about it.

use db::{DbError, TenantTx};
use events::identity::{PasswordChange, PasswordChanged, PasswordResetRequested};
use gateway::{ApiError, Tenant, Visitor};
use kernel::email::EmailAddress;
use kernel::event::Actor;
use kernel::id::SessionId;
use kernel::roles::{Myself, Policy};
use mail::Template;
use mail::outbox::{self, NewMail};
use passwords::{Password, PasswordHash};
use serde_json::json;

use super::notices::{self, Notice};
use super::{Identity, Noted, devices, verification};
use crate::error::{CredentialsError, Error};
use crate::model::{
    Account, Attempt, Device, Purpose, RESET, SecretToken, TokenHash, User, UserState, later,
};
use crate::store::{attempts, one_time, people, sessions};

impl Identity {
    /// Notes that somebody wants a link to a new password. Whether the address is known is looked up
    /// later, by whoever acts on the note: this answers the same, after the same work, for every address.
    pub async fn request_reset(
        &self,
        visitor: &Visitor,
        typed: &EmailAddress,
    ) -> Result<(), ApiError> {
        self.take_reset(visitor, typed).await?;
        let requested = PasswordResetRequested {
            organization_id: visitor.organization().id(),
            email: typed.as_str().to_owned(),
        };
        visitor
            .write(async |tx| tx.record(&requested).await)
            .await
            .map_err(Error::from)?;
        Ok(())
    }

    /// Uses the token of a mail to choose another password: every session is over with it, and nobody is
    /// signed in. Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`], [`CredentialsError::PasswordRefused`].
    pub async fn reset_password(
        &self,
        visitor: &Visitor,
        sent: &str,
        chosen: &Password,
        device: &Device,
    ) -> Result<User, ApiError> {
        let token = SecretToken::parse(sent).map(|token| token.hash());
        let owner = visitor
            .read(async |tx| find_owner(tx, token.as_ref()).await)
            .await
            .map_err(Error::from)?;
        // No hash for a link that is worth nothing.
        let hash = match &owner {
            Some(owner) => {
                let known = [visitor.organization().name(), owner.email.as_str()];
                Some(self.hash_chosen(chosen, &known).await?)
            }
            None => None,
        };
        let user = visitor
            .write(async |tx| reset(tx, token.as_ref().zip(hash.as_ref()), device).await)
            .await??;
        // Whoever was refused for guessing and asked for a link is let in with what they chose.
        self.forgive(visitor, &user).await?;
        Ok(user)
    }

    /// Changes the password of whoever knows the present one; the caller's session goes on, every other
    /// ends. Errors: [`CredentialsError::WrongPresent`], [`CredentialsError::NoPassword`], [`CredentialsError::PasswordRefused`].
    pub async fn change_password(
        &self,
        tenant: &Tenant<Myself>,
        present: &Password,
        chosen: &Password,
    ) -> Result<(), ApiError> {
        let session = tenant.session_id();
        let account = self.fetch_account(tenant).await?;
        let compared = account
            .password_hash
            .ok_or(Error::from(CredentialsError::NoPassword))?;
        let subject = self.person(tenant.organization().id(), account.user.id);
        self.limiter.take(self.limits.proof, subject).await?;
        let proven = self.passwords.verify(present, Some(&compared)).await;
        if !proven.map_err(Error::from)? {
            return Err(Error::from(CredentialsError::WrongPresent).into());
        }
        let given_back = self.limiter.give_back(self.limits.proof, subject).await;
        given_back.map_err(Error::from)?;
        let known = [tenant.organization().name(), account.user.email.as_str()];
        let hash = self.hash_chosen(chosen, &known).await?;
        tenant
            .write(async |tx| {
                // Between the look-up and now it may have been changed.
                let account = people::lock_account(tx, account.user.id).await?;
                let account = account.filter(|it| it.password_hash.as_ref() == Some(&compared));
                let account = account.ok_or(Error::from(CredentialsError::WrongPresent))?;
                replace(
                    tx,
                    &account.user,
                    &hash,
                    PasswordChange::Changed,
                    Some(session),
                )
                .await
            })
            .await?;
        Ok(())
    }

    /// Gives a first password to whoever signed in without one. Errors: [`CredentialsError::HasPassword`],
    /// [`CredentialsError::PasswordRefused`].
    pub async fn set_password<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        chosen: &Password,
    ) -> Result<(), ApiError> {
        let session = tenant.session_id();
        let user = self.fetch_account(tenant).await?.user;
        let known = [tenant.organization().name(), user.email.as_str()];
        let hash = self.hash_chosen(chosen, &known).await?;
        tenant
            .write(async |tx| {
                let account = people::lock_account(tx, user.id).await?;
                let account = account.filter(|it| it.password_hash.is_none());
                let account = account.ok_or(Error::from(CredentialsError::HasPassword))?;
                replace(tx, &account.user, &hash, PasswordChange::Set, Some(session)).await
            })
            .await?;
        Ok(())
    }

    async fn fetch_account<P: Policy>(&self, tenant: &Tenant<P>) -> Result<Account, Error> {
        let session = tenant.session_id();
        tenant
            .read(async |tx| Ok(people::fetch_account_of(tx, session).await?))
            .await
    }

    /// Judges a new password, then hashes it. `known` is what an attacker knows of its owner. Not inside
    /// a transaction. Errors: [`CredentialsError::PasswordRefused`].
    pub(super) async fn hash_chosen(
        &self,
        chosen: &Password,
        known: &[&str],
    ) -> Result<PasswordHash, Error> {
        let faults = self.passwords.judge(chosen, known).await?;
        if !faults.is_empty() {
            return Err(CredentialsError::PasswordRefused(faults).into());
        }
        Ok(self.passwords.hash(chosen).await?)
    }
}

/// Mails a link to whoever `typed` names: to a new password, or to prove the address first.
pub async fn send_reset(tx: &TenantTx, typed: &EmailAddress) -> Result<(), DbError> {
    let Some(found) = people::find_account(tx, &typed.folded()).await? else {
        return Ok(());
    };
    match people::lock_account(tx, found.user.id).await? {
        Some(account) if account.state == UserState::Active => issue(tx, &account.user).await,
        Some(account) if account.state == UserState::Unverified => {
            verification::issue_first(tx, &account.user).await
        }
        _ => Ok(()),
    }
}

/// Gives a person a new token for a new password and mails it. Older links and mails are worth nothing
/// more.
pub(super) async fn issue(tx: &TenantTx, user: &User) -> Result<(), DbError> {
    let token = SecretToken::generate(tx.entropy());
    let expires_at = later(tx.now(), RESET);
    let purpose = Purpose::ResetPassword;
    one_time::replace(tx, Some(user.id), purpose, &token.hash(), None, expires_at).await?;
    outbox::supersede(tx, Template::ResetPassword, &user.email).await?;
    outbox::enqueue(
        tx,
        NewMail {
            template: Template::ResetPassword,
            recipient: &user.email,
            params: json!({
                "organization": tx.tenant().name(),
                "valid_minutes": RESET.as_mins(),
            }),
            secret: Some(token.expose()),
            dedupe_key: None,
        },
    )
    .await
}

async fn find_owner(tx: &TenantTx, token: Option<&TokenHash>) -> Result<Option<User>, DbError> {
    let Some(token) = token else { return Ok(None) };
    let issued = one_time::find(tx, Purpose::ResetPassword, token).await?;
    match issued
        .filter(|it| it.expires_at > tx.now())
        .and_then(|it| it.user)
    {
        Some(user) => Ok(Some(people::fetch_user(tx, user).await?)),
        None => Ok(None),
    }
}

async fn reset(
    tx: &TenantTx,
    chosen: Option<(&TokenHash, &PasswordHash)>,
    device: &Device,
) -> Noted<User> {
    let refused = async |error: Error, user| {
        attempts::add_attempt(tx, Attempt::ResetRefused, user, device).await?;
        Ok(Err(error))
    };
    let Some((token, hash)) = chosen else {
        return refused(Error::TokenNotFound, None).await;
    };
    let issued = one_time::find(tx, Purpose::ResetPassword, token).await?;
    let Some((owner, expires_at)) = issued.and_then(|it| Some((it.user?, it.expires_at))) else {
        return refused(Error::TokenNotFound, None).await;
    };
    // The person's row first, then the token's: the order in which a new token is issued.
    let account = people::lock_account(tx, owner).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Active) else {
        return refused(Error::TokenNotFound, Some(owner)).await;
    };
    if expires_at <= tx.now() {
        return refused(Error::TokenExpired, Some(owner)).await;
    }
    if !one_time::take(tx, token).await? {
        return refused(Error::TokenNotFound, Some(owner)).await;
    }
    attempts::add_attempt(tx, Attempt::PasswordReset, Some(owner), device).await?;
    devices::forget(tx, owner).await?;
    let tx = tx.acting_as(Actor::User(owner));
    replace(&tx, &account.user, hash, PasswordChange::Reset, None).await?;
    Ok(Ok(account.user))
}

/// Gives a locked account another password. Links to a new one are worth nothing more, and every session
/// but `except` ends.
async fn replace(
    tx: &TenantTx,
    user: &User,
    hash: &PasswordHash,
    change: PasswordChange,
    except: Option<SessionId>,
) -> Result<(), Error> {
    people::set_password(tx, user.id, Some(hash)).await?;
    one_time::withdraw(tx, user.id, Purpose::ResetPassword).await?;
    let ended_sessions = sessions::revoke_all(tx, user.id, except).await?;
    let changed = PasswordChanged {
        user_id: user.id,
        change,
        ended_sessions,
    };
    tx.record(&changed).await?;
    Ok(notices::send(tx, user, Notice::PasswordChanged).await?)
}
