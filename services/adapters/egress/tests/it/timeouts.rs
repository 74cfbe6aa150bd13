//! Servers that let a check wait, one test per phase.

use crate::{
    hasty, prober,
    server::{Server, drip, hold, read_head},
};
use egress::{HttpProbe, Outcome, ReasonCode};
use std::time::{Duration, Instant};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

async fn reason_of(server: &Server) -> ReasonCode {
    let started = Instant::now();
    let result = prober().http(&hasty(&server.url("/"))).await;
    assert_eq!(result.outcome, Outcome::Down);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "the deadline holds"
    );
    // All of its time, but for the moment in which it waited for its turn at the host.
    assert!(result.duration_us >= 190_000, "{result:?}");
    assert!(
        result.message.contains("within 200 ms"),
        "{}",
        result.message
    );
    result.reason
}

#[tokio::test]
async fn no_answer_at_all_is_a_first_byte_timeout() {
    let server = Server::start(|stream, _| hold(stream)).await;
    assert_eq!(reason_of(&server).await, ReasonCode::FirstByteTimeout);
}

#[tokio::test]
async fn headers_that_never_end_are_a_body_timeout() {
    let server = Server::stalling_after("HTTP/1.1 200 OK\r\nA: b").await;
    assert_eq!(reason_of(&server).await, ReasonCode::BodyTimeout);
}

#[tokio::test]
async fn a_body_that_stops_is_a_body_timeout() {
    let server = Server::stalling_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    assert_eq!(reason_of(&server).await, ReasonCode::BodyTimeout);
}

#[tokio::test]
async fn a_dripping_body_is_a_body_timeout_however_busy_it_looks() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        drip(&mut stream).await;
    })
    .await;
    assert_eq!(reason_of(&server).await, ReasonCode::BodyTimeout);
}

#[tokio::test]
async fn endless_interim_answers_end_with_the_deadline() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        while stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .is_ok()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(reason_of(&server).await, ReasonCode::BodyTimeout);
}

#[tokio::test]
async fn a_wrong_status_outranks_the_timeout_of_its_body() {
    let server = Server::stalling_after("HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nhalf").await;
    let result = prober().http(&hasty(&server.url("/"))).await;
    assert_eq!(
        (result.reason, result.status_code),
        (ReasonCode::Status, Some(500))
    );
}

#[tokio::test]
async fn phases_that_did_not_finish_have_no_duration() {
    let server = Server::start(|stream, _| hold(stream)).await;
    let timings = prober().http(&hasty(&server.url("/"))).await.timings;
    assert!(timings.connect_us.is_some() && timings.send_us.is_some());
    assert_eq!((timings.wait_us, timings.receive_us), (None, None));
    let server = Server::stalling_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    let timings = prober().http(&hasty(&server.url("/"))).await.timings;
    assert!(timings.wait_us.is_some());
    assert_eq!(timings.receive_us, None);
}

#[tokio::test]
async fn a_listener_that_accepts_nothing_more_is_a_connect_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // The kernel holds back the handshake once the queue of unaccepted connections is full.
    let mut waiting = Vec::new();
    loop {
        let connecting = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connecting).await {
            Ok(connected) => waiting.push(connected.unwrap()),
            Err(_) => break,
        }
    }
    let result = prober().http(&hasty(&format!("http://{address}/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::ConnectTimeout)
    );
    assert_eq!(
        result.message,
        "The server did not accept a connection within 200 ms."
    );
}

#[tokio::test]
async fn a_silent_tls_server_is_a_tls_failure() {
    let server = Server::start(|stream, _| hold(stream)).await;
    let url = format!("https://{}/", server.address);
    let result = prober().http(&hasty(&url)).await;
    assert_eq!(result.reason, ReasonCode::TlsFailure);
    assert_eq!(
        result.message,
        "The server did not agree on a secure connection within 200 ms."
    );
    assert!(result.timings.connect_us.is_some());
    assert_eq!(result.timings.tls_us, None);
}

#[tokio::test]
async fn the_deadline_spans_all_hops() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(80)).await;
        let answer = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer).await;
    })
    .await;
    let probe = HttpProbe {
        timeout: Duration::from_millis(200),
        ..hasty(&server.url("/"))
    };
    let result = prober().http(&probe).await;
    assert_eq!(result.reason, ReasonCode::FirstByteTimeout);
    assert_eq!(result.addresses.len(), 3);
}
