//! From the `Host` header to whose host it is. Everything a client may write there ends here.
//!
//! Below the base domain, a host is looked up only if it is a possible slug. Other names may be an
//! organisation's own; they are looked up a few at a time, so that made-up ones keep nobody waiting.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap};
use async_trait::async_trait;
use db::{DbError, TenantRef};
use kernel::error::DomainError;
use tokio::sync::Semaphore;

use crate::config::Base;
use crate::context::{HostKind, RequestContext};
use crate::problem::ApiError;

/// Finds tenants by host. `tenancy::Directory` is the one that asks the database.
#[async_trait]
pub trait HostDirectory: Send + Sync + 'static {
    /// The tenant that answers on `host`: normalised, without a port.
    async fn find(&self, host: &str) -> Result<Option<TenantRef>, Arc<DbError>>;
}

#[async_trait]
impl HostDirectory for tenancy::Directory {
    async fn find(&self, host: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        tenancy::Directory::find(self, host).await
    }
}

/// A `Host` that no well-behaved client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadHost;

impl From<BadHost> for ApiError {
    fn from(_: BadHost) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_host",
            "The request must name exactly one valid host.",
        )
    }
}

/// Host and port as a client named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// Lower case, without a trailing dot.
    pub(crate) host: Cow<'a, str>,
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads `host[:port]`. A literal address of IPv6 is well-formed and nobody's.
    pub(crate) fn parse(text: &'a str) -> Result<Self, BadHost> {
        let (host, port) = if text.starts_with('[') {
            let end = text.find(']').ok_or(BadHost)?;
            let (host, rest) = text.split_at_checked(end + 1).ok_or(BadHost)?;
            let literal = host.trim_start_matches('[').trim_end_matches(']');
            literal.parse::<std::net::Ipv6Addr>().map_err(|_| BadHost)?;
            (
                host,
                rest.strip_prefix(':').or(rest.is_empty().then_some("")),
            )
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, Some("")),
            }
        };
        let port = match port.ok_or(BadHost)? {
            "" if text.ends_with(':') => return Err(BadHost),
            "" => None,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().map_err(|_| BadHost)?)
            }
            _ => return Err(BadHost),
        };
        if !host.starts_with('[') {
            check_name(host)?;
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = if host.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(host.to_ascii_lowercase())
        } else {
            Cow::Borrowed(host)
        };
        Ok(Self { host, port })
    }
}

/// Letters, digits, hyphens and underscores in labels of 1 to 63, at most 253 in all.
fn check_name(host: &str) -> Result<(), BadHost> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = (1..=253).contains(&host.len())
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        });
    if fits { Ok(()) } else { Err(BadHost) }
}

/// The authority a request is for: what a trusted proxy was asked for, else the request's own.
pub(crate) fn authority_of(
    head: &RequestHead,
    trusted_peer: bool,
) -> Result<Authority<'_>, BadHost> {
    if trusted_peer && let Some(forwarded) = single(&head.headers, "x-forwarded-host")? {
        return Authority::parse(forwarded);
    }
    let header = single(&head.headers, HOST.as_str())?;
    // RFC 9112, 3.2.2: a target in absolute form outweighs the header. HTTP/2 sends no header at all.
    let named = head.uri.authority().map(|authority| authority.as_str());
    Authority::parse(named.or(header).ok_or(BadHost)?)
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, BadHost> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| BadHost),
        (Some(_), Some(_)) => Err(BadHost),
    }
}

/// The origin (RFC 6454) a browser has when it is on a page of this request's host.
pub(crate) fn origin_of(
    request: &HttpRequest,
    context: &RequestContext,
) -> Result<String, BadHost> {
    let authority = authority_of(request.head(), context.trusted_peer)?;
    let https = context.gateway.base().https;
    let (scheme, default_port) = if https { ("https", 443) } else { ("http", 80) };
    Ok(match authority.port {
        Some(port) if port != default_port => format!("{scheme}://{}:{port}", authority.host),
        _ => format!("{scheme}://{}", authority.host),
    })
}

/// What a host is, before anybody was asked.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Root,
    /// One label below the base domain that could be a slug.
    Possible,
    /// A name elsewhere, which may be an organisation's own domain.
    Foreign,
    Unknown,
}

fn shape_of(host: &str, base: &Base) -> Shape {
    if host == base.domain {
        return Shape::Root;
    }
    let slug = host
        .strip_suffix(base.domain.as_str())
        .and_then(|rest| rest.strip_suffix('.'));
    match slug {
        Some(slug) if is_slug_shaped(slug) => Shape::Possible,
        None if is_domain(host) => Shape::Foreign,
        _ => Shape::Unknown,
    }
}

/// A name of two labels or more. The last one is a word: an address is nobody's domain.
fn is_domain(host: &str) -> bool {
    let last = host.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| last.bytes().next().is_some_and(|b| b.is_ascii_lowercase()))
        && !host.contains('_')
}

/// 3 to 40 of `a-z0-9-`, without a hyphen at an edge or two in a row (which keeps punycode out).
fn is_slug_shaped(text: &str) -> bool {
    (3..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// Who finds tenants by host, and how many foreign names are looked up at a time.
pub(crate) struct Finder<'a> {
    pub(crate) base: &'a Base,
    pub(crate) directory: &'a dyn HostDirectory,
    pub(crate) foreign: &'a Semaphore,
}

/// Whose host it is, and whether it is a name that is not below the base domain. Errors: 404
/// `unknown_host`; 503 where the directory cannot be asked.
pub(crate) async fn resolve(host: &str, finder: &Finder<'_>) -> Result<(HostKind, bool), ApiError> {
    let shape = shape_of(host, finder.base);
    let _turn = match shape {
        Shape::Root => return Ok((HostKind::Root, false)),
        Shape::Unknown => return Err(unknown_host()),
        Shape::Possible => None,
        // An error would mean that the semaphore was closed, which nobody does.
        Shape::Foreign => finder.foreign.acquire().await.ok(),
    };
    match finder.directory.find(host).await {
        Ok(Some(tenant)) => Ok((HostKind::Tenant(tenant), shape == Shape::Foreign)),
        Ok(None) => Err(unknown_host()),
        Err(error) => Err(directory_failed(error)),
    }
}

/// The operators' listener answers under the hosts it was given, so that no page of another name can
/// reach it through a browser beside it. Errors: 404 `unknown_host`.
pub(crate) fn resolve_operators(host: &str, hosts: &[String]) -> Result<HostKind, ApiError> {
    if hosts.iter().any(|own| own == host) {
        Ok(HostKind::Operators)
    } else {
        Err(unknown_host())
    }
}

pub(crate) fn unknown_host() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_host",
        "No workspace answers at this address. Check its spelling.",
    )
}

/// The directory's failure, shared by all who waited for the same answer.
#[derive(Debug, thiserror::Error)]
#[error("the directory of hosts could not be read")]
struct DirectoryFailed(#[source] Arc<DbError>);

impl DomainError for DirectoryFailed {
    fn kind(&self) -> kernel::error::ErrorKind {
        self.0.kind()
    }
    fn code(&self) -> &'static str {
        self.0.code()
    }
    fn detail(&self) -> String {
        self.0.detail()
    }
}

fn directory_failed(error: Arc<DbError>) -> ApiError {
    DirectoryFailed(error).into()
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
