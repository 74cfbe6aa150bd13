//! Refusals on the wire: RFC 9457 problem documents, made in this one place.
//!
//! A domain says what a refusal means ([`kernel::error::DomainError`]); only here it becomes a status. The
//! text of internal errors goes to the log, once, and never leaves.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use db::DbError;
use kernel::error::{DomainError, ErrorKind, FieldError};
use serde::Serialize;
use serde_json::{Map, Value};
use tenancy::switches::Module;
use uuid::Uuid;

/// What a handler answers.
pub type ApiResult<T> = Result<T, ApiError>;

/// A refusal on its way out. Made of a domain's error by `?`.
#[derive(Debug)]
pub struct ApiError(Box<Refused>);

#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    fields: Vec<FieldError>,
    extensions: Option<Map<String, Value>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Box<dyn StdError + 'static>>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem<'a> {
    /// Always `about:blank`: `code` says what happened.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'a str,
    /// The status in words.
    #[schema(example = "Bad Request")]
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    status: u16,
    /// Stable snake_case code of what happened.
    #[schema(example = "validation_failed")]
    code: &'a str,
    /// What happened and what to do, for a person.
    #[schema(example = "Some fields need another value.")]
    detail: &'a str,
    /// Names this request in the logs.
    request_id: Uuid,
    /// Faults by field.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// Further members, by `code`.
    #[serde(flatten)]
    #[schema(ignore)]
    extensions: Option<&'a Map<String, Value>>,
}

impl ApiError {
    /// A refusal of the gateway's own. Domains answer errors of their own type instead.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Refused {
            status,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            extensions: None,
            headers: Vec::new(),
            source: None,
        }))
    }

    /// 400 `validation_failed` with these faults.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "validation_failed",
            "The request breaks a rule: see errors.",
        );
        error.0.fields = fields;
        error
    }

    /// 404: nothing is there, or not on this host.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 503: this tenant's schema is older than what this build serves; all others are.
    pub(crate) fn migrating() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "migrating",
            "This workspace is being upgraded. Try again in half a minute.",
        )
        .retry_after(30)
    }

    /// 503: operators have asked everybody to come back later.
    pub(crate) fn maintenance() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "maintenance",
            "Signalbox is being worked on. Try again in a few minutes.",
        )
        .retry_after(120)
    }

    /// 403: operators have blocked the network that the request comes from.
    pub(crate) fn network_blocked() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "network_blocked",
            "Requests from your network are not answered. Ask whoever runs this service to lift the block.",
        )
    }

    /// 403: operators have switched this part of the product off for this tenant.
    pub(crate) fn module_off(module: Module) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "module_off",
            "This part of Signalbox is switched off for this workspace.",
        )
        .with_extension("module", module.as_str())
    }

    /// 401: no proof, or not a good one.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Sign in to do this.",
        )
    }

    /// 500, with nothing to tell: the story was told elsewhere.
    pub(crate) fn unexplained() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", INTERNAL)
    }

    /// 500, with what happened for the log.
    pub(crate) fn internal(source: impl Into<Box<dyn StdError + 'static>>) -> Self {
        let mut error = Self::unexplained();
        error.0.source = Some(source.into());
        error
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same with a further member of the document.
    #[must_use]
    pub fn with_extension(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0
            .extensions
            .get_or_insert_default()
            .insert(name.to_owned(), value.into());
        self
    }

    /// The same, worth another try after `seconds`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What went wrong inside, with all its causes. For the log only.
    pub(crate) fn story(&self) -> Option<String> {
        let mut next: Option<&dyn StdError> = self.0.source.as_deref();
        let mut story = String::new();
        while let Some(error) = next {
            if !story.is_empty() {
                story.push_str(": ");
            }
            story.push_str(&error.to_string());
            next = error.source();
        }
        (!story.is_empty()).then_some(story)
    }

    /// The answer, for the request `request_id`.
    pub(crate) fn respond(&self, request_id: Uuid) -> HttpResponse {
        let refused = &*self.0;
        let document = Problem {
            kind: "about:blank",
            title: refused.status.canonical_reason().unwrap_or("Error"),
            status: refused.status.as_u16(),
            code: refused.code,
            detail: &refused.detail,
            request_id,
            errors: &refused.fields,
            extensions: refused.extensions.as_ref(),
        };
        let mut response = HttpResponse::build(refused.status);
        response.content_type("application/problem+json");
        if refused.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        for (name, value) in &refused.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        // Text, numbers and members that are JSON already: serialising them cannot fail.
        response.body(serde_json::to_vec(&document).unwrap_or_default())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// A shell: the front fills it in, for only there the request's id is known.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.status)
    }
}

impl<E: DomainError> From<E> for ApiError {
    fn from(error: E) -> Self {
        // A failure of the database keeps its meaning however deep a domain has wrapped it.
        let database = match error.kind() {
            ErrorKind::Internal => database_cause(&error),
            _ => None,
        };
        let mut refusal = match database {
            Some(database) if is_of_nobody(database) => Self::unauthenticated(),
            Some(database) => meaning(database),
            None => meaning(&error),
        };
        refusal.0.source = Some(Box::new(error));
        refusal
    }
}

/// What `error` means, without what it holds inside.
fn meaning<E: DomainError>(error: &E) -> ApiError {
    let kind = error.kind();
    let (status, retry_after_s) = status_of(kind);
    let mut refusal = match (kind, error.code()) {
        (ErrorKind::Internal, _) => ApiError::new(status, "internal", INTERNAL),
        // A reason of a domain's own has words of its own.
        (ErrorKind::Unavailable { .. }, code @ "unavailable") => {
            ApiError::new(status, code, UNAVAILABLE)
        }
        (_, code) => {
            let mut refusal = ApiError::new(status, code, error.detail());
            refusal.0.fields = error.fields();
            refusal.0.extensions = error.extensions();
            refusal
        }
    };
    if let Some(seconds) = retry_after_s {
        refusal = refusal.retry_after(seconds);
    }
    refusal
}

const INTERNAL: &str =
    "Something went wrong on our side. It has been recorded under the request id.";

const UNAVAILABLE: &str = "The service is briefly unavailable. Try again in a moment.";

/// Whether a row was to be somebody's who has been removed since the gate let the request in: their session
/// is gone as well.
fn is_of_nobody(error: &DbError) -> bool {
    let constraint = error.constraint();
    constraint.is_some_and(|name| name.ends_with("_user_id_fkey"))
}

fn database_cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e DbError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(db) = error.downcast_ref() {
            return Some(db);
        }
        next = error.source();
    }
    None
}

/// The one table from meaning to status.
fn status_of(kind: ErrorKind) -> (StatusCode, Option<u64>) {
    match kind {
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, None),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, None),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, None),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, None),
        ErrorKind::Conflict => (StatusCode::CONFLICT, None),
        ErrorKind::Gone => (StatusCode::GONE, None),
        ErrorKind::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, None),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
        ErrorKind::Unprocessable => (StatusCode::UNPROCESSABLE_ENTITY, None),
        ErrorKind::PreconditionRequired => (StatusCode::PRECONDITION_REQUIRED, None),
        ErrorKind::TooMany { retry_after_s } => {
            (StatusCode::TOO_MANY_REQUESTS, Some(retry_after_s))
        }
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
        ErrorKind::Upstream => (StatusCode::BAD_GATEWAY, None),
        ErrorKind::Unavailable { retry_after_s } => {
            (StatusCode::SERVICE_UNAVAILABLE, Some(retry_after_s))
        }
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
