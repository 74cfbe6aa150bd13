//! The front: what happens to every request before and after its handler, in one place and one order.
//!
//! No clone of the request is kept while the handler runs: the router needs the only reference.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt;
use tenancy::networks::Verdict;
use tracing::{Instrument, Span};

use crate::Gateway;
use crate::auth::credential::{Credential, Proof};
use crate::auth::csrf::{self, Cookies};
use crate::auth::refusal::refused_by_gate;
use crate::config::Audience;
use crate::context::{HostKind, RequestContext};
use crate::headers::{EXPLORER_PATH, Hsts};
use crate::limits::{RateHeaders, Subject};
use crate::problem::ApiError;
use crate::{console, cors, forwarded, headers, host, observe, office, routes};

/// Paths that answer on any host: balancers send an address.
const ANY_HOST: [&str; 3] = ["/health", "/health/ready", "/api/health"];

const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const ACCEPT_VERSION: &str = "accept-version";
const UNATTENDED: &str = "x-unattended";

/// Leads one request through.
pub(crate) async fn front(
    gateway: Gateway,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let method = request.method().clone();
    let unversioned = routes::normalize(&mut request);
    let mut context = RequestContext::new(gateway);
    let inspected = inspect(&mut context, &request, unversioned).await;
    let mut passage = Passage {
        span: observe::span(&context),
        context: Arc::new(context),
        method,
        unversioned,
        rate: None,
    };
    if inspected.is_ok() && passage.is_allowed_preflight(&request) {
        return Ok(passage.finish(request.into_parts().0, cors::preflight()));
    }
    if let Err(refusal) = passage.admit(inspected, request.path()).await {
        let page = console::in_words(&refusal).filter(|_| console::wants_page(request.request()));
        let answer = page.unwrap_or_else(|| passage.answer(&refusal));
        return Ok(passage.finish(request.into_parts().0, answer));
    }
    if let Some(place) = &passage.context.moved_to {
        let answer = moved(place);
        return Ok(passage.finish(request.into_parts().0, answer));
    }
    request
        .extensions_mut()
        .insert(Arc::clone(&passage.context));
    let handled = AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .instrument(passage.span.clone())
        .await;
    match handled {
        Ok(Ok(response)) => {
            let (request, response) = response.into_parts();
            let answer = passage.explain(response);
            Ok(passage.finish(request, answer))
        }
        Ok(Err(error)) => {
            let answer = passage.answer_error(&error);
            Err(passage.seal(answer))
        }
        Err(_) => {
            // The hook has told what happened; this line tells to whom.
            passage
                .span
                .in_scope(|| tracing::warn!("the handler panicked"));
            let answer = passage.answer(&by_status(StatusCode::INTERNAL_SERVER_ERROR));
            Err(passage.seal(answer))
        }
    }
}

/// Finds out where a request comes from, whose host it names and what it brings as proof.
async fn inspect(
    context: &mut RequestContext,
    request: &ServiceRequest,
    unversioned: bool,
) -> Result<(), ApiError> {
    let head = request.head();
    let trusted = &context.gateway.config().trusted_proxies;
    if let Some(peer) = head.peer_addr.map(|peer| peer.ip()) {
        let address = forwarded::client_address(peer, &head.headers, trusted);
        let trusted_peer = forwarded::is_trusted(peer, trusted);
        context.address = Some(address);
        context.trusted_peer = trusted_peer;
    }
    let gateway = &context.gateway;
    if let Audience::Operators { hosts } = &gateway.config().audience {
        let authority = host::authority_of(head, context.trusted_peer)?;
        context.host = host::resolve_operators(&authority.host, hosts)?;
        return Ok(());
    }
    if request.path().starts_with("/api/") {
        context.cors_origin = cors::allowed(&gateway.config().cors_origins, &head.headers);
    }
    if ANY_HOST.contains(&request.path()) {
        return Ok(());
    }
    let authority = host::authority_of(head, context.trusted_peer)?;
    context.trusted = judge(context).await?;
    context.switches = gateway.switches().await;
    if context.switches.maintenance {
        return Err(ApiError::maintenance());
    }
    let (kind, foreign) = host::resolve(&authority.host, &gateway.finder()).await?;
    context.foreign_host = foreign;
    if let HostKind::Tenant(tenant) = &kind
        && tenant.host() != authority.host
    {
        let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
        context.moved_to = Some(gateway.base().url_of(tenant.host()) + path);
        context.host = kind;
        return Ok(());
    }
    if matches!(kind, HostKind::Tenant(_)) && routes::is_below(request.path(), EXPLORER_PATH) {
        return Err(ApiError::not_found());
    }
    if unversioned {
        check_version(&head.headers)?;
    }
    context.unattended = head.headers.contains_key(UNATTENDED);
    if let HostKind::Tenant(tenant) = &kind
        && request.path().starts_with("/api/")
    {
        context.credential = Credential::brought(gateway, tenant.id(), &head.headers);
    }
    context.host = kind;
    Ok(())
}

