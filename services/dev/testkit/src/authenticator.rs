//! A device that holds passkeys, as a browser shows it to a page: ES256, no attestation.
//!
//! What a well-behaved device does, and each single thing that a bad one could do instead.

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const CREDENTIAL_ATTACHED: u8 = 0x40;

/// A device with one passkey, in a browser on one page.
pub struct Authenticator {
    random: SystemRandom,
    key: EcdsaKeyPair,
    credential_id: Vec<u8>,
    user_handle: Option<Vec<u8>>,
    /// What it says how often it was used; it adds one before every answer.
    pub counter: u32,
    /// Where the page is that the browser shows.
    pub origin: String,
    /// What the browser hashes as the page's site; `None` for what the page asked for.
    pub rp_id: Option<String>,
    /// Whether its owner unlocks it.
    pub unlocked: bool,
}

impl Authenticator {
    /// A new one, in a browser on `origin`.
    pub fn on(origin: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        let mut credential_id = vec![0; 16];
        random.fill(&mut credential_id).expect("random bytes");
        Self {
            key: key.expect("a key"),
            random,
            credential_id,
            user_handle: None,
            counter: 0,
            origin: origin.to_owned(),
            rp_id: None,
            unlocked: true,
        }
    }

    /// What it says to a page that asks for a new passkey with these options (`public_key`).
    pub fn make(&mut self, options: &Value) -> Value {
        self.user_handle = Some(decoded(&options["user"]["id"]));
        let data = self.client_data("webauthn.create", options);
        let site = options["rp"]["id"].as_str().expect("a site");
        let mut known = self.authenticator_data(site, CREDENTIAL_ATTACHED);
        known.extend([0; 16]);
        let length = u16::try_from(self.credential_id.len()).expect("a short id");
        known.extend(length.to_be_bytes());
        known.extend(&self.credential_id);
        known.extend(self.public_key());
        json!({
            "id": encoded(&self.credential_id),
            "rawId": encoded(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "attestationObject": encoded(&attestation(&known)),
                "clientDataJSON": encoded(data.as_bytes()),
                "transports": ["internal"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        })
    }

    /// What it says to a page that asks for a passkey with these options (`public_key`).
    pub fn show(&mut self, options: &Value) -> Value {
        self.counter = self.counter.wrapping_add(1);
        let data = self.client_data("webauthn.get", options);
        let site = options["rpId"].as_str().expect("a site");
        let known = self.authenticator_data(site, 0);
        let mut signed = known.clone();
        signed.extend(digest(&SHA256, data.as_bytes()).as_ref());
        let signature = self.key.sign(&self.random, &signed).expect("a signature");
        let handle = self.user_handle.as_deref().map(encoded);
        json!({
            "id": encoded(&self.credential_id),
            "rawId": encoded(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "authenticatorData": encoded(&known),
                "clientDataJSON": encoded(data.as_bytes()),
                "signature": encoded(signature.as_ref()),
                "userHandle": handle,
            },
            "clientExtensionResults": {},
        })
    }

    /// Says from now on that its owner is somebody else.
    pub fn claim(&mut self, user: uuid::Uuid) {
        self.user_handle = Some(user.as_bytes().to_vec());
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let data = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        data.to_string()
    }

    fn authenticator_data(&self, site: &str, flags: u8) -> Vec<u8> {
        let site = self.rp_id.as_deref().unwrap_or(site);
        let unlocked = if self.unlocked { USER_VERIFIED } else { 0 };
        let mut data = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
        data.push(USER_PRESENT | unlocked | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// In COSE's form (RFC 9053): a map of five integers to integers and texts of bytes.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
        for (label, coordinate) in [(0x21, &point[1..33]), (0x22, &point[33..65])] {
            cose.extend([label, 0x58, 32]);
            cose.extend(coordinate);
        }
        cose
    }
}

/// The attestation object (CBOR) that attests nothing.
fn attestation(known: &[u8]) -> Vec<u8> {
    let mut object = vec![0xa3];
    object.extend(b"\x63fmt\x64none");
    object.extend(b"\x67attStmt\xa0");
    object.extend(b"\x68authData\x59");
    let length = u16::try_from(known.len()).expect("a short text");
    object.extend(length.to_be_bytes());
    object.extend(known);
    object
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a text").as_bytes();
    BASE64URL_NOPAD.decode(text).expect("base64url")
}
