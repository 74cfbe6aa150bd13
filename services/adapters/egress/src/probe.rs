//! The timed HTTP probe: hops, deadline and verdict.
//!
//! Owns the order of a check. Every hop, the first as well as each redirect, waits for a slot of
//! its host and goes through the guarded connector. A check never retries: what a single failure
//! means is decided by those who asked for it.

use crate::{
    connect::{Connection, Connector},
    exchange::{Answer, exchange},
    expected::ExpectedCodes,
    failure::{Failure, answered},
    host_slots::HostSlots,
    method::HttpMethod,
    policy::TargetPolicy,
    progress::{Phase, Progress},
    reason::ReasonCode,
    redirect,
    resolve::Resolver,
    result::ProbeResult,
    target::Target,
    tls,
};
use http_body_util::Empty;
use hyper::{
    Request, StatusCode, Uri,
    body::Bytes,
    header::{
        ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, USER_AGENT as USER_AGENT_HEADER,
    },
};
use rustls::pki_types::CertificateDer;
use std::{net::SocketAddr, time::Duration};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How requests introduce themselves unless configured otherwise.
pub const USER_AGENT: &str = concat!(
    "Signalbox/",
    env!("CARGO_PKG_VERSION"),
    " (+https://signalbox.dev/bot)"
);

/// One HTTP check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProbe {
    /// Where to ask.
    pub target: Target,
    /// How to ask.
    pub method: HttpMethod,
    /// The status codes that mean "up". A redirect whose own code is among them is not followed.
    pub expected: ExpectedCodes,
    /// The time the whole check may take, over all hops and to the end of the body.
    pub timeout: Duration,
}

/// Settings of a [`Prober`].
#[derive(Debug, Clone)]
pub struct ProberOptions {
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Certificates of authorities trusted besides the web's, such as a company's own.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Name servers to ask; empty for the system's.
    pub name_servers: Vec<SocketAddr>,
    /// How many checks may talk to one host at once, all tenants together.
    pub per_host: usize,
    /// How many redirects are followed.
    pub max_redirects: u8,
}

impl Default for ProberOptions {
    fn default() -> Self {
        Self {
            user_agent: USER_AGENT.to_owned(),
            extra_roots: Vec::new(),
            name_servers: Vec::new(),
            per_host: 4,
            max_redirects: 10,
        }
    }
}

