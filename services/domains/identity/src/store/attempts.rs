//! Rows of attempts to prove who one is. Decides nothing.

use std::net::IpAddr;

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use kernel::rng::{first_uuid_v7, first_uuid_v7_after};
use uuid::Uuid;

use crate::model::{Attempt, Device, LogFilter, Logged, LoggedPerson, Method};

const ADD_ATTEMPT: Sql = sql!(
    "INSERT INTO auth_log (id, at, outcome, user_id, address, user_agent, request_id, method, session_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);

/// Writes an attempt down.
pub async fn add_attempt(
    tx: &TenantTx,
    attempt: Attempt,
    user: Option<UserId>,
    device: &Device,
) -> Result<(), DbError> {
    add(tx, attempt, user, (attempt.method(), None), device).await
}

/// Writes down what somebody did with their session.
pub async fn add_of_session(
    tx: &TenantTx,
    attempt: Attempt,
    user: UserId,
    session: SessionId,
    device: &Device,
) -> Result<(), DbError> {
    let by = (attempt.method(), Some(session));
    add(tx, attempt, Some(user), by, device).await
}

/// Writes down that somebody was let in, by what, and to which session.
pub async fn add_sign_in(
    tx: &TenantTx,
    user: UserId,
    method: Method,
    session: SessionId,
    device: &Device,
) -> Result<(), DbError> {
    let by = (Some(method), Some(session));
    add(tx, Attempt::LetIn, Some(user), by, device).await
}

async fn add(
    tx: &TenantTx,
    attempt: Attempt,
    user: Option<UserId>,
    (method, session): (Option<Method>, Option<SessionId>),
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
            &method.map(Method::as_str),
            &session.map(SessionId::uuid),
        ],
    )
    .await
    .map(drop)
}

const LIST_OWN: Sql = sql!(
    "SELECT a.id, a.at, a.outcome, a.method, a.user_agent, a.address, a.user_id, NULL::text AS name,
            NULL::text AS email, s.id AS open_session
       FROM auth_log a
       LEFT JOIN sessions s ON s.id = a.session_id AND s.revoked_at IS NULL AND s.expires_at > $3
                AND (s.kind = 'program' OR COALESCE(s.last_seen_at, s.created_at) + make_interval(secs => s.idle_s + 60) > $3)
      WHERE a.user_id = (SELECT user_id FROM sessions WHERE id = $1)
        AND a.outcome <> 'refreshed'
        AND ($2::uuid IS NULL OR a.id < $2)
      ORDER BY a.id DESC
      LIMIT $4"
);

/// At most `limit` attempts of whoever comes by `session`, before `before`, the newest first.
pub async fn list_own(
    tx: &TenantTx,
    session: SessionId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Logged>, DbError> {
    let rows = tx
        .query(LIST_OWN, &[&session.uuid(), &before, &tx.now(), &limit])
        .await?;
    rows.iter().map(logged).collect()
}

// Ids begin with the millisecond of their row: whoever asks for last week reads no other rows.
const LIST: Sql = sql!(
    "SELECT a.id, a.at, a.outcome, a.method, a.user_agent, a.address, a.user_id, u.name, u.email,
            NULL::uuid AS open_session
       FROM auth_log a
       LEFT JOIN users u ON u.id = a.user_id
      WHERE (CASE WHEN $1::text IS NULL THEN a.outcome <> 'refreshed' ELSE a.outcome = $1 END)
        AND ($2::text[] IS NULL OR a.outcome = ANY($2))
        AND ($3::uuid IS NULL OR a.user_id = $3)
        AND ($4::timestamptz IS NULL OR a.at >= $4)
        AND ($5::timestamptz IS NULL OR a.at < $5)
        AND ($6::text IS NULL OR u.email ILIKE $6 OR u.name ILIKE $6 OR host(a.address) ILIKE $6
             OR a.user_agent ILIKE $6 OR a.request_id::text ILIKE $6)
        AND ($7::uuid IS NULL OR a.id < $7)
        AND ($8::uuid IS NULL OR a.id >= $8)
      ORDER BY a.id DESC
      LIMIT $9"
);

/// At most `limit` attempts of anybody before `before`, the newest first. Refreshed tokens are listed where
/// they are asked for.
pub async fn list(
    tx: &TenantTx,
    filter: &LogFilter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Logged>, DbError> {
    let before = before.or_else(|| filter.until.and_then(first_uuid_v7_after));
    let from = filter.from.and_then(first_uuid_v7);
    let refusals: Option<Vec<&str>> = filter.refused.then(Attempt::refusals);
    let rows = tx
        .query(
            LIST,
            &[
                &filter.outcome,
                &refusals,
                &filter.person.map(UserId::uuid),
                &filter.from,
                &filter.until,
                &filter.pattern,
                &before,
                &from,
                &limit,
            ],
        )
        .await?;
    rows.iter().map(logged).collect()
}

fn logged(row: &Row) -> Result<Logged, DbError> {
    let id: Option<Uuid> = row.get("user_id")?;
    let (name, email) = (row.get("name")?, row.get("email")?);
    Ok(Logged {
        id: row.get("id")?,
        at: row.get("at")?,
        outcome: row.get("outcome")?,
        method: row.get("method")?,
        device: Device {
            user_agent: row.get("user_agent")?,
            ..Device::default()
        },
        address: row.get::<Option<IpAddr>>("address")?,
        person: id.map(|id| LoggedPerson {
            id: id.into(),
            name,
            email,
        }),
        open_session: row
            .get::<Option<Uuid>>("open_session")?
            .map(SessionId::from),
    })
}

const FORGET_ADDRESSES: Sql = sql!(
    "UPDATE auth_log
        SET address = NULL
      WHERE id IN (SELECT id FROM auth_log
                    WHERE address IS NOT NULL AND at <= $1
                    ORDER BY at
                    LIMIT $2)"
);

/// Forgets at most `limit` addresses of attempts up to `until`, the oldest first. Answers how many.
pub async fn forget_addresses(tx: &TenantTx, until: Timestamp, limit: i64) -> Result<u64, DbError> {
    tx.execute(FORGET_ADDRESSES, &[&until, &limit]).await
}

const OLDEST_ADDRESS: Sql =
    sql!("SELECT at FROM auth_log WHERE address IS NOT NULL ORDER BY at LIMIT 1");

/// When the oldest attempt was made whose address is still known.
pub async fn oldest_address(tx: &TenantTx) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_opt(OLDEST_ADDRESS, &[]).await?;
    row.map(|row| row.get("at")).transpose()
}
