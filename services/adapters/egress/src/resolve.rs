//! Turns the host of a target into the addresses that may be contacted.
//!
//! Owns name lookup and the choice among its answers. Every answer is asked for anew (nothing is
//! cached) and every address is checked; the caller connects to what is returned here and to
//! nothing else, so a name that changes between check and use gains nothing.

use crate::{
    failure::Failure, policy::TargetPolicy, probe::SetupError, reason::ReasonCode, target::Target,
};
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, NoRecords, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, Record},
    },
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// How many addresses of one name are tried.
const MAX_ADDRESSES: usize = 4;
/// How long one question to a name server may take before it is asked again.
const QUESTION_LIMIT: Duration = Duration::from_secs(2);

/// Looks names up through the system's name servers or given ones.
#[derive(Debug)]
pub(crate) struct Resolver {
    dns: TokioResolver,
}

impl Resolver {
    /// Uses `name_servers`, or the system's configuration where none are given.
    pub(crate) fn new(name_servers: &[SocketAddr]) -> Result<Self, SetupError> {
        let dns = Self::dns(name_servers).map_err(|error| SetupError::NameServers(error.into()))?;
        Ok(Self { dns })
    }

    fn dns(name_servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
        let mut builder = if name_servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let servers = name_servers
                .iter()
                .map(|address| server(*address))
                .collect();
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(servers),
                TokioRuntimeProvider::default(),
            )
        };
        configure(builder.options_mut());
        builder.build()
    }

    /// The addresses of `target`'s host that `policy` allows, in the order they are to be tried.
    pub(crate) async fn addresses(
        &self,
        target: &Target,
        policy: &TargetPolicy,
    ) -> Result<Vec<IpAddr>, Failure> {
        let Some(name) = target.name() else {
            return choose(policy, target.literal_address())
                .ok_or_else(|| Failure::blocked(target.host(), true));
        };
        let allowed = if is_localhost(name) {
            choose(
                policy,
                [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
            )
        } else {
            choose(policy, self.lookup(name).await?)
        };
        allowed.ok_or_else(|| Failure::blocked(name, false))
    }

    /// The texts of `name`'s TXT records; none where DNS says that there are none. Errors: DNS did not
    /// answer, or not to the point.
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        match self.dns.txt_lookup(absolute(name)?).await {
            Ok(found) => Ok(found.answers().iter().filter_map(text).collect()),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords {
                response_code: ResponseCode::NXDomain | ResponseCode::NoError,
                ..
            }))) => Ok(Vec::new()),
            Err(error) => Err(failure(name, &error)),
        }
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        match self.dns.lookup_ip(absolute(name)?).await {
            Ok(answer) => Ok(answer.iter().collect()),
            Err(error) => Err(failure(name, &error)),
        }
    }
}

/// A TXT record's text: its pieces in one, as RFC 7208 (3.3) reads them.
fn text(record: &Record) -> Option<String> {
    match &record.data {
        RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        _ => None,
    }
}

fn server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.to_vec())
}

fn configure(options: &mut ResolverOpts) {
    options.cache_size = 0;
    // Both at once; A first, so that of two errors the one of the commoner family is reported.
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = QUESTION_LIMIT;
    options.attempts = 2;
}

/// `localhost` and names under it are loopback without asking anybody (RFC 6761 section 6.3).
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// The allowed ones of `found`, each once, IPv6 and IPv4 in turn, at most [`MAX_ADDRESSES`].
/// `None` where nothing is allowed.
fn choose(policy: &TargetPolicy, found: impl IntoIterator<Item = IpAddr>) -> Option<Vec<IpAddr>> {
    let (mut v6, mut v4) = (Vec::new(), Vec::new());
    for address in found {
        let address = address.to_canonical();
        let family = if address.is_ipv6() { &mut v6 } else { &mut v4 };
        if policy.allows(address) && !family.contains(&address) {
            family.push(address);
        }
    }
    let turns = v6.len().max(v4.len());
    let chosen: Vec<_> = (0..turns)
        .flat_map(|turn| [v6.get(turn), v4.get(turn)])
        .flatten()
        .copied()
        .take(MAX_ADDRESSES)
        .collect();
    (!chosen.is_empty()).then_some(chosen)
}

