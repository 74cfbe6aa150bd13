//! Another address: it becomes somebody's once the one they have and the one they want are both proven.

use db::{OnConstraint, TenantTx};
use events::identity::{EmailChangeConfirmed, EmailChangeRequested, EmailChanged};
use gateway::{ApiError, Tenant};
use kernel::email::EmailAddress;
use kernel::event::Actor;
use kernel::roles::Policy;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::{Value, json};

use super::{Identity, Noted};
use crate::error::{CredentialsError, Error};
use crate::model::{
    Attempt, Device, EMAIL_CHANGE, EmailChange, Purpose, SecretToken, TokenHash, User, UserState,
    later,
};
use crate::store::{attempts, one_time, people};

/// The member of a token's detail that says that the other address is proven.
const PROVEN: &str = "other_proven";
/// The member that names the address that is wanted.
const EMAIL: &str = "email";

impl Identity {
    /// Mails a link to the address the caller wants, and one to the address they have. Errors:
    /// [`CredentialsError::EmailTaken`], [`CredentialsError::SameEmail`].
    pub async fn request_email_change<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        wanted: &EmailAddress,
    ) -> Result<(), ApiError> {
        tenant
            .write(async |tx| {
                let caller = tenant.caller()?.user;
                let account = people::lock_account(tx, caller).await?;
                let user = account.ok_or(db::DbError::Refused)?.user;
                if user.email == wanted.as_str() {
                    return Err(Error::from(CredentialsError::SameEmail));
                }
                let found = people::find_account(tx, &wanted.folded()).await?;
                // Another spelling of one's own address is no other account.
                if found.is_some_and(|it| it.user.id != user.id) {
                    return Err(Error::from(CredentialsError::EmailTaken));
                }
                let detail = json!({ EMAIL: wanted.as_str() });
                for (purpose, template, recipient) in [
                    (
                        Purpose::ChangeEmail,
                        Template::ConfirmNewEmail,
                        wanted.as_str(),
                    ),
                    (
                        Purpose::ConfirmEmail,
                        Template::ApproveEmail,
                        user.email.as_str(),
                    ),
                ] {
                    send(tx, &user, purpose, template, recipient, &detail).await?;
                }
                let requested = EmailChangeRequested {
                    user_id: user.id,
                    email: wanted.as_str().to_owned(),
                };
                Ok(tx.record(&requested).await?)
            })
            .await?;
        Ok(())
    }
}

async fn send(
    tx: &TenantTx,
    user: &User,
    purpose: Purpose,
    template: Template,
    recipient: &str,
    detail: &Value,
) -> Result<(), Error> {
    let token = SecretToken::generate(tx.entropy());
    let expires_at = later(tx.now(), EMAIL_CHANGE);
    let hash = token.hash();
    one_time::replace(tx, Some(user.id), purpose, &hash, Some(detail), expires_at).await?;
    outbox::supersede(tx, template, recipient).await?;
    let mail = NewMail {
        template,
        recipient,
        params: json!({
            "organization": tx.tenant().name(),
            "email": detail.get(EMAIL),
            "valid_hours": EMAIL_CHANGE.as_hours(),
        }),
        secret: Some(token.expose()),
        dedupe_key: None,
    };
    Ok(outbox::enqueue(tx, mail).await?)
}

/// Uses the token that was mailed to one of the two addresses. The second one used changes the address.
/// Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`], [`CredentialsError::EmailTaken`].
pub async fn confirm_email(tx: &TenantTx, sent: &str, device: &Device) -> Noted<EmailChange> {
    let refused = async |error: Error, user| {
        attempts::add_attempt(tx, Attempt::EmailChangeRefused, user, device).await?;
        Ok(Err(error))
    };
    let Some(hash) = SecretToken::parse(sent).map(|token| token.hash()) else {
        return refused(Error::TokenNotFound, None).await;
    };
    let Some((purpose, issued)) = find(tx, &hash).await? else {
        return refused(Error::TokenNotFound, None).await;
    };
    let Some(owner) = issued.user else {
        return refused(Error::TokenNotFound, None).await;
    };
    let account = people::lock_account(tx, owner).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Active) else {
        return refused(Error::TokenNotFound, Some(owner)).await;
    };
    if issued.expires_at <= tx.now() {
        return refused(Error::TokenExpired, Some(owner)).await;
    }
    if !one_time::take(tx, &hash).await? {
        return refused(Error::TokenNotFound, Some(owner)).await;
    }
    let tx = tx.acting_as(Actor::User(owner));
    let detail = issued.detail.unwrap_or_default();
    if detail.get(PROVEN) == Some(&json!(true)) {
        return apply(&tx, account.user, &detail, device).await;
    }
    let (present_address, other) = match purpose {
        Purpose::ConfirmEmail => (true, Purpose::ChangeEmail),
        _ => (false, Purpose::ConfirmEmail),
    };
    let proven = json!({ PROVEN: true });
    if !one_time::add_detail(&tx, owner, other, &proven).await? {
        return refused(Error::TokenNotFound, Some(owner)).await;
    }
    let confirmed = EmailChangeConfirmed {
        user_id: owner,
        present_address,
    };
    tx.record(&confirmed).await?;
    Ok(Ok(EmailChange::Half { present_address }))
}

async fn find(
    tx: &TenantTx,
    hash: &TokenHash,
) -> Result<Option<(Purpose, one_time::Issued)>, Error> {
    for purpose in [Purpose::ChangeEmail, Purpose::ConfirmEmail] {
        if let Some(issued) = one_time::find(tx, purpose, hash).await? {
            return Ok(Some((purpose, issued)));
        }
    }
    Ok(None)
}

/// Both are proven. Links to a new password that went to the address before are worth nothing more.
async fn apply(tx: &TenantTx, user: User, detail: &Value, device: &Device) -> Noted<EmailChange> {
    let wanted = detail
        .get(EMAIL)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    people::set_email(tx, user.id, &wanted)
        .await
        .on_constraint(people::EMAIL_KEY, Error::from(CredentialsError::EmailTaken))?;
    one_time::withdraw(tx, user.id, Purpose::ResetPassword).await?;
    attempts::add_attempt(tx, Attempt::EmailChanged, Some(user.id), device).await?;
    let params = json!({ "organization": tx.tenant().name(), "email": wanted });
    outbox::enqueue(
        tx,
        NewMail {
            template: Template::EmailChanged,
            recipient: &user.email,
            params,
            secret: None,
            dedupe_key: None,
        },
    )
    .await?;
    let changed = EmailChanged {
        user_id: user.id,
        before: user.email,
        after: wanted.clone(),
    };
    tx.record(&changed).await?;
    Ok(Ok(EmailChange::Done { email: wanted }))
}
