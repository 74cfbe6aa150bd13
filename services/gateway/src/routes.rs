//! Paths: one spelling for each, and the right answer where none fits.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use tenancy::switches::Module;
use utoipa::openapi::{OpenApi, PathItem};

use crate::console;
use crate::context::RequestContext;
use crate::headers::EXPLORER_PATH;
use crate::problem::{ApiError, ApiResult};

/// Version that an unversioned path serves.
pub(crate) const VERSION: &str = "1";

/// Beside the explorer, what is below `/api` and has no version.
const UNVERSIONED: &str = "/api/health";

/// Rewrites the request to the one spelling its route has: no trailing slash, and the version it is
/// served by. `HEAD` is routed as the `GET` it stands for; the server leaves the body out by itself.
/// Answers whether a version was filled in.
pub(crate) fn normalize(request: &mut ServiceRequest) -> bool {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let (path, unversioned) = match respell(request.path()) {
        None => return false,
        Some(respelled) => respelled,
    };
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = request.uri().clone().into_parts();
    // A path out of pieces of a valid one is valid; if not, the request stays as it came.
    if let Ok(target) = PathAndQuery::try_from(target) {
        parts.path_and_query = Some(target);
        if let Ok(uri) = Uri::from_parts(parts) {
            request.match_info_mut().get_mut().update(&uri);
            request.head_mut().uri = uri;
        }
    }
    unversioned
}

/// The path's one spelling, if it has another one, and whether a version was filled in.
fn respell(path: &str) -> Option<(String, bool)> {
    // The explorer's pages link to each other relative to their slash.
    if is_below(path, EXPLORER_PATH) {
        return None;
    }
    let trimmed = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() && !rest.ends_with('/') => rest,
        _ => path,
    };
    let rest = trimmed.strip_prefix("/api/").filter(|rest| {
        !is_below(trimmed, UNVERSIONED) && !is_version(rest.split('/').next().unwrap_or_default())
    });
    match rest {
        Some(rest) => Some((format!("/api/v{VERSION}/{rest}"), true)),
        None if trimmed.len() != path.len() => Some((trimmed.to_owned(), false)),
        None => None,
    }
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The module that an operation's path belongs to, `/api/v1/endpoints/…`.
pub(crate) fn module_of(path: &str) -> Option<Module> {
    let rest = path.strip_prefix("/api/v1/")?;
    Module::parse(rest.split('/').next()?)
}

pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Every described path with its methods, for `405` and its `Allow`.
#[derive(Clone, Debug)]
pub(crate) struct RouteTable {
    routes: Arc<[(Vec<Segment>, Vec<&'static str>)]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Any,
}

impl RouteTable {
    pub(crate) fn of(description: &OpenApi) -> Self {
        let routes = description.paths.paths.iter().map(|(path, item)| {
            let segments = path.split('/').map(|segment| {
                if segment.starts_with('{') {
                    Segment::Any
                } else {
                    Segment::Fixed(segment.to_owned())
                }
            });
            (segments.collect(), methods_of(item))
        });
        Self {
            routes: routes.collect(),
        }
    }

    /// The methods that `path` has, if there is such a path: `GET, HEAD, POST`.
    fn allow(&self, path: &str) -> Option<String> {
        let mut methods: Vec<&str> = self
            .routes
            .iter()
            .filter(|(segments, _)| fits(segments, path))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

fn methods_of(item: &PathItem) -> Vec<&'static str> {
    [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ]
    .into_iter()
    .filter(|(_, operation)| operation.is_some())
    .map(|(method, _)| method)
    .collect()
}

fn fits(segments: &[Segment], path: &str) -> bool {
    let mut parts = path.split('/');
    let all = segments.iter().all(|segment| match parts.next() {
        None => false,
        Some(part) => match segment {
            Segment::Any => !part.is_empty(),
            Segment::Fixed(text) => text == part,
        },
    });
    all && parts.next().is_none()
}

/// What no route has taken: a wrong method, the console, or nothing.
pub(crate) async fn fallback(
    request: HttpRequest,
    table: Data<RouteTable>,
) -> ApiResult<HttpResponse> {
    let path = request.path();
    if let Some(allow) = table.allow(path) {
        let mut refusal = ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take that method; Allow lists those it takes.",
        );
        if let Ok(value) = HeaderValue::from_str(&allow) {
            refusal = refusal.with_header(ALLOW, value);
        }
        return Err(refusal);
    }
    if is_below(path, "/api") || request.method() != Method::GET {
        return Err(ApiError::not_found());
    }
    let context = request.extensions().get::<Arc<RequestContext>>().cloned();
    let context = context.ok_or_else(ApiError::not_found)?;
    console::serve(&context, &request)
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
