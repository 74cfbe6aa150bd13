//! Rows of people as members of the organisation, and the places its plan has for them. Decides nothing.

use db::{DbError, Row, Sql, TenantTx, sql};
use kernel::id::UserId;
use kernel::roles::Role;
use passwords::PasswordHash;

use crate::model::UserState;
use crate::model::people::{ListMembers, Listed, Member};

fn member(row: &Row) -> Result<Member, DbError> {
    let corrupt = |column| DbError::Corrupt {
        table: "users",
        column,
    };
    Ok(Member {
        id: row.id("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        role: Role::parse(row.get("role")?).ok_or_else(|| corrupt("role"))?,
        state: UserState::parse(row.get("state")?).ok_or_else(|| corrupt("state"))?,
        created_at: row.get("created_at")?,
        verified_at: row.get("verified_at")?,
    })
}

const LIST: Sql = sql!(
    "SELECT u.id, u.email, u.name, u.role, u.state, u.created_at, u.verified_at, lower(u.email) AS key,
            u.totp_confirmed_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) AS second_factor,
            (SELECT max(COALESCE(s.last_seen_at, s.created_at))
               FROM sessions s
              WHERE s.user_id = u.id AND s.kind <> 'support') AS last_seen_at
       FROM users u
      WHERE ($1::text IS NULL OR u.email ILIKE $1 OR u.name ILIKE $1)
        AND ($2::text IS NULL OR u.role = $2)
        AND ($3::text IS NULL OR u.state = $3)
        AND ($4::text IS NULL OR (lower(u.email), u.id) > ($4, $5::uuid))
      ORDER BY lower(u.email), u.id
      LIMIT $6"
);

/// At most `limit` members after `after`, by address. `pattern` is one of `ILIKE`.
pub async fn list(
    tx: &TenantTx,
    wanted: &ListMembers,
    pattern: Option<&str>,
    after: Option<&(String, UserId)>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let (key, id) = (after.map(|it| &it.0), after.map(|it| it.1.uuid()));
    let role = wanted.role.map(Role::as_str);
    let state = wanted.state.map(UserState::as_str);
    let rows = tx
        .query(LIST, &[&pattern, &role, &state, &key, &id, &limit])
        .await?;
    let listed = |row: &Row| {
        Ok(Listed {
            member: member(row)?,
            last_seen_at: row.get("last_seen_at")?,
            second_factor: row.get("second_factor")?,
            key: row.get("key")?,
        })
    };
    rows.iter().map(listed).collect()
}

// In the order of their ids, so that two who change each other wait instead of blocking one another.
const LOCK: Sql = sql!(
    "SELECT id, email, name, role, state, created_at, verified_at
       FROM users
      WHERE id = $1 OR id = $2 OR role = 'owner'
      ORDER BY id
        FOR UPDATE"
);

/// Two people and all owners, as they are now and stay until this transaction ends.
pub async fn lock(tx: &TenantTx, one: UserId, other: UserId) -> Result<Vec<Member>, DbError> {
    let rows = tx.query(LOCK, &[&one.uuid(), &other.uuid()]).await?;
    rows.iter().map(member).collect()
}

const ADD: Sql = sql!(
    "INSERT INTO users (id, email, name, password_hash, role, state, created_at, verified_at)
     VALUES ($1, $2, $3, $4, $5, 'active', $6, $6)"
);

/// Adds a person whose address is proven.
pub async fn add(tx: &TenantTx, member: &Member, hash: &PasswordHash) -> Result<(), DbError> {
    let values = (member.id.uuid(), member.role.as_str());
    tx.execute(
        ADD,
        &[
            &values.0,
            &member.email,
            &member.name,
            &hash.as_str(),
            &values.1,
            &member.created_at,
        ],
    )
    .await
    .map(drop)
}

const REMOVE: Sql = sql!(
    "WITH tokens AS (DELETE FROM refresh_tokens
                      WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)),
          visits AS (DELETE FROM sessions WHERE user_id = $1),
          links AS (DELETE FROM one_time_tokens
                     WHERE user_id = $1 OR detail ->> 'user_id' = $1::text OR detail ->> 'from' = $1::text),
          keys AS (DELETE FROM passkeys WHERE user_id = $1),
          elsewhere AS (DELETE FROM identities WHERE user_id = $1),
          known AS (DELETE FROM devices WHERE user_id = $1),
          programs AS (DELETE FROM api_keys WHERE user_id = $1),
          joined AS (DELETE FROM invitations WHERE accepted_by = $1),
          places AS (UPDATE auth_log SET address = NULL, user_agent = NULL WHERE user_id = $1),
          letters AS (UPDATE mails
                         SET recipient = 'removed@removed.invalid', params = '{}', secret = NULL,
                             dedupe_key = NULL,
                             state = CASE state WHEN 'sent' THEN 'sent' ELSE 'superseded' END
                       WHERE lower(recipient) = lower($2)),
          mentions AS (UPDATE mails
                          SET params = '{}', secret = NULL,
                              state = CASE state WHEN 'sent' THEN 'sent' ELSE 'superseded' END
                        WHERE lower(recipient) <> lower($2)
                          AND (template = 'invitation' OR state <> 'queued')
                          AND $2 IN (params ->> 'invited_by', params ->> 'offered_by', params ->> 'other'))
     DELETE FROM users WHERE id = $1"
);

/// Removes a locked person of address `email`, with everything that lets them in and tells where they were.
/// What they did stays in the logs, by their id.
pub async fn remove(tx: &TenantTx, id: UserId, email: &str) -> Result<(), DbError> {
    tx.execute(REMOVE, &[&id.uuid(), &email]).await.map(drop)
}

const COUNT_ALL: Sql = sql!(
    "INSERT INTO quotas (key, used, max)
     SELECT 'users', count(*), $1 FROM users
         ON CONFLICT (key) DO NOTHING"
);

const TAKE: Sql =
    sql!("UPDATE quotas SET used = used + 1 WHERE key = 'users' AND used < max RETURNING max");

/// Takes a place for one more person; `false` where there is none. An organisation without a plan's number
/// has `free_max`.
pub async fn take_seat(tx: &TenantTx, free_max: i32) -> Result<bool, DbError> {
    tx.execute(COUNT_ALL, &[&free_max]).await?;
    Ok(tx.query_opt(TAKE, &[]).await?.is_some())
}

const GIVE_BACK: Sql = sql!("UPDATE quotas SET used = used - 1 WHERE key = 'users' AND used > 0");

/// A place is free again.
pub async fn give_seat_back(tx: &TenantTx) -> Result<(), DbError> {
    tx.execute(GIVE_BACK, &[]).await.map(drop)
}

const FIND_FULL: Sql = sql!("SELECT max FROM quotas WHERE key = 'users' AND used >= max");

/// How many places there are, where all are taken.
pub async fn find_full(tx: &TenantTx) -> Result<Option<i32>, DbError> {
    let row = tx.query_opt(FIND_FULL, &[]).await?;
    row.map(|row| row.get("max")).transpose()
}
