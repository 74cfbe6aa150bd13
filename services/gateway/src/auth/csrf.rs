//! Whether a write that a browser sends was caused by a page of this very host.
//!
//! Tenants are same-site with each other, so `SameSite` cookies and `same-site` requests prove nothing.

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, ORIGIN};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whether `method` may change something.
pub(crate) fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// For a write that a cookie signs: the browser must say that it comes from this host.
pub(crate) fn allows_cookie_write(headers: &HeaderMap, own_origin: &str) -> bool {
    match single(headers, SEC_FETCH_SITE) {
        Header::Value(site) => site == "same-origin",
        Header::Absent => single(headers, ORIGIN.as_str()).is(own_origin),
        Header::Unclear => false,
    }
}

/// For a write without a credential (signing in, registering): no page of another host may cause it.
/// Programs send neither header and are let through: they have no cookie to abuse.
pub(crate) fn allows_anonymous_write(headers: &HeaderMap, own_origin: &str) -> bool {
    match single(headers, SEC_FETCH_SITE) {
        Header::Value(site) => matches!(site, "same-origin" | "none"),
        Header::Absent => match single(headers, ORIGIN.as_str()) {
            Header::Absent => true,
            origin => origin.is(own_origin),
        },
        Header::Unclear => false,
    }
}

/// Whether a WebSocket's handshake comes from a page of this host, or from a program (RFC 6455, 10.2).
pub(crate) fn allows_socket(headers: &HeaderMap, own_origin: &str, by_cookie: bool) -> bool {
    match single(headers, ORIGIN.as_str()) {
        Header::Absent => !by_cookie,
        origin => origin.is(own_origin),
    }
}

enum Header<'a> {
    Absent,
    Value(&'a str),
    /// Sent twice, or not text.
    Unclear,
}

impl Header<'_> {
    fn is(&self, expected: &str) -> bool {
        matches!(self, Self::Value(value) if *value == expected)
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Header<'a> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => value.to_str().map_or(Header::Unclear, Header::Value),
        (Some(_), Some(_)) => Header::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    const OWN: &str = "https://acme.signalbox.example";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        map
    }

    #[test]
    fn a_cookie_write_must_come_from_this_host() {
        // Headers; allowed with a cookie; allowed without.
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(Pairs, bool, bool)] = &[
            (&[], false, true),
            (&[("sec-fetch-site", "same-origin")], true, true),
            (&[("sec-fetch-site", "none")], false, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (&[("origin", OWN)], true, true),
            (&[("origin", "null")], false, false),
            (
                &[("origin", "https://globex.signalbox.example")],
                false,
                false,
            ),
            (&[("origin", "http://acme.signalbox.example")], false, false),
            (
                &[("origin", "https://acme.signalbox.example.evil")],
                false,
                false,
            ),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", OWN)],
                false,
                false,
            ),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
                false,
            ),
            (
                &[("origin", OWN), ("origin", "https://evil.example")],
                false,
                false,
            ),
        ];
        for (pairs, cookie, anonymous) in table {
            let map = headers(pairs);
            assert_eq!(allows_cookie_write(&map, OWN), *cookie, "{pairs:?}");
            assert_eq!(allows_anonymous_write(&map, OWN), *anonymous, "{pairs:?}");
        }
    }

    #[test]
    fn a_socket_needs_the_origin_of_this_host_unless_a_program_opens_it() {
        assert!(allows_socket(&headers(&[("origin", OWN)]), OWN, true));
        assert!(!allows_socket(&headers(&[]), OWN, true));
        assert!(allows_socket(&headers(&[]), OWN, false));
        assert!(!allows_socket(
            &headers(&[("origin", "https://evil.example")]),
            OWN,
            false
        ));
    }
}
