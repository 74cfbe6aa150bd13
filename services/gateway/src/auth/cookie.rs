//! The session cookie of browsers: an opaque pointer to a session's row, and the secret that proves it.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use kernel::id::SessionId;
use kernel::rng::{self, Entropy};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::csrf::cookie_value;

/// The name over https. The prefix makes browsers insist on Secure, Path=/ and no Domain.
const SECURE_NAME: &str = "__Host-session";
/// The name over http, where browsers refuse the prefix. Development only.
const PLAIN_NAME: &str = "session";

/// The same two of the cookie by which a browser is known again after its session.
const SECURE_DEVICE_NAME: &str = "__Host-device";
const PLAIN_DEVICE_NAME: &str = "device";

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// The secret half of a session cookie. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret([u8; SECRET_BYTES]);

impl SessionSecret {
    /// A new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(rng::bytes32(entropy))
    }

    /// What `sessions.secret_hash` holds. The secret has 256 random bits, so a plain hash is enough.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

/// A session cookie as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionCookie {
    pub(crate) session: SessionId,
    pub(crate) secret: SessionSecret,
}

impl SessionCookie {
    pub(crate) const fn name(https: bool) -> &'static str {
        if https { SECURE_NAME } else { PLAIN_NAME }
    }

    /// Reads a cookie's value. `None` for anything we never wrote.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        if value.len() != BASE64URL_NOPAD.encode_len(bytes.len()) {
            return None;
        }
        BASE64URL_NOPAD
            .decode_mut(value.as_bytes(), &mut bytes)
            .ok()?;
        let (id, secret) = bytes.split_first_chunk::<ID_BYTES>()?;
        Some(Self {
            session: Uuid::from_bytes(*id).into(),
            secret: SessionSecret(secret.try_into().ok()?),
        })
    }

    /// What stands behind the name.
    pub(crate) fn value(&self) -> String {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        let (id, secret) = bytes.split_at_mut(ID_BYTES);
        id.copy_from_slice(self.session.uuid().as_bytes());
        secret.copy_from_slice(&self.secret.0);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The `Set-Cookie` that signs in.
    pub(crate) fn set(&self, https: bool, max_age: std::time::Duration) -> Cookie<'static> {
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        cookie(https, self.value(), Duration::seconds(seconds))
    }

    /// The `Set-Cookie` that signs out.
    pub(crate) fn clear(https: bool) -> Cookie<'static> {
        cookie(https, String::new(), Duration::ZERO)
    }
}

/// What a browser that was here before sends to be known again.
pub(crate) fn sent_device(headers: &HeaderMap, https: bool) -> Option<&str> {
    cookie_value(headers, device_name(https))
}

const fn device_name(https: bool) -> &'static str {
    if https {
        SECURE_DEVICE_NAME
    } else {
        PLAIN_DEVICE_NAME
    }
}

/// The `Set-Cookie` by which a browser is known again.
pub(crate) fn set_device(
    https: bool,
    value: String,
    max_age: std::time::Duration,
) -> Cookie<'static> {
    let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
    kept(device_name(https), https, value, Duration::seconds(seconds))
}

fn cookie(https: bool, value: String, max_age: Duration) -> Cookie<'static> {
    kept(SessionCookie::name(https), https, value, max_age)
}

fn kept(name: &'static str, https: bool, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(https)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(id: u128, secret: [u8; 32]) -> SessionCookie {
        SessionCookie {
            session: Uuid::from_u128(id).into(),
            secret: SessionSecret(secret),
        }
    }

    #[test]
    fn a_cookie_over_https_is_bound_to_its_host() {
        let text = sample(1, [7; 32])
            .set(true, std::time::Duration::from_secs(60))
            .to_string();
        let (pair, attributes) = text.split_once("; ").expect("it has attributes");
        assert!(pair.starts_with("__Host-session="));
        assert_eq!(
            attributes,
            "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
    }

    #[test]
    fn a_device_s_cookie_is_bound_to_its_host_as_well() {
        let day = std::time::Duration::from_hours(24);
        assert_eq!(
            set_device(true, "x".to_owned(), day).to_string(),
            "__Host-device=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=86400"
        );
        assert_eq!(
            set_device(false, "x".to_owned(), day).to_string(),
            "device=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=86400"
        );
    }

    #[test]
    fn signing_out_empties_the_same_cookie() {
        assert_eq!(
            SessionCookie::clear(false).to_string(),
            "session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn secrets_do_not_print() {
        let printed = format!("{:?}", sample(1, [7; 32]));
        assert!(!printed.contains('7'), "{printed}");
    }

    proptest! {
        #[test]
        fn a_cookie_reads_back(id: u128, secret: [u8; 32]) {
            let cookie = sample(id, secret);
            prop_assert_eq!(SessionCookie::parse(&cookie.value()), Some(cookie));
        }

        #[test]
        fn no_text_makes_the_reader_fail(text in ".{0,80}") {
            let _ = SessionCookie::parse(&text);
        }
    }
}
