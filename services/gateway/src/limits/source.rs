//! Where a request comes from, as far as limits ask.

use std::net::IpAddr;

/// An address, and whether operators trust a network that it is of. Whatever counts by address takes this and not
/// the bare address, so that nothing counts whoever is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The client's address, by what trusted proxies say.
    pub address: Option<IpAddr>,
    /// Attempts are not counted for this address.
    pub trusted: bool,
}
