//! The address of a check or a webhook, parsed once.
//!
//! Owns what a target may look like. Everything later (name lookup, connection, certificate name,
//! request line, `Host`) is taken from the one parsed value, so that no second parser can read the
//! same text differently. Must not resolve names.

use crate::policy::TargetPolicy;
use hyper::{header::HeaderValue, http::uri::PathAndQuery};
use std::{borrow::Cow, fmt, net::IpAddr};
use url::{Host, Position, Url};

/// The longest accepted URL, in bytes after normalisation.
pub const MAX_URL_LENGTH: usize = 2048;

/// A parsed and normalised `http` or `https` URL.
///
/// Normalised as the WHATWG URL standard says (case, default port, dot segments, percent-encoding,
/// punycode, the many spellings of an IPv4 address), without fragment, which no server ever sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    port: u16,
    authority: HeaderValue,
    path: PathAndQuery,
}

/// Why a text is not a target. Each text says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The text is not a URL.
    #[error("must be a full address such as https://example.com/health ({0})")]
    Malformed(Cow<'static, str>),
    /// The scheme is not `http` or `https`.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// A user name or password stands in the URL, where it would be shown and stored openly.
    #[error("must not contain a user name or password")]
    Credentials,
    /// The port is 0.
    #[error("must have a port from 1 to 65535")]
    Port,
    /// The normalised URL is longer than [`MAX_URL_LENGTH`].
    #[error("must be at most {MAX_URL_LENGTH} characters long")]
    TooLong,
    /// The host is an IP address that may not be contacted.
    #[error("must be a public address; private, local and reserved addresses are not contacted")]
    Blocked,
}

impl TargetError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "invalid_url",
            Self::Scheme => "unsupported_scheme",
            Self::Credentials => "url_credentials",
            Self::Port => "invalid_port",
            Self::TooLong => "url_too_long",
            Self::Blocked => "blocked_target",
        }
    }
}

impl Target {
    /// Parses `text` without asking a policy.
    ///
    /// # Errors
    /// Any of [`TargetError`] but `Blocked`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        // The URL standard drops tabs and line breaks silently; what is stored should be what was
        // typed, so they are refused.
        if text.chars().any(char::is_control) {
            return Err(TargetError::Malformed(
                "it contains control characters".into(),
            ));
        }
        Self::from_url(Url::parse(text).map_err(malformed)?)
    }

    /// Parses `text` and refuses a host that is an IP address `policy` does not allow.
    ///
    /// Names are not looked up here: an address reached by name is filtered when connecting.
    ///
    /// # Errors
    /// Any of [`TargetError`].
    pub fn parse_allowed(text: &str, policy: &TargetPolicy) -> Result<Self, TargetError> {
        let target = Self::parse(text)?;
        match target.literal_address() {
            Some(address) if !policy.allows(address) => Err(TargetError::Blocked),
            _ => Ok(target),
        }
    }

    /// Resolves the `Location` of a redirect against this target.
    pub(crate) fn join(&self, location: &str) -> Result<Self, TargetError> {
        Self::from_url(self.url.join(location).map_err(malformed)?)
    }

    fn from_url(mut url: Url) -> Result<Self, TargetError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        let port = url
            .port_or_known_default()
            .filter(|port| *port > 0)
            .ok_or(TargetError::Port)?;
        if let Some(Host::Domain(name)) = url.host() {
            check_name(name)?;
        }
        url.set_fragment(None);
        if url.as_str().len() > MAX_URL_LENGTH {
            return Err(TargetError::TooLong);
        }
        let authority = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]);
        let path = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery]);
        match (authority, path) {
            (Ok(authority), Ok(path)) => Ok(Self {
                url,
                port,
                authority,
                path,
            }),
            _ => Err(TargetError::Malformed(
                "it cannot be written in an HTTP request".into(),
            )),
        }
    }

    /// The normalised URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host as shown to people: a name in ASCII, an IPv4 address, or an IPv6 address in
    /// brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, 80 or 443 where the URL names none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host when it is an IP address in whatever spelling, IPv4-mapped ones as IPv4.
    #[must_use]
    pub fn literal_address(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address).to_canonical()),
            Host::Domain(_) => None,
        }
    }

    /// The host when it is a name, without a final dot.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.url
            .domain()
            .map(|name| name.strip_suffix('.').unwrap_or(name))
    }

    /// The value of the `Host` header: the host, and the port where it is not the default one.
    pub(crate) const fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// The request target: path and query.
    pub(crate) const fn path(&self) -> &PathAndQuery {
        &self.path
    }
}

fn malformed(error: url::ParseError) -> TargetError {
    TargetError::Malformed(error.to_string().into())
}

