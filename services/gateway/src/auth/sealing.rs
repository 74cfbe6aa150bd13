//! Secrets at rest: sealed so that a copy of the database alone opens none of them.

use std::fmt;

use kernel::rng::Entropy;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::Keys;

/// A key for ChaCha20-Poly1305.
pub(super) struct SealingKey(LessSafeKey);

impl SealingKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        // The algorithm's keys have 32 bytes; the error type is there for other lengths.
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).unwrap_or_else(|_| unreachable!());
        Self(LessSafeKey::new(key))
    }
}

/// A sealed secret, as it is stored: the nonce, then what was sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes what was stored.
    pub fn stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What to store.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A secret that was sealed under another key or for another place, or is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret cannot be opened: was the secret key replaced?")]
pub struct Unreadable;

impl Keys {
    /// Seals `secret` under the present key. It opens in `place` only (a table, a column, a row's id), so
    /// that nobody can put one row's secret into another's.
    pub fn seal(&self, place: &[u8], secret: &[u8], entropy: &dyn Entropy) -> Sealed {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut bytes = secret.to_vec();
        // There is a present key, and what is sealed is short: the error is there for gigabytes.
        if let Some(key) = self.sealing().first() {
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.0
                .seal_in_place_append_tag(nonce, Aad::from(place), &mut bytes)
                .unwrap_or_else(|_| unreachable!());
        }
        Sealed([&nonce[..], &bytes].concat())
    }

    /// Opens what was sealed in `place`, under the present key or one it replaced.
    pub fn open(&self, place: &[u8], sealed: &Sealed) -> Result<Vec<u8>, Unreadable> {
        self.open_under(place, sealed).map(|(_, secret)| secret)
    }

    /// Seals anew, under the present key, what one that it replaced had sealed in `place`. `None` for what
    /// the present key sealed itself.
    pub fn reseal(
        &self,
        place: &[u8],
        sealed: &Sealed,
        entropy: &dyn Entropy,
    ) -> Result<Option<Sealed>, Unreadable> {
        let (key, secret) = self.open_under(place, sealed)?;
        Ok((key > 0).then(|| self.seal(place, &secret, entropy)))
    }

    /// Opens, and says which key did: 0 is the present one.
    fn open_under(&self, place: &[u8], sealed: &Sealed) -> Result<(usize, Vec<u8>), Unreadable> {
        let (nonce, bytes) = sealed
            .0
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(Unreadable)?;
        self.sealing()
            .iter()
            .enumerate()
            .find_map(|(at, key)| {
                let mut bytes = bytes.to_vec();
                let nonce = Nonce::assume_unique_for_key(*nonce);
                let opened = key.0.open_in_place(nonce, Aad::from(place), &mut bytes);
                opened.ok().map(|secret| (at, secret.to_vec()))
            })
            .ok_or(Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use kernel::rng::SystemEntropy;

    use super::*;

    fn keys(letter: char, replaced: &[char]) -> Keys {
        let secret = |letter: &char| letter.to_string().repeat(32).into();
        let replaced: Vec<_> = replaced.iter().map(secret).collect();
        Keys::derive("x", &secret(&letter), &replaced).expect("long enough")
    }

    #[test]
    fn a_secret_opens_in_its_place_only_and_under_its_key_only() {
        let sealed = keys('a', &[]).seal(b"operators/1", b"seed", &SystemEntropy);
        let open = |keys: Keys, place: &[u8]| keys.open(place, &sealed);
        assert_eq!(open(keys('a', &[]), b"operators/1"), Ok(b"seed".to_vec()));
        assert_eq!(
            open(keys('b', &['a']), b"operators/1"),
            Ok(b"seed".to_vec())
        );
        assert_eq!(open(keys('a', &[]), b"operators/2"), Err(Unreadable));
        assert_eq!(open(keys('b', &[]), b"operators/1"), Err(Unreadable));
    }

    #[test]
    fn a_damaged_secret_does_not_open() {
        let keys = keys('a', &[]);
        let sealed = keys.seal(b"", b"seed", &SystemEntropy);
        for n in 0..sealed.bytes().len() {
            let mut bytes = sealed.bytes().to_vec();
            bytes[n] ^= 1;
            assert_eq!(
                keys.open(b"", &Sealed::stored(bytes)),
                Err(Unreadable),
                "{n}"
            );
        }
        assert_eq!(keys.open(b"", &Sealed::stored(vec![1; 5])), Err(Unreadable));
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let keys = keys('a', &[]);
        let sealed = || keys.seal(b"", b"seed", &SystemEntropy);
        assert_ne!(sealed(), sealed());
        assert!(!sealed().bytes().windows(4).any(|part| part == b"seed"));
        assert_eq!(format!("{:?}", sealed()), "Sealed(…)");
    }
}
