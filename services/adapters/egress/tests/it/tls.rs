//! HTTPS: certificates good and bad, and servers that do not speak TLS.

use crate::{
    get, loopback,
    server::{OK, Server, hold, read_head, reset},
};
use egress::{Outcome, ProbeResult, Prober, ProberOptions, ReasonCode};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::{
    HandshakeKind, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use std::sync::Arc;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let key = KeyPair::generate().unwrap();
    CertifiedIssuer::self_signed(authority_params(), key).unwrap()
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf(names: &[&str]) -> CertificateParams {
    CertificateParams::new(
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

/// What a server shows: its certificate, the ones above it, and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn issued(params: &CertificateParams, issuer: &Issuer) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    Identity {
        chain: vec![certificate.der().clone()],
        key: key.into(),
    }
}

fn self_signed(params: &CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity {
        chain: vec![certificate.der().clone()],
        key: key.into(),
    }
}

/// A TLS server that hands every connection to `serve` after its handshake.
async fn tls_server<S>(
    identity: Identity,
    clients: Arc<dyn ClientCertVerifier>,
    serve: impl Fn(TlsStream<TcpStream>) -> S + Clone + Send + 'static,
) -> Server
where
    S: Future<Output = ()> + Send + 'static,
{
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::start(move |stream, _| {
        let (acceptor, serve) = (acceptor.clone(), serve.clone());
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream).await;
            }
        }
    })
    .await
}

async fn answer(mut stream: TlsStream<TcpStream>, answer: &str) {
    read_head(&mut stream).await;
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn answering(identity: Identity) -> Server {
    tls_server(identity, Arc::new(NoClientAuth), |stream| {
        answer(stream, OK)
    })
    .await
}

fn trusting(issuer: &Issuer) -> Prober {
    let options = ProberOptions {
        extra_roots: vec![issuer.der().clone()],
        ..ProberOptions::default()
    };
    Prober::new(loopback(), options).unwrap()
}

async fn probe(prober: &Prober, server: &Server, host: &str) -> ProbeResult {
    prober
        .http(&get(&format!("https://{host}:{}/", server.address.port())))
        .await
}

/// The result for a server with `params`, issued by a trusted authority, asked as `localhost`.
async fn result_for(params: &CertificateParams) -> ProbeResult {
    let issuer = authority();
    let server = answering(issued(params, &issuer)).await;
    let result = probe(&trusting(&issuer), &server, "localhost").await;
    assert_eq!(
        result.timings.tls_us.is_some(),
        result.outcome == Outcome::Up
    );
    result
}

#[tokio::test]
async fn a_trusted_certificate_for_the_name_or_the_address_is_up() {
    let result = result_for(&leaf(&["localhost"])).await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert!(result.timings.tls_us.is_some_and(|took| took > 0));

    let issuer = authority();
    let server = answering(issued(&leaf(&["127.0.0.1"]), &issuer)).await;
    let result = probe(&trusting(&issuer), &server, "127.0.0.1").await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_named_so() {
    let result = result_for(&leaf(&["other.test", "*.localhost"])).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::TlsName)
    );
    assert_eq!(
        result.message,
        "The server's certificate was not issued for localhost."
    );
}

#[tokio::test]
async fn an_expired_certificate_is_named_so() {
    let mut params = leaf(&["localhost"]);
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 1, 1);
    let result = result_for(&params).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::TlsExpired)
    );
    assert_eq!(result.message, "The server's certificate has expired.");
}

#[tokio::test]
async fn a_certificate_from_the_future_is_named_so() {
    let mut params = leaf(&["localhost"]);
    params.not_before = date_time_ymd(2999, 1, 1);
    params.not_after = date_time_ymd(3000, 1, 1);
    let result = result_for(&params).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::TlsExpired)
    );
    assert_eq!(result.message, "The server's certificate is not valid yet.");
}

#[tokio::test]
async fn a_self_signed_certificate_and_an_unknown_authority_are_not_trusted() {
    let known = authority();
    for identity in [
        self_signed(&leaf(&["localhost"])),
        issued(&leaf(&["localhost"]), &authority()),
    ] {
        let server = answering(identity).await;
        let result = probe(&trusting(&known), &server, "localhost").await;
        assert_eq!(
            (result.outcome, result.reason),
            (Outcome::Down, ReasonCode::TlsChain)
        );
    }
}

