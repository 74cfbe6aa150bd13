//! Secrets that leave the house once and are kept as hashes. Pure.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use kernel::rng::{self, Entropy};
use sha2::{Digest, Sha256};

/// A secret of 256 bits that is sent once and kept as its hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretToken(String);

/// What is kept of a [`SecretToken`]. It has 256 random bits, so a plain hash is enough.
pub type TokenHash = [u8; 32];

impl SecretToken {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(rng::token256(entropy))
    }

    /// Reads one as it was sent; `None` for what was never made by us.
    pub fn parse(sent: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(sent.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(sent.to_owned()))
    }

    /// A new one outside of a transaction.
    pub fn of_system() -> Self {
        Self::generate(&rng::SystemEntropy)
    }

    /// The text, to be sent to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back_and_cannot_be_printed() {
        let token = SecretToken::generate(&rng::SystemEntropy);
        let again = SecretToken::parse(token.expose()).expect("it is one of ours");
        assert_eq!(again.hash(), token.hash());
        assert_eq!(format!("{token:?}"), "SecretToken(…)");
    }

    proptest! {
        #[test]
        fn what_we_did_not_make_is_no_token(sent in "\\PC{0,60}") {
            prop_assume!(sent.len() != 43);
            prop_assert_eq!(SecretToken::parse(&sent), None);
        }
    }
}
