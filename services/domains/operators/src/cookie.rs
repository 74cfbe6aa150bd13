//! The operators' session cookie: an opaque pointer to a session's row, and the secret that proves it.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use gateway::Office;
use kernel::id::SessionId;
use kernel::rng::{self, Entropy};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// What a cookie says: which session, and the secret. Only the secret's hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// Which session.
    pub session: SessionId,
    secret: [u8; SECRET_BYTES],
}

impl Proof {
    /// A new one for `session`.
    pub fn generate(session: SessionId, entropy: &dyn Entropy) -> Self {
        let secret = rng::bytes32(entropy);
        Self { session, secret }
    }

    /// What is stored. The secret has 256 random bits, so a plain hash is enough.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Reads a cookie's value; `None` for what we never wrote.
    pub fn parse(value: &str) -> Option<Self> {
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
            secret: secret.try_into().ok()?,
        })
    }

    fn value(&self) -> String {
        let bytes = [&self.session.uuid().as_bytes()[..], &self.secret].concat();
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The `Set-Cookie` that signs in.
    pub fn set(&self, office: &Office, max_age: jiff::SignedDuration) -> Cookie<'static> {
        cookie(office, self.value(), Duration::seconds(max_age.as_secs()))
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proof({})", self.session)
    }
}

/// The `Set-Cookie` that signs out.
pub fn clear(office: &Office) -> Cookie<'static> {
    cookie(office, String::new(), Duration::ZERO)
}

/// Strict: nobody comes here by a link from elsewhere and expects to be signed in.
fn cookie(office: &Office, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(office.cookie_name(), value)
        .path("/")
        .secure(office.is_https())
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_proof_reads_back(id: u128, secret: [u8; 32]) {
            let proof = Proof { session: Uuid::from_u128(id).into(), secret };
            prop_assert_eq!(Proof::parse(&proof.value()), Some(proof));
        }

        #[test]
        fn no_text_upsets_the_reader(text in ".{0,80}") {
            let _ = Proof::parse(&text);
        }
    }
}
