//! Says which addresses and ports may be contacted.
//!
//! Owns the combination of the public rule with the operator's networks. Pure, no IO.

use crate::address::is_public;
use ipnet::IpNet;
use std::net::IpAddr;

/// Which addresses may be contacted: public ones, plus and minus the operator's networks.
///
/// The default contacts public addresses and nothing else. A denied network wins over an allowed
/// one, so that our own public addresses and cluster ranges can be closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetPolicy {
    /// Networks that may be contacted although they are not public, such as loopback in development.
    pub allow_networks: Vec<IpNet>,
    /// Networks that may not be contacted although they are public, such as our own addresses.
    pub deny_networks: Vec<IpNet>,
}

impl TargetPolicy {
    /// Allows public addresses and `networks`.
    #[must_use]
    pub fn allowing(networks: Vec<IpNet>) -> Self {
        Self {
            allow_networks: networks,
            deny_networks: Vec::new(),
        }
    }

    /// Tells whether a connection to `address` is allowed.
    ///
    /// IPv4-mapped addresses are judged as IPv4, against the public rule and the networks alike.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        !within(&self.deny_networks) && (is_public(address) || within(&self.allow_networks))
    }
}

#[cfg(test)]
mod tests {
    use super::TargetPolicy;
    use std::net::IpAddr;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_empty_policy_allows_public_addresses_alone() {
        let policy = TargetPolicy::default();
        assert!(policy.allows(ip("8.8.8.8")));
        assert!(policy.allows(ip("2606:4700::1111")));
        for text in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "::ffff:127.0.0.1",
            "169.254.169.254",
        ] {
            assert!(!policy.allows(ip(text)), "{text}");
        }
    }

    #[test]
    fn an_allowed_network_opens_itself_and_nothing_beside_it() {
        let policy = TargetPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(policy.allows(ip("127.0.0.1")));
        assert!(policy.allows(ip("::ffff:127.0.0.1")));
        assert!(policy.allows(ip("8.8.8.8")));
        for text in ["::1", "10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"] {
            assert!(!policy.allows(ip(text)), "{text}");
        }
    }

    #[test]
    fn a_denied_network_wins_over_public_and_over_allowed() {
        let policy = TargetPolicy {
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            deny_networks: vec![
                "8.8.8.0/24".parse().unwrap(),
                "127.0.0.9/32".parse().unwrap(),
            ],
        };
        assert!(!policy.allows(ip("8.8.8.8")));
        assert!(!policy.allows(ip("::ffff:8.8.8.8")));
        assert!(policy.allows(ip("8.8.4.4")));
        assert!(policy.allows(ip("127.0.0.1")));
        assert!(!policy.allows(ip("127.0.0.9")));
    }
}
