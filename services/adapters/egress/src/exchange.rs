//! One HTTP/1.1 request and its answer over a connection that is used once.
//!
//! Owns the bounds on what a server may send: 64 KiB of headers, 1 MiB of body. Must not connect,
//! follow redirects or judge status codes.

use crate::{
    failure::Failure,
    progress::{Marks, Progress},
    reason::ReasonCode,
    tls,
    watched::Watched,
};
use futures_util::{FutureExt, future::Fuse};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, StatusCode,
    body::{Body, Bytes, Incoming},
    client::conn::http1,
    header::{HeaderValue, LOCATION},
};
use hyper_util::rt::TokioIo;
use std::{
    error::Error,
    future::poll_fn,
    io,
    pin::{Pin, pin},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// The most a server may send as status line and headers.
const MAX_HEADERS: usize = 64 * 1024;
/// Reading a body stops here; a longer one is not a failure.
const MAX_BODY: usize = 1024 * 1024;

/// The part of an answer a probe looks at.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<HeaderValue>,
}

/// Sends `request` and reads the answer, its body too unless `skip_body` says it does not matter.
///
/// `progress` gets the status as soon as it is known and the marks of every phase.
pub(crate) async fn exchange<S>(
    stream: S,
    request: Request<Empty<Bytes>>,
    progress: &mut Progress,
    skip_body: impl FnOnce(StatusCode) -> bool,
) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Progress { marks, status, .. } = progress;
    let marks = &*marks;
    let stream = TokioIo::new(Watched::new(stream, marks));
    let handshake = http1::Builder::new()
        .max_header_size(MAX_HEADERS)
        .max_buf_size(MAX_HEADERS)
        .handshake(stream)
        .await;
    let (mut sender, connection) = handshake.map_err(|error| failure(&error, marks))?;
    let mut connection = pin!(connection.fuse());

    let response = drive(connection.as_mut(), sender.send_request(request)).await;
    let mut response = response.map_err(|error| failure(&error, marks))?;
    *status = Some(response.status());
    let answer = Answer {
        status: response.status(),
        location: response.headers_mut().remove(LOCATION),
    };
    if !skip_body(answer.status) {
        let read = read_body(connection, response.into_body()).await;
        read.map_err(|error| failure(&error, marks))?;
    }
    Ok(answer)
}

async fn read_body<C: Future>(
    mut connection: Pin<&mut Fuse<C>>,
    mut body: Incoming,
) -> Result<(), hyper::Error> {
    let mut read = 0;
    while read < MAX_BODY {
        match drive(connection.as_mut(), body.frame()).await.transpose()? {
            Some(frame) => read += frame.data_ref().map_or(0, Bytes::len),
            None => break,
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(())
}

/// Runs `future` while the connection it depends on is polled beside it, in this task.
///
/// The connection's own result is not needed: the client hands every error to the request or body
/// that waits for it.
async fn drive<C: Future, F: Future>(mut connection: Pin<&mut Fuse<C>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _ = connection.as_mut().poll(context);
        future.as_mut().poll(context)
    })
    .await
}

/// What a failed exchange says.
fn failure(error: &hyper::Error, marks: &Marks) -> Failure {
    let protocol = |message| Failure::new(ReasonCode::Protocol, message);
    if error.is_parse_too_large() {
        return protocol("The server sent more headers than are accepted (64 KiB).");
    }
    if error.is_parse_version_h2() {
        return protocol("The server answered in HTTP/2 although HTTP/1.1 was asked for.");
    }
    if error.is_parse() {
        return protocol("The server's answer is not valid HTTP.");
    }
    let moments = marks.read();
    if let Some(error) = io_error(error) {
        let kind = error.kind();
        return if let Some(failure) = tls::broken(error) {
            failure
        } else if moments.sent.is_none() {
            Failure::new(
                ReasonCode::SendFailed,
                "The request could not be sent because the server closed the connection.",
            )
        } else if matches!(
            kind,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        ) {
            protocol("The server's answer is not valid HTTP.")
        } else if kind == io::ErrorKind::UnexpectedEof {
            protocol("The server closed the connection before its answer was complete.")
        } else {
            Failure::reset()
        };
    }
    if moments.received.is_none() {
        protocol("The server closed the connection without an answer.")
    } else {
        protocol("The server closed the connection before its answer was complete.")
    }
}

fn io_error(error: &hyper::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref() {
            return Some(io);
        }
        source = inner.source();
    }
    None
}
