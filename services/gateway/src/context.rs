//! What the front has found out about a request, kept beside it for the extractors.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use actix_web::http::header::HeaderValue;
use actix_web::{HttpMessage, HttpRequest};
use db::TenantRef;
use jiff::Timestamp;
use kernel::event::{Actor, Origin};
use kernel::id::{ApiKeyId, SessionId};
use kernel::rng;
use tenancy::networks::Verdict;
use tenancy::switches::Positions;
use uuid::Uuid;

use crate::Gateway;
use crate::auth::credential::{Credential, Proof};
use crate::auth::gate::Standing;
use crate::auth::seen::{SEEN_EVERY, Used};
use crate::limits::Source;
use crate::problem::ApiError;

/// Whose host was asked.
#[derive(Clone, Debug)]
pub enum HostKind {
    /// Any: the request is for an address that does not look at its host (health).
    Any,
    /// The base domain itself.
    Root,
    /// A tenant's.
    Tenant(TenantRef),
    /// The operators' listener, which has no tenants.
    Operators,
}

/// One request, as far as the front has looked at it.
pub(crate) struct RequestContext {
    pub(crate) gateway: Gateway,
    pub(crate) request_id: Uuid,
    pub(crate) started: Instant,
    pub(crate) host: HostKind,
    /// Where the organisation signs in, if that is not the host that was asked.
    pub(crate) moved_to: Option<String>,
    /// The host is not below the base domain.
    pub(crate) foreign_host: bool,
    /// The client's address, by what trusted proxies say.
    pub(crate) address: Option<IpAddr>,
    /// Operators trust a network that it is of.
    pub(crate) trusted: bool,
    /// The peer is a trusted proxy: its `X-Forwarded-*` counts.
    pub(crate) trusted_peer: bool,
    pub(crate) credential: Credential,
    /// The page's origin, if it is elsewhere and may use the API.
    pub(crate) cors_origin: Option<HeaderValue>,
    /// The page says that it asks on its own: nobody has touched it lately.
    pub(crate) unattended: bool,
    /// How the operators' switches stood when the request came.
    pub(crate) switches: Arc<Positions>,
    /// SHA-256 of the body, once it was read for a request with an idempotency key.
    pub(crate) body_hash: OnceLock<[u8; 32]>,
    /// The value of an operator's cookie whose session the operators' domain has found good.
    accepted_cookie: OnceLock<String>,
    /// What the gate said last.
    standing: Mutex<Option<Standing>>,
}

impl RequestContext {
    pub(crate) fn new(gateway: Gateway) -> Self {
        let started = Instant::now();
        let pulse = gateway.pulse();
        let request_id = rng::uuid_v7(pulse.clock.now(), &*pulse.entropy);
        Self {
            request_id,
            started,
            gateway,
            host: HostKind::Any,
            moved_to: None,
            foreign_host: false,
            address: None,
            trusted: false,
            trusted_peer: false,
            credential: Credential::None,
            cors_origin: None,
            unattended: false,
            switches: Arc::default(),
            body_hash: OnceLock::new(),
            accepted_cookie: OnceLock::new(),
            standing: Mutex::new(None),
        }
    }

    /// The context of a request that went through the front.
    pub(crate) fn of(request: &HttpRequest) -> Result<Arc<Self>, ApiError> {
        request
            .extensions()
            .get::<Arc<Self>>()
            .cloned()
            .ok_or_else(|| ApiError::internal("the request did not come through the front"))
    }

    /// The tenant, on a tenant's host.
    pub(crate) fn tenant(&self) -> Option<&TenantRef> {
        match &self.host {
            HostKind::Tenant(tenant) => Some(tenant),
            HostKind::Any | HostKind::Root | HostKind::Operators => None,
        }
    }

    /// The proof that came along, if it may be good.
    pub(crate) fn proof(&self) -> Option<&Proof> {
        match &self.credential {
            Credential::Proof(proof) => Some(proof),
            Credential::None | Credential::Bad => None,
        }
    }

    /// The value of the session's cookie, where the row of that session was read and says that it is good.
    pub(crate) fn proven_cookie(&self) -> Option<String> {
        match (self.proof(), self.standing()) {
            (Some(Proof::Cookie(cookie)), Some(Ok(_))) => Some(cookie.value()),
            _ => self.accepted_cookie.get().cloned(),
        }
    }

    pub(crate) fn accept_cookie(&self, value: &str) {
        self.accepted_cookie.get_or_init(|| value.to_owned());
    }

    /// Where it comes from, for whatever counts by address.
    pub(crate) fn source(&self) -> Source {
        Source {
            address: self.address,
            trusted: self.trusted,
        }
    }

    /// What operators think now of the network it comes from.
    pub(crate) async fn find_verdict(&self) -> Option<Verdict> {
        let (address, now) = (self.address?, self.gateway.now());
        self.gateway.switches().await.networks.judge(address, now)
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::Anonymous,
            address: self.address,
            request_id: self.request_id,
        }
    }

    /// Notes that somebody is there, where the row does not know that yet.
    pub(crate) fn note_seen(&self, session: SessionId, known: Timestamp, now: Timestamp) {
        self.note(Used::Session(session), known, now);
    }

    /// Notes that a key is in use.
    pub(crate) fn note_used(&self, key: ApiKeyId, known: Timestamp, now: Timestamp) {
        self.note(Used::Key(key), known, now);
    }

    fn note(&self, used: Used, known: Timestamp, now: Timestamp) {
        if let Some(tenant) = self.tenant()
            && now.duration_since(known) >= SEEN_EVERY
        {
            let seen = self.gateway.seen();
            seen.note(tenant, used, self.address, now);
        }
    }

    pub(crate) fn standing(&self) -> Option<Standing> {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_standing(&self, standing: Standing) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    }
}
