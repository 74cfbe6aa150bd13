//! Randomness, as something that is handed in, and the secrets and ids made from it.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` from the source.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // A machine that cannot give random bytes cannot make a single safe token: there is no
        // answer to give, and every predictable one would be worse than stopping.
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gave no random bytes: {error}");
        }
    }
}

/// 32 random bytes.
pub fn bytes32(entropy: &dyn Entropy) -> [u8; 32] {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    bytes
}

/// A 256-bit secret as 43 characters of unpadded base64url.
pub fn token256(entropy: &dyn Entropy) -> String {
    BASE64URL_NOPAD.encode(&bytes32(entropy))
}

/// A UUIDv7 (RFC 9562): sorts by the millisecond it was made in.
pub fn uuid_v7(at: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The smallest id that [`uuid_v7`] makes in the millisecond of `at`. `None` before 1970.
pub fn first_uuid_v7(at: Timestamp) -> Option<Uuid> {
    let millis = u64::try_from(at.as_millisecond()).ok()?;
    Some(uuid::Builder::from_u128(u128::from(millis) << 80).into_uuid())
}

/// The same of the millisecond behind it: every id that was made by `at` is smaller.
pub fn first_uuid_v7_after(at: Timestamp) -> Option<Uuid> {
    let next = at.checked_add(SignedDuration::from_millis(1));
    next.ok().and_then(first_uuid_v7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_millisecond_lie_between_its_first_and_the_next_ones() {
        let at: Timestamp = "2026-11-20T12:00:00.123456Z".parse().expect("an instant");
        for _ in 0..100 {
            let id = uuid_v7(at, &SystemEntropy);
            assert!(first_uuid_v7(at) <= Some(id));
            assert!(Some(id) < first_uuid_v7_after(at));
        }
        assert_eq!(first_uuid_v7(Timestamp::MIN), None);
        assert_eq!(first_uuid_v7_after(Timestamp::MAX), None);
    }
}