/// `name` with a final dot: the search domains of this machine must not complete it.
fn absolute(name: &str) -> Result<Name, Failure> {
    let mut absolute = Name::from_ascii(name).map_err(|_| {
        Failure::new(
            ReasonCode::DnsFailure,
            format!("The name {name} is not a name DNS can look up."),
        )
    })?;
    absolute.set_fqdn(true);
    Ok(absolute)
}

fn failure(name: &str, error: &NetError) -> Failure {
    match error {
        NetError::Timeout => Failure::new(
            ReasonCode::DnsTimeout,
            format!("DNS did not answer in time when asked for {name}."),
        ),
        NetError::Dns(DnsError::NoRecordsFound(NoRecords {
            response_code: ResponseCode::NXDomain,
            ..
        })) => Failure::new(
            ReasonCode::DnsNxdomain,
            format!("The name {name} does not exist in DNS."),
        ),
        NetError::Dns(DnsError::NoRecordsFound(NoRecords {
            response_code: ResponseCode::NoError,
            ..
        })) => Failure::new(
            ReasonCode::DnsFailure,
            format!("The name {name} exists in DNS but has no address."),
        ),
        // Our own name servers cannot be reached, or this machine is out of resources.
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Failure::internal(),
        _ => Failure::new(
            ReasonCode::DnsFailure,
            format!("DNS could not give an answer for {name}."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ADDRESSES, NetError, absolute, choose, failure, is_localhost};
    use crate::{policy::TargetPolicy, reason::ReasonCode};
    use std::net::IpAddr;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn chosen(found: &[&str]) -> Option<Vec<IpAddr>> {
        choose(&TargetPolicy::default(), ips(found))
    }

    #[test]
    fn of_a_mixed_answer_only_public_addresses_remain() {
        assert_eq!(
            chosen(&[
                "10.0.0.1",
                "8.8.8.8",
                "127.0.0.1",
                "fd00::1",
                "2606:4700::1111"
            ]),
            Some(ips(&["2606:4700::1111", "8.8.8.8"]))
        );
    }

    #[test]
    fn an_answer_without_a_public_address_leaves_nothing() {
        assert_eq!(
            chosen(&["127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"]),
            None
        );
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn families_take_turns_and_the_number_is_bounded() {
        let found = [
            "8.8.8.8",
            "8.8.4.4",
            "1.1.1.1",
            "2606:4700::1",
            "2606:4700::2",
            "9.9.9.9",
        ];
        let chosen = chosen(&found).unwrap();
        assert_eq!(
            chosen,
            ips(&["2606:4700::1", "8.8.8.8", "2606:4700::2", "8.8.4.4"])
        );
        assert_eq!(chosen.len(), MAX_ADDRESSES);
    }

    #[test]
    fn an_address_is_tried_once_in_whatever_spelling() {
        assert_eq!(
            chosen(&["8.8.8.8", "::ffff:8.8.8.8", "8.8.8.8"]),
            Some(ips(&["8.8.8.8"]))
        );
    }

    #[test]
    fn only_localhost_and_names_under_it_are_loopback_by_name() {
        for name in ["localhost", "app.localhost", "a.b.localhost"] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["localhost.example", "notlocalhost", "local", ""] {
            assert!(!is_localhost(name), "{name}");
        }
    }

    #[test]
    fn names_are_looked_up_as_they_are_and_never_completed() {
        assert_eq!(absolute("shop").unwrap().to_string(), "shop.");
        assert_eq!(absolute("shop.test").unwrap().to_string(), "shop.test.");
        assert!(absolute("shop").unwrap().is_fqdn());
        let unusable = absolute(&"a".repeat(64)).unwrap_err();
        assert_eq!(unusable.reason, ReasonCode::DnsFailure);
    }

    #[test]
    fn name_servers_that_cannot_be_used_are_our_fault() {
        let io: NetError = std::io::Error::from_raw_os_error(24).into();
        for error in [io, NetError::NoConnections, NetError::Busy] {
            assert_eq!(
                failure("shop.test", &error).reason,
                ReasonCode::Internal,
                "{error}"
            );
        }
        let late = failure("shop.test", &NetError::Timeout);
        assert_eq!(late.reason, ReasonCode::DnsTimeout);
        assert_eq!(
            late.message,
            "DNS did not answer in time when asked for shop.test."
        );
    }
}
