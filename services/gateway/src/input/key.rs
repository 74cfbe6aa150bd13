//! `Idempotency-Key`: the client's name for one attempt, so that a lost answer can be asked for again.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use kernel::error::FieldError;
use sha2::{Digest, Sha256};

use crate::context::RequestContext;
use crate::problem::ApiError;

const NAME: &str = "idempotency-key";
const MAX_CHARS: usize = 255;

/// The header `Idempotency-Key`, if it was sent: 1 to 255 visible ASCII characters. Errors: 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(Option<Attempt>);

/// A named attempt: which operation, by which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Method and path: the same key for another operation is another attempt.
    pub(crate) operation: String,
    pub(crate) key: String,
}

impl IdempotencyKey {
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.0.as_ref()
    }
}

/// Whether the request names its attempt.
pub(super) fn is_sent(request: &HttpRequest) -> bool {
    request.headers().contains_key(NAME)
}

/// The hash of the body that came with the attempt; of nothing for an operation without a body.
pub(crate) fn body_hash(context: &RequestContext) -> [u8; 32] {
    *context.body_hash.get_or_init(|| Sha256::digest(b"").into())
}

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(NAME);
        let key = match (values.next(), values.next()) {
            (None, _) => return ready(Ok(Self(None))),
            (Some(value), None) => value.to_str().ok().filter(|key| is_key(key)),
            (Some(_), Some(_)) => None,
        };
        ready(match key {
            Some(key) => Ok(Self(Some(Attempt {
                operation: format!("{} {}", request.method(), request.path()),
                key: key.to_owned(),
            }))),
            None => Err(ApiError::invalid(vec![FieldError {
                pointer: "/Idempotency-Key".into(),
                code: "header".into(),
                message: "Expected one key of 1 to 255 visible ASCII characters.".into(),
            }])),
        })
    }
}

fn is_key(text: &str) -> bool {
    (1..=MAX_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii() {
        assert!(is_key("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        assert!(is_key(&"k".repeat(255)));
        for wrong in ["", "a b", "ä", "a\t", &"k".repeat(256)] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }
}
