//! Rows of attempts to prove who one is. Decides nothing.

use db::{DbError, Sql, TenantTx, sql};
use kernel::id::UserId;
use uuid::Uuid;

use crate::model::{Attempt, Device};

const ADD_ATTEMPT: Sql = sql!(
    "INSERT INTO auth_log (id, at, outcome, user_id, address, user_agent, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

/// Writes an attempt down.
pub async fn add_attempt(
    tx: &TenantTx,
    attempt: Attempt,
    user: Option<UserId>,
    device: &Device,
) -> Result<(), DbError> {
    let id: Uuid = tx.new_id();
    let origin = tx.origin();
    tx.execute(
        ADD_ATTEMPT,
        &[
            &id,
            &tx.now(),
            &attempt.as_str(),
            &user.map(UserId::uuid),
            &origin.address,
            &device.user_agent,
            &origin.request_id,
        ],
    )
    .await
    .map(drop)
}
