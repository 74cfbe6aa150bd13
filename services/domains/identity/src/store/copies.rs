//! Everything an organisation's schema holds about one person, as JSON made by the database. Decides nothing.
//!
//! Never a secret, nor a hash of one; of what belongs to the organisation, only that it was them.

use db::{DbError, Row, Sql, TenantTx, sql};
use jiff::Timestamp;
use kernel::id::UserId;
use serde_json::Value;
use uuid::Uuid;

/// What is kept of one kind.
pub struct Section {
    /// Its name in the file.
    pub name: &'static str,
    /// Of the person $1, after the row $2, until the instant $3, at most $4.
    rows: Sql,
}

/// Every section, in the order of the file.
pub const SECTIONS: [Section; 12] = [
    Section {
        name: "profile",
        rows: PROFILE,
    },
    Section {
        name: "sessions",
        rows: SESSIONS,
    },
    Section {
        name: "token_exchanges",
        rows: EXCHANGES,
    },
    Section {
        name: "sign_ins",
        rows: SIGN_INS,
    },
    Section {
        name: "devices",
        rows: DEVICES,
    },
    Section {
        name: "passkeys",
        rows: PASSKEYS,
    },
    Section {
        name: "identities",
        rows: IDENTITIES,
    },
    Section {
        name: "api_keys",
        rows: API_KEYS,
    },
    Section {
        name: "links",
        rows: LINKS,
    },
    Section {
        name: "invitations",
        rows: INVITATIONS,
    },
    Section {
        name: "mails",
        rows: MAILS,
    },
    Section {
        name: "audit",
        rows: AUDIT,
    },
];

const PROFILE: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'id', id, 'email', email, 'name', name, 'role', role, 'state', state,
                'created_at', created_at, 'verified_at', verified_at,
                'has_password', password_hash IS NOT NULL, 'password_changed_at', password_changed_at,
                'one_time_codes_since', totp_confirmed_at,
                'recovery_codes_left', cardinality(recovery_codes)) AS entry
       FROM users
      WHERE id = $1 AND id > $2 AND created_at <= $3
      LIMIT $4"
);

// From where an operator looked, with consent, is not the person's.
const SESSIONS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'id', id, 'kind', kind, 'method', method, 'created_at', created_at,
                'authenticated_at', authenticated_at, 'last_seen_at', last_seen_at,
                'expires_at', expires_at, 'revoked_at', revoked_at, 'second_factor', second_factor,
                'device', CASE WHEN kind <> 'support' THEN user_agent END,
                'address', CASE WHEN kind <> 'support' THEN host(address) END,
                'last_address', CASE WHEN kind <> 'support' THEN host(last_address) END) AS entry
       FROM sessions
      WHERE user_id = $1 AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

const EXCHANGES: Sql = sql!(
    "SELECT s.id, jsonb_build_object(
                'session_id', s.id, 'tokens', count(*), 'first_at', min(r.created_at),
                'last_at', max(r.created_at)) AS entry
       FROM sessions s
       JOIN refresh_tokens r ON r.session_id = s.id AND r.created_at <= $3
      WHERE s.user_id = $1 AND s.id > $2
      GROUP BY s.id
      ORDER BY s.id
      LIMIT $4"
);

const SIGN_INS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'at', at, 'outcome', outcome, 'method', method, 'session_id', session_id,
                'address', host(address), 'device', user_agent) AS entry
       FROM auth_log
      WHERE user_id = $1 AND id > $2 AND at <= $3
      ORDER BY id
      LIMIT $4"
);

// Has no id of its own: all of them are in the first piece.
const DEVICES: Sql = sql!(
    "SELECT user_id AS id, jsonb_build_object(
                'first_seen_at', first_seen_at, 'last_seen_at', last_seen_at) AS entry
       FROM devices
      WHERE user_id = $1 AND user_id > $2 AND first_seen_at <= $3
      ORDER BY first_seen_at
      LIMIT $4"
);

