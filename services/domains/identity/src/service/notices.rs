//! Telling people that the way into their account changed, and what happens when it was not them.

use db::{DbError, TenantTx};
use events::identity::AccountDisowned;
use kernel::event::Actor;
use kernel::id::UserId;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::{Value, json};

use super::{Noted, devices, password};
use crate::error::Error;
use crate::model::{
    Attempt, DISOWN, Device, Purpose, SecretToken, User, UserState, earlier, later,
};
use crate::store::{attempts, codes, one_time, people, sessions};

/// What a mail tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There is another password.
    PasswordChanged,
    /// Signing in asks for a code.
    CodesAdded,
    /// Signing in asks for no code any more.
    CodesRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// There are new recovery codes.
    RecoveryCodesReplaced,
    /// A program's refresh token came a second time.
    TokenReused,
    /// A Discord account signs in.
    DiscordLinked,
    /// A Discord account signs in no more.
    DiscordUnlinked,
    /// A passkey signs in.
    PasskeyAdded,
    /// A passkey signs in no more.
    PasskeyRemoved,
}

impl Notice {
    /// The name the mail's template knows it by.
    const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::CodesAdded => "codes_added",
            Self::CodesRemoved => "codes_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::RecoveryCodesReplaced => "recovery_codes_replaced",
            Self::TokenReused => "token_reused",
            Self::DiscordLinked => "discord_linked",
            Self::DiscordUnlinked => "discord_unlinked",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
        }
    }
}

/// Mails a person what happened to their account, with a link for when it was not them.
pub async fn send(tx: &TenantTx, user: &User, notice: Notice) -> Result<(), DbError> {
    let token = issue(tx, user).await?;
    outbox::enqueue(
        tx,
        NewMail {
            template: Template::AccountChanged,
            recipient: &user.email,
            params: json!({
                "organization": tx.tenant().name(),
                "what": notice.as_str(),
                "at": tx.now(),
                "valid_hours": DISOWN.as_hours(),
            }),
            secret: Some(token.expose()),
            dedupe_key: None,
        },
    )
    .await
}

/// A token by which a person says that something was not them.
pub(super) async fn issue(tx: &TenantTx, user: &User) -> Result<SecretToken, DbError> {
    let token = SecretToken::generate(tx.entropy());
    let expires_at = later(tx.now(), DISOWN);
    let purpose = Purpose::NotMe;
    // Beside those of other mails: the link of each works.
    let detail = json!({ USER: user.id });
    one_time::replace(tx, None, purpose, &token.hash(), Some(&detail), expires_at).await?;
    Ok(token)
}

/// The member of a token's detail that says whose it is.
const USER: &str = "user_id";

fn owner_in(detail: &Value) -> Option<UserId> {
    detail.get(USER)?.as_str()?.parse().ok()
}

/// Takes the word of whoever reads a person's mail that a change was not theirs: every session ends, the
/// password opens nothing any more, what was added to the account while the link worked is taken away,
/// and a link to a new password is mailed. Errors: [`Error::TokenNotFound`], [`Error::TokenExpired`].
pub async fn disown(tx: &TenantTx, sent: &str, device: &Device) -> Noted<()> {
    let refused = async |error: Error, user| {
        attempts::add_attempt(tx, Attempt::DisownRefused, user, device).await?;
        Ok(Err(error))
    };
    let Some(hash) = SecretToken::parse(sent).map(|token| token.hash()) else {
        return refused(Error::TokenNotFound, None).await;
    };
    let issued = one_time::find(tx, Purpose::NotMe, &hash).await?;
    let named = issued.and_then(|it| Some((owner_in(&it.detail?)?, it.expires_at)));
    let Some((owner, expires_at)) = named else {
        return refused(Error::TokenNotFound, None).await;
    };
    let account = people::lock_account(tx, owner).await?;
    let Some(account) = account.filter(|it| it.state == UserState::Active) else {
        return refused(Error::TokenNotFound, Some(owner)).await;
    };
    if expires_at <= tx.now() {
        return refused(Error::TokenExpired, Some(owner)).await;
    }
    if !one_time::take(tx, &hash).await? {
        return refused(Error::TokenNotFound, Some(owner)).await;
    }
    attempts::add_attempt(tx, Attempt::Disowned, Some(owner), device).await?;
    tracing::warn!(target: "security", user = %owner, "a person disowned a change of their account");
    people::set_password(tx, owner, None).await?;
    codes::forget_since(tx, owner, earlier(tx.now(), DISOWN)).await?;
    devices::forget(tx, owner).await?;
    let ended_sessions = sessions::revoke_all(tx, owner, None).await?;
    password::issue(tx, &account.user).await?;
    let disowned = AccountDisowned {
        user_id: owner,
        ended_sessions,
    };
    tx.acting_as(Actor::User(owner)).record(&disowned).await?;
    Ok(Ok(()))
}
