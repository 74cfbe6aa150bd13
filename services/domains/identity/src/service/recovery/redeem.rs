//! The end of a recovery: by the link, the owner has another address and another password, and nothing else lets
//! them in.

use db::{DbError, OnConstraint, PlatformTx, TenantRef, TenantTx};
use events::recovery::RecoveryCompleted;
use gateway::{ApiError, Visitor};
use jiff::Timestamp;
use kernel::event::{Actor, Origin};
use passwords::{Password, PasswordHash};
use serde_json::{Value, json};
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::recovery::{self as rows, Recovery, Refusal, State};

use super::judging::{fetch, find_fault};
use super::{EMAIL, RECOVERY, give_up, store, tell, tell_one};
use crate::error::Error;
use crate::model::{Attempt, Device, Purpose, SecretToken, TokenHash, User};
use crate::service::{Identity, Noted, devices};
use crate::store::{attempts, codes, one_time, people, sessions};

impl Identity {
    /// Uses the link that was mailed to an owner's new address. Nobody is signed in by it. Errors:
    /// [`Error::TokenNotFound`], whatever is wrong with the token; `PasswordRefused`; 429 `rate_limited`.
    pub async fn recover(
        &self,
        visitor: &Visitor,
        sent: &str,
        chosen: &Password,
        device: &Device,
    ) -> Result<User, ApiError> {
        self.take_recovery(visitor).await?;
        let token = SecretToken::parse(sent).map(|token| token.hash());
        let promised = visitor
            .read(async |tx| find_promised(tx, token.as_ref()).await)
            .await
            .map_err(Error::from)?;
        // No hash for a link that is worth nothing.
        let hash = match &promised {
            Some(email) => {
                let known = [visitor.organization().name(), email.as_str()];
                Some(self.hash_chosen(chosen, &known).await?)
            }
            None => None,
        };
        let (tenant, origin) = (visitor.organization(), visitor.origin());
        let proof = token.as_ref().zip(hash.as_ref());
        let user = visitor
            .write_platform(async |tx| redeem(tx, tenant, origin, proof, device).await)
            .await??;
        self.forgive(visitor, &user).await?;
        Ok(user)
    }
}

/// The address that a link gives its owner.
async fn find_promised(
    tx: &TenantTx,
    token: Option<&TokenHash>,
) -> Result<Option<String>, DbError> {
    let Some(token) = token else { return Ok(None) };
    let issued = one_time::find(tx, Purpose::RecoverOwnership, token).await?;
    let detail = issued
        .filter(|it| tx.now() < it.expires_at)
        .and_then(|it| it.detail);
    Ok(detail.and_then(|it| it.get(EMAIL).and_then(Value::as_str).map(str::to_owned)))
}

async fn redeem(
    tx: &PlatformTx,
    tenant: &TenantRef,
    origin: Origin,
    proof: Option<(&TokenHash, &PasswordHash)>,
    device: &Device,
) -> Noted<User> {
    let refused = async || {
        tx.enter(tenant, origin, async |tx| {
            attempts::add_attempt(tx, Attempt::RecoveryRefused, None, device).await
        })
        .await?;
        Ok(Err(Error::TokenNotFound))
    };
    let Some((token, hash)) = proof else {
        return refused().await;
    };
    // In the state it is in now, and stays in until this is done.
    let tenant = match fetch(tx, tenant.id()).await {
        Ok(tenant) => tenant,
        Err(Refusal::Db(error)) => return Err(error.into()),
        Err(_) => return refused().await,
    };
    let open = rows::lock(tx, tenant.id().uuid()).await?;
    let Some(open) = open.filter(|it| it.state == State::Sent && tx.now() < it.due_at) else {
        return refused().await;
    };
    let taken = tx
        .enter(&tenant, origin, async |tx| take(tx, &open, token).await)
        .await?;
    if !taken {
        return refused().await;
    }
    if let Some(fault) = find_fault(tx, &tenant, origin, &open).await? {
        give_up(tx, &tenant, origin, &open, State::Void, fault.code()).await?;
        return refused().await;
    }
    let mandate = Mandate {
        actor: OperatorActor::Organization,
        reason: None,
    };
    rows::end(tx, &open, State::Done, &mandate, None).await?;
    let apply = async |tx: &TenantTx| apply(tx, &open, hash, device).await;
    tx.enter(&tenant, origin, apply).await.map(Ok)
}

/// Uses the link up. Answers whether it was the one of this recovery.
async fn take(tx: &TenantTx, open: &Recovery, token: &TokenHash) -> Result<bool, DbError> {
    let issued = one_time::find(tx, Purpose::RecoverOwnership, token).await?;
    let detail = issued.and_then(|it| it.detail).unwrap_or_default();
    Ok(detail.get(RECOVERY) == Some(&json!(open.id)) && one_time::take(tx, token).await?)
}

async fn apply(
    tx: &TenantTx,
    open: &Recovery,
    hash: &PasswordHash,
    device: &Device,
) -> Result<User, Error> {
    let (owner, email) = (open.owner, open.email.as_str());
    let before = people::fetch_user(tx, owner).await?;
    // Whoever took the address a moment ago keeps it; the next try finds that out.
    people::set_email(tx, owner, email)
        .await
        .on_constraint(people::EMAIL_KEY, Error::TokenNotFound)?;
    people::set_password(tx, owner, Some(hash)).await?;
    codes::forget_since(tx, owner, Timestamp::UNIX_EPOCH).await?;
    devices::forget(tx, owner).await?;
    store::end_links(tx, owner).await?;
    let ended_sessions = sessions::revoke_all(tx, owner, None).await?;
    attempts::add_attempt(tx, Attempt::Recovered, Some(owner), device).await?;
    tracing::warn!(target: "security", %owner, "an owner who had lost access has another way in");
    if !before.email.eq_ignore_ascii_case(email) {
        tell_one(tx, open, "done", None, &before.email).await?;
    }
    tell(tx, open, "done", None).await?;
    let completed = RecoveryCompleted {
        recovery_id: open.id,
        user_id: owner,
        before: before.email,
        after: email.to_owned(),
        ended_sessions,
    };
    tx.acting_as(Actor::User(owner)).record(&completed).await?;
    Ok(User {
        email: email.to_owned(),
        ..before
    })
}
