//! Networks as people write them, `203.0.113.0/24`, and whether an address is of one.
//!
//! There is one spelling of each network: bits behind the prefix are nought, and IPv4 written as IPv6 is
//! IPv4. Addresses are compared in the same form, so that nobody is elsewhere by another spelling.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

/// Networks of one list at the most.
pub const MAX_NETWORKS: usize = 50;
/// Characters of one, as it is typed: the longest address with its prefix.
const MAX_CHARS: usize = 49;
/// What stands in front of an IPv4 address that is written as IPv6 (RFC 4291 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// A network of IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpNet);

impl Network {
    /// Reads a network, `2001:db8::/32`, or one address, which is a network of its own. Zones, ports and masks
    /// in dots are none.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.len() > MAX_CHARS {
            return None;
        }
        let net: IpNet = match typed.split_once('/') {
            // The prefix in digits alone: `+8` and `08` are somebody's mistake.
            Some((_, bits)) if !is_plain(bits) => return None,
            Some(_) => typed.parse().ok()?,
            None => typed.parse::<IpAddr>().ok()?.into(),
        };
        Some(Self(canonical(net)))
    }

    /// Whether `address` is of this network.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address of `other` is of this network.
    pub fn covers(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether some address is of both.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Its first bits, which all its addresses share: the more, the fewer they are.
    pub fn prefix_len(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether it is one of IPv4.
    pub fn is_ipv4(self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }
}

/// Of `all`, what goes with the most specific network that `address` is of. No network stands there twice.
pub fn most_specific<T>(all: impl IntoIterator<Item = (Network, T)>, address: IpAddr) -> Option<T> {
    let of = all.into_iter().filter(|(net, _)| net.contains(address));
    of.max_by_key(|(net, _)| net.prefix_len()).map(|(_, it)| it)
}

/// Whether `address` is of one of `networks`. Nobody knows of an address that is not known.
pub fn any_contains(networks: &[Network], address: Option<IpAddr>) -> bool {
    address.is_some_and(|address| networks.iter().any(|it| it.contains(address)))
}

/// Each network once, without those that lie in another one of the list, in order.
pub fn tidy(mut networks: Vec<Network>) -> Vec<Network> {
    networks.sort();
    networks.dedup();
    let all = networks.clone();
    networks.retain(|it| !all.iter().any(|other| other != it && other.covers(*it)));
    networks
}

fn canonical(net: IpNet) -> IpNet {
    let net = net.trunc();
    if let IpNet::V6(v6) = net
        && v6.prefix_len() >= MAPPED_BITS
        && let Some(v4) = v6.network().to_ipv4_mapped()
    {
        // The prefix is that of IPv6, so what is left of it is one of IPv4.
        let bits = v6.prefix_len() - MAPPED_BITS;
        return Ipv4Net::new_assert(v4, bits).into();
    }
    net
}

fn is_plain(bits: &str) -> bool {
    let digits = bits.bytes().all(|it| it.is_ascii_digit());
    digits && (bits == "0" || (!bits.is_empty() && !bits.starts_with('0')))
}

impl From<IpNet> for Network {
    fn from(net: IpNet) -> Self {
        Self(canonical(net))
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is typed is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(typed: &str) -> Result<Self, NoNetwork> {
        Self::parse(typed).ok_or(NoNetwork)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(typed: &str) -> Network {
        Network::parse(typed).unwrap_or_else(|| panic!("{typed} is a network"))
    }

    fn address(typed: &str) -> IpAddr {
        typed.parse().expect("an address")
    }

    #[test]
    fn each_network_has_one_spelling() {
        for (typed, expected) in [
            (" 203.0.113.77/24 ", "203.0.113.0/24"),
            ("203.0.113.77", "203.0.113.77/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0:1::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::ffff:203.0.113.77/120", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.77/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(typed).to_string(), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for typed in [
            "",
            "/",
            "203.0.113.0/",
            "203.0.113.0/33",
            "203.0.113.0/08",
            "203.0.113.0/+8",
            "203.0.113.0/ 8",
            "203.0.113.0/255.255.255.0",
            "203.0.113/24",
            "203.0.113.0-203.0.113.9",
            "2001:db8::/129",
            "fe80::1%eth0",
            "[2001:db8::1]",
            "203.0.113.1:443",
            "office.example",
            "٢٠٣.0.113.1",
        ] {
            assert_eq!(Network::parse(typed), None, "{typed}");
        }
        assert_eq!(Network::parse(&"1".repeat(10_000)), None);
    }

    #[test]
    fn an_address_is_of_a_network_however_it_is_written() {
        let office = network("203.0.113.0/24");
        assert!(office.contains(address("203.0.113.1")));
        assert!(office.contains(address("::ffff:203.0.113.1")));
        assert!(!office.contains(address("203.0.114.1")));
        assert!(!network("::/0").contains(address("203.0.113.1")), "of IPv6");
        assert!(!network("::/0").contains(address("::ffff:203.0.113.1")));
        assert!(!any_contains(&[office], None), "an unknown address");
        assert!(!any_contains(&[], Some(address("203.0.113.1"))));
    }

    #[test]
    fn a_list_names_nothing_twice() {
        let typed = [
            "10.0.0.0/8",
            "10.1.2.3",
            "::1",
            "10.0.0.0/8",
            "192.0.2.0/24",
        ];
        let tidied = tidy(typed.map(network).to_vec());
        let shown: Vec<_> = tidied.iter().map(Network::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "192.0.2.0/24", "::1/128"]);
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(IpAddr::from),
            any::<[u16; 8]>().prop_map(IpAddr::from),
        ]
    }

    /// The bits of an address, the first first.
    fn bits(address: IpAddr) -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        let of = |byte: u8| (0..8).rev().map(move |bit| byte >> bit & 1 == 1);
        bytes.into_iter().flat_map(of).collect()
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_it(typed in "\\PC{0,60}") {
            if let Some(read) = Network::parse(&typed) {
                prop_assert_eq!(Network::parse(&read.to_string()), Some(read));
            }
        }

        #[test]
        fn a_network_is_the_addresses_that_share_its_first_bits(
            base in any_address(), other in any_address(), flipped in 0_usize..128, length in 0_u8..=128,
        ) {
            let width = bits(base).len();
            let length = usize::from(length).min(width);
            let read = network(&format!("{base}/{length}"));
            prop_assert!(read.contains(base));
            // What is left of the prefix where IPv6 is a way to write IPv4.
            let written = if read.is_ipv4() && base.is_ipv6() { length - 96 } else { length };
            prop_assert_eq!(usize::from(read.prefix_len()), written);
            let mut near = bits(base);
            let at = flipped % width;
            if let Some(bit) = near.get_mut(at) {
                *bit = !*bit;
            }
            let bytes = near.chunks(8).map(|byte| {
                byte.iter().fold(0_u8, |sum, bit| sum << 1 | u8::from(*bit))
            });
            let bytes: Vec<u8> = bytes.collect();
            let near = match <[u8; 4]>::try_from(bytes.as_slice()) {
                Ok(v4) => IpAddr::from(v4),
                Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).expect("sixteen")),
            };
            prop_assert_eq!(read.contains(near), at >= length, "{} {}", read, near);
            let same = base.is_ipv4() == other.is_ipv4()
                && bits(base).iter().take(length).eq(bits(other).iter().take(length));
            prop_assert_eq!(read.contains(other), same);
        }

        #[test]
        fn the_most_specific_network_is_the_one_that_shares_the_most_bits(
            probe in any::<[u8; 4]>(), list in proptest::collection::vec((any::<[u8; 4]>(), 0_u8..=32, any::<bool>()), 0..12),
        ) {
            let probe = IpAddr::from(probe);
            // Half of them near the address: of networks at random hardly any holds it.
            let all: Vec<_> = list
                .into_iter()
                .map(|(base, length, near)| {
                    let base = if near { probe } else { IpAddr::from(base) };
                    (network(&format!("{base}/{length}")), base, length)
                })
                .collect();
            let shared = |base| bits(base).iter().zip(bits(probe)).take_while(|(a, b)| **a == *b).count();
            let naive = all
                .iter()
                .filter(|(_, base, length)| shared(*base) >= usize::from(*length))
                .map(|(_, _, length)| *length)
                .max();
            prop_assert_eq!(most_specific(all.iter().map(|it| (it.0, it.2)), probe), naive);
        }

        #[test]
        fn ipv4_written_as_ipv6_is_the_same_network(
            base in any::<[u8; 4]>(), other in any::<[u8; 4]>(), length in 0_u8..=32,
        ) {
            let (base, other) = (std::net::Ipv4Addr::from(base), std::net::Ipv4Addr::from(other));
            let plain = network(&format!("{base}/{length}"));
            let mapped = network(&format!("{}/{}", base.to_ipv6_mapped(), length + 96));
            prop_assert_eq!(plain, mapped);
            prop_assert_eq!(
                plain.contains(IpAddr::V4(other)),
                mapped.contains(IpAddr::V6(other.to_ipv6_mapped()))
            );
        }

        #[test]
        fn a_tidy_list_holds_the_same_addresses(
            list in proptest::collection::vec((any::<[u8; 4]>(), 0_u8..=32), 0..8), probe in any::<[u8; 4]>(),
        ) {
            let list: Vec<_> = list
                .into_iter()
                .map(|(base, length)| network(&format!("{}/{length}", IpAddr::from(base))))
                .collect();
            let probe = Some(IpAddr::from(probe));
            prop_assert_eq!(any_contains(&tidy(list.clone()), probe), any_contains(&list, probe));
        }
    }
}
