//! Where a redirect leads (RFC 9110 section 15.4). Pure.
//!
//! Decides the next target and method only. Whether that target may be contacted is asked again by
//! the connector, like for the first one.

use crate::{failure::Failure, method::HttpMethod, target::Target};
use hyper::{StatusCode, header::HeaderValue};

/// Tells whether an answer with this status asks to go elsewhere.
pub(crate) const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The target and method that `status` and `location` lead to from `target`.
pub(crate) fn next(
    target: &Target,
    method: HttpMethod,
    status: StatusCode,
    location: Option<&HeaderValue>,
) -> Result<(Target, HttpMethod), Failure> {
    // Servers send raw UTF-8 here although the header is ASCII; browsers follow it.
    let location = location
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        .ok_or_else(|| Failure::redirect_without_location(status))?;
    let next = target
        .join(location)
        .map_err(|error| Failure::redirect_invalid(&error))?;
    Ok((next, next_method(method, status)))
}

/// 307 and 308 repeat the method; 303 reads the other page; 301 and 302 turn POST into GET, as
/// every browser does.
const fn next_method(method: HttpMethod, status: StatusCode) -> HttpMethod {
    match (status.as_u16(), method) {
        (307 | 308, _) | (_, HttpMethod::Get | HttpMethod::Head) => method,
        (303, _) | (301 | 302, HttpMethod::Post) => HttpMethod::Get,
        _ => method,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_redirect, next};
    use crate::{failure::Failure, method::HttpMethod, reason::ReasonCode, target::Target};
    use hyper::{StatusCode, header::HeaderValue};

    fn follow(
        from: &str,
        method: HttpMethod,
        status: u16,
        location: &str,
    ) -> Result<(Target, HttpMethod), Failure> {
        let location = HeaderValue::from_bytes(location.as_bytes()).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        next(
            &Target::parse(from).unwrap(),
            method,
            status,
            Some(&location),
        )
    }

    #[test]
    fn locations_are_resolved_against_the_page_they_came_from() {
        for (location, expected) in [
            ("/b", "http://example.com/b"),
            ("b?c=d#e", "http://example.com/a/b?c=d"),
            ("//other.example/", "http://other.example/"),
            ("https://example.com:8443/", "https://example.com:8443/"),
            ("/ü", "http://example.com/%C3%BC"),
            ("", "http://example.com/a/x"),
        ] {
            let (target, _) =
                follow("http://example.com/a/x", HttpMethod::Get, 302, location).unwrap();
            assert_eq!(target.as_str(), expected, "{location:?}");
        }
    }

    #[test]
    fn locations_that_are_not_web_addresses_are_not_followed() {
        for location in [
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "ftp://example.com/",
            "data:,x",
            "javascript:alert(1)",
            "unix:/run/x",
            "http://",
            "http://a..b/",
            "http://x:0/",
            "http://user:secret@example.com/",
            "http://[fe80::1%25eth0]/",
        ] {
            let failure =
                follow("http://example.com/", HttpMethod::Get, 302, location).unwrap_err();
            assert_eq!(failure.reason, ReasonCode::RedirectInvalid, "{location:?}");
        }
        let long = format!("/{}", "a".repeat(3000));
        assert!(follow("http://example.com/", HttpMethod::Get, 302, &long).is_err());
    }

    #[test]
    fn a_redirect_without_a_readable_location_is_invalid() {
        let target = Target::parse("http://example.com/").unwrap();
        let binary = HeaderValue::from_bytes(b"/\xff").unwrap();
        for location in [None, Some(&binary)] {
            let failure = next(&target, HttpMethod::Get, StatusCode::FOUND, location).unwrap_err();
            assert_eq!(failure.reason, ReasonCode::RedirectInvalid);
            assert_eq!(
                failure.message,
                "The server answered 302 Found without saying where to."
            );
        }
    }

    #[test]
    fn the_method_changes_as_browsers_change_it() {
        use HttpMethod::{Delete, Get, Head, Post, Put};
        for (status, method, expected) in [
            (301, Post, Get),
            (302, Post, Get),
            (303, Post, Get),
            (307, Post, Post),
            (308, Post, Post),
            (301, Put, Put),
            (303, Put, Get),
            (303, Delete, Get),
            (303, Head, Head),
            (302, Get, Get),
            (301, Head, Head),
        ] {
            let (_, next) = follow("http://example.com/", method, status, "/").unwrap();
            assert_eq!(next, expected, "{method} after {status}");
        }
    }

    #[test]
    fn only_five_codes_are_redirects() {
        let redirects: Vec<_> = (100..=599)
            .filter(|code| is_redirect(StatusCode::from_u16(*code).unwrap()))
            .collect();
        assert_eq!(redirects, [301, 302, 303, 307, 308]);
    }
}
