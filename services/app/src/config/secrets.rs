//! The keys that everything is made from: those that were replaced, and whether one was made at random, as far
//! as one can tell by looking at it.

use secrecy::{ExposeSecret, SecretString};

use super::read::Reader;
use super::settings;

/// What stands in examples, and where somebody meant to come back.
const PLACEHOLDERS: [&str; 10] = [
    "changeme",
    "changethis",
    "replaceme",
    "placeholder",
    "example",
    "default",
    "password",
    "qwerty",
    "yoursecret",
    "0123456789",
];
/// 32 random characters of hexadecimal digits have fewer than this in one of a million.
const DISTINCT: usize = 8;

/// Whether `secret` is a placeholder, or the same few characters again and again.
pub(super) fn is_guessable(secret: &str) -> bool {
    let mut seen: Vec<char> = secret.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    let plain: String = secret
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    seen.len() < DISTINCT || PLACEHOLDERS.iter().any(|word| plain.contains(word))
}

/// The keys that the present one took the place of.
pub(super) fn replaced(r: &mut Reader<'_>) -> Vec<SecretString> {
    let listed = r.secret(&settings::REPLACED_SECRET_KEYS);
    let listed = listed
        .iter()
        .flat_map(|keys| keys.expose_secret().split(','));
    let keys: Vec<SecretString> = listed.map(|key| key.trim().into()).collect();
    r.check(
        &settings::REPLACED_SECRET_KEYS,
        keys.iter().all(|key| key.expose_secret().len() >= 32),
        "keys of at least 32 characters, with commas between them",
    );
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_from_an_example_is_guessable() {
        for weak in [
            "k".repeat(40),
            "abcabc".repeat(8),
            "change-me-change-me-change-me-change-me".to_owned(),
            "REPLACE_ME with something of 32 characters".to_owned(),
            "signalbox-default-key-of-this-house".to_owned(),
            "01234567890123456789012345678901".to_owned(),
        ] {
            assert!(is_guessable(&weak), "{weak}");
        }
        for sound in [
            "9c1185a5c5e9fc54612808977ee8f548",
            "pZ8vJ0m5w1kQeYx7Tn4RUa6bHc2dLsVf9gGiOjKlMnB3",
            "tangerine plinth oboe mortar velvet quay",
        ] {
            assert!(!is_guessable(sound), "{sound}");
        }
    }
}
