//! Every secret of the house, derived from one: nothing signs with the master secret itself.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use kernel::id::TenantId;

use super::sealing::SealingKey;

pub(crate) type HmacSha256 = Hmac<Sha256>;

/// Bytes a master secret has at the least.
const MIN_BYTES: usize = 32;

/// A master secret that is too short to stand for 256 bits.
#[derive(Debug, thiserror::Error)]
#[error("a secret key needs at least {MIN_BYTES} bytes, made at random")]
pub struct WeakSecret;

/// Keys for access tokens and keyed hashes. Cloning is cheap; nothing of it can be printed.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    tokens: Vec<TokenKey>,
    /// For every master secret, the present one first. So are `page_tokens` and `sealing`.
    addresses: Vec<HmacSha256>,
    idempotency: HmacSha256,
    limits: HmacSha256,
    page_tokens: Vec<HmacSha256>,
    sealing: Vec<SealingKey>,
}

/// One key for access tokens, and the header every token signed with it begins with.
pub(super) struct TokenKey {
    /// Base64url of the header: a token's first part must equal it byte for byte.
    pub(super) header: String,
    pub(super) mac: HmacSha256,
}

impl Keys {
    /// Keys made from the present master secret and those it replaced, newest first. What is made is made
    /// with the present one, and what is met is accepted under any; hashes that live for a day or less are
    /// made with the oldest, so that none is lost meanwhile. `issuer` names this deployment in tokens: its
    /// base URL. Errors: a secret of less than 32 bytes.
    pub fn derive(
        issuer: impl Into<String>,
        current: &SecretString,
        replaced: &[SecretString],
    ) -> Result<Self, WeakSecret> {
        let mut tokens = Vec::with_capacity(1 + replaced.len());
        let mut addresses = Vec::with_capacity(1 + replaced.len());
        let mut page_tokens = Vec::with_capacity(1 + replaced.len());
        let mut sealing = Vec::with_capacity(1 + replaced.len());
        for master in std::iter::once(current).chain(replaced) {
            let master = master_mac(master)?;
            tokens.push(token_key(&master));
            addresses.push(derived(&master, b"address-hash"));
            page_tokens.push(derived(&master, b"page-token"));
            sealing.push(SealingKey::new(&derived_bytes(&master, b"sealing")));
        }
        let oldest = master_mac(replaced.last().unwrap_or(current))?;
        Ok(Self {
            inner: Arc::new(Inner {
                issuer: issuer.into(),
                tokens,
                addresses,
                idempotency: derived(&oldest, b"idempotency"),
                limits: derived(&oldest, b"rate-limit"),
                page_tokens,
                sealing,
            }),
        })
    }

    /// Keyed hash of an e-mail address, which must be normalised: what `platform.address_hashes` holds.
    pub fn address_hash(&self, address: &str) -> [u8; 32] {
        // There is a present key.
        let present = self.inner.addresses.first();
        present.map_or([0; 32], |key| tagged(key, &[address.as_bytes()]))
    }

    /// The same under each key that was replaced: an address may still be held so.
    pub fn replaced_address_hashes(&self, address: &str) -> Vec<[u8; 32]> {
        let replaced = self.inner.addresses.iter().skip(1);
        replaced
            .map(|key| tagged(key, &[address.as_bytes()]))
            .collect()
    }

    /// Keyed hash of an idempotency key in its scope: who, which operation, which key.
    pub fn idempotency_hash(&self, scope: &[&[u8]]) -> [u8; 32] {
        tagged(&self.inner.idempotency, scope)
    }

    /// What a rate limit counts for an address. A network of IPv6 counts as one: its owner has them all.
    pub(crate) fn address_subject(&self, address: IpAddr) -> [u8; 32] {
        tagged(&self.inner.limits, &[b"address", &network_of(address)])
    }

    /// What a rate limit counts for an account of a tenant.
    pub(crate) fn account_subject(&self, tenant: TenantId, account: &str) -> [u8; 32] {
        let tenant = tenant.uuid();
        tagged(
            &self.inner.limits,
            &[b"account", tenant.as_bytes(), account.as_bytes()],
        )
    }

    /// What a rate limit counts for an account of a tenant beside whatever it is tried from.
    pub(crate) fn pair_subject(&self, tenant: TenantId, from: &[u8], account: &str) -> [u8; 32] {
        let tenant = tenant.uuid();
        let parts: [&[u8]; 4] = [b"pair", tenant.as_bytes(), from, account.as_bytes()];
        tagged(&self.inner.limits, &parts)
    }

    /// What a page sends with its writes, to show that it can read the cookies of its host: bound to the
    /// session's cookie, so that one planted from elsewhere fits nobody's.
    pub(crate) fn page_token(&self, session_cookie: &str) -> String {
        let key = self.inner.page_tokens.first();
        let tag = key.map(|key| tagged(key, &[session_cookie.as_bytes()]));
        tag.map(|tag| BASE64URL_NOPAD.encode(&tag))
            .unwrap_or_default()
    }

