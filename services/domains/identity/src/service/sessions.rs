//! The sessions somebody has, and ending those that are not wanted any more.

use db::{DbError, TenantTx};
use events::identity::{SessionEnd, SessionEnded, SessionsEnded};
use gateway::Caller;
use kernel::id::SessionId;

use crate::error::Error;
use crate::model::OpenSession;
use crate::store::sessions;

/// The open sessions of whoever comes by `session`.
pub async fn list_sessions(tx: &TenantTx, session: SessionId) -> Result<Vec<OpenSession>, DbError> {
    sessions::list_open(tx, session).await
}

/// Ends one session of the caller, perhaps the very one they come by. Errors:
/// [`Error::SessionNotFound`].
pub async fn revoke_session(tx: &TenantTx, caller: Caller, id: SessionId) -> Result<(), Error> {
    if !sessions::revoke_own(tx, id, caller.user).await? {
        return Err(Error::SessionNotFound);
    }
    let ended = SessionEnded {
        session_id: id,
        user_id: caller.user,
        reason: SessionEnd::Revoked,
    };
    Ok(tx.record(&ended).await?)
}

/// Ends all sessions of the caller but `except`, and answers how many that were.
pub async fn revoke_sessions(
    tx: &TenantTx,
    caller: Caller,
    except: Option<SessionId>,
) -> Result<usize, Error> {
    let ended_sessions = sessions::revoke_all(tx, caller.user, except).await?;
    let count = ended_sessions.len();
    if count > 0 {
        let ended = SessionsEnded {
            user_id: caller.user,
            ended_sessions,
            reason: SessionEnd::Revoked,
        };
        tx.record(&ended).await?;
    }
    Ok(count)
}