/// Refuses names DNS cannot carry (RFC 1035 section 2.3.4), which the URL standard lets pass.
fn check_name(name: &str) -> Result<(), TargetError> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()));
    if fits {
        Ok(())
    } else {
        Err(TargetError::Malformed(
            "the host name has empty or overlong parts".into(),
        ))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_URL_LENGTH, Target, TargetError};
    use crate::policy::TargetPolicy;
    use proptest::prelude::*;

    fn parse(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn code(text: &str) -> Option<&'static str> {
        Target::parse_allowed(text, &TargetPolicy::default())
            .err()
            .map(|error| error.code())
    }

    #[test]
    fn a_target_is_normalised() {
        for (given, normal) in [
            ("https://Example.COM", "https://example.com/"),
            (
                "  https://example.com:443/a/../b  ",
                "https://example.com/b",
            ),
            ("http://example.com:80/?q=1#part", "http://example.com/?q=1"),
            (
                "http://example.com:8080/ä?ö=ü",
                "http://example.com:8080/%C3%A4?%C3%B6=%C3%BC",
            ),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
        ] {
            assert_eq!(parse(given).as_str(), normal, "{given:?}");
        }
    }

    #[test]
    fn the_parts_of_a_request_come_from_the_parsed_url() {
        let target = parse("https://example.com.:8443/a b?c=d e");
        assert_eq!(target.host(), "example.com.");
        assert_eq!(target.name(), Some("example.com"));
        assert_eq!(target.port(), 8443);
        assert!(target.encrypted());
        assert_eq!(target.authority(), "example.com.:8443");
        assert_eq!(target.path().as_str(), "/a%20b?c=d%20e");
        let target = parse("http://[2606:4700::1111]/");
        assert_eq!(target.host(), "[2606:4700::1111]");
        assert_eq!(target.authority(), "[2606:4700::1111]");
        assert_eq!(target.name(), None);
        assert_eq!(target.port(), 80);
    }

    #[test]
    fn what_is_not_a_web_address_is_refused() {
        for (given, expected) in [
            ("", "invalid_url"),
            ("example.com", "invalid_url"),
            ("http://", "invalid_url"),
            ("http://a..b/", "invalid_url"),
            ("http://exa\tmple.com/", "invalid_url"),
            ("http://example.com/\r\nX: y", "invalid_url"),
            ("http://example.com:65536/", "invalid_url"),
            ("http://example.com:0/", "invalid_port"),
            ("file:///etc/passwd", "unsupported_scheme"),
            ("gopher://127.0.0.1:6379/_INFO", "unsupported_scheme"),
            ("dict://127.0.0.1:11211/", "unsupported_scheme"),
            ("ftp://example.com/", "unsupported_scheme"),
            ("jar:http://example.com!/", "unsupported_scheme"),
            ("data:text/plain,x", "unsupported_scheme"),
            ("unix:/run/x.sock", "unsupported_scheme"),
            ("javascript:alert(1)", "unsupported_scheme"),
            ("http://user@example.com/", "url_credentials"),
            ("http://user:secret@example.com/", "url_credentials"),
            ("http://:secret@example.com/", "url_credentials"),
        ] {
            assert_eq!(code(given), Some(expected), "{given:?}");
        }
        assert_eq!(
            code(&format!("http://{}.example/", "a".repeat(64))),
            Some("invalid_url")
        );
    }

    #[test]
    fn length_is_counted_after_normalisation() {
        let path = |length: usize| format!("http://example.com/{}", "a".repeat(length));
        let fitting = path(MAX_URL_LENGTH - "http://example.com/".len());
        assert_eq!(parse(&fitting).as_str().len(), MAX_URL_LENGTH);
        assert_eq!(
            Target::parse(&format!("{fitting}a")),
            Err(TargetError::TooLong)
        );
        let umlauts = format!("http://example.com/{}", "ä".repeat(400));
        assert_eq!(Target::parse(&umlauts), Err(TargetError::TooLong));
    }

    /// The spellings of `research/platform.md` 5.2 that are IP addresses, and what stands for each.
    /// Never handed to a prober here: parsing alone must refuse them.
    #[test]
    fn every_spelling_of_an_address_that_is_not_public_is_refused_when_parsed() {
        for given in [
            "http://0/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://127.127.127.127/",
            "http://[::]/",
            "http://[::1]/",
            "http://[0000::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:7f00:1::]/",
            "http://[fd00:ec2::254]/",
            "http://[fec0::1]/",
            "http://169.254.169.254/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://100.100.100.200/",
            "http://127。0。0。1/",
            "http:127.0.0.1/",
            "http:///127.0.0.1/",
            "http://127.0.0.1:80\\@example.com/",
            "http://①②⑦.0.0.1/",
            "https:\\\\127.0.0.1\\",
            "http://127.0.0.1./",
        ] {
            assert_eq!(code(given), Some("blocked_target"), "{given:?}");
        }
        for given in [
            "http://0o177.0.0.1/",
            "http://[fe80::1%25eth0]/",
            "http://127.0.0.1%00.example.com/",
            "http://256.0.0.1/",
        ] {
            assert_eq!(code(given), Some("invalid_url"), "{given:?}");
        }
        assert_eq!(code("http://evil@127.0.0.1/"), Some("url_credentials"));
        assert_eq!(
            parse("http://example.com#@127.0.0.1/").host(),
            "example.com"
        );
    }

    #[test]
    fn names_pass_the_parser_whatever_they_point_at() {
        for given in [
            "http://localhost/",
            "http://LOCALHOST./",
            "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        ] {
            let target = Target::parse_allowed(given, &TargetPolicy::default()).unwrap();
            assert_eq!(target.name(), Some("localhost"), "{given:?}");
            assert_eq!(target.literal_address(), None);
        }
    }

    #[test]
    fn an_allowed_network_admits_its_literal_addresses() {
        let policy = TargetPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(Target::parse_allowed("http://[::ffff:7f00:1]:8080/", &policy).is_ok());
        assert!(Target::parse_allowed("http://[::1]:8080/", &policy).is_err());
    }

    proptest! {
        #[test]
        fn a_normalised_target_parses_to_itself(text in "https?://[a-z0-9.-]{1,20}(:[0-9]{1,5})?/\\PC{0,40}") {
            if let Ok(target) = Target::parse(&text) {
                prop_assert_eq!(Target::parse(target.as_str()).unwrap(), target);
            }
        }

        #[test]
        fn every_web_path_can_be_written_in_a_request(path in "[ -~]{0,40}") {
            prop_assert!(Target::parse(&format!("http://example.com/{path}")).is_ok(), "{}", path);
            prop_assert!(Target::parse(&format!("http://example.com/?{path}")).is_ok(), "{}", path);
        }
    }
}
