//! Knowing a browser again, and telling people of a sign-in from where they never were.

use db::{DbError, TenantTx};
use kernel::id::UserId;
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;

use super::notices;
use crate::model::{DISOWN, Device, KnownBy, SecretToken, User, masked};
use crate::store::devices;

/// Knows a browser again in which a locked person signs in, or makes it known and tells them. Before the
/// new session is written. Answers what its cookie holds from now on.
pub async fn recognize(tx: &TenantTx, user: &User, device: &Device) -> Result<KnownBy, DbError> {
    let hashes = device.known_by.hashes();
    if let Some(known) = devices::see(tx, user.id, &hashes).await? {
        return Ok(device.known_by.first(&known));
    }
    let told = devices::was_here(tx, user.id).await?;
    // Never one that was sent and is not theirs: whoever made it up would be known by it as well.
    let secret = SecretToken::generate(tx.entropy());
    devices::add(tx, user.id, &secret.hash()).await?;
    if told {
        tell(tx, user, device, None).await?;
    }
    Ok(device.known_by.with(secret))
}

/// Tells a person of a program that signs in from a network they never came from: at most once a day, for
/// programs move about. Before the new session is written.
pub async fn tell_of_program(tx: &TenantTx, user: &User, device: &Device) -> Result<(), DbError> {
    if !devices::was_here(tx, user.id).await? || devices::was_near(tx, user.id).await? {
        return Ok(());
    }
    let key = format!("program-{}-{}", user.id, tx.now().strftime("%Y-%m-%d"));
    tell(tx, user, device, Some(&key)).await
}

/// Everything a person was known by is worth nothing: somebody else may have it.
pub async fn forget(tx: &TenantTx, user: UserId) -> Result<(), DbError> {
    devices::forget_all(tx, user).await
}

async fn tell(
    tx: &TenantTx,
    user: &User,
    device: &Device,
    dedupe_key: Option<&str>,
) -> Result<(), DbError> {
    let token = notices::issue(tx, user).await?;
    outbox::enqueue(
        tx,
        NewMail {
            template: Template::NewSignIn,
            recipient: &user.email,
            params: json!({
                "organization": tx.tenant().name(),
                "browser": device.browser(),
                "system": device.system(),
                "address": tx.origin().address.map(masked),
                "at": tx.now(),
                "valid_hours": DISOWN.as_hours(),
            }),
            secret: Some(token.expose()),
            dedupe_key,
        },
    )
    .await
}
