//! Security headers: on every answer, errors included.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use uuid::Uuid;

use crate::routes;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What an answer of the API may do in a browser: nothing.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// The explorer of the API brings its own script and styles, and writes styles at run time.
const EXPLORER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Where the explorer is served, on the root host only: no session is there.
pub(crate) const EXPLORER_PATH: &str = "/api/docs";

/// For whom browsers insist on https from now on (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hsts {
    /// The host and all below it: on our own base domain.
    WithSubdomains,
    /// The host alone: an organisation's domain may have other plans below it.
    HostOnly,
}

/// Adds what is missing. An answer may bring its own content policy and caching.
pub(crate) fn secure(headers: &mut HeaderMap, path: &str, hsts: Option<Hsts>, request_id: Uuid) {
    let policy = if routes::is_below(path, EXPLORER_PATH) {
        EXPLORER_POLICY
    } else {
        API_POLICY
    };
    add(headers, CONTENT_SECURITY_POLICY, policy);
    add(headers, CACHE_CONTROL, "no-store");
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    set(
        headers,
        PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    set(headers, CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(headers, CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if let Some(hsts) = hsts {
        let value = match hsts {
            Hsts::WithSubdomains => "max-age=31536000; includeSubDomains",
            Hsts::HostOnly => "max-age=31536000",
        };
        set(headers, STRICT_TRANSPORT_SECURITY, value);
    }
    if let Ok(value) = HeaderValue::from_str(
        request_id
            .hyphenated()
            .encode_lower(&mut Uuid::encode_buffer()),
    ) {
        headers.insert(REQUEST_ID, value);
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        set(headers, name, value);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
