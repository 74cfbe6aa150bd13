//! What is told about a request: its span, one line when it is done, and one measurement.
//!
//! Routes are told as templates, never as paths: a path may hold what should not be kept.

use actix_web::http::{Method, StatusCode};
use tracing::Span;

use crate::context::{HostKind, RequestContext};
use crate::problem::ApiError;

/// The span in which everything about a request is logged.
pub(crate) fn span(context: &RequestContext) -> Span {
    let tenant = match &context.host {
        HostKind::Tenant(tenant) => Some(tenant.slug()),
        HostKind::Any | HostKind::Root | HostKind::Operators => None,
    };
    tracing::info_span!("request", request_id = %context.request_id, tenant)
}

/// Tells what went wrong inside, once.
pub(crate) fn tell(refusal: &ApiError) {
    let Some(story) = refusal.story() else { return };
    let status = refusal.status();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(code = refusal.code(), error = story, "the request failed");
    } else if status.is_server_error() {
        tracing::warn!(
            code = refusal.code(),
            error = story,
            "the request could not be served"
        );
    } else {
        tracing::debug!(
            code = refusal.code(),
            error = story,
            "the request was refused"
        );
    }
}

/// Tells that a request is answered.
pub(crate) fn done(
    context: &RequestContext,
    method: &Method,
    route: Option<String>,
    status: StatusCode,
) {
    let took = context.started.elapsed();
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    let actor = match context.standing() {
        Some(Ok(caller)) => Some(tracing::field::display(caller.user)),
        _ => None,
    };
    tracing::info!(
        target: "access",
        route,
        method = method_label(method),
        status = status.as_u16(),
        duration_ms = took.as_secs_f64() * 1000.0,
        actor,
        "answered"
    );
    metrics::histogram!(
        "http_request_duration_seconds",
        "route" => route,
        "method" => method_label(method),
        "status_class" => class_label(status),
    )
    .record(took);
}

/// Methods as labels: a closed list, for a client may send any word.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class_label(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
