//! Proving an address: the token, the mail that carries it, and the account that becomes active.

use db::{DbError, TenantTx};
use events::identity::{UserVerified, VerificationRequested};
use gateway::Visitor;
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::event::Actor;
use kernel::id::UserId;
use kernel::roles::Role;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;

use super::{Identity, Noted};
use crate::error::Error;
use crate::model::{
    Attempt, Device, NewOwner, Purpose, SecretToken, User, UserState, VERIFICATION, later,
};
use crate::store::{attempts, one_time, people};

/// Adds the first person of an organisation, and the mail that asks them to prove their address.
pub async fn add_owner(tx: &TenantTx, new: &NewOwner<'_>) -> Result<UserId, DbError> {
    let owner = User {
        id: tx.new_id(),
        email: new.email.as_str().to_owned(),
        role: Role::Owner,
        created_at: tx.now(),
    };
    people::add_user(tx, &owner, new.password_hash).await?;
    issue_first(tx, &owner).await?;
    Ok(owner.id)
}

/// Which mail carries a link.
#[derive(Clone, Copy)]
enum Letter {
    First,
    /// The last one, and when the workspace is removed.
    Last(Timestamp),
}

/// Gives a person a new verification token and mails it. Older links and mails are worth nothing more.
async fn issue(tx: &TenantTx, user: &User, letter: Letter) -> Result<(), DbError> {
    let token = SecretToken::generate(tx.entropy());
    let expires_at = later(tx.now(), VERIFICATION);
    one_time::replace(
        tx,
        Some(user.id),
        Purpose::VerifyEmail,
        &token.hash(),
        None,
        expires_at,
    )
    .await?;
    supersede(tx, user).await?;
    let organization = tx.tenant().name();
    let (template, params) = match letter {
        Letter::First => {
            let hours = VERIFICATION.as_hours();
            let params = json!({ "organization": organization, "valid_hours": hours });
            (Template::Verify, params)
        }
        Letter::Last(removed_at) => {
            let at = outbox::for_people(removed_at);
            let params = json!({ "organization": organization, "removed_at": at });
            (Template::LastCall, params)
        }
    };
    outbox::enqueue(
        tx,
        NewMail {
            template,
            recipient: &user.email,
            params,
            secret: Some(token.expose()),
            dedupe_key: None,
        },
    )
    .await
}

async fn supersede(tx: &TenantTx, user: &User) -> Result<(), DbError> {
    outbox::supersede(tx, Template::Verify, &user.email).await?;
    outbox::supersede(tx, Template::LastCall, &user.email).await
}

/// Mails a person a last link, if they have not proven their address yet: the workspace is removed at
/// `removed_at`. Answers whether they were written to.
pub async fn call_last(
    tx: &TenantTx,
    person: UserId,
    removed_at: Timestamp,
) -> Result<bool, DbError> {
    let account = people::lock_account(tx, person).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Unverified) else {
        return Ok(false);
    };
    issue(tx, &account.user, Letter::Last(removed_at)).await?;
    Ok(true)
}

/// Makes a person's links worthless, if they have not proven their address yet. Answers whether they have
/// not: until this transaction ends, they cannot.
pub async fn withdraw(tx: &TenantTx, person: UserId) -> Result<bool, DbError> {
    let account = people::lock_account(tx, person).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Unverified) else {
        return Ok(false);
    };
    one_time::withdraw(tx, person, Purpose::VerifyEmail).await?;
    supersede(tx, &account.user).await?;
    Ok(true)
}

async fn welcome(tx: &TenantTx, owner: &User) -> Result<(), DbError> {
    outbox::enqueue(
        tx,
        NewMail {
            template: Template::Welcome,
            recipient: &owner.email,
            params: json!({ "organization": tx.tenant().name() }),
            secret: None,
            dedupe_key: None,
        },
    )
    .await
}

/// Mails a person a link to prove their address, as at first.
pub(super) async fn issue_first(tx: &TenantTx, user: &User) -> Result<(), DbError> {
    issue(tx, user, Letter::First).await
}

/// Mails a new link to whoever `typed` names, if it is a person here who has not proven it yet.
pub async fn send_verification(tx: &TenantTx, typed: &EmailAddress) -> Result<(), DbError> {
    let Some(found) = people::find_account(tx, &typed.folded()).await? else {
        return Ok(());
    };
    match people::lock_account(tx, found.user.id).await? {
        Some(account) if account.state == UserState::Unverified => {
            issue_first(tx, &account.user).await
        }
        _ => Ok(()),
    }
}

/// Uses a verification token: its owner's address is proven, and the account may be used.
/// Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`].
pub async fn verify(tx: &TenantTx, sent: &str, device: &Device) -> Noted<User> {
    let refused = async |error: Error, user: Option<UserId>| {
        attempts::add_attempt(tx, Attempt::VerificationRefused, user, device).await?;
        Ok(Err(error))
    };
    let Some(token) = SecretToken::parse(sent) else {
        return refused(Error::TokenNotFound, None).await;
    };
    let hash = token.hash();
    let issued = one_time::find(tx, Purpose::VerifyEmail, &hash).await?;
    let Some((owner, expires_at)) = issued.and_then(|it| Some((it.user?, it.expires_at))) else {
        return refused(Error::TokenNotFound, None).await;
    };
    // The person's row first, then the token's: the order in which a new token is issued.
    let account = people::lock_account(tx, owner).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Unverified) else {
        return refused(Error::TokenNotFound, Some(owner)).await;
    };
    if expires_at <= tx.now() {
        return refused(Error::TokenExpired, Some(owner)).await;
    }
    if !one_time::take(tx, &hash).await? {
        return refused(Error::TokenNotFound, Some(owner)).await;
    }
    let user = account.user;
    people::activate(tx, user.id).await?;
    attempts::add_attempt(tx, Attempt::Verified, Some(user.id), device).await?;
    if user.role == Role::Owner {
        welcome(tx, &user).await?;
    }
    let verified = UserVerified {
        user_id: user.id,
        role: user.role,
    };
    tx.acting_as(Actor::User(user.id)).record(&verified).await?;
    Ok(Ok(user))
}

impl Identity {
    /// Notes that somebody wants another link. Whether the address is known is looked up later, by
    /// whoever acts on the note: this answers the same, after the same work, for every address.
    pub async fn request_verification(
        &self,
        visitor: &Visitor,
        typed: &EmailAddress,
    ) -> Result<(), gateway::ApiError> {
        self.take_resend(visitor, typed).await?;
        let organization_id = visitor.organization().id();
        let requested = VerificationRequested {
            organization_id,
            email: typed.as_str().to_owned(),
        };
        visitor
            .write(async |tx| tx.record(&requested).await)
            .await
            .map_err(Error::from)?;
        Ok(())
    }
}
