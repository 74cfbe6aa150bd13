//! Tokens of operators' programs: a prefix that scanners know, the row, a secret, and a checksum, so that a
//! token that was cut short or mistyped is told from a wrong one without asking anybody.

use data_encoding::BASE32_NOPAD;
use kernel::id::OperatorTokenId;
use kernel::rng::{self, Entropy};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const PREFIX: &str = "sbo_";
const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A token as it is shown once. Only the hash of its secret is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Which row.
    pub id: OperatorTokenId,
    secret: [u8; SECRET_BYTES],
}

impl Token {
    /// A new one.
    pub fn generate(id: OperatorTokenId, entropy: &dyn Entropy) -> Self {
        let secret = rng::bytes32(entropy);
        Self { id, secret }
    }

    /// What is stored. The secret has 256 random bits, so a plain hash is enough.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Reads one as it was sent; `None` for what we never made.
    pub fn parse(sent: &str) -> Option<Self> {
        let digits = sent.strip_prefix(PREFIX)?;
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
            id: Uuid::from_bytes(*id).into(),
            secret: secret.try_into().ok()?,
        })
    }

    /// The text, to be shown to its operator.
    pub fn expose(&self) -> String {
        let said = [&self.id.uuid().as_bytes()[..], &self.secret].concat();
        let bytes = [&said[..], &crc32(&said).to_be_bytes()].concat();
        format!(
            "{PREFIX}{}",
            BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
        )
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({})", self.id)
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

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_token_has_its_form_and_does_not_print() {
        let token = Token {
            id: Uuid::nil().into(),
            secret: [7; SECRET_BYTES],
        };
        let text = token.expose();
        assert!(text.starts_with("sbo_aaaaaaaa"), "{text}");
        assert_eq!(text.len(), 88);
        assert_eq!(Token::parse(&text.to_uppercase()), None);
        assert_eq!(Token::parse(text.trim_start_matches("sbo_")), None);
        assert_eq!(
            format!("{token:?}"),
            "Token(00000000-0000-0000-0000-000000000000)"
        );
    }

    proptest! {
        #[test]
        fn a_token_reads_back_and_no_slip_of_the_pen_does(id: u128, secret: [u8; 32], at in 4_usize..88, digit in "[a-z2-7]") {
            let token = Token { id: Uuid::from_u128(id).into(), secret };
            let text = token.expose();
            prop_assert_eq!(Token::parse(&text), Some(token));
            let mut slipped = text.clone();
            slipped.replace_range(at..=at, &digit);
            prop_assert!(slipped == text || Token::parse(&slipped).is_none());
            prop_assert_eq!(Token::parse(&text[..at]), None);
        }

        #[test]
        fn no_text_upsets_the_reader(text in ".{0,100}") {
            let _ = Token::parse(&text);
        }
    }
}
