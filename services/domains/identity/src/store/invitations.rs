//! Rows of invitations. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{InvitationId, UserId};
use kernel::roles::Role;

use crate::model::TokenHash;
use crate::model::people::Invitation;

/// One open invitation an address.
pub const EMAIL_KEY: &str = "invitations_email_key";

fn invitation(row: &Row) -> Result<Invitation, DbError> {
    Ok(Invitation {
        id: row.id("id")?,
        email: row.get("email")?,
        role: Role::parse(row.get("role")?).ok_or(DbError::Corrupt {
            table: "invitations",
            column: "role",
        })?,
        invited_by: row.get("inviter")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

const FORGET_EXPIRED: Sql = sql!(
    "UPDATE invitations
        SET revoked_at = $2
      WHERE lower(email) = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at <= $2"
);

const ADD: Sql = sql!(
    "INSERT INTO invitations (id, email, role, token_hash, invited_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)"
);

/// Adds an invitation by `by`. One for the same address (`folded`) whose time is over stands in the way no
/// more.
pub async fn add(
    tx: &TenantTx,
    new: &Invitation,
    folded: &str,
    by: UserId,
    hash: &TokenHash,
) -> Result<(), DbError> {
    tx.execute(FORGET_EXPIRED, &[&folded, &tx.now()]).await?;
    tx.execute(
        ADD,
        &[
            &new.id.uuid(),
            &new.email,
            &new.role.as_str(),
            &hash.as_slice(),
            &by.uuid(),
            &new.created_at,
            &new.expires_at,
        ],
    )
    .await
    .map(drop)
}

const LIST: Sql = sql!(
    "SELECT i.id, i.email, i.role, i.created_at, i.expires_at, u.email AS inviter
       FROM invitations i
       LEFT JOIN users u ON u.id = i.invited_by
      WHERE i.accepted_at IS NULL AND i.revoked_at IS NULL
        AND ($1::uuid IS NULL OR i.id < $1)
      ORDER BY i.id DESC
      LIMIT $2"
);

/// At most `limit` open invitations before `before`, newest first.
pub async fn list(
    tx: &TenantTx,
    before: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Invitation>, DbError> {
    let before = before.map(InvitationId::uuid);
    let rows = tx.query(LIST, &[&before, &limit]).await?;
    rows.iter().map(invitation).collect()
}

const LOCK: Sql = sql!(
    "SELECT i.id, i.email, i.role, i.created_at, i.expires_at,
            (SELECT u.email FROM users u WHERE u.id = i.invited_by) AS inviter
       FROM invitations i
      WHERE i.id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL
        FOR UPDATE OF i"
);

/// An open invitation, locked until this transaction ends.
pub async fn lock(tx: &TenantTx, id: InvitationId) -> Result<Option<Invitation>, DbError> {
    let row = tx.query_opt(LOCK, &[&id.uuid()]).await?;
    row.as_ref().map(invitation).transpose()
}

const FIND_BY_TOKEN: Sql = sql!(
    "SELECT i.id, i.email, i.role, i.created_at, i.expires_at, u.email AS inviter
       FROM invitations i
       LEFT JOIN users u ON u.id = i.invited_by
      WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL"
);

/// The open invitation whose link has this token.
pub async fn find_by_token(tx: &TenantTx, hash: &TokenHash) -> Result<Option<Invitation>, DbError> {
    let row = tx.query_opt(FIND_BY_TOKEN, &[&hash.as_slice()]).await?;
    row.as_ref().map(invitation).transpose()
}

const LOCK_BY_TOKEN: Sql = sql!(
    "SELECT i.id, i.email, i.role, i.created_at, i.expires_at,
            (SELECT u.email FROM users u WHERE u.id = i.invited_by) AS inviter
       FROM invitations i
      WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL
        FOR UPDATE OF i"
);

/// The same, locked until this transaction ends.
pub async fn lock_by_token(tx: &TenantTx, hash: &TokenHash) -> Result<Option<Invitation>, DbError> {
    let row = tx.query_opt(LOCK_BY_TOKEN, &[&hash.as_slice()]).await?;
    row.as_ref().map(invitation).transpose()
}

const ACCEPT: Sql = sql!("UPDATE invitations SET accepted_at = $2, accepted_by = $3 WHERE id = $1");

/// Uses a locked invitation up.
pub async fn accept(tx: &TenantTx, id: InvitationId, by: UserId) -> Result<(), DbError> {
    tx.execute(ACCEPT, &[&id.uuid(), &tx.now(), &by.uuid()])
        .await
        .map(drop)
}

const RENEW: Sql = sql!("UPDATE invitations SET token_hash = $2, expires_at = $3 WHERE id = $1");

/// Gives a locked invitation another link and another end.
pub async fn renew(
    tx: &TenantTx,
    id: InvitationId,
    hash: &TokenHash,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(RENEW, &[&id.uuid(), &hash.as_slice(), &expires_at])
        .await
        .map(drop)
}

const REVOKE: Sql = sql!("UPDATE invitations SET revoked_at = $2 WHERE id = $1");

/// Takes a locked invitation back.
pub async fn revoke(tx: &TenantTx, id: InvitationId) -> Result<(), DbError> {
    tx.execute(REVOKE, &[&id.uuid(), &tx.now()]).await.map(drop)
}

const REVOKE_OF: Sql = sql!(
    "UPDATE invitations
        SET revoked_at = $2
      WHERE invited_by = $1 AND accepted_at IS NULL AND revoked_at IS NULL"
);

/// Takes back what `user` invited to: their word counts no more.
pub async fn revoke_of(tx: &TenantTx, user: UserId) -> Result<(), DbError> {
    tx.execute(REVOKE_OF, &[&user.uuid(), &tx.now()])
        .await
        .map(drop)
}
