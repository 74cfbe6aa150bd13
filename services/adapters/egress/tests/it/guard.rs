//! The wall: nothing that is not allowed is ever connected to, however it is spelled and whichever
//! way it is reached. Proven at the socket by a canary; the negative control shows that it hears.
//!
//! Spellings of addresses beyond loopback are refused by the parser and tested there, so that a
//! hole in the guard could never make a test contact a foreign machine.

use crate::{canary::Canary, get, hasty, policy, server::Server};
use egress::{Outcome, Prober, ProberOptions, ReasonCode, Target, TargetPolicy};
use fakes::{NameServer, Reply};
use futures_util::future::join_all;
use std::net::IpAddr;

/// Spellings that the URL standard or DNS lead to loopback.
const LOOPBACK: &[&str] = &[
    "http://0:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0x7f.1:PORT/",
    "http://127.127.127.127:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0000::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://app.localhost:PORT/",
    "http://ip6-localhost:PORT/",
    "http://metadata.google.internal:PORT/",
    "http://127.0.0.1.nip.io:PORT/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127.0.0.1:PORT\\@example.com/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "https://localhost:PORT/",
];

/// Spellings that are no web address at all, or carry credentials.
const REFUSED: &[&str] = &[
    "http://evil@127.0.0.1:PORT/",
    "http://0o177.0.0.1:PORT/",
    "http://[fe80::1%25eth0]:PORT/",
    "http://127.0.0.1%00.example.com:PORT/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_INFO",
    "dict://127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "jar:http://127.0.0.1:PORT/!/",
    "data:text/plain,x",
    "unix:/run/x",
];

/// Every name points at loopback, as an attacker's zone would say.
async fn attackers_zone() -> NameServer {
    NameServer::always(Reply::addresses(&["127.0.0.1", "::1", "::ffff:127.0.0.1"])).await
}

fn prober_with(policy: TargetPolicy, name_server: &NameServer) -> Prober {
    let options = ProberOptions {
        name_servers: vec![name_server.address],
        per_host: 100,
        ..ProberOptions::default()
    };
    Prober::new(policy, options).unwrap()
}

fn spelled(template: &str, canary: &Canary) -> String {
    template.replace("PORT", &canary.port.to_string())
}

#[tokio::test]
async fn no_spelling_of_loopback_is_connected_to() {
    let (canary, zone) = (Canary::listen(), attackers_zone().await);
    let prober = prober_with(TargetPolicy::default(), &zone);
    for template in LOOPBACK {
        // Not refused when parsed, so that the connector's own filter is what is tested.
        let result = prober.http(&get(&spelled(template, &canary))).await;
        assert_eq!(result.outcome, Outcome::Unknown, "{template}");
        assert_eq!(result.reason, ReasonCode::BlockedTarget, "{template}");
        assert!(result.addresses.is_empty(), "{template}");
        assert_eq!(canary.heard(), 0, "{template}");
    }
}

#[tokio::test]
async fn the_canary_hears_every_spelling_once_the_wall_is_open() {
    let (canary, zone) = (Canary::listen(), attackers_zone().await);
    let open = policy(&["0.0.0.0/32", "127.0.0.0/8", "::/128", "::1/128"]);
    let prober = prober_with(open, &zone);
    let probes: Vec<_> = LOOPBACK
        .iter()
        .map(|template| hasty(&spelled(template, &canary)))
        .collect();
    join_all(probes.iter().map(|probe| prober.http(probe))).await;
    assert_eq!(canary.heard(), LOOPBACK.len());
}

#[tokio::test]
async fn what_is_no_web_address_is_refused_by_the_parser() {
    let canary = Canary::listen();
    for template in REFUSED {
        assert!(
            Target::parse(&spelled(template, &canary)).is_err(),
            "{template}"
        );
    }
}

