//! What is personal in a tenant's rows: one line for each column that can hold words, addresses or secrets.
//!
//! A masked clone replaces these values; a copy of any kind forgets who was signed in. A test reads the
//! catalog and fails where a column has no line here, so that nobody adds one without deciding.

use db::SchemaName;
use db::owner::OwnerConnection;

use super::ArchiveError;
use super::catalog::quoted;

/// What becomes of a column in a masked clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// It stays: a word of ours, a figure, a hash that opens nothing.
    Keep,
    /// This expression over the row's columns takes its place.
    Replace(&'static str),
}

use Mask::{Keep, Replace};

/// Tables that say who is signed in or who was sent a link. A copy has them empty, children first.
pub const ACCESS: [&str; 6] = [
    "refresh_tokens",
    "sessions",
    "one_time_tokens",
    "devices",
    "api_keys",
    "idempotency_keys",
];

const EMPTY_OBJECT: Mask = Replace("'{}'::jsonb");
const NOTHING: Mask = Replace("NULL");
const AN_ADDRESS: Mask = Replace("'masked@masked.invalid'");
/// Unique, as the column is.
const OWN_ADDRESS: Mask = Replace("id || '@masked.invalid'");
/// Checks nobody: the name cannot exist (RFC 6761). Unique, as the column is.
const OWN_URL: Mask = Replace("'https://' || id || '.invalid/'");

/// Every column of a tenant's tables that holds text, JSON, bytes or network addresses.
pub const COLUMNS: &[(&str, &str, Mask)] = &[
    ("api_keys", "name", Replace("'Key ' || id")),
    ("api_keys", "secret_hash", Keep),
    ("api_keys", "scopes", Keep),
    ("api_keys", "user_state", Keep),
    ("api_keys", "role", Keep),
    ("api_keys", "networks", NOTHING),
    ("api_keys", "last_address", NOTHING),
    ("audit_log", "action", Keep),
    ("audit_log", "actor_kind", Keep),
    ("audit_log", "address", NOTHING),
    ("audit_log", "target_kind", Keep),
    ("audit_log", "before", NOTHING),
    ("audit_log", "after", NOTHING),
    // Chains the row as it was: it cannot hold for a masked one.
    ("audit_log", "hash", NOTHING),
    ("auth_log", "outcome", Keep),
    ("auth_log", "address", NOTHING),
    ("auth_log", "user_agent", NOTHING),
    ("auth_log", "method", Keep),
    ("devices", "secret_hash", Keep),
    ("endpoints", "name", Replace("'Endpoint ' || id")),
    ("endpoints", "kind", Keep),
    ("endpoints", "url", OWN_URL),
    ("endpoints", "method", Keep),
    ("endpoints", "expected_codes", Keep),
    // Nobody is to watch what a masked address stands for.
    ("endpoints", "state", Replace("'paused'")),
    ("endpoints", "last_result", NOTHING),
    ("events", "kind", Keep),
    ("events", "payload", EMPTY_OBJECT),
    ("idempotency_keys", "key_hash", Keep),
    ("idempotency_keys", "body_hash", Keep),
    ("idempotency_keys", "answer", EMPTY_OBJECT),
    ("identities", "provider", Keep),
    ("identities", "subject", Replace("id::text")),
    ("identities", "name", Replace("'Masked'")),
    ("identities", "state", Keep),
    ("identities", "tokens", NOTHING),
    ("identities", "guilds", NOTHING),
    ("invitations", "email", OWN_ADDRESS),
    ("invitations", "role", Keep),
    ("invitations", "token_hash", Keep),
    ("mails", "template", Keep),
    ("mails", "recipient", AN_ADDRESS),
    ("mails", "params", EMPTY_OBJECT),
    ("mails", "secret", NOTHING),
    ("mails", "dedupe_key", NOTHING),
    ("mails", "state", Keep),
    ("one_time_tokens", "token_hash", Keep),
    ("one_time_tokens", "purpose", Keep),
    ("one_time_tokens", "detail", NOTHING),
    ("passkeys", "name", Replace("'Passkey'")),
    ("passkeys", "host", Keep),
    ("passkeys", "credential_id", Keep),
    ("passkeys", "credential", Keep),
    ("quotas", "key", Keep),
    ("refresh_tokens", "token_hash", Keep),
    ("refresh_tokens", "parent_hash", Keep),
    ("results", "outcome", Keep),
    ("results", "reason_code", Keep),
    // Speaks of hosts and addresses.
    ("results", "message", Replace("''")),
    ("sessions", "kind", Keep),
    ("sessions", "secret_hash", Keep),
    ("sessions", "user_state", Keep),
    ("sessions", "role", Keep),
    ("sessions", "user_agent", NOTHING),
    ("sessions", "address", NOTHING),
    ("sessions", "method", Keep),
    ("sessions", "last_address", NOTHING),
    ("sessions", "networks", NOTHING),
    ("sign_in_policy", "methods", Keep),
    ("sign_in_policy", "mail_domains", Replace("'{}'::text[]")),
    (
        "sign_in_policy",
        "console_networks",
        Replace("'{}'::text[]"),
    ),
    ("sign_in_policy", "key_networks", Replace("'{}'::text[]")),
    ("users", "email", OWN_ADDRESS),
    // No password fits: whoever works with the clone sets one.
    ("users", "password_hash", Replace("'!'")),
    ("users", "role", Keep),
    ("users", "state", Keep),
    ("users", "name", NOTHING),
    ("users", "totp_secret", NOTHING),
    ("users", "recovery_codes", Replace("'{}'::bytea[]")),
];

/// Columns of other types that have to change with a masked neighbour.
const CONSEQUENCES: &[(&str, &str, &str)] = &[
    // Its rows are chained anew, as they are now.
    ("audit_log", "seq", "NULL"),
    ("endpoints", "paused_at", "coalesce(paused_at, updated_at)"),
    ("users", "totp_confirmed_at", "NULL"),
];

/// The name a masked organisation has.
pub const MASKED_NAME: &str = "Masked organization";

/// What stands in the place of `column` in a masked clone.
pub(super) fn masked(table: &str, column: &str) -> String {
    let of = |it: &&(&str, &str, Mask)| it.0 == table && it.1 == column;
    let own = match COLUMNS.iter().find(of) {
        Some((_, _, Replace(expression))) => Some(*expression),
        _ => None,
    };
    let follows = CONSEQUENCES
        .iter()
        .find(|it| it.0 == table && it.1 == column)
        .map(|it| it.2);
    own.or(follows)
        .map_or_else(|| quoted(column), str::to_owned)
}

/// Whether the rows of `table` are left out of a copy.
pub(super) fn is_access(table: &str) -> bool {
    ACCESS.contains(&table)
}

/// Empties what would let people in, and gives up mail that waits: the first one sends it.
pub(super) async fn forget_access(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), ArchiveError> {
    let mut text = String::new();
    for table in ACCESS {
        text.push_str(&format!("DELETE FROM {schema}.{table}; "));
    }
    text.push_str(&give_up_mail(schema));
    Ok(owner.batch(&text).await?)
}

/// Mail that waits is not the copy's to send, and its secret goes.
pub(super) fn give_up_mail(schema: &SchemaName) -> String {
    format!("UPDATE {schema}.mails SET state = 'superseded', secret = NULL WHERE state = 'queued'")
}
