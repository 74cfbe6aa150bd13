//! The log as a chain: what waits to be sealed, what was sealed, and the anchor.

use db::{DbError, PlatformSql, PlatformTx, Row, Sql, TenantTx, platform_sql, sql};
use jiff::Timestamp;
use uuid::Uuid;

use crate::model::canonical::Hash;
use crate::model::entry::{Entry, SealedEntry};

/// How far the platform has sealed a log: kept where no organisation's role can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The last row.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
    /// When it was sealed.
    pub sealed_at: Timestamp,
}

/// Where a log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last sealed row that is there, with its hash.
    pub last: Option<(i64, Option<Hash>)>,
    /// What the platform says.
    pub anchor: Option<Anchor>,
    /// Rows that are not sealed yet.
    pub waiting: i64,
    /// Since when the first of them waits.
    pub waiting_since: Option<Timestamp>,
}

const STANDING: Sql = sql!(
    "SELECT l.seq, l.hash, a.seq AS anchor_seq, a.hash AS anchor_hash, a.sealed_at,
            w.waiting, w.waiting_since
       FROM (SELECT count(*) AS waiting, min(at) AS waiting_since FROM audit_log WHERE seq IS NULL) AS w
       LEFT JOIN (SELECT seq, hash FROM audit_log WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1) AS l ON true
       LEFT JOIN platform.audit_anchors a ON a.tenant = current_schema()"
);

impl Standing {
    /// The place and the hash that the next row follows: those that the platform noted. Where rows were taken
    /// away, added or written anew since, what follows does not fit them, and they stay found.
    pub fn head(&self) -> (i64, Hash) {
        let (last, own) = self.last.unwrap_or((0, Some(Hash::START)));
        match self.anchor {
            Some(anchor) => (anchor.seq.max(last), anchor.hash),
            None => (last, own.unwrap_or(Hash::START)),
        }
    }
}

/// Reads it in one statement, so that row and anchor are of one moment.
pub async fn standing(tx: &TenantTx) -> Result<Standing, DbError> {
    let row = tx.query_one(STANDING, &[]).await?;
    let seq: Option<i64> = row.get("seq")?;
    let last = match seq {
        None => None,
        Some(seq) => Some((seq, stored_hash(&row, "hash")?)),
    };
    let anchor = match row.get::<Option<i64>>("anchor_seq")? {
        None => None,
        Some(seq) => Some(Anchor {
            seq,
            hash: stored_hash(&row, "anchor_hash")?.ok_or(CORRUPT_ANCHOR)?,
            sealed_at: row.get("sealed_at")?,
        }),
    };
    Ok(Standing {
        last,
        anchor,
        waiting: row.get("waiting")?,
        waiting_since: row.get("waiting_since")?,
    })
}

const CORRUPT_ANCHOR: DbError = DbError::Corrupt {
    table: "platform.audit_anchors",
    column: "hash",
};

/// A stored hash; one of another length counts as none, and nothing it covers holds.
fn stored_hash(row: &Row, column: &str) -> Result<Option<Hash>, DbError> {
    let bytes: Option<&[u8]> = row.get(column)?;
    Ok(bytes.and_then(Hash::from_bytes))
}

const HASH_OF: Sql = sql!("SELECT hash FROM audit_log WHERE seq = $1");

/// The hash of the row at `seq`, as it stands there.
pub async fn hash_at(tx: &TenantTx, seq: i64) -> Result<Option<Hash>, DbError> {
    match tx.query_opt(HASH_OF, &[&seq]).await? {
        None => Ok(None),
        Some(row) => stored_hash(&row, "hash"),
    }
}

const UNSEALED: Sql = sql!(
    "SELECT id, at, action, actor_kind, actor_id, address, request_id, target_kind, target_id, before, after
       FROM audit_log
      WHERE seq IS NULL
      ORDER BY id
      LIMIT $1"
);

/// Rows that wait, in the order of their time.
pub async fn list_unsealed(tx: &TenantTx, limit: i64) -> Result<Vec<Entry>, DbError> {
    let rows = tx.query(UNSEALED, &[&limit]).await?;
    rows.iter().map(read_entry).collect()
}

const SEAL: Sql = sql!(
    "UPDATE audit_log a
        SET seq = s.seq, hash = s.hash
       FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS s (id, seq, hash)
      WHERE a.id = s.id AND a.seq IS NULL"
);

/// Gives rows their places. Answers how many took one.
pub async fn seal(
    tx: &TenantTx,
    ids: &[Uuid],
    seqs: &[i64],
    hashes: &[&[u8]],
) -> Result<u64, DbError> {
    tx.execute(SEAL, &[&ids, &seqs, &hashes]).await
}

const ANCHOR: PlatformSql = platform_sql!(
    "INSERT INTO platform.audit_anchors (tenant, seq, hash, sealed_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant) DO UPDATE
        SET seq = EXCLUDED.seq, hash = EXCLUDED.hash, sealed_at = EXCLUDED.sealed_at"
);

/// Notes how far the log in `schema` is sealed.
pub async fn set_anchor(
    tx: &PlatformTx,
    schema: &str,
    seq: i64,
    hash: Hash,
) -> Result<(), DbError> {
    tx.execute(ANCHOR, &[&schema, &seq, &hash.as_bytes(), &tx.now()])
        .await
        .map(drop)
}

const SEALED: Sql = sql!(
    "SELECT id, at, action, actor_kind, actor_id, address, request_id, target_kind, target_id, before, after,
            seq, hash
       FROM audit_log
      WHERE seq > $1 AND seq <= $2
      ORDER BY seq
      LIMIT $3"
);

/// Sealed rows behind `after`, up to `until`.
pub async fn list_sealed(
    tx: &TenantTx,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<SealedEntry>, DbError> {
    let rows = tx.query(SEALED, &[&after, &until, &limit]).await?;
    rows.iter().map(read_sealed).collect()
}

/// The columns of a row.
pub(super) fn read_entry(row: &Row) -> Result<Entry, DbError> {
    Ok(Entry {
        id: row.get("id")?,
        at: row.get("at")?,
        action: row.get("action")?,
        actor_kind: row.get("actor_kind")?,
        actor_id: row.get("actor_id")?,
        address: row.get("address")?,
        request_id: row.get("request_id")?,
        target_kind: row.get("target_kind")?,
        target_id: row.get("target_id")?,
        before: row.get("before")?,
        after: row.get("after")?,
    })
}

/// The columns of a sealed row.
pub(super) fn read_sealed(row: &Row) -> Result<SealedEntry, DbError> {
    Ok(SealedEntry {
        entry: read_entry(row)?,
        seq: row.get("seq")?,
        hash: stored_hash(row, "hash")?,
    })
}
