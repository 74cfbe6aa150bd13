//! Exchanging a refresh token, and noticing that somebody else did.

use db::TenantTx;
use events::identity::{SessionEnd, SessionEnded, TokenRefreshed};
use kernel::event::Actor;
use kernel::id::UserId;

use super::notices::{self, Notice};
use super::{Noted, policy};
use crate::error::Error;
use crate::model::{Attempt, Device, Method, PROGRAM_IDLE, ProgramSession, SecretToken, later};
use crate::rotation::Exchange;
use crate::store::families::Family;
use crate::store::{attempts, families, people, sessions};

/// Exchanges a refresh token for its child. Errors: [`Error::InvalidToken`]; where the token tells of a
/// theft, its session is revoked as well.
pub async fn refresh(tx: &TenantTx, sent: &str, device: &Device) -> Noted<ProgramSession> {
    // A token that comes from elsewhere is not used up by it.
    if let Err(refusal) = policy::admits(tx, Method::Password, None, device).await? {
        return Ok(Err(refusal));
    }
    let Some(token) = SecretToken::parse(sent) else {
        return refuse(tx, None, device).await;
    };
    let hash = token.hash();
    let Some(family) = families::lock_family(tx, &hash).await? else {
        return refuse(tx, None, device).await;
    };
    if !family.open || family.expires_at <= tx.now() {
        return refuse(tx, Some(family.user), device).await;
    }
    let (presented, parent) = families::fetch_refresh_token(tx, &hash).await?;
    match presented.exchange(tx.now()) {
        Exchange::Expired => refuse(tx, Some(family.user), device).await,
        Exchange::Reused => revoke(tx, &family, device).await,
        Exchange::Granted => {
            let child = SecretToken::generate(tx.entropy());
            let idle_until = later(tx.now(), PROGRAM_IDLE).min(family.expires_at);
            families::use_refresh_token(tx, &hash, parent.as_deref()).await?;
            families::add_refresh_token(tx, family.session, &child.hash(), Some(&hash), idle_until)
                .await?;
            sessions::see(tx, family.session).await?;
            attempts::add_attempt(tx, Attempt::Refreshed, Some(family.user), device).await?;
            let refreshed = TokenRefreshed {
                session_id: family.session,
                user_id: family.user,
            };
            tx.acting_as(Actor::User(family.user))
                .record(&refreshed)
                .await?;
            Ok(Ok(ProgramSession {
                id: family.session,
                user: people::fetch_user(tx, family.user).await?,
                refresh_token: child,
            }))
        }
    }
}

async fn refuse(tx: &TenantTx, user: Option<UserId>, device: &Device) -> Noted<ProgramSession> {
    attempts::add_attempt(tx, Attempt::RefreshRefused, user, device).await?;
    Ok(Err(Error::InvalidToken))
}

/// Nobody can tell the owner from the thief, so neither goes on.
async fn revoke(tx: &TenantTx, family: &Family, device: &Device) -> Noted<ProgramSession> {
    tracing::warn!(target: "security", session = %family.session, "a refresh token came a second time");
    sessions::revoke_session(tx, family.session).await?;
    attempts::add_attempt(tx, Attempt::RefreshReused, Some(family.user), device).await?;
    let ended = SessionEnded {
        session_id: family.session,
        user_id: family.user,
        reason: SessionEnd::TokenReused,
    };
    tx.record(&ended).await?;
    let user = people::fetch_user(tx, family.user).await?;
    notices::send(tx, &user, Notice::TokenReused).await?;
    Ok(Err(Error::InvalidToken))
}
