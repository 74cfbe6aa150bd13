//! Answers: good ones, wrong ones and garbage.

use crate::{
    get, prober,
    server::{OK, Server, hold, read_head, reset},
};
use egress::{HttpMethod, HttpProbe, Outcome, ReasonCode, USER_AGENT};
use std::net::{IpAddr, Ipv4Addr};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn an_expected_answer_is_up_with_every_phase_timed() {
    let server = Server::answering(OK).await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Up, ReasonCode::Ok)
    );
    assert_eq!(result.message, "The server answered 200 OK.");
    assert_eq!(result.status_code, Some(200));
    assert_eq!(result.addresses, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    let timings = result.timings;
    assert_eq!(timings.tls_us, None);
    let phases = [
        timings.dns_us,
        timings.connect_us,
        timings.send_us,
        timings.wait_us,
        timings.receive_us,
    ];
    let sum: u32 = phases.iter().map(|phase| phase.unwrap()).sum();
    assert!(sum <= result.duration_us, "{result:?}");
}

#[tokio::test]
async fn the_request_is_honest_and_asks_for_nothing_special() {
    let server = Server::answering(OK).await;
    prober().http(&get(&server.url("/a%20b?c=d#part"))).await;
    assert_eq!(
        server.requests(),
        [format!(
            "GET /a%20b?c=d HTTP/1.1\r\nhost: {}\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\n\
             connection: close\r\n\r\n",
            server.address
        )]
    );
    assert!(USER_AGENT.starts_with("Signalbox/"));
}

#[tokio::test]
async fn every_method_is_sent_and_those_with_a_body_state_its_length() {
    for method in HttpMethod::ALL {
        let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        let result = prober()
            .http(&HttpProbe {
                method,
                ..get(&server.url("/"))
            })
            .await;
        assert_eq!(result.reason, ReasonCode::Ok, "{method}");
        let request = server.requests().remove(0);
        assert!(
            request.starts_with(&format!("{method} / HTTP/1.1\r\n")),
            "{request}"
        );
        let with_body = matches!(
            method,
            HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch
        );
        assert_eq!(
            request.contains("content-length: 0\r\n"),
            with_body,
            "{request}"
        );
    }
}

#[tokio::test]
async fn an_unexpected_status_is_down_and_named() {
    let server = Server::answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::Status)
    );
    assert_eq!(
        result.message,
        "The server answered 503 Service Unavailable; 200-299 was expected."
    );
    assert_eq!(result.status_code, Some(503));
    let expecting = HttpProbe {
        expected: "503".parse().unwrap(),
        ..get(&server.url("/"))
    };
    assert_eq!(prober().http(&expecting).await.reason, ReasonCode::Ok);
}

#[tokio::test]
async fn a_wrong_status_outranks_the_broken_body_behind_it() {
    let server = Server::answering("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nshort").await;
    assert_eq!(
        prober().http(&get(&server.url("/"))).await.reason,
        ReasonCode::Status
    );
}

#[tokio::test]
async fn bodies_of_every_framing_are_read() {
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.0 200 OK\r\n\r\nold",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    ] {
        let server = Server::answering(answer).await;
        let result = prober().http(&get(&server.url("/"))).await;
        assert_eq!(
            result.reason,
            ReasonCode::Ok,
            "{answer:?}: {}",
            result.message
        );
    }
}

#[tokio::test]
async fn an_endless_body_is_left_after_a_mebibyte_and_is_no_failure() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 16 * 1024]).await.is_ok() {}
    })
    .await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert!(result.timings.receive_us.is_some());
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_failure() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(500));
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "garbage without end",
        "HTTP/1.1 99999 What\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
        "<html>HTTP/0.9</html>",
        "",
        many.as_str(),
    ] {
        let server = Server::answering(answer).await;
        let result = prober().http(&get(&server.url("/"))).await;
        assert_eq!(result.outcome, Outcome::Down);
        assert_eq!(
            result.reason,
            ReasonCode::Protocol,
            "{answer:?}: {}",
            result.message
        );
    }
}

#[tokio::test]
async fn headers_have_a_bound() {
    let giant = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(64 * 1024));
    let server = Server::answering(giant).await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(result.reason, ReasonCode::Protocol);
    assert_eq!(
        result.message,
        "The server sent more headers than are accepted (64 KiB)."
    );
    let large = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(32 * 1024));
    let server = Server::answering(large).await;
    assert_eq!(
        prober().http(&get(&server.url("/"))).await.reason,
        ReasonCode::Ok
    );
}

#[tokio::test]
async fn a_port_nobody_listens_on_refuses() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let result = prober().http(&get(&format!("http://{unused}/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::ConnectRefused)
    );
    assert_eq!(
        result.message,
        format!(
            "The server refused the connection on port {}.",
            unused.port()
        )
    );
    assert_eq!(result.timings.connect_us, None);
    assert!(result.addresses.is_empty());
}

#[tokio::test]
async fn a_reset_connection_is_named_so() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        reset(stream);
    })
    .await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::ConnectReset)
    );
}

#[tokio::test]
async fn a_reset_in_the_middle_of_the_body_is_named_so() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
        stream.write_all(half).await.unwrap();
        stream.writable().await.unwrap();
        // The client reads the half it was sent before the reset reaches it or not at all.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        reset(stream);
    })
    .await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(
        (result.reason, result.status_code),
        (ReasonCode::ConnectReset, Some(200))
    );
}

#[tokio::test]
async fn localhost_is_found_without_dns_and_tries_both_families() {
    let server = Server::answering(OK).await;
    let url = format!("http://localhost:{}/", server.address.port());
    let result = prober().http(&get(&url)).await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert_eq!(result.addresses, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    assert!(
        server.requests()[0].contains(&format!("host: localhost:{}\r\n", server.address.port()))
    );
}

#[tokio::test]
async fn a_switch_to_another_protocol_is_just_an_unexpected_status() {
    let server = Server::start(async |mut stream, _| {
        read_head(&mut stream).await;
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        hold(stream).await;
    })
    .await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(result.outcome, Outcome::Down);
    assert!(
        matches!(result.reason, ReasonCode::Status | ReasonCode::Protocol),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_result_is_json_with_the_names_of_the_api() {
    let server = Server::answering(OK).await;
    let result = prober().http(&get(&server.url("/"))).await;
    let json = serde_json::to_value(&result).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "addresses",
            "duration_us",
            "message",
            "outcome",
            "reason_code",
            "status_code",
            "timings"
        ]
    );
    assert_eq!(json["outcome"], "up");
    assert_eq!(json["reason_code"], "ok");
    let timings: Vec<_> = json["timings"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        timings,
        [
            "connect_us",
            "dns_us",
            "receive_us",
            "send_us",
            "tls_us",
            "wait_us"
        ]
    );
}