#[tokio::test]
async fn no_redirect_leads_to_loopback() {
    let (canary, zone) = (Canary::listen(), attackers_zone().await);
    let allowed: IpAddr = "127.0.0.2".parse().unwrap();
    let prober = prober_with(policy(&["127.0.0.2/32"]), &zone);
    for template in LOOPBACK.iter().chain(REFUSED) {
        for code in [301, 302, 303, 307, 308] {
            let location = spelled(template, &canary);
            let result = prober
                .http(&get(&redirecting_to(code, &location).await.url("/")))
                .await;
            // `http:127.0.0.1` without slashes is a path when it stands in a redirect: a loop here.
            let refused = if template.starts_with("http:1") {
                matches!(result.reason, ReasonCode::RedirectLimit)
            } else {
                matches!(
                    result.reason,
                    ReasonCode::BlockedTarget | ReasonCode::RedirectInvalid
                )
            };
            assert!(refused, "{code} {template}: {}", result.message);
            assert!(
                result.addresses.iter().all(|address| *address == allowed),
                "{result:?}"
            );
            assert_eq!(canary.heard(), 0, "{code} {template}");
        }
    }
}

#[tokio::test]
async fn the_canary_hears_a_redirect_once_the_wall_is_open() {
    let (canary, zone) = (Canary::listen(), attackers_zone().await);
    let prober = prober_with(policy(&["127.0.0.0/8"]), &zone);
    let location = spelled("http://127.0.0.1:PORT/", &canary);
    prober
        .http(&hasty(&redirecting_to(302, &location).await.url("/")))
        .await;
    assert_eq!(canary.heard(), 1);
}

#[tokio::test]
async fn a_name_that_changes_between_hops_is_filtered_again() {
    let canary = Canary::listen();
    let server = redirecting_to(302, "/again").await;
    let port = server.address.port();
    // Two questions (A and AAAA) belong to the first hop; from then on the name points elsewhere.
    let zone = NameServer::start(|_, before| {
        Reply::addresses(if before < 2 {
            &["127.0.0.2"]
        } else {
            &["127.0.0.1"]
        })
    })
    .await;
    let prober = prober_with(policy(&["127.0.0.2/32"]), &zone);
    let result = prober
        .http(&get(&format!("http://rebind.test:{port}/")))
        .await;
    assert_eq!(
        result.reason,
        ReasonCode::BlockedTarget,
        "{}",
        result.message
    );
    assert_eq!(result.addresses.len(), 1);
    assert_eq!(canary.heard(), 0);
}

#[tokio::test]
async fn an_alias_to_a_local_name_is_filtered_by_its_address() {
    let canary = Canary::listen();
    let alias = Reply::Alias(
        vec!["localhost".to_owned()],
        vec!["127.0.0.1".parse().unwrap()],
    );
    let zone = NameServer::always(alias).await;
    let prober = prober_with(TargetPolicy::default(), &zone);
    let result = prober
        .http(&get(&format!("http://alias.test:{}/", canary.port)))
        .await;
    assert_eq!(
        result.reason,
        ReasonCode::BlockedTarget,
        "{}",
        result.message
    );
    assert_eq!(canary.heard(), 0);
}

#[tokio::test]
async fn a_refusal_does_not_tell_where_a_name_led() {
    let zone = NameServer::always(Reply::addresses(&["127.11.12.13", "::1"])).await;
    let prober = prober_with(TargetPolicy::default(), &zone);
    let result = prober.http(&get("http://inside.test/")).await;
    assert_eq!(result.reason, ReasonCode::BlockedTarget);
    assert_eq!(
        result.message,
        "The name inside.test leads to no public address; others are not contacted."
    );
    assert!(result.addresses.is_empty());
}

#[tokio::test]
async fn a_denied_network_is_closed_although_it_is_allowed_otherwise() {
    let (canary, zone) = (Canary::listen(), attackers_zone().await);
    let policy = TargetPolicy {
        deny_networks: vec!["127.0.0.1/32".parse().unwrap()],
        ..policy(&["127.0.0.0/8"])
    };
    let result = prober_with(policy, &zone)
        .http(&get(&format!("http://127.1:{}/", canary.port)))
        .await;
    assert_eq!(result.reason, ReasonCode::BlockedTarget);
    assert_eq!(canary.heard(), 0);
}

/// A server on 127.0.0.2, which these tests allow, that sends everybody to `location`.
async fn redirecting_to(code: u16, location: &str) -> Server {
    let answer =
        format!("HTTP/1.1 {code} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    Server::answering_on("127.0.0.2:0", answer).await
}