/// Whether operators trust the network that a request comes from. Errors: 403 `network_blocked`, before anything
/// was done for it.
async fn judge(context: &RequestContext) -> Result<bool, ApiError> {
    let verdict = context.find_verdict().await;
    if verdict == Some(Verdict::Blocked) {
        metrics::counter!("network_blocked_requests_total").increment(1);
        return Err(ApiError::network_blocked());
    }
    Ok(verdict == Some(Verdict::Trusted))
}

/// Points to the host where the organisation signs in, method and body included (RFC 9110, 15.4.9). Not for
/// long: it may be renamed again.
fn moved(place: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, place))
        .insert_header((CACHE_CONTROL, "max-age=300"))
        .finish()
}

/// On a path without a version, a client may say which one it expects.
fn check_version(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.get(ACCEPT_VERSION) {
        Some(version) if version.as_bytes() != routes::VERSION.as_bytes() => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "unsupported_version",
            "This version of the API is not served; 1 is.",
        )),
        _ => Ok(()),
    }
}

/// What the front keeps of a request while its handler runs.
struct Passage {
    context: Arc<RequestContext>,
    span: Span,
    method: Method,
    unversioned: bool,
    rate: Option<RateHeaders>,
}

impl Passage {
    /// Whether the browser only asks what a page of another origin may ask, and that origin may.
    fn is_allowed_preflight(&self, request: &ServiceRequest) -> bool {
        self.context.cors_origin.is_some() && cors::is_preflight(&self.method, request.headers())
    }

    /// Counts a request of the API class that may go on. Health is not counted: it is asked for all day.
    async fn admit(&mut self, inspected: Result<(), ApiError>, path: &str) -> Result<(), ApiError> {
        inspected?;
        if matches!(self.context.host, HostKind::Any) || !path.starts_with("/api/") {
            return Ok(());
        }
        let subject = match &self.context.credential {
            Credential::Proof(Proof::Key(key)) => Subject::Key(key),
            Credential::Proof(proof) => Subject::Session(proof.session()),
            Credential::None | Credential::Bad => Subject::Address(self.context.source()),
        };
        self.rate = self.context.gateway.api_limiter().take(subject).await?;
        Ok(())
    }

    /// The answer, with a problem's document where it is a refusal that has none yet. What the gate found
    /// out outweighs whatever the handler made of it.
    fn explain(&self, response: HttpResponse) -> HttpResponse {
        if let Some(Err(refused)) = self.context.standing() {
            return self.answer(&refused_by_gate(refused));
        }
        match response.error() {
            Some(error) => self.answer_error(error),
            None => match unexplained(&response) {
                Some(status) => self.answer(&by_status(status)),
                None => response,
            },
        }
    }

