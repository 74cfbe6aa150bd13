//! Decides whether an IP address belongs to the public internet.
//!
//! Owns the ranges; pure, no IO. The lists are written out because the helpers of the standard
//! libraries disagree with each other and let some spellings of loopback pass.
//!
//! IPv6 is an allow-list: only the global unicast block that IANA has opened (`2000::/3`), less the
//! parts inside it that are protocol assignments, documentation or wrap an IPv4 address. Everything
//! else, among it IPv4-compatible `::/96`, NAT64 `64:ff9b::/96` and `64:ff9b:1::/48`, unique local,
//! link local, site local and multicast, is refused because nothing allows it. IPv4 is a deny-list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 ranges that are not public, as (network, prefix length).
const V4_DENIED: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The one IPv6 range that is public, before [`V6_EXCEPTIONS`].
const V6_ALLOWED: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Parts of [`V6_ALLOWED`] that are not public: protocol assignments with Teredo, documentation,
/// 6to4 (which carries an IPv4 address) and the newer documentation block.
const V6_EXCEPTIONS: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Tells whether `address` is a public unicast address that may be contacted by default.
///
/// An IPv4-mapped address (`::ffff:0:0/96`) is judged as the IPv4 address it stands for, because
/// that is where a connection to it goes.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !V4_DENIED.iter().any(|range| v4_within(v4, *range)),
        IpAddr::V6(v6) => {
            v6_within(v6, V6_ALLOWED) && !V6_EXCEPTIONS.iter().any(|range| v6_within(v6, *range))
        }
    }
}

fn v4_within(address: Ipv4Addr, (network, length): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

fn v6_within(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::is_public;
    use ipnet::IpNet;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    /// Written as text and matched by another implementation, so that a slip in the numbers above
    /// cannot hide in a test that repeats it.
    const DENIED: [&str; 28] = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ];

    fn networks() -> impl Iterator<Item = IpNet> {
        DENIED.iter().map(|text| text.parse().unwrap())
    }

    /// The rule again, by prefix containment over the written list.
    fn expected(address: IpAddr) -> bool {
        let address = address.to_canonical();
        let outside_denied = !networks().any(|network| network.contains(&address));
        match address {
            IpAddr::V4(_) => outside_denied,
            IpAddr::V6(_) => {
                let global: IpNet = "2000::/3".parse().unwrap();
                outside_denied && global.contains(&address)
            }
        }
    }

    fn step(address: IpAddr, by: i8) -> Option<IpAddr> {
        match address {
            IpAddr::V4(v4) => v4
                .to_bits()
                .checked_add_signed(by.into())
                .map(Ipv4Addr::from_bits)
                .map(IpAddr::V4),
            IpAddr::V6(v6) => v6
                .to_bits()
                .checked_add_signed(by.into())
                .map(Ipv6Addr::from_bits)
                .map(IpAddr::V6),
        }
    }

    #[test]
    fn every_denied_range_is_denied_from_its_first_to_its_last_address() {
        for network in networks() {
            assert!(!is_public(network.network()), "{network} first");
            assert!(!is_public(network.broadcast()), "{network} last");
        }
    }

    #[test]
    fn the_neighbours_of_every_range_are_judged_on_their_own() {
        for network in networks() {
            for neighbour in [step(network.network(), -1), step(network.broadcast(), 1)] {
                let Some(neighbour) = neighbour else { continue };
                assert_eq!(
                    is_public(neighbour),
                    expected(neighbour),
                    "{neighbour} beside {network}"
                );
            }
        }
    }

    #[test]
    fn the_edges_around_the_denied_v4_ranges_are_public() {
        for text in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn global_v6_is_public_up_to_its_edges_and_nothing_outside_is() {
        for text in [
            "2000::",
            "2001:200::",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            "2001:4860:4860::8888",
            "2003::",
            "2606:4700::1111",
            "3ffe::1",
            "3fff:1000::",
            "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "::",
            "::1",
            "1fff:ffff::",
            "4000::",
            "8000::1",
            "fd00:ec2::254",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn wrapped_loopback_and_metadata_addresses_are_denied() {
        for text in [
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "::ffff:0:127.0.0.1",
            "::ffff:169.254.169.254",
            "2002:a9fe:a9fe::",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_v4_address_agrees_with_the_written_list(bits: u32) {
            let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
            prop_assert_eq!(is_public(address), expected(address));
        }

        #[test]
        fn any_v6_address_agrees_with_the_written_list(bits: u128) {
            let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
            prop_assert_eq!(is_public(address), expected(address));
        }

        #[test]
        fn addresses_inside_a_denied_range_are_denied(index in 0..DENIED.len(), noise: u128) {
            let network: IpNet = DENIED[index].parse().unwrap();
            let inside = match (network.network(), network.hostmask()) {
                (IpAddr::V4(base), IpAddr::V4(mask)) => {
                    #[expect(clippy::cast_possible_truncation, reason = "any 32 bits will do")]
                    let noise = noise as u32;
                    IpAddr::V4(Ipv4Addr::from_bits(base.to_bits() | (noise & mask.to_bits())))
                }
                (IpAddr::V6(base), IpAddr::V6(mask)) => {
                    IpAddr::V6(Ipv6Addr::from_bits(base.to_bits() | (noise & mask.to_bits())))
                }
                _ => unreachable!("a network and its host mask are of one family"),
            };
            prop_assert!(!is_public(inside), "{} in {}", inside, network);
        }

        #[test]
        fn a_mapped_address_is_judged_as_the_v4_address_in_it(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_public(v4.into()));
        }
    }
}
