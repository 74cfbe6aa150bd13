//! Spellings of hosts, and who is looked up.

use super::*;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use proptest::prelude::*;
use std::sync::Mutex;

fn base() -> Base {
    Base::of(&"https://signalbox.example".parse().expect("a URL")).expect("it fits")
}

fn host(text: &str) -> Option<String> {
    Authority::parse(text)
        .ok()
        .map(|authority| authority.host.into_owned())
}

#[test]
fn a_host_has_one_spelling() {
    for text in [
        "acme.signalbox.example",
        "ACME.Signalbox.Example",
        "acme.signalbox.example.",
        "acme.signalbox.example:8080",
        "acme.signalbox.example.:443",
    ] {
        assert_eq!(
            host(text).as_deref(),
            Some("acme.signalbox.example"),
            "{text}"
        );
    }
    assert_eq!(Authority::parse("a:8080").map(|a| a.port), Ok(Some(8080)));
    assert_eq!(Authority::parse("a").map(|a| a.port), Ok(None));
    assert_eq!(host("192.0.2.1:80").as_deref(), Some("192.0.2.1"));
    assert_eq!(host("[::1]:80").as_deref(), Some("[::1]"));
}

#[test]
fn what_is_no_host_is_refused() {
    let long_label = format!("{}.example", "a".repeat(64));
    let long = format!("{}example", "a.".repeat(130));
    for text in [
        "",
        " ",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "a,b",
        "a/b",
        "a\\b",
        "a@b",
        "user@acme.example",
        "a:",
        "a:b",
        "a:-1",
        "a:99999",
        "a:80:80",
        "[::1",
        "[]",
        "[x]",
        "[::1]x",
        "[::1]:",
        "a%00",
        "http://a",
        "a?b",
        "a#b",
        "*",
        "ä.example",
        "a..",
        &long_label,
        &long,
    ] {
        assert_eq!(host(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(text in ".{0,80}") {
        if let Some(host) = host(&text) {
            prop_assert!(host.bytes().all(|b| !b.is_ascii_uppercase()));
            prop_assert_eq!(Authority::parse(&host).map(|a| a.host.into_owned()).ok(), Some(host));
        }
    }
}

#[test]
fn only_a_slug_below_the_base_domain_is_possible() {
    let base = base();
    assert_eq!(shape_of("signalbox.example", &base), Shape::Root);
    let long = format!("{}.signalbox.example", "a".repeat(40));
    for host in ["acme.signalbox.example", "a-1.signalbox.example", &long] {
        assert_eq!(shape_of(host, &base), Shape::Possible, "{host}");
    }
    for host in [
        "example.com",
        "evilsignalbox.example",
        "acme.signalbox.example.evil.example",
    ] {
        assert_eq!(shape_of(host, &base), Shape::Foreign, "{host}");
    }
    let too_long = format!("{}.signalbox.example", "a".repeat(41));
    for host in [
        "example",
        "a.b.signalbox.example",
        "ab.signalbox.example",
        "-ab.signalbox.example",
        "ab-.signalbox.example",
        "a--b.signalbox.example",
        "xn--bcher-kva.signalbox.example",
        "a_b.signalbox.example",
        ".signalbox.example",
        "a_b.example",
        "192.0.2.1",
        "[::1]",
        &too_long,
    ] {
        assert_eq!(shape_of(host, &base), Shape::Unknown, "{host}");
    }
}

/// A directory that knows nobody and writes down who was asked for.
#[derive(Default)]
struct Asked(Mutex<Vec<String>>);

#[async_trait]
impl HostDirectory for Asked {
    async fn find(&self, host: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        self.0.lock().expect("not poisoned").push(host.to_owned());
        Ok(None)
    }
}

#[actix_web::test]
async fn a_host_that_cannot_be_a_slug_is_not_looked_up() {
    let directory = Asked::default();
    for host in [
        "192.0.2.1",
        "a.b.signalbox.example",
        "acme.signalbox.example",
    ] {
        let refused = resolve_by(&directory, host).await.expect_err("nobody");
        assert_eq!(
            (refused.status().as_u16(), refused.code()),
            (404, "unknown_host")
        );
    }
    assert_eq!(
        *directory.0.lock().expect("not poisoned"),
        ["acme.signalbox.example"]
    );
}

/// A directory that never answers, and counts who waits for it.
#[derive(Default)]
struct Slow(std::sync::atomic::AtomicUsize);

#[async_trait]
impl HostDirectory for Slow {
    async fn find(&self, _: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::future::pending().await
    }
}

#[actix_web::test]
async fn foreign_names_are_looked_up_a_few_at_a_time() {
    let (base, directory, foreign) = (base(), Slow::default(), Semaphore::new(2));
    let finder = Finder {
        base: &base,
        directory: &directory,
        foreign: &foreign,
    };
    let names: Vec<String> = (0..50).map(|n| format!("site-{n}.example")).collect();
    let all = futures_util::future::join_all(names.iter().map(|name| resolve(name, &finder)));
    assert!(futures_util::FutureExt::now_or_never(all).is_none());
    assert_eq!(directory.0.load(std::sync::atomic::Ordering::Relaxed), 2);
}

async fn resolve_by(directory: &dyn HostDirectory, host: &str) -> Result<HostKind, ApiError> {
    let (base, foreign) = (base(), Semaphore::new(1));
    let finder = Finder {
        base: &base,
        directory,
        foreign: &foreign,
    };
    Ok(resolve(host, &finder).await?.0)
}

/// A directory whose database is away.
struct Away;

#[async_trait]
impl HostDirectory for Away {
    async fn find(&self, _: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        Err(Arc::new(DbError::Missing))
    }
}

#[actix_web::test]
async fn the_root_host_needs_no_directory() {
    assert!(matches!(
        resolve_by(&Away, "signalbox.example").await,
        Ok(HostKind::Root)
    ));
    let failed = resolve_by(&Away, "acme.signalbox.example").await;
    assert_eq!(failed.expect_err("it is away").status().as_u16(), 500);
}

fn authority(
    uri: &str,
    headers: &[(&'static str, &'static str)],
    trusted: bool,
) -> Result<String, BadHost> {
    let mut request = TestRequest::with_uri(uri).to_srv_request();
    for (name, value) in headers {
        request.headers_mut().append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    let head = request.head();
    authority_of(head, trusted).map(|authority| authority.host.into_owned())
}

#[test]
fn a_request_names_exactly_one_host() {
    let ok = |host: &str| Ok(host.to_owned());
    assert_eq!(
        authority("/", &[("host", "a.example")], false),
        ok("a.example")
    );
    assert_eq!(authority("/", &[], false), Err(BadHost));
    let twice = [("host", "a.example"), ("host", "a.example")];
    assert_eq!(authority("/", &twice, false), Err(BadHost));
    // RFC 9112: an absolute target outweighs the header; HTTP/2 has no header.
    let absolute = "http://b.example/";
    assert_eq!(
        authority(absolute, &[("host", "a.example")], false),
        ok("b.example")
    );
    assert_eq!(authority(absolute, &[], false), ok("b.example"));
    assert_eq!(authority(absolute, &twice, false), Err(BadHost));
}

#[test]
fn a_forwarded_host_counts_only_from_a_trusted_proxy() {
    let ok = |host: &str| Ok(host.to_owned());
    let both = [("host", "a.example"), ("x-forwarded-host", "b.example")];
    assert_eq!(authority("/", &both, false), ok("a.example"));
    assert_eq!(authority("/", &both, true), ok("b.example"));
    let list = [
        ("host", "a.example"),
        ("x-forwarded-host", "b.example, c.example"),
    ];
    assert_eq!(authority("/", &list, true), Err(BadHost));
    assert_eq!(authority("/", &list, false), ok("a.example"));
    let twice = [
        ("host", "a.example"),
        ("x-forwarded-host", "b.example"),
        ("x-forwarded-host", "c.example"),
    ];
    assert_eq!(authority("/", &twice, true), Err(BadHost));
}
