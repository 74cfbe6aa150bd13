//! Names: what DNS can answer, and what each answer means.

use crate::{
    get, hasty, loopback, policy,
    server::{OK, Server},
};
use egress::{Outcome, ProbeResult, Prober, ProberOptions, ReasonCode, TargetPolicy, TxtLookup};
use fakes::{NameServer, Reply};
use hickory_resolver::proto::op::ResponseCode;
use std::net::IpAddr;

fn prober_asking(name_server: &NameServer, policy: TargetPolicy) -> Prober {
    let options = ProberOptions {
        name_servers: vec![name_server.address],
        ..ProberOptions::default()
    };
    Prober::new(policy, options).unwrap()
}

async fn probe_with(reply: Reply) -> ProbeResult {
    let name_server = NameServer::always(reply).await;
    prober_asking(&name_server, loopback())
        .http(&get("http://shop.test/"))
        .await
}

#[tokio::test]
async fn a_name_is_looked_up_and_its_server_asked_by_name() {
    let server = Server::answering(OK).await;
    let name_server = NameServer::always(Reply::addresses(&["127.0.0.1"])).await;
    let url = format!("http://shop.test:{}/", server.address.port());
    let result = prober_asking(&name_server, loopback())
        .http(&get(&url))
        .await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert!(result.timings.dns_us.is_some());
    assert!(server.requests()[0].contains("host: shop.test:"));
    assert!(
        name_server
            .questions()
            .iter()
            .all(|name| name == "shop.test")
    );
}

#[tokio::test]
async fn nothing_is_cached_between_checks() {
    let server = Server::answering(OK).await;
    let name_server = NameServer::always(Reply::addresses(&["127.0.0.1"])).await;
    let prober = prober_asking(&name_server, loopback());
    let probe = get(&format!("http://shop.test:{}/", server.address.port()));
    prober.http(&probe).await;
    let asked = name_server.questions().len();
    prober.http(&probe).await;
    assert_eq!(name_server.questions().len(), 2 * asked);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_named_so() {
    let result = probe_with(Reply::Code(ResponseCode::NXDomain)).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::DnsNxdomain)
    );
    assert_eq!(result.message, "The name shop.test does not exist in DNS.");
    assert_eq!(result.timings.dns_us, None);
}

#[tokio::test]
async fn a_name_without_address_is_a_dns_failure() {
    let result = probe_with(Reply::Addresses(Vec::new())).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::DnsFailure)
    );
    assert_eq!(
        result.message,
        "The name shop.test exists in DNS but has no address."
    );
}

#[tokio::test]
async fn a_failing_zone_is_a_dns_failure() {
    for code in [ResponseCode::ServFail, ResponseCode::Refused] {
        let result = probe_with(Reply::Code(code)).await;
        assert_eq!(
            (result.outcome, result.reason),
            (Outcome::Down, ReasonCode::DnsFailure)
        );
        assert_eq!(
            result.message,
            "DNS could not give an answer for shop.test."
        );
    }
}

#[tokio::test]
async fn a_silent_name_server_is_a_dns_timeout() {
    let name_server = NameServer::always(Reply::Silence).await;
    let result = prober_asking(&name_server, loopback())
        .http(&hasty("http://shop.test/"))
        .await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::DnsTimeout)
    );
    assert_eq!(
        result.message,
        "The host name could not be looked up within 200 ms."
    );
}

#[tokio::test]
async fn aliases_are_followed_to_the_end() {
    let server = Server::answering(OK).await;
    let chain = (0..20).map(|hop| format!("hop{hop}.test")).collect();
    let reply = Reply::Alias(chain, vec!["127.0.0.1".parse().unwrap()]);
    let name_server = NameServer::always(reply).await;
    let url = format!("http://shop.test:{}/", server.address.port());
    let result = prober_asking(&name_server, loopback())
        .http(&get(&url))
        .await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
}

#[tokio::test]
async fn the_next_address_is_tried_when_the_first_refuses() {
    let server = Server::start_on("127.0.0.3:0", |stream, _| async move {
        let mut stream = stream;
        crate::server::read_head(&mut stream).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes())
            .await
            .unwrap();
    })
    .await;
    let name_server = NameServer::always(Reply::addresses(&["127.0.0.2", "127.0.0.3"])).await;
    let url = format!("http://shop.test:{}/", server.address.port());
    let result = prober_asking(&name_server, loopback())
        .http(&get(&url))
        .await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert_eq!(result.addresses, ["127.0.0.3".parse::<IpAddr>().unwrap()]);
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_allowed_address_is_contacted() {
    let server = Server::start_on("127.0.0.2:0", |stream, _| async move {
        let mut stream = stream;
        crate::server::read_head(&mut stream).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes())
            .await
            .unwrap();
    })
    .await;
    let answer = Reply::addresses(&["127.0.0.1", "127.9.9.9", "::1", "127.0.0.2"]);
    let name_server = NameServer::always(answer).await;
    let url = format!("http://shop.test:{}/", server.address.port());
    let result = prober_asking(&name_server, policy(&["127.0.0.2/32"]))
        .http(&get(&url))
        .await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert_eq!(result.addresses, ["127.0.0.2".parse::<IpAddr>().unwrap()]);
}

#[tokio::test]
async fn a_text_record_holds_exactly_what_was_asked_or_dns_did_not_say() {
    let said = async |reply| {
        let name_server = NameServer::always(reply).await;
        let lookup = TxtLookup::new(&[name_server.address]).unwrap();
        lookup.holds("_signalbox.shop.test", "proof=abc").await
    };
    let texts = |texts: &[&str]| Reply::Texts(texts.iter().map(ToString::to_string).collect());
    assert_eq!(said(texts(&["v=spf1 -all", "proof=abc"])).await, Some(true));
    assert_eq!(
        said(texts(&["proof=abcd", "xproof=abc"])).await,
        Some(false)
    );
    assert_eq!(said(texts(&[])).await, Some(false));
    assert_eq!(said(Reply::Code(ResponseCode::NXDomain)).await, Some(false));
    assert_eq!(said(Reply::Code(ResponseCode::ServFail)).await, None);
}
