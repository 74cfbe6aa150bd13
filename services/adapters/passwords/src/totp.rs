//! One-time codes by time (RFC 6238): six digits, half a minute, SHA-1, as every authenticator app reads them.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use kernel::rng::Entropy;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

/// Seconds for which a code stands.
pub const STEP_S: i64 = 30;
/// Steps by which a clock may be off, each way.
const DRIFT: i64 = 1;
const DIGITS: usize = 6;
const MODULUS: u32 = 1_000_000;
const SEED_BYTES: usize = 20;
const ISSUER: &str = "Signalbox";

/// What an authenticator app and the platform both know.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; SEED_BYTES]);

impl Seed {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; SEED_BYTES];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// A seed that nobody has, to do the same work with where there is no account.
    pub const NOBODYS: Self = Self([0; SEED_BYTES]);

    /// Takes what was kept.
    pub fn kept(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads what [`Seed::base32`] wrote.
    pub fn parse(base32: &str) -> Option<Self> {
        Self::kept(&BASE32_NOPAD.decode(base32.as_bytes()).ok()?)
    }

    /// What is kept, sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an app that has no camera.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// As an app reads it from a link or a picture of one.
    pub fn uri(&self, account: &str) -> String {
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        format!(
            "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
            self.base32()
        )
    }

    /// The code of the moment `at`.
    pub fn code(&self, at: Timestamp) -> String {
        written(self.number(step_of(at)))
    }

    /// The step whose code `typed` is, if it stands at `now` and comes after `last`, the step that was
    /// taken last. Every step is compared, whichever fits.
    pub fn accept(&self, typed: &str, now: Timestamp, last: i64) -> Option<i64> {
        let now = step_of(now);
        let mut found = None;
        for step in now - DRIFT..=now + DRIFT {
            let fits = written(self.number(step)) == typed;
            if fits && step > last && found.is_none() {
                found = Some(step);
            }
        }
        found
    }

    /// RFC 4226, 5.3: four bytes from where the last nibble says, without their sign.
    fn number(&self, step: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
        let four = tag.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        // The offset is at most 15 and the tag has 20 bytes.
        let number = four.map_or(0, |bytes| u32::from_be_bytes(*bytes) & 0x7fff_ffff);
        number % MODULUS
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

fn step_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP_S)
}

fn written(number: u32) -> String {
    format!("{number:0DIGITS$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn seed() -> Seed {
        Seed::kept(b"12345678901234567890").expect("20 bytes")
    }

    /// RFC 6238, appendix B, in six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (second, code) in table {
            assert_eq!(seed().code(at(second)), code, "{second}");
        }
    }

    #[test]
    fn a_code_stands_for_a_step_before_and_after_and_is_taken_once() {
        let (seed, now) = (seed(), at(1_111_111_109));
        let step = step_of(now);
        for off in -3..=3 {
            let code = seed.code(at(1_111_111_109 + off * STEP_S));
            let expected = (off.abs() <= 1).then_some(step + off);
            assert_eq!(seed.accept(&code, now, 0), expected, "{off}");
        }
        let code = seed.code(now);
        assert_eq!(seed.accept(&code, now, step - 1), Some(step));
        assert_eq!(seed.accept(&code, now, step), None);
        let earlier = seed.code(at(1_111_111_109 - STEP_S));
        assert_eq!(seed.accept(&earlier, now, step), None, "nor an older one");
    }

    #[test]
    fn what_is_no_code_is_not_taken() {
        for wrong in ["", "81804", "0818040", "081 804", "abcdef", "０８１８０４"] {
            assert_eq!(seed().accept(wrong, at(1_111_111_109), 0), None, "{wrong}");
        }
    }

    #[test]
    fn a_seed_reads_back_and_does_not_print() {
        let seed = seed();
        assert_eq!(seed.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(Seed::parse(&seed.base32()), Some(seed.clone()));
        assert_eq!(Seed::parse("GEZDGNBV"), None);
        assert_eq!(format!("{seed:?}"), "Seed(…)");
        assert_eq!(
            seed.uri("ada+x@example.com"),
            "otpauth://totp/Signalbox:ada%2Bx%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Signalbox&algorithm=SHA1&digits=6&period=30"
        );
    }
}
