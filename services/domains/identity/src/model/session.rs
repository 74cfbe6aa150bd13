//! A session as its owner sees it in a list of all they have.

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::id::SessionId;

use super::Device;

/// How somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser.
    Browser,
    /// A program.
    Program,
    /// Somebody of the platform, let in to help.
    Support,
}

impl SessionKind {
    /// Reads a stored kind.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "browser" => Self::Browser,
            "program" => Self::Program,
            "support" => Self::Support,
            _ => return None,
        })
    }
}

/// A session that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id.
    pub id: SessionId,
    /// How its owner comes.
    pub kind: SessionKind,
    /// The name of what they proved themselves by.
    pub method: String,
    /// What they came from.
    pub device: Device,
    /// From where they were last seen.
    pub address: Option<IpAddr>,
    /// Since when.
    pub created_at: Timestamp,
    /// To the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// An address as far as its owner needs it to know the place again: three parts of IPv4, the first 48 bits
/// of IPv6.
pub fn masked(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::x")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_end() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.x"),
            ("::ffff:203.0.113.77", "203.0.113.x"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::x"),
            ("::1", "0:0:0::x"),
        ] {
            assert_eq!(masked(address.parse().expect("an address")), expected);
        }
    }
}
