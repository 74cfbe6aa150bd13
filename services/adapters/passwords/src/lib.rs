//! Passwords and one-time codes: what a good one is, and how one is checked.
//!
//! Owns the rules, Argon2id, the bound on how many hashes run at once, and codes by time. It never stores
//! anything, and nothing in it can be printed.

mod hashing;
mod rules;
pub mod totp;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

pub use hashing::{Cost, PasswordHash, Passwords, PasswordsError};
pub use rules::{Fault, broken_rules};

/// A password as somebody typed it, brought to one Unicode form (NFC), so that the same word typed on
/// two keyboards is the same password. Nothing else is changed: no trimming, no truncation.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Takes what was typed.
    pub fn new(typed: &str) -> Self {
        let normalised: String = typed.nfc().collect();
        Self(normalised.into())
    }

    pub(crate) fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_word_are_one_password() {
        assert_eq!(Password::new("Cafe\u{301}"), Password::new("Café"));
        assert_ne!(Password::new("Café "), Password::new("Café"));
    }

    #[test]
    fn a_password_cannot_be_printed() {
        let password = Password::new("correct horse battery");
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