const PASSKEYS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'id', id, 'name', name, 'host', host, 'created_at', created_at,
                'last_used_at', last_used_at) AS entry
       FROM passkeys
      WHERE user_id = $1 AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

const IDENTITIES: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'provider', provider, 'subject', subject, 'name', name, 'state', state,
                'guilds', guilds, 'created_at', created_at, 'last_used_at', last_used_at) AS entry
       FROM identities
      WHERE user_id = $1 AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

const API_KEYS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'id', id, 'name', name, 'scopes', scopes, 'created_at', created_at,
                'expires_at', expires_at, 'last_used_at', last_used_at,
                'last_address', host(last_address), 'revoked_at', revoked_at) AS entry
       FROM api_keys
      WHERE user_id = $1 AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

// Has no id of its own: all of them are in the first piece.
const LINKS: Sql = sql!(
    "SELECT $1::uuid AS id, jsonb_build_object(
                'purpose', purpose, 'email', detail ->> 'email', 'created_at', created_at,
                'expires_at', expires_at) AS entry
       FROM one_time_tokens
      WHERE (user_id = $1 OR detail ->> 'user_id' = $1::uuid::text) AND $1::uuid > $2
        AND created_at <= $3
      ORDER BY created_at
      LIMIT $4"
);

const INVITATIONS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'id', id, 'email', email, 'role', role, 'created_at', created_at, 'expires_at', expires_at,
                'accepted_at', accepted_at, 'revoked_at', revoked_at,
                'sent_by_you', invited_by = $1) AS entry
       FROM invitations
      WHERE (invited_by = $1 OR accepted_by = $1) AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

const MAILS: Sql = sql!(
    "SELECT id, jsonb_build_object(
                'template', template, 'recipient', recipient, 'params', params, 'state', state,
                'created_at', created_at, 'sent_at', sent_at) AS entry
       FROM mails
      WHERE lower(recipient) = (SELECT lower(u.email) FROM users u WHERE u.id = $1)
        AND id > $2 AND created_at <= $3
      ORDER BY id
      LIMIT $4"
);

// What was changed about others is the organisation's; from where somebody else did it is theirs.
const AUDIT: Sql = sql!(
    "SELECT a.id, jsonb_build_object(
                'at', a.at, 'action', a.action, 'target_kind', a.target_kind, 'target_id', a.target_id,
                'by_you', a.mine, 'by', a.actor_kind, 'request_id', a.request_id,
                'address', CASE WHEN a.mine THEN host(a.address) END,
                'before', CASE WHEN a.target_id = $1 THEN a.before END,
                'after', CASE WHEN a.target_id = $1 THEN a.after END) AS entry
       FROM (SELECT l.id, l.at, l.action, l.target_kind, l.target_id, l.actor_kind, l.request_id, l.address,
                    l.before, l.after,
                    l.actor_id = $1 OR l.actor_id IN (SELECT k.id FROM api_keys k WHERE k.user_id = $1) AS mine
               FROM audit_log l
              WHERE (l.actor_id = $1 OR l.target_id = $1
                     OR l.actor_id IN (SELECT k.id FROM api_keys k WHERE k.user_id = $1))
                AND l.id > $2 AND l.at <= $3
              ORDER BY l.id
              LIMIT $4) a
      ORDER BY a.id"
);

/// An entry, and where it stands.
pub struct Entry {
    /// The row's id, or the person's where it has none.
    pub id: Uuid,
    /// What the file says.
    pub value: Value,
}

/// At most `limit` entries of `section` after the row `after`, of those that were there at `until`.
pub async fn list(
    tx: &TenantTx,
    section: &Section,
    person: UserId,
    after: Uuid,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows = tx
        .query(section.rows, &[&person.uuid(), &after, &until, &limit])
        .await?;
    let entry = |row: &Row| {
        Ok(Entry {
            id: row.get("id")?,
            value: row.get("entry")?,
        })
    };
    rows.iter().map(entry).collect()
}