    /// Adds the headers, and tells log and metrics.
    fn finish(self, request: HttpRequest, mut response: HttpResponse) -> ServiceResponse<BoxBody> {
        self.bring_page_token(&mut response, &request);
        self.dress(response.headers_mut(), request.path());
        if self.context.gateway.is_draining() {
            // Whoever keeps the connection for the next request would find it cut.
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        self.observe(&request, response.status());
        ServiceResponse::new(request, response)
    }

    /// A page's writes need the token that goes with its session's cookie.
    fn bring_page_token(&self, response: &mut HttpResponse, request: &HttpRequest) {
        let (config, https) = (
            self.context.gateway.config(),
            self.context.gateway.base().https,
        );
        let cookies = if config.audience.is_operators() {
            office::cookies(https)
        } else {
            Cookies::of_organizations(https)
        };
        let keys = &config.keys;
        cookies.accompany(response, keys);
        if !csrf::is_write(&self.method)
            && let Some(session) = self.context.proven_cookie()
        {
            cookies.restore(response, request.headers(), keys, &session);
        }
    }

    /// The answer to a refused request.
    fn answer(&self, refusal: &ApiError) -> HttpResponse {
        let too_many = self.count_guess(refusal);
        let refusal = too_many.as_ref().unwrap_or(refusal);
        self.span.in_scope(|| observe::tell(refusal));
        refusal.respond(self.context.request_id)
    }

    /// The answer to an error. Those of the framework keep their status only.
    fn answer_error(&self, error: &Error) -> HttpResponse {
        if let Some(refusal) = error.as_error::<ApiError>() {
            return self.answer(refusal);
        }
        let status = error.as_response_error().status_code();
        if status.is_server_error() {
            self.answer(&ApiError::internal(error.to_string()))
        } else {
            self.answer(&by_status(status))
        }
    }

    /// A proof that was not good counts for its address: whoever makes proofs up has a new one each time.
    fn count_guess(&self, refusal: &ApiError) -> Option<ApiError> {
        let guessed = refusal.status() == StatusCode::UNAUTHORIZED
            && matches!(self.context.credential, Credential::Proof(_));
        if !guessed {
            return None;
        }
        let address = Subject::Address(self.context.source());
        self.context.gateway.api_limiter().take_alone(address).err()
    }

    fn dress(&self, headers: &mut HeaderMap, path: &str) {
        if let Some(rate) = &self.rate {
            rate.add_to(headers);
        }
        if self.unversioned {
            headers.insert(API_VERSION, HeaderValue::from_static(routes::VERSION));
        }
        let config = self.context.gateway.config();
        if !config.cors_origins.is_empty() && !config.audience.is_operators() {
            cors::tell(headers, self.context.cors_origin.as_ref());
        }
        let https = self.context.gateway.base().https;
        let hsts = match (https, self.context.foreign_host) {
            (false, _) => None,
            (true, false) => Some(Hsts::WithSubdomains),
            (true, true) => Some(Hsts::HostOnly),
        };
        headers::secure(headers, path, hsts, self.context.request_id);
    }

    fn observe(&self, request: &HttpRequest, status: StatusCode) {
        let route = request.match_pattern();
        self.span
            .in_scope(|| observe::done(&self.context, &self.method, route, status));
    }

    /// An answer for a request that was lost on the way: there is no response to fill in any more.
    fn seal(self, mut response: HttpResponse) -> Error {
        self.dress(response.headers_mut(), "");
        self.span
            .in_scope(|| observe::done(&self.context, &self.method, None, response.status()));
        Sealed(std::cell::Cell::new(Some(response))).into()
    }
}

/// A refusal that was answered without a document: the framework's own.
fn unexplained(response: &HttpResponse) -> Option<StatusCode> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let explained = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    (failed && !explained).then_some(status)
}

fn by_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::new(
            status,
            "method_not_allowed",
            "This address does not take that method.",
        ),
        status if status.is_server_error() => ApiError::unexplained(),
        status => ApiError::new(status, "bad_request", "This request cannot be answered."),
    }
}

/// An answer that stands already.
struct Sealed(std::cell::Cell<Option<HttpResponse>>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answered")
    }
}

impl ResponseError for Sealed {
    fn error_response(&self) -> HttpResponse {
        // Asked for once, by the server.
        self.0
            .take()
            .unwrap_or_else(|| HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR))
    }
}
