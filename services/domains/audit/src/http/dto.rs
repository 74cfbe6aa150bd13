//! What comes in and goes out.

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::page::{self, Page};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::service::export::{Format, actor_name};
use crate::service::list::{Shown, Wanted};
use crate::service::verification::Report;

/// Which rows to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditLogQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// A person's id, or `user`, `key`, `worker`, `operator` or `anonymous`.
    #[param(example = "user")]
    actor: Option<String>,
    /// An action, or how it begins: `endpoint.created`, `endpoint`.
    #[param(example = "endpoint")]
    action: Option<String>,
    /// The id of what was changed, or its sort.
    #[param(example = "endpoint")]
    target: Option<String>,
    /// From this instant on.
    #[param(example = "2026-11-19T00:00:00Z")]
    from: Option<String>,
    /// Before this instant, at most 400 days later.
    #[param(example = "2026-11-20T00:00:00Z")]
    to: Option<String>,
    /// Text in the action, the names, the values before and after, the ids or the address.
    #[param(max_length = 200)]
    q: Option<String>,
}

impl AuditLogQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT)
    }
}

impl From<AuditLogQuery> for Wanted {
    fn from(query: AuditLogQuery) -> Self {
        Self {
            actor: query.actor,
            action: query.action,
            target: query.target,
            from: query.from,
            to: query.to,
            search: query.q,
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated values, for spreadsheets.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

/// Which rows to export, and how.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportAuditQuery {
    /// How the file is written; CSV unless it says otherwise.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// As for the list.
    actor: Option<String>,
    /// As for the list.
    action: Option<String>,
    /// As for the list.
    target: Option<String>,
    /// As for the list.
    from: Option<String>,
    /// As for the list.
    to: Option<String>,
    /// As for the list.
    q: Option<String>,
}

impl ExportAuditQuery {
    /// How the file is written.
    pub fn format(&self) -> Format {
        match self.format {
            Some(ExportFormat::Jsonl) => Format::JsonLines,
            Some(ExportFormat::Csv) | None => Format::Csv,
        }
    }
}

impl From<ExportAuditQuery> for Wanted {
    fn from(query: ExportAuditQuery) -> Self {
        Self {
            actor: query.actor,
            action: query.action,
            target: query.target,
            from: query.from,
            to: query.to,
            search: query.q,
        }
    }
}

/// Where to begin.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerifyAuditQuery {
    /// `next_after` of the call before; left out: from the first row.
    #[validate(range(min = 0))]
    #[param(minimum = 0)]
    after: Option<i64>,
}

impl VerifyAuditQuery {
    /// The last row that was looked at.
    pub fn after(&self) -> i64 {
        self.after.unwrap_or(0)
    }
}

/// Whoever acted.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// `user`, `key`, `worker`, `operator` or `anonymous`.
    #[schema(example = "user")]
    kind: String,
    /// Which person, or which key.
    id: Option<Uuid>,
    /// What people call them; `Former member`, `Former key` for who is gone.
    #[schema(example = "Ada")]
    name: String,
    /// The address of the person, or of whoever made the key, while they are here.
    #[schema(example = "ada@acme.example")]
    email: Option<String>,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditTarget {
    /// What sort of thing.
    #[schema(example = "endpoint")]
    kind: String,
    /// Which one.
    id: Uuid,
    /// What people call it, where it is a person who is here.
    name: Option<String>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLogEntry {
    id: Uuid,
    /// When.
    at: Timestamp,
    /// What.
    #[schema(example = "endpoint.changed")]
    action: String,
    actor: AuditActor,
    /// From where, if it came over the network.
    #[schema(value_type = Option<String>, example = "203.0.113.7")]
    address: Option<IpAddr>,
    /// In which request, or run of the platform's own work.
    request_id: Uuid,
    target: AuditTarget,
    /// The fields that changed, as they were; none for something new.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// The fields that changed, as they are now; none for something gone.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// Its place in the chain, once it is sealed.
    seq: Option<i64>,
    /// Its hash, once it is sealed.
    hash: Option<String>,
}

impl From<Shown> for AuditLogEntry {
    fn from(shown: Shown) -> Self {
        let name = actor_name(&shown);
        let entry = shown.entry;
        Self {
            id: entry.id,
            at: entry.at,
            action: entry.action,
            actor: AuditActor {
                kind: entry.actor_kind,
                id: entry.actor_id,
                name,
                email: shown.actor.map(|(_, email)| email),
            },
            address: entry.address,
            request_id: entry.request_id,
            target: AuditTarget {
                kind: entry.target_kind,
                id: entry.target_id,
                name: shown.target_email,
            },
            before: entry.before,
            after: entry.after,
            seq: shown.sealed.map(|(seq, _)| seq),
            hash: shown
                .sealed
                .and_then(|(_, hash)| hash)
                .map(|hash| hash.to_string()),
        }
    }
}

/// A page of what was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLogPage {
    items: Vec<AuditLogEntry>,
    /// Where the next page begins; none on the last.
    next_cursor: Option<String>,
}

impl From<Page<Shown>> for AuditLogPage {
    fn from(page: Page<Shown>) -> Self {
        let page = page.map(AuditLogEntry::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// Something that does not hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditFault {
    /// In words.
    #[schema(example = "row 7 is not the one that was sealed")]
    message: String,
}

/// How far the platform has sealed the log, noted where no organisation can write.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditAnchor {
    /// The last row.
    seq: i64,
    /// Its hash.
    hash: String,
    /// When it was sealed.
    sealed_at: Timestamp,
}

/// What a look at the chain brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditVerification {
    /// Whether everything that was looked at holds.
    intact: bool,
    /// What does not.
    faults: Vec<AuditFault>,
    /// The rows behind this one were looked at.
    after: i64,
    /// Up to this one.
    until: i64,
    /// Where the next call goes on; none when the end was reached.
    next_after: Option<i64>,
    /// The last sealed row.
    last_seq: i64,
    /// Its hash.
    last_hash: Option<String>,
    /// None before the first row is sealed.
    anchor: Option<AuditAnchor>,
    /// Rows that are not sealed yet.
    waiting: i64,
    /// Since when the first of them waits.
    waiting_since: Option<Timestamp>,
}

impl From<Report> for AuditVerification {
    fn from(report: Report) -> Self {
        let standing = report.standing;
        let last = standing.last;
        Self {
            intact: report.faults.is_empty(),
            faults: report
                .faults
                .iter()
                .map(|fault| AuditFault {
                    message: fault.to_string(),
                })
                .collect(),
            after: report.after,
            until: report.until,
            next_after: (!report.complete).then_some(report.until),
            last_seq: last.map_or(0, |(seq, _)| seq),
            last_hash: last.and_then(|(_, hash)| hash).map(|hash| hash.to_string()),
            anchor: standing.anchor.map(|anchor| AuditAnchor {
                seq: anchor.seq,
                hash: anchor.hash.to_string(),
                sealed_at: anchor.sealed_at,
            }),
            waiting: standing.waiting,
            waiting_since: standing.waiting_since,
        }
    }
}
