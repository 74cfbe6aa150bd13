//! The one way to write a row down, and the hash over it. `deploy/AUDIT.md` says the same in prose: neither
//! changes without the other, and no change may make an older export fail.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A link of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first row.
    pub const START: Self = Self([0; 32]);

    /// The hash of a row that follows this one: SHA-256 over these 32 bytes and the row's canonical form.
    pub fn next(self, members: &Map<String, Value>) -> Self {
        let mut text = String::new();
        write_object(&mut text, members);
        let mut digest = Sha256::new();
        digest.update(self.0);
        digest.update(text.as_bytes());
        Self(digest.finalize().into())
    }

    /// Reads stored bytes; `None` unless there are 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl FromStr for Hash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| ())?;
        Self::from_bytes(&bytes).ok_or(())
    }
}

/// Writes an object without white space, its members in the order of their names' bytes, here and below.
pub fn write_object(out: &mut String, members: &Map<String, Value>) {
    // Whether a map keeps an order of its own is a feature that some other crate may switch on.
    let mut names: Vec<(&String, &Value)> = members.iter().collect();
    names.sort_by_key(|(name, _)| name.as_bytes());
    out.push('{');
    for (index, (name, value)) in names.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        // Text always serialises.
        out.push_str(&serde_json::to_string(name).unwrap_or_default());
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

/// Writes a value of JSON.
pub fn write(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => write_object(out, members),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_form_is_the_documented_one() {
        let row = json!({"b": {"z": [1, -2.5, null], "a": "é\n\u{7f}\"\\"}, "a": true});
        let mut text = String::new();
        write(&mut text, &row);
        assert_eq!(
            text,
            "{\"a\":true,\"b\":{\"a\":\"é\\n\u{7f}\\\"\\\\\",\"z\":[1,-2.5,null]}}"
        );
    }

    #[test]
    fn the_first_hash_is_the_one_that_anybody_can_compute() {
        // Python: hashlib.sha256(bytes(32) + b'{"seq":1}').hexdigest()
        let row = json!({"seq": 1});
        let first = Hash::START.next(row.as_object().expect("an object"));
        assert_eq!(
            first.to_string(),
            "ff44e121014845ba9f060b9dd529b57e3706d9dcbf47ce18d6a7e50bea6c7e46"
        );
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_eq!("00".parse::<Hash>(), Err(()));
    }
}
