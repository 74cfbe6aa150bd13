//! What a request brings as proof, read once before anything else looks at it.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use jiff::Timestamp;
use kernel::id::{SessionId, TenantId};

use super::csrf::cookie_value;
use super::{AccessClaims, Keys, ProgramKey, SessionCookie};
use crate::Gateway;

/// Proof that names a session or a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A browser's cookie: its secret is compared with the row.
    Cookie(SessionCookie),
    /// A program's access token: signature, audience and time are checked.
    Bearer(AccessClaims),
    /// A program's own key: its secret is compared with the row.
    Key(ProgramKey),
}

impl Proof {
    pub(crate) fn session(&self) -> SessionId {
        match self {
            Self::Cookie(cookie) => cookie.session,
            Self::Bearer(claims) => claims.sid,
            // No session has it.
            Self::Key(key) => key.id.into(),
        }
    }
}

/// What stood in the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// Something that may be good; the session's row will say.
    Proof(Proof),
    /// Something that cannot be good.
    Bad,
}

impl Credential {
    /// What a request to `gateway` brings for `tenant`.
    pub(crate) fn brought(gateway: &Gateway, tenant: TenantId, headers: &HeaderMap) -> Self {
        Self::read(
            headers,
            &gateway.config().keys,
            tenant,
            gateway.base().https,
            gateway.now(),
        )
    }

    /// Reads the proof for `tenant`. With an `Authorization` header the cookie is not looked at.
    pub(crate) fn read(
        headers: &HeaderMap,
        keys: &Keys,
        tenant: TenantId,
        https: bool,
        now: Timestamp,
    ) -> Self {
        let mut authorization = headers.get_all(AUTHORIZATION);
        if let Some(first) = authorization.next() {
            let token = first.to_str().ok().and_then(bearer_token);
            let (Some(token), None) = (token, authorization.next()) else {
                return Self::Bad;
            };
            if token.starts_with(ProgramKey::ORGANIZATION) {
                return ProgramKey::parse(ProgramKey::ORGANIZATION, token)
                    .map_or(Self::Bad, |key| Self::Proof(Proof::Key(key)));
            }
            return match keys.verify_access_token(token, tenant, now) {
                Ok(claims) => Self::Proof(Proof::Bearer(claims)),
                Err(fault) => {
                    tracing::debug!(%fault, "an access token was refused");
                    Self::Bad
                }
            };
        }
        match cookie_value(headers, SessionCookie::name(https)) {
            None => Self::None,
            Some(value) => SessionCookie::parse(value)
                .map_or(Self::Bad, |cookie| Self::Proof(Proof::Cookie(cookie))),
        }
    }
}

/// The token of `Bearer <token>`; the scheme's name in any case (RFC 9110, 11.1).
pub(crate) fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{COOKIE, HeaderValue};

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let name = "session";
        for lines in [
            &["session=x"][..],
            &["a=b; session=x; c=d"],
            &["a=b", "session=x"],
            &["my_session=no; session=x"],
            &["session=; session=x"],
            &["novalue;session=x"],
        ] {
            assert_eq!(cookie_value(&cookies(lines), name), Some("x"), "{lines:?}");
        }
        assert_eq!(cookie_value(&cookies(&["sessions=x"]), name), None);
        assert_eq!(cookie_value(&cookies(&["__Host-session=x"]), name), None);
    }

    #[test]
    fn only_a_bearer_token_is_read() {
        assert_eq!(bearer_token("Bearer abc"), Some("abc"));
        assert_eq!(bearer_token("bearer  abc"), Some("abc"));
        for wrong in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(bearer_token(wrong), None, "{wrong}");
        }
    }
}
