//! Whether a write that a browser sends was caused by a page of this very host.
//!
//! Tenants are same-site with each other, so `SameSite` cookies and `same-site` requests prove nothing. Two
//! things have to hold: what the browser says about the page, and that the page could read a cookie of this
//! host that goes with the session's (a signed double submit). Either alone would do; neither is relied on.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use super::{Keys, SessionCookie};

const SEC_FETCH_SITE: &str = "sec-fetch-site";
/// Where a page sends the token that its cookie told it.
const TOKEN_HEADER: &str = "x-csrf-token";
/// The token's cookie over https, and over http.
const SECURE_NAME: &str = "__Host-csrf";
const PLAIN_NAME: &str = "csrf";

/// A session's cookie, and the token's beside it, as one listener calls them.
///
/// One key makes the tokens of all of them: a token is bound to the whole value of its session's cookie, and
/// the 256 random bits of that are in no other.
#[derive(Clone, Copy)]
pub(crate) struct Cookies {
    pub(crate) session: &'static str,
    pub(crate) token: &'static str,
    pub(crate) https: bool,
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// What a page of this host keeps goes with its session. Not "cookies": that clears those of every other
/// host of the site, and with them other organisations' sessions. Not "cache": no answer of the API is in it.
const CLEARED: &str = "\"storage\"";

/// Whether the page's token goes with the session's cookie.
pub(crate) fn has_token(headers: &HeaderMap, keys: &Keys, session: &str) -> bool {
    match single(headers, TOKEN_HEADER) {
        Header::Value(token) => keys.is_page_token(session, token),
        Header::Absent | Header::Unclear => false,
    }
}

impl Cookies {
    /// Those of organisations.
    pub(crate) const fn of_organizations(https: bool) -> Self {
        Self {
            session: SessionCookie::name(https),
            token: if https { SECURE_NAME } else { PLAIN_NAME },
            https,
        }
    }

    /// Wherever a session's cookie is set or cleared, the page's token is too.
    pub(crate) fn accompany(self, response: &mut HttpResponse, keys: &Keys) {
        let set = response
            .cookies()
            .find(|cookie| cookie.name() == self.session);
        let Some(set) = set else {
            return;
        };
        let (over, max_age) = (set.value().is_empty(), set.max_age());
        let token = if over {
            String::new()
        } else {
            keys.page_token(set.value())
        };
        add(response, &self.token_cookie(token, max_age));
        if over {
            response
                .headers_mut()
                .insert(CLEAR_SITE_DATA, HeaderValue::from_static(CLEARED));
        }
    }

    /// A page that has lost the token's cookie, or has that of a cookie before, is given it with the answer
    /// to any request that its session, by the value of its cookie, proved.
    pub(crate) fn restore(
        self,
        response: &mut HttpResponse,
        sent: &HeaderMap,
        keys: &Keys,
        session: &str,
    ) {
        let held = cookie_value(sent, self.token);
        if !held.is_some_and(|token| keys.is_page_token(session, token)) {
            add(response, &self.token_cookie(keys.page_token(session), None));
        }
    }

    /// Readable by the page, unlike the session's.
    fn token_cookie(
        self,
        token: String,
        max_age: Option<actix_web::cookie::time::Duration>,
    ) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.token, token)
            .path("/")
            .secure(self.https)
            .same_site(SameSite::Strict)
            .finish();
        cookie.set_max_age(max_age);
        cookie
    }
}

fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    // A name, base64url and a number: always a header.
    let added = response.add_cookie(cookie);
    debug_assert!(added.is_ok());
}

/// The first cookie of that name that has a value.
pub(super) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

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

    fn keys() -> Keys {
        Keys::derive("x", &"m".repeat(32).into(), &[]).expect("long enough")
    }

    fn cookie_of(letter: &str) -> SessionCookie {
        SessionCookie::parse(&letter.repeat(64)).expect("a cookie")
    }

    #[test]
    fn a_pages_token_comes_and_goes_with_the_sessions_cookie() {
        let shown = |cookie: Cookie<'static>| {
            let mut response = HttpResponse::Ok().cookie(cookie).finish();
            Cookies::of_organizations(true).accompany(&mut response, &keys());
            let cookies = response.cookies().map(|cookie| cookie.to_string());
            cookies.collect::<Vec<_>>()
        };
        let session = cookie_of("A");
        let set = shown(session.set(true, std::time::Duration::from_secs(60)));
        let token = keys().page_token(&session.value());
        let expected = format!("__Host-csrf={token}; SameSite=Strict; Secure; Path=/; Max-Age=60");
        assert_eq!(set.get(1), Some(&expected));
        let cleared = shown(SessionCookie::clear(true));
        let expected = "__Host-csrf=; SameSite=Strict; Secure; Path=/; Max-Age=0";
        assert_eq!(cleared.get(1).map(String::as_str), Some(expected));
        assert_eq!(shown(Cookie::new("theme", "dark")).len(), 1);
    }

    #[test]
    fn a_page_that_has_no_good_token_is_given_one() {
        let session = cookie_of("A");
        let given = |sent: Option<String>| {
            let mut map = HeaderMap::new();
            if let Some(sent) = sent {
                let value = HeaderValue::from_str(&sent).expect("text");
                map.insert(COOKIE, value);
            }
            let mut response = HttpResponse::Ok().finish();
            let cookies = Cookies::of_organizations(false);
            cookies.restore(&mut response, &map, &keys(), &session.value());
            response.cookies().count()
        };
        let own = keys().page_token(&session.value());
        let other = keys().page_token(&cookie_of("B").value());
        assert_eq!(given(None), 1);
        assert_eq!(given(Some(format!("csrf={other}"))), 1);
        assert_eq!(given(Some(format!("session=x; csrf={own}"))), 0);
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