    /// Whether `sent` is the page's token beside that cookie, under the present or a replaced key.
    pub(crate) fn is_page_token(&self, session_cookie: &str, sent: &str) -> bool {
        let Ok(sent) = BASE64URL_NOPAD.decode(sent.as_bytes()) else {
            return false;
        };
        let fits = |key| bool::from(tagged(key, &[session_cookie.as_bytes()]).ct_eq(&*sent));
        self.inner.page_tokens.iter().any(fits)
    }

    pub(super) fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The keys that secrets at rest are sealed with, the present one first.
    pub(super) fn sealing(&self) -> &[SealingKey] {
        &self.inner.sealing
    }

    /// The keys for access tokens, the one that signs first.
    pub(super) fn tokens(&self) -> &[TokenKey] {
        &self.inner.tokens
    }
}

/// The 16 bytes that stand for an address: IPv4 whole, IPv6 by its /64.
pub(crate) fn network_of(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            for octet in octets.iter_mut().skip(8) {
                *octet = 0;
            }
            octets
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn mac_of(key: &[u8]) -> HmacSha256 {
    // HMAC takes a key of any length; the error type is there for other algorithms.
    HmacSha256::new_from_slice(key).unwrap_or_else(|_| unreachable!())
}

fn master_mac(master: &SecretString) -> Result<HmacSha256, WeakSecret> {
    let bytes = master.expose_secret().as_bytes();
    if bytes.len() < MIN_BYTES {
        return Err(WeakSecret);
    }
    Ok(mac_of(bytes))
}

fn derived_bytes(master: &HmacSha256, purpose: &[u8]) -> [u8; 32] {
    let mut mac = master.clone();
    mac.update(b"signalbox/1/");
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

fn derived(master: &HmacSha256, purpose: &[u8]) -> HmacSha256 {
    mac_of(&derived_bytes(master, purpose))
}

fn token_key(master: &HmacSha256) -> TokenKey {
    // The key's name is derived like the key, so that it says nothing about it and needs no setting.
    let name = derived_bytes(master, b"access-token-kid");
    let kid = BASE64URL_NOPAD.encode(name.get(..6).unwrap_or(&name));
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#);
    TokenKey {
        header: BASE64URL_NOPAD.encode(header.as_bytes()),
        mac: derived(master, b"access-token"),
    }
}

/// HMAC over parts of any length, each behind its length, so that no two lists of parts look alike.
fn tagged(key: &HmacSha256, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(letter: char) -> SecretString {
        letter.to_string().repeat(32).into()
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Keys::derive("x", &"short".into(), &[]).is_err());
        assert!(Keys::derive("x", &secret('a'), &["short".into()]).is_err());
    }

    #[test]
    fn an_address_is_found_under_a_replaced_key_while_it_is_listed() {
        let before = Keys::derive("x", &secret('a'), &[]).expect("long enough");
        let after = Keys::derive("x", &secret('b'), &[secret('a')]).expect("long enough");
        let other = Keys::derive("x", &secret('b'), &[]).expect("long enough");
        let hash = before.address_hash("ann@example.com");
        assert_eq!(after.replaced_address_hashes("ann@example.com"), [hash]);
        assert_ne!(hash, after.address_hash("ann@example.com"));
        assert_eq!(
            after.address_hash("ann@example.com"),
            other.address_hash("ann@example.com")
        );
        assert!(other.replaced_address_hashes("ann@example.com").is_empty());
    }

    #[test]
    fn a_pages_token_fits_its_own_session_only() {
        let keys = Keys::derive("x", &secret('a'), &[]).expect("long enough");
        let token = keys.page_token("one");
        assert!(keys.is_page_token("one", &token));
        assert!(!keys.is_page_token("two", &token));
        for wrong in ["", "one", &token[1..], &format!("{token}A")] {
            assert!(!keys.is_page_token("one", wrong), "{wrong}");
        }
        let rotated = Keys::derive("x", &secret('b'), &[secret('a')]).expect("long enough");
        assert!(rotated.is_page_token("one", &token));
        assert_ne!(rotated.page_token("one"), token);
        let other = Keys::derive("x", &secret('b'), &[]).expect("long enough");
        assert!(!other.is_page_token("one", &token));
    }

    #[test]
    fn parts_cannot_be_moved_across_their_border() {
        let keys = Keys::derive("x", &secret('a'), &[]).expect("long enough");
        assert_ne!(
            keys.idempotency_hash(&[b"ab", b"c"]),
            keys.idempotency_hash(&[b"a", b"bc"])
        );
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let same = |a: &str, b: &str| {
            network_of(a.parse().expect("an address")) == network_of(b.parse().expect("an address"))
        };
        assert!(same("2001:db8::1", "2001:db8::ffff"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
    }

    #[test]
    fn keys_do_not_print() {
        let keys = Keys::derive("x", &secret('a'), &[]).expect("long enough");
        assert_eq!(format!("{keys:?}"), "Keys(…)");
    }
}
