//! The client's address behind proxies: only what trusted ones say counts.

use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// Addresses read of one header at the most: a longer chain is nobody's network.
const MAX_HOPS: usize = 20;

pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted
        .iter()
        .any(|net| net.contains(&address.to_canonical()))
}

/// The address furthest from us that a trusted proxy has vouched for. The chain is read from its end, for
/// everything a client wrote itself stands at the beginning.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|line| line.to_str().ok())
        .collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        let Some(address) = parse_hop(hop.trim()) else {
            break;
        };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| {
            text.parse::<std::net::SocketAddr>()
                .ok()
                .map(|with_port| with_port.ip())
        })
        .or_else(|| {
            let literal = text.strip_prefix('[')?.strip_suffix(']')?;
            literal.parse().ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    fn client(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(line).expect("a header"),
            );
        }
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|net| net.parse().expect("a network"))
            .collect();
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(
            client("192.0.2.9", &["203.0.113.1"], &["10.0.0.0/8"]),
            "192.0.2.9"
        );
        assert_eq!(client("192.0.2.9", &["203.0.113.1"], &[]), "192.0.2.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_as_far_as_it_goes() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(client("10.0.0.1", &["203.0.113.1"], trusted), "203.0.113.1");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 203.0.113.1, 10.0.0.2"], trusted),
            "203.0.113.1"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "203.0.113.1"], trusted),
            "203.0.113.1"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.1:4711"], trusted),
            "203.0.113.1"
        );
        assert_eq!(
            client("10.0.0.1", &["[2001:db8::1]:443"], trusted),
            "2001:db8::1"
        );
        assert_eq!(client("10.0.0.1", &[], trusted), "10.0.0.1");
        assert_eq!(
            client("::ffff:10.0.0.1", &["203.0.113.1"], trusted),
            "203.0.113.1"
        );
    }

    #[test]
    fn a_broken_chain_ends_where_it_breaks() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(
            client("10.0.0.1", &["203.0.113.1, unknown"], trusted),
            "10.0.0.1"
        );
        assert_eq!(
            client("10.0.0.1", &["rubbish, 10.0.0.2"], trusted),
            "10.0.0.2"
        );
        assert_eq!(client("10.0.0.1", &[""], trusted), "10.0.0.1");
    }

    proptest! {
        #[test]
        fn what_a_client_writes_in_front_changes_nothing(prefix in "[ -~]{0,40}") {
            let line = format!("{prefix}, 203.0.113.7");
            prop_assert_eq!(client("10.0.0.1", &[&line], &["10.0.0.0/8"]), "203.0.113.7");
        }
    }
}
