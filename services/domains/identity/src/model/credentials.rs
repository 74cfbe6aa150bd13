//! What people have to prove who they are, and how it changes. Pure.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use kernel::rng::Entropy;
use sha2::{Digest, Sha256};

use super::TokenHash;

/// What a person has to prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Security {
    /// Whether there is a password.
    pub has_password: bool,
    /// Since when it is this one; `None` for the first.
    pub password_changed_at: Option<Timestamp>,
    /// Since when signing in asks for a one-time code, where it does.
    pub codes_since: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i32,
    /// Passkeys that work on this host.
    pub passkeys: i32,
}

/// How far a change of address got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// One address is proven: the one they have, or the one they want.
    Half {
        /// Whether it is the one they have.
        present_address: bool,
    },
    /// Both are, and it is changed.
    Done {
        /// The address they have now.
        email: String,
    },
}

/// A code that lets its owner in once without their app: 80 random bits, written `abcd-efgh-ijkl-mnop`.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; 10]);

impl RecoveryCode {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 10];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads one as somebody typed it, with or without hyphens and spaces, in any case; `None` for what is
    /// none of ours.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters: String = typed
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = BASE32_NOPAD.decode(letters.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As its owner writes it down.
    pub fn expose(&self) -> String {
        let letters = BASE32_NOPAD.encode(&self.0).to_ascii_lowercase();
        let groups: Vec<&str> = (0..4)
            .filter_map(|n| letters.get(n * 4..n * 4 + 4))
            .collect();
        groups.join("-")
    }

    /// What is kept. It has 80 random bits and is good once, so a plain hash is enough.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use kernel::rng;

    use super::*;

    #[test]
    fn a_recovery_code_reads_back_however_it_is_typed() {
        let code = RecoveryCode::generate(&rng::SystemEntropy);
        let written = code.expose();
        assert_eq!(written.len(), 19, "{written}");
        for typed in [written.clone(), written.replace('-', " ").to_uppercase()] {
            assert_eq!(RecoveryCode::parse(&typed), Some(code.clone()), "{typed}");
        }
        for none in ["", "123456", "abcd-efgh-ijkl", "abcd-efgh-ijkl-mno1"] {
            assert_eq!(RecoveryCode::parse(none), None, "{none}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }
}
