//! Pages of other origins that may use the API: those that are named, with credentials, and no others.
//!
//! They read what a cookie of a neighbouring host shows them, and write with a token of their own; a write by
//! cookie stays with pages of this host.

use std::fmt;
use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use url::Url;

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS: &str = "accept-version, authorization, content-type, idempotency-key, if-match, if-none-match, \
     last-event-id, x-unattended";
const ANSWER_HEADERS: &str = "api-version, deprecation, etag, idempotency-replayed, location, ratelimit, ratelimit-policy, \
     retry-after, sunset, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id";
/// Seconds a browser may keep what a preflight answered; Chromium's most.
const KEPT: &str = "7200";

/// One origin, as a browser writes it: `https://app.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsOrigin(HeaderValue);

/// Text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOrigin;

impl fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an origin is exactly what a browser sends, like https://app.example.com: https (http on this machine \
             only), a host, a port where it is not 443, and nothing behind it. A wildcard would let any page read with \
             somebody's cookie",
        )
    }
}

impl std::error::Error for BadOrigin {}

impl FromStr for CorsOrigin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        let url: Url = text.parse().map_err(|_| BadOrigin)?;
        let host = url.host_str().ok_or(BadOrigin)?;
        let near = host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1";
        let safe = url.scheme() == "https" || (url.scheme() == "http" && near);
        // `https://*.example` is a host to a URL's reader.
        if !safe || text.contains('*') || url.origin().ascii_serialization() != text {
            return Err(BadOrigin);
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| BadOrigin)
    }
}

/// The origin a request comes from, if it is one of those that may.
pub(crate) fn allowed(origins: &[CorsOrigin], headers: &HeaderMap) -> Option<HeaderValue> {
    let mut sent = headers.get_all(ORIGIN);
    let (Some(origin), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let known = origins.iter().any(|known| known.0 == origin);
    known.then(|| origin.clone())
}

/// Whether a browser only asks what it may ask.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What an origin that may is told before it asks.
pub(crate) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
        .insert_header((ACCESS_CONTROL_MAX_AGE, KEPT))
        .finish()
}

/// Tells the browser that `origin` may read this. Every answer of a house that names origins differs by who
/// asks, also the one that names none.
pub(crate) fn tell(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(ANSWER_HEADERS),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_exact_and_safe() {
        for origin in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "http://acme.localhost",
        ] {
            assert!(origin.parse::<CorsOrigin>().is_ok(), "{origin}");
        }
        for wrong in [
            "*",
            "https://*",
            "https://*.example.com",
            "null",
            "",
            "app.example.com",
            "http://app.example.com",
            "http://127.0.0.1.evil.example",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://App.example.com",
            "https://app.example.com:443",
            "https://user@app.example.com",
            "ftp://app.example.com",
            "file:///etc",
        ] {
            assert_eq!(wrong.parse::<CorsOrigin>(), Err(BadOrigin), "{wrong}");
        }
    }
}
