//! What programs are given to prove themselves by: a prefix that scanners know, the row, a secret, and a
//! checksum, so that a key that was cut short or mistyped is told from a wrong one without asking anybody.

use data_encoding::BASE32_NOPAD;
use kernel::rng::{self, Entropy};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A key as it is shown once: `<prefix>` and 84 of `a-z2-7`. Only the hash of its secret is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ProgramKey {
    /// Which row.
    pub id: Uuid,
    secret: [u8; SECRET_BYTES],
}

impl ProgramKey {
    /// What keys of an organisation begin with.
    pub const ORGANIZATION: &'static str = "sbk_";

    /// A new one.
    pub fn generate(id: Uuid, entropy: &dyn Entropy) -> Self {
        let secret = rng::bytes32(entropy);
        Self { id, secret }
    }

    /// What is stored. The secret has 256 random bits, so a plain hash is enough.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Reads one as it was sent; `None` for what we never made.
    pub fn parse(prefix: &str, sent: &str) -> Option<Self> {
        let digits = sent.strip_prefix(prefix)?;
        if digits.chars().any(|c| c.is_ascii_uppercase()) {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(digits.to_ascii_uppercase().as_bytes());
        let bytes = bytes.ok()?;
        let (said, sum) = bytes.split_last_chunk::<4>()?;
        if crc32(said).to_be_bytes() != *sum {
            return None;
        }
        let (id, secret) = said.split_first_chunk::<ID_BYTES>()?;
        Some(Self {
            id: Uuid::from_bytes(*id),
            secret: secret.try_into().ok()?,
        })
    }

    /// The text, to be shown to whoever made it.
    pub fn expose(&self, prefix: &str) -> String {
        let said = [&self.id.as_bytes()[..], &self.secret].concat();
        let bytes = [&said[..], &crc32(&said).to_be_bytes()].concat();
        format!(
            "{prefix}{}",
            BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
        )
    }
}

impl std::fmt::Debug for ProgramKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProgramKey({})", self.id)
    }
}

/// CRC-32 as Ethernet and zip have it (polynomial 0x04C11DB7, reflected).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = ProgramKey::ORGANIZATION;

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_key_has_its_form_and_does_not_print() {
        let key = ProgramKey {
            id: Uuid::nil(),
            secret: [7; SECRET_BYTES],
        };
        let text = key.expose(PREFIX);
        assert!(text.starts_with("sbk_aaaaaaaa"), "{text}");
        assert_eq!(text.len(), 88);
        assert_eq!(ProgramKey::parse(PREFIX, &text.to_uppercase()), None);
        assert_eq!(ProgramKey::parse("sbo_", &text), None);
        assert_eq!(ProgramKey::parse(PREFIX, &text[4..]), None);
        assert_eq!(
            format!("{key:?}"),
            "ProgramKey(00000000-0000-0000-0000-000000000000)"
        );
    }

    proptest! {
        #[test]
        fn a_key_reads_back_and_no_slip_of_the_pen_does(id: u128, secret: [u8; 32], at in 4_usize..88, digit in "[a-z2-7]") {
            let key = ProgramKey { id: Uuid::from_u128(id), secret };
            let text = key.expose(PREFIX);
            prop_assert_eq!(ProgramKey::parse(PREFIX, &text), Some(key));
            let mut slipped = text.clone();
            slipped.replace_range(at..=at, &digit);
            prop_assert!(slipped == text || ProgramKey::parse(PREFIX, &slipped).is_none());
            prop_assert_eq!(ProgramKey::parse(PREFIX, &text[..at]), None);
        }

        #[test]
        fn no_text_upsets_the_reader(text in "(sbk_)?.{0,100}") {
            let _ = ProgramKey::parse(PREFIX, &text);
        }
    }
}
