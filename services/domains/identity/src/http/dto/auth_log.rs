//! What comes in and goes out about attempts to sign in.

pub mod csv;

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::id::{SessionId, UserId};
use kernel::page::{self, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::model::{Logged, masked};
use crate::service::WantedLog;

/// Which of one's own to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignInsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl SignInsQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT)
    }

    /// Where it begins.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

/// Which to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuthLogQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// What became of it, like `wrong_password`; `refused` for whatever got nowhere.
    #[param(example = "refused")]
    outcome: Option<String>,
    /// A person's id.
    person: Option<String>,
    /// From this instant on.
    #[param(example = "2026-11-19T00:00:00Z")]
    from: Option<String>,
    /// Before this instant, at most 400 days later.
    #[param(example = "2026-11-20T00:00:00Z")]
    to: Option<String>,
    /// Text in the person, the address, the device or the request's id.
    #[param(max_length = 200)]
    q: Option<String>,
}

impl AuthLogQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT)
    }
}

impl From<AuthLogQuery> for WantedLog {
    fn from(query: AuthLogQuery) -> Self {
        Self {
            outcome: query.outcome,
            person: query.person,
            from: query.from,
            to: query.to,
            search: query.q,
        }
    }
}

/// Which to export.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuthLogExportQuery {
    /// As for the list.
    outcome: Option<String>,
    /// As for the list.
    person: Option<String>,
    /// As for the list.
    from: Option<String>,
    /// As for the list.
    to: Option<String>,
    /// As for the list.
    q: Option<String>,
}

impl From<AuthLogExportQuery> for WantedLog {
    fn from(query: AuthLogExportQuery) -> Self {
        Self {
            outcome: query.outcome,
            person: query.person,
            from: query.from,
            to: query.to,
            search: query.q,
        }
    }
}

/// An attempt of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInView {
    id: Uuid,
    /// When.
    at: Timestamp,
    /// What became of it.
    #[schema(example = "signed_in")]
    outcome: String,
    /// Whether it got nowhere.
    refused: bool,
    /// What was brought, where that is known.
    #[schema(required = true, example = "password")]
    method: Option<String>,
    /// The browser, or what a program calls itself.
    #[schema(required = true, example = "Firefox")]
    browser: Option<String>,
    #[schema(required = true, example = "Linux")]
    system: Option<&'static str>,
    /// From where, without the end; for 30 days.
    #[schema(required = true, example = "203.0.113.x")]
    address: Option<String>,
    /// The session it was about, while that is open.
    #[schema(required = true)]
    session_id: Option<SessionId>,
    /// Whether this request came by that session.
    current: bool,
}

/// A page of one's own attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInPage {
    items: Vec<SignInView>,
    /// Where the next page begins; none on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl SignInPage {
    /// Those of whoever comes by `current`.
    pub fn new(page: Page<Logged>, current: SessionId) -> Self {
        let page = page.map(|it| SignInView {
            id: it.id,
            at: it.at,
            refused: it.refused(),
            browser: it.device.browser(),
            system: it.device.system(),
            outcome: it.outcome,
            method: it.method,
            address: it.address.map(masked),
            session_id: it.open_session,
            current: it.open_session == Some(current),
        });
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// Whom an attempt named.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthLogPerson {
    id: UserId,
    /// What people call them; `Former member` for who is gone.
    #[schema(example = "Ada")]
    name: String,
    /// Their address, while they are here.
    #[schema(required = true, example = "ada@acme.example")]
    email: Option<String>,
}

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthLogEntry {
    id: Uuid,
    /// When.
    at: Timestamp,
    /// What became of it.
    #[schema(example = "wrong_password")]
    outcome: String,
    /// Whether it got nowhere.
    refused: bool,
    /// Whose account; none where there is no such account, and where nobody looked.
    #[schema(required = true)]
    person: Option<AuthLogPerson>,
    /// What was brought, where that is known.
    #[schema(required = true, example = "password")]
    method: Option<String>,
    /// The browser, or what a program calls itself.
    #[schema(required = true, example = "Firefox")]
    browser: Option<String>,
    #[schema(required = true, example = "Linux")]
    system: Option<&'static str>,
    /// From where; for 30 days.
    #[schema(required = true, value_type = Option<String>, example = "203.0.113.7")]
    address: Option<IpAddr>,
}

/// What people call whoever it named.
pub(super) fn name_of(person: &crate::model::LoggedPerson) -> String {
    let known = person.name.as_ref().or(person.email.as_ref());
    known.map_or_else(|| "Former member".to_owned(), Clone::clone)
}

impl From<Logged> for AuthLogEntry {
    fn from(it: Logged) -> Self {
        Self {
            id: it.id,
            at: it.at,
            refused: it.refused(),
            browser: it.device.browser(),
            system: it.device.system(),
            outcome: it.outcome,
            person: it.person.map(|person| AuthLogPerson {
                id: person.id,
                name: name_of(&person),
                email: person.email,
            }),
            method: it.method,
            address: it.address,
        }
    }
}

/// A page of attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthLogPage {
    items: Vec<AuthLogEntry>,
    /// Where the next page begins; none on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl From<Page<Logged>> for AuthLogPage {
    fn from(page: Page<Logged>) -> Self {
        let page = page.map(AuthLogEntry::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}