#[tokio::test]
async fn an_intermediate_certificate_must_be_sent_along() {
    let root = authority();
    let between =
        CertifiedIssuer::signed_by(authority_params(), KeyPair::generate().unwrap(), &root)
            .unwrap();
    let prober = trusting(&root);

    let whole = issued(&leaf(&["localhost"]), &between);
    let whole = Identity {
        chain: [whole.chain, vec![between.der().clone()]].concat(),
        key: whole.key,
    };
    let server = answering(whole).await;
    assert_eq!(
        probe(&prober, &server, "localhost").await.reason,
        ReasonCode::Ok
    );

    let server = answering(issued(&leaf(&["localhost"]), &between)).await;
    assert_eq!(
        probe(&prober, &server, "localhost").await.reason,
        ReasonCode::TlsChain
    );
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_a_tls_failure() {
    let server = Server::start(|mut stream, _| async move {
        let _ = stream.write_all(OK.as_bytes()).await;
        hold(stream).await;
    })
    .await;
    let result = probe(&crate::prober(), &server, "127.0.0.1").await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::TlsFailure)
    );
    assert_eq!(
        result.message,
        "No secure connection could be agreed on with the server: it does not speak TLS on this \
         port."
    );
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_a_tls_failure() {
    for abrupt in [false, true] {
        let server = Server::start(move |stream, _| async move {
            stream.readable().await.unwrap();
            if abrupt {
                reset(stream);
            }
        })
        .await;
        let result = probe(&crate::prober(), &server, "127.0.0.1").await;
        assert_eq!(
            (result.outcome, result.reason),
            (Outcome::Down, ReasonCode::TlsFailure)
        );
    }
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_a_tls_failure() {
    let issuer = authority();
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let identity = issued(&leaf(&["localhost"]), &issuer);
    let server = tls_server(identity, clients, |stream| answer(stream, OK)).await;
    let result = probe(&trusting(&issuer), &server, "localhost").await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::TlsFailure)
    );
    assert!(
        result.message.contains("wants a certificate"),
        "{}",
        result.message
    );
}

#[tokio::test]
async fn a_connection_closed_without_a_tls_farewell_ends_the_body_as_its_framing_says() {
    for (text, reason) in [
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", ReasonCode::Ok),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
            ReasonCode::Protocol,
        ),
    ] {
        let issuer = authority();
        let identity = issued(&leaf(&["localhost"]), &issuer);
        let server = tls_server(
            identity,
            Arc::new(NoClientAuth),
            move |mut stream| async move {
                read_head(&mut stream).await;
                stream.write_all(text.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                let (mut plain, _) = stream.into_inner();
                plain.shutdown().await.unwrap();
            },
        )
        .await;
        let result = probe(&trusting(&issuer), &server, "localhost").await;
        assert_eq!(result.reason, reason, "{text:?}: {}", result.message);
    }
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_followed_and_timed_without_tls() {
    let plain = Server::answering(OK).await;
    let issuer = authority();
    let location = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        plain.url("/")
    );
    let identity = issued(&leaf(&["localhost"]), &issuer);
    let server = tls_server(identity, Arc::new(NoClientAuth), move |stream| {
        let location = location.clone();
        async move { answer(stream, &location).await }
    })
    .await;
    let result = probe(&trusting(&issuer), &server, "localhost").await;
    assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    assert_eq!((result.timings.tls_us, result.addresses.len()), (None, 2));
}

#[tokio::test]
async fn every_check_makes_a_whole_handshake() {
    let issuer = authority();
    let identity = issued(&leaf(&["localhost"]), &issuer);
    let server = tls_server(identity, Arc::new(NoClientAuth), |stream| async move {
        let whole = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Full);
        let status = if whole { "200 OK" } else { "500 Resumed" };
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        answer(stream, &text).await;
    })
    .await;
    let prober = trusting(&issuer);
    for _ in 0..2 {
        let result = probe(&prober, &server, "localhost").await;
        assert_eq!(result.reason, ReasonCode::Ok, "{}", result.message);
    }
}
