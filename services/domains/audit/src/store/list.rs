//! The log as people look at it: filtered, with the names of whoever acted.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::rng::{first_uuid_v7, first_uuid_v7_after};
use uuid::Uuid;

use super::chain::{read_entry, read_sealed};
use crate::model::canonical::Hash;
use crate::model::entry::{Entry, SealedEntry};

/// Which rows. Nothing set means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what this person did.
    pub actor_id: Option<Uuid>,
    /// Only what this sort of actor did.
    pub actor_kind: Option<String>,
    /// Only this action, or those that begin with it and a dot.
    pub action: Option<String>,
    /// Only what was done to this thing.
    pub target_id: Option<Uuid>,
    /// Only what was done to this sort of thing.
    pub target_kind: Option<String>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
    /// A pattern that anything in the row matches.
    pub pattern: Option<String>,
}

/// A row as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The row.
    pub entry: Entry,
    /// Its place and hash, once it is sealed.
    pub sealed: Option<(i64, Option<Hash>)>,
    /// The name and address of the person, or of the key and of whoever made it.
    pub actor: Option<(Option<String>, String)>,
    /// The address of the person it was done to, where it was one.
    pub target_email: Option<String>,
}

const NEWEST: Sql = sql!(
    "SELECT a.id, a.at, a.action, a.actor_kind, a.actor_id, a.address, a.request_id, a.target_kind, a.target_id,
            a.before, a.after, a.seq, a.hash, COALESCE('Key ' || k.name, u.name) AS actor_name, u.email AS actor_email, t.email AS target_email
       FROM audit_log a
       LEFT JOIN api_keys k ON k.id = a.actor_id AND a.actor_kind = 'key'
       LEFT JOIN users u ON u.id = CASE a.actor_kind WHEN 'user' THEN a.actor_id WHEN 'key' THEN k.user_id END
       LEFT JOIN users t ON t.id = a.target_id AND a.target_kind = 'user'
      WHERE ($1::uuid IS NULL OR a.actor_id = $1)
        AND ($2::text IS NULL OR a.actor_kind = $2)
        AND ($3::text IS NULL OR a.action = $3 OR starts_with(a.action, $3 || '.'))
        AND ($4::uuid IS NULL OR a.target_id = $4)
        AND ($5::text IS NULL OR a.target_kind = $5)
        AND ($6::timestamptz IS NULL OR a.at >= $6)
        AND ($7::timestamptz IS NULL OR a.at < $7)
        AND ($8::text IS NULL OR a.action ILIKE $8 OR u.email ILIKE $8 OR u.name ILIKE $8 OR t.email ILIKE $8
             OR a.before::text ILIKE $8 OR a.after::text ILIKE $8 OR a.target_id::text ILIKE $8
             OR a.request_id::text ILIKE $8 OR host(a.address) ILIKE $8)
        AND ($9::uuid IS NULL OR a.id < $9)
        AND ($10::uuid IS NULL OR a.id >= $10)
      ORDER BY a.id DESC
      LIMIT $11"
);

/// At most `limit` rows before `before`, the newest first.
pub async fn list_newest(
    tx: &TenantTx,
    filter: &Filter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Shown>, DbError> {
    // Ids begin with the millisecond of their row: whoever asks for last week reads no other rows.
    let before = before.or(filter.until.and_then(first_uuid_v7_after));
    let from = filter.from.and_then(first_uuid_v7);
    let rows = tx
        .query(
            NEWEST,
            &[
                &filter.actor_id,
                &filter.actor_kind,
                &filter.action,
                &filter.target_id,
                &filter.target_kind,
                &filter.from,
                &filter.until,
                &filter.pattern,
                &before,
                &from,
                &limit,
            ],
        )
        .await?;
    rows.iter().map(read_shown).collect()
}

const SEALED: Sql = sql!(
    "SELECT a.id, a.at, a.action, a.actor_kind, a.actor_id, a.address, a.request_id, a.target_kind, a.target_id,
            a.before, a.after, a.seq, a.hash, COALESCE('Key ' || k.name, u.name) AS actor_name, u.email AS actor_email, t.email AS target_email
       FROM audit_log a
       LEFT JOIN api_keys k ON k.id = a.actor_id AND a.actor_kind = 'key'
       LEFT JOIN users u ON u.id = CASE a.actor_kind WHEN 'user' THEN a.actor_id WHEN 'key' THEN k.user_id END
       LEFT JOIN users t ON t.id = a.target_id AND a.target_kind = 'user'
      WHERE ($1::uuid IS NULL OR a.actor_id = $1)
        AND ($2::text IS NULL OR a.actor_kind = $2)
        AND ($3::text IS NULL OR a.action = $3 OR starts_with(a.action, $3 || '.'))
        AND ($4::uuid IS NULL OR a.target_id = $4)
        AND ($5::text IS NULL OR a.target_kind = $5)
        AND ($6::timestamptz IS NULL OR a.at >= $6)
        AND ($7::timestamptz IS NULL OR a.at < $7)
        AND ($8::text IS NULL OR a.action ILIKE $8 OR u.email ILIKE $8 OR u.name ILIKE $8 OR t.email ILIKE $8
             OR a.before::text ILIKE $8 OR a.after::text ILIKE $8 OR a.target_id::text ILIKE $8
             OR a.request_id::text ILIKE $8 OR host(a.address) ILIKE $8)
        AND a.seq > $9
        AND a.seq <= $10
      ORDER BY a.seq
      LIMIT $11"
);

/// At most `limit` sealed rows behind `after`, up to `until`, in the order of the chain.
pub async fn list_sealed(
    tx: &TenantTx,
    filter: &Filter,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<(SealedEntry, Shown)>, DbError> {
    let rows = tx
        .query(
            SEALED,
            &[
                &filter.actor_id,
                &filter.actor_kind,
                &filter.action,
                &filter.target_id,
                &filter.target_kind,
                &filter.from,
                &filter.until,
                &filter.pattern,
                &after,
                &until,
                &limit,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((read_sealed(row)?, read_shown(row)?)))
        .collect()
}

fn read_shown(row: &Row) -> Result<Shown, DbError> {
    let sealed = match row.get::<Option<i64>>("seq")? {
        None => None,
        Some(seq) => {
            let hash: Option<&[u8]> = row.get("hash")?;
            Some((seq, hash.and_then(Hash::from_bytes)))
        }
    };
    let email: Option<String> = row.get("actor_email")?;
    let name: Option<String> = row.get("actor_name")?;
    Ok(Shown {
        entry: read_entry(row)?,
        sealed,
        actor: email.map(|email| (name, email)),
        target_email: row.get("target_email")?,
    })
}
