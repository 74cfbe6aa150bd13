//! The use cases of identity. Only here is decided; the rules themselves are `model` and `rotation`.
//!
//! A refusal that is written down is a result, not an error: an error would roll the note back. Such a
//! use case answers `Result<Result<T, Refusal>, Failure>`, and its caller says `??` after the COMMIT.

mod account;
mod auth_log;
mod codes;
mod devices;
mod discord;
mod email;
mod guilds;
mod identities;
mod invitations;
mod keys;
mod limits;
mod members;
mod notices;
mod passkey_use;
mod passkeys;
mod password;
pub mod policy;
mod reauthenticate;
pub mod recovery;
mod refresh;
mod resealing;
mod sessions;
mod sign_in;
pub mod support;
mod transfers;
mod verification;

use std::sync::Arc;

use db::{DbError, TenantTx};
use gateway::Keys;
use gateway::Limiter;
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use passwords::Passwords;

pub use account::{Export, delete_account};
pub use auth_log::{LogExport, WantedLog, list_auth_log, list_sign_ins};
pub use codes::{Enrollment, fetch_security};
pub use discord::{Return, Turned, Wish};
pub use email::confirm_email;
pub use guilds::Guilds;
pub use identities::Presented;
pub use invitations::{
    Invited, NewMember, find_invitation, invite, list_invitations, resend_invitation,
    revoke_invitation,
};
pub use keys::{create_key, list_keys, revoke_key};
pub use limits::Limits;
pub use members::{change_role, deactivate, list_members, reactivate, remove};
pub use notices::disown;
pub use passkeys::{Challenge, list_passkeys};
pub use password::send_reset;
pub use policy::fetch_policy;
pub use refresh::refresh;
pub use resealing::{Resealed, reseal};
pub use sessions::{list_sessions, revoke_session, revoke_sessions};
pub use sign_in::sign_out;
pub use transfers::{
    accept_ownership, end_offer, find_offer, is_ownership_offered, offer_ownership, shown_offer,
};
pub use verification::{add_owner, call_last, send_verification, verify, withdraw};

use crate::discord::Discord;
use crate::error::Error;
use crate::model::{LinkedIdentity, User};
use crate::store::{identities as rows, people};

/// The inner result is committed with whatever was written down about it.
pub type Noted<T> = Result<Result<T, Error>, Error>;

/// What the use cases need besides a transaction.
#[derive(Clone)]
pub struct Identity {
    passwords: Passwords,
    keys: Keys,
    limiter: Limiter,
    limits: Limits,
    discord: Option<Arc<Discord>>,
}

impl Identity {
    /// Puts identity together.
    pub fn new(passwords: Passwords, keys: Keys, limiter: Limiter, limits: Limits) -> Self {
        Self {
            passwords,
            keys,
            limiter,
            limits,
            discord: None,
        }
    }

    /// The same where people can sign in with Discord.
    #[must_use]
    pub fn with_discord(self, discord: Option<Discord>) -> Self {
        Self {
            discord: discord.map(Arc::new),
            ..self
        }
    }
}

/// The person behind `session`, which the gate of this transaction has proven.
pub async fn fetch_user_of(tx: &TenantTx, session: SessionId) -> Result<User, DbError> {
    people::fetch_user_of(tx, session).await
}

/// The addresses of the owners who have proven theirs.
pub async fn list_owners(tx: &TenantTx) -> Result<Vec<String>, DbError> {
    people::list_owners(tx).await
}

/// The address of an active person, and when it was proven.
pub async fn find_proof(
    tx: &TenantTx,
    user: UserId,
) -> Result<Option<(String, Timestamp)>, DbError> {
    people::find_proof(tx, user).await
}

/// Who the person behind `session` is elsewhere.
pub async fn list_identities(
    tx: &TenantTx,
    session: SessionId,
) -> Result<Vec<LinkedIdentity>, DbError> {
    let kept = rows::list_of(tx, session).await?;
    Ok(kept.into_iter().map(|it| it.identity).collect())
}
