//! Answering with a file or with the page, each under its policy.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG,
    HeaderName, IF_NONE_MATCH, LOCATION, RETRY_AFTER, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use data_encoding::BASE64;

use super::assets::{Asset, is_asset_path};
use crate::context::{HostKind, RequestContext};
use crate::problem::{ApiError, ApiResult};

const NONCE: &str = "__CSP_NONCE__";
const HOST_KIND: &str = "__HOST_KIND__";
const BASE_URL: &str = "__BASE_URL__";

/// An address people remember from elsewhere.
const DASHBOARD: &str = "/dashboard";

/// `index.html`, cut where each answer differs.
pub(super) struct Template {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Nonce,
    HostKind,
}

impl Template {
    pub(super) fn new(index: &str, base_url: &str) -> Self {
        let index = index.replace(BASE_URL, &escaped(base_url));
        let mut pieces = Vec::new();
        for (n, part) in index.split(NONCE).enumerate() {
            if n > 0 {
                pieces.push(Piece::Nonce);
            }
            for (n, text) in part.split(HOST_KIND).enumerate() {
                if n > 0 {
                    pieces.push(Piece::HostKind);
                }
                pieces.push(Piece::Text(text.to_owned()));
            }
        }
        Self { pieces }
    }

    /// The page of a gateway that was started without the console's files.
    pub(super) fn absent() -> Self {
        Self::new(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signalbox</title>\
             <h1>The console is not here</h1>\
             <p>This gateway serves the API only: it was started without the console's built files.</p>",
            "",
        )
    }

    fn render(&self, nonce: &str, host_kind: &str) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Nonce => nonce,
                Piece::HostKind => host_kind,
            })
            .collect()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// Serves a file of the console, or the page for every other address that a browser opens.
pub(crate) fn serve(context: &RequestContext, request: &HttpRequest) -> ApiResult<HttpResponse> {
    let path = request.path();
    let console = context.gateway.console();
    if let Some(asset) = console.asset(path) {
        return Ok(file(asset, request));
    }
    if path == DASHBOARD {
        return Ok(HttpResponse::PermanentRedirect()
            .insert_header((LOCATION, "/"))
            .finish());
    }
    if is_asset_path(path) || !accepts_html(request) {
        return Err(ApiError::not_found());
    }
    if let HostKind::Tenant(tenant) = &context.host
        && !tenancy::is_served(tenant)
    {
        return Ok(migrating());
    }
    let host_kind = match &context.host {
        HostKind::Tenant(_) => "tenant",
        HostKind::Root | HostKind::Any => "root",
        HostKind::Operators => "operators",
    };
    let mut random = [0; 18];
    context.gateway.pulse().entropy.fill(&mut random);
    let nonce = BASE64.encode(&random);
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy(&nonce)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(console.template.render(&nonce, host_kind)))
}

/// Whether this is a browser that opens an address, and not a program.
pub(crate) fn wants_page(request: &HttpRequest) -> bool {
    let path = request.path();
    !path.starts_with("/api/") && !is_asset_path(path) && accepts_html(request)
}

/// The page that tells people what the document of `refusal` tells programs, where there is one.
pub(crate) fn in_words(refusal: &ApiError) -> Option<HttpResponse> {
    match refusal.code() {
        "maintenance" => Some(maintenance()),
        "network_blocked" => Some(blocked()),
        _ => None,
    }
}

/// The page for whoever comes from a network that operators block.
fn blocked() -> HttpResponse {
    HttpResponse::Forbidden()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>Signalbox</title>\
             <h1>Your network is blocked</h1>\
             <p>Requests from it are not answered. If that is a mistake, ask whoever runs this service to lift \
             the block.</p>",
        )
}

/// The page of a house in maintenance: it looks again by itself.
fn maintenance() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("text/html; charset=utf-8")
        .insert_header((RETRY_AFTER, "120"))
        .body(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <meta http-equiv=\"refresh\" content=\"60\"><title>Signalbox</title>\
             <h1>Signalbox is being worked on</h1>\
             <p>Nothing is lost, and your sites are still watched. This page looks again every minute.</p>",
        )
}

/// The page of a workspace whose schema this build cannot serve yet: it looks again by itself.
fn migrating() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("text/html; charset=utf-8")
        .insert_header((RETRY_AFTER, "30"))
        .body(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta http-equiv=\"refresh\" content=\"30\"><title>Signalbox</title>\
             <h1>This workspace is being upgraded</h1>\
             <p>Nothing is lost. This page looks again every half minute.</p>",
        )
}

/// What the page may do: its own files by nonce, its own host by fetch and socket, no text as code.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; object-src 'none'; worker-src 'self'; \
         require-trusted-types-for 'script'; report-uri /csp"
    )
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// Browsers opening an address name HTML; tools that take anything get the page as well.
fn accepts_html(request: &HttpRequest) -> bool {
    header(request, &ACCEPT)
        .is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"))
}

fn file(asset: &Asset, request: &HttpRequest) -> HttpResponse {
    let caching = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "public, no-cache"
    };
    let known = header(request, &IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag));
    let mut response = HttpResponse::build(if known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((ETAG, asset.etag.clone()))
        .insert_header((VARY, "accept-encoding"));
    if known {
        return response.finish();
    }
    let accepted = header(request, &ACCEPT_ENCODING).unwrap_or_default();
    let (body, coding) = asset.encoded(accepted);
    if let Some(coding) = coding {
        response.insert_header((CONTENT_ENCODING, coding));
    }
    response.content_type(asset.content_type.clone()).body(body)
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
