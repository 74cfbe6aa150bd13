//! Rows of offers of ownership: one-time tokens of those who may take it. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::SessionId;
use serde_json::json;

use super::one_time;
use crate::model::Purpose;
use crate::model::transfer::{Offer, Party};

/// The member of the token's detail that says whose ownership it is.
const FROM: &str = "from";

// Both have to be what they were: who owns nothing gives nothing.
const FIND: Sql = sql!(
    "SELECT t.token_hash, t.created_at, t.expires_at,
            g.id AS from_id, g.email AS from_email, g.name AS from_name,
            r.id AS to_id, r.email AS to_email, r.name AS to_name
       FROM one_time_tokens t
       JOIN users r ON r.id = t.user_id AND r.state = 'active' AND r.role <> 'owner'
       JOIN users g ON g.id::text = t.detail ->> 'from' AND g.state = 'active' AND g.role = 'owner'
      WHERE t.purpose = 'take_ownership' AND t.expires_at > $1
      LIMIT 1"
);

/// The open offer, if there is one that still holds.
pub async fn find(tx: &TenantTx) -> Result<Option<Offer>, DbError> {
    let row = tx.query_opt(FIND, &[&tx.now()]).await?;
    row.as_ref().map(offer).transpose()
}

fn offer(row: &Row) -> Result<Offer, DbError> {
    let token: Vec<u8> = row.get("token_hash")?;
    Ok(Offer {
        token: token.try_into().map_err(|_| DbError::Corrupt {
            table: "one_time_tokens",
            column: "token_hash",
        })?,
        from: Party {
            id: row.id("from_id")?,
            email: row.get("from_email")?,
            name: row.get("from_name")?,
        },
        to: Party {
            id: row.id("to_id")?,
            email: row.get("to_email")?,
            name: row.get("to_name")?,
        },
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

const CLEAR: Sql = sql!("DELETE FROM one_time_tokens WHERE purpose = 'take_ownership'");

/// Makes `offer` the only one there is.
pub async fn put(tx: &TenantTx, offer: &Offer) -> Result<(), DbError> {
    tx.execute(CLEAR, &[]).await?;
    let detail = json!({ FROM: offer.from.id });
    one_time::replace(
        tx,
        Some(offer.to.id),
        Purpose::TakeOwnership,
        &offer.token,
        Some(&detail),
        offer.expires_at,
    )
    .await
}

const IS_OFFERED: Sql = sql!(
    "SELECT t.user_id
       FROM one_time_tokens t
       JOIN sessions s ON s.user_id = t.user_id AND s.id = $1 AND s.kind <> 'support'
       JOIN users r ON r.id = t.user_id AND r.role <> 'owner'
       JOIN users g ON g.id::text = t.detail ->> 'from' AND g.state = 'active' AND g.role = 'owner'
      WHERE t.purpose = 'take_ownership' AND t.expires_at > $2"
);

/// Whether the person behind `session` has an offer to answer.
pub async fn is_offered(tx: &TenantTx, session: SessionId) -> Result<bool, DbError> {
    let row = tx
        .query_opt(IS_OFFERED, &[&session.uuid(), &tx.now()])
        .await?;
    Ok(row.is_some())
}
