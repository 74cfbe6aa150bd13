//! A call of another service's API: one request with a body, one answer that is read.
//!
//! Owns the bounds on both. Goes through the guarded connector like everything else, follows no redirect
//! and never retries: what a failure means is decided by whoever called.

use crate::{
    connect::Connection,
    failure::Failure,
    probe::Prober,
    progress::{Phase, Progress},
    target::Target,
};
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use std::{fmt, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

/// The most an answer may hold.
const MAX_ANSWER: usize = 1024 * 1024;

/// What is asked of a service.
#[derive(Clone)]
pub struct Call {
    /// Where.
    pub target: Target,
    /// The fields of a form to be posted; `None` to read.
    pub form: Option<String>,
    /// What stands in `Authorization`. Never shown.
    pub authorization: Option<String>,
    /// The time the whole call may take.
    pub timeout: Duration,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.target.as_str())
    }
}

/// What a service answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// No answer that could be read. The text is for operators.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, or a broken one.
    #[error("{0}")]
    Unreached(String),
    /// Nothing for too long.
    #[error("no answer within {0:?}")]
    Overdue(Duration),
    /// What was sent or answered is no HTTP that is understood, or is too long.
    #[error("the exchange failed")]
    Exchange(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Unreached(failure.into_parts().1.into_owned())
    }
}

fn exchange_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CallError {
    CallError::Exchange(error.into())
}

impl Prober {
    /// Carries out one call. Every status is an answer.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        match timeout(call.timeout, self.exchange(call)).await {
            Ok(answered) => answered,
            Err(_) => Err(CallError::Overdue(call.timeout)),
        }
    }

    async fn exchange(&self, call: &Call) -> Result<Reply, CallError> {
        let mut progress = Progress::start(call.timeout);
        let connection = self.connector.connect(&call.target, &mut progress).await?;
        let request = self.compose(call).map_err(exchange_error)?;
        progress.enter(Phase::Exchange);
        match connection {
            Connection::Plain(stream) => send(stream, request).await,
            Connection::Encrypted(stream) => send(stream, request).await,
        }
    }

    fn compose(&self, call: &Call) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = Uri::from(call.target.path().clone());
        if let Some(form) = &call.form {
            *request.method_mut() = Method::POST;
            *request.body_mut() = Full::new(Bytes::from(form.clone()));
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, kind);
        }
        let headers = request.headers_mut();
        headers.insert(HOST, call.target.authority().clone());
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some(text) = &call.authorization {
            let mut value = HeaderValue::from_str(text)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Reply, CallError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(exchange_error)?;
    let mut connection = std::pin::pin!(connection.fuse());
    let exchange = async {
        let response = sender.send_request(request).await.map_err(exchange_error)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_ANSWER);
        let body = body.collect().await.map_err(CallError::Exchange)?;
        let body = body.to_bytes().to_vec();
        Ok(Reply { status, body })
    };
    let mut exchange = std::pin::pin!(exchange);
    // The connection is driven beside the exchange that it carries, which hears of its every failure.
    std::future::poll_fn(|context| {
        let _ = connection.as_mut().poll(context);
        exchange.as_mut().poll(context)
    })
    .await
}