/// Why a [`Prober`] could not be made. Texts are for operators.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The user agent cannot stand in a header.
    #[error("the user agent must be printable ASCII")]
    UserAgent,
    /// The system's DNS configuration could not be read.
    #[error("the system's name servers could not be read")]
    NameServers(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An extra authority's certificate is not usable.
    #[error("an extra root certificate could not be used")]
    ExtraRoot(#[source] rustls::Error),
}

/// Carries out checks. One per process: it holds the limits per host.
pub struct Prober {
    pub(crate) connector: Connector,
    slots: HostSlots,
    pub(crate) user_agent: HeaderValue,
    max_redirects: u8,
}

impl Prober {
    /// Makes a prober that contacts what `policy` allows.
    ///
    /// # Errors
    /// [`SetupError`] when a setting is unusable or the system's name servers cannot be read.
    pub fn new(policy: TargetPolicy, options: ProberOptions) -> Result<Self, SetupError> {
        let user_agent =
            HeaderValue::from_str(&options.user_agent).map_err(|_| SetupError::UserAgent)?;
        let resolver = Resolver::new(&options.name_servers)?;
        let config = tls::client_config(options.extra_roots).map_err(SetupError::ExtraRoot)?;
        Ok(Self {
            connector: Connector {
                policy,
                resolver,
                tls: TlsConnector::from(config),
            },
            slots: HostSlots::new(options.per_host.max(1)),
            user_agent,
            max_redirects: options.max_redirects,
        })
    }

    /// What may be contacted.
    #[must_use]
    pub const fn policy(&self) -> &TargetPolicy {
        &self.connector.policy
    }

    /// Carries out one check. Always ends within the probe's timeout and never fails: what went
    /// wrong is the result.
    pub async fn http(&self, probe: &HttpProbe) -> ProbeResult {
        let mut progress = Progress::start(probe.timeout);
        let ended = match timeout(probe.timeout, self.follow(probe, &mut progress)).await {
            Ok(ended) => ended,
            Err(_) => Err(progress.overdue()),
        };
        conclude(ended, probe, progress)
    }

    /// Follows the target and its redirects to the last answer.
    async fn follow(
        &self,
        probe: &HttpProbe,
        progress: &mut Progress,
    ) -> Result<StatusCode, Failure> {
        let mut answer = self
            .hop(&probe.target, probe.method, probe, progress)
            .await?;
        let mut redirected: Option<Target> = None;
        let mut method = probe.method;
        for _ in 0..self.max_redirects {
            if !follows(answer.status, &probe.expected) {
                return Ok(answer.status);
            }
            let from = redirected.as_ref().unwrap_or(&probe.target);
            let (target, next_method) =
                redirect::next(from, method, answer.status, answer.location.as_ref())?;
            answer = self.hop(&target, next_method, probe, progress).await?;
            (redirected, method) = (Some(target), next_method);
        }
        if follows(answer.status, &probe.expected) {
            return Err(Failure::redirect_limit(self.max_redirects));
        }
        Ok(answer.status)
    }

    /// One request to one target.
    async fn hop(
        &self,
        target: &Target,
        method: HttpMethod,
        probe: &HttpProbe,
        progress: &mut Progress,
    ) -> Result<Answer, Failure> {
        progress.begin_hop();
        let _slot = self
            .slots
            .acquire(target.name().unwrap_or(target.host()))
            .await;
        progress.leave();
        let connection = self.connector.connect(target, progress).await?;
        let request = self.request(target, method);
        progress.enter(Phase::Exchange);
        let skip_body = |status| follows(status, &probe.expected);
        let answer = match connection {
            Connection::Plain(stream) => exchange(stream, request, progress, skip_body).await,
            Connection::Encrypted(stream) => exchange(stream, request, progress, skip_body).await,
        };
        if answer.is_ok() {
            progress.leave();
        } else {
            progress.read_marks();
        }
        answer
    }

    /// The request for `target`. Every hop gets a new one made of the same few headers, so there is
    /// nothing that could be carried to another host.
    fn request(&self, target: &Target, method: HttpMethod) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method.into();
        *request.uri_mut() = Uri::from(target.path().clone());
        let headers = request.headers_mut();
        headers.insert(HOST, target.authority().clone());
        headers.insert(USER_AGENT_HEADER, self.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if method.states_length() {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
    }
}

/// Whether an answer is a redirect that is to be followed.
fn follows(status: StatusCode, expected: &ExpectedCodes) -> bool {
    redirect::is_redirect(status) && !expected.contains(status.as_u16())
}

/// Makes the verdict and gathers the result.
fn conclude(
    ended: Result<StatusCode, Failure>,
    probe: &HttpProbe,
    progress: Progress,
) -> ProbeResult {
    let (reason, message) = match ended {
        Ok(status) if probe.expected.contains(status.as_u16()) => {
            (ReasonCode::Ok, answered(status).into())
        }
        Ok(status) => Failure::status(status, &probe.expected).into_parts(),
        Err(failure) => outranked(failure, &progress, probe).into_parts(),
    };
    ProbeResult {
        outcome: reason.outcome(),
        reason,
        message: message.into_owned(),
        status_code: progress.status.map(|status| status.as_u16()),
        timings: progress.timings,
        duration_us: progress.duration_us(),
        addresses: progress.addresses,
    }
}

/// A wrong status says more than the broken end of the body that came with it.
fn outranked(failure: Failure, progress: &Progress, probe: &HttpProbe) -> Failure {
    let in_body = matches!(
        failure.reason,
        ReasonCode::BodyTimeout | ReasonCode::Protocol | ReasonCode::ConnectReset
    );
    match progress.status {
        Some(status) if in_body && !probe.expected.contains(status.as_u16()) => {
            Failure::status(status, &probe.expected)
        }
        _ => failure,
    }
}
