//! What a probe reports. Plain data, no behaviour but reading.

use crate::reason::{Outcome, ReasonCode};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Duration of each phase of the last hop, in microseconds; `None` where a phase did not finish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Looking the name up. 0 for an IP address.
    pub dns_us: Option<u32>,
    /// Making the TCP connection, failed attempts at other addresses included.
    pub connect_us: Option<u32>,
    /// The TLS handshake; `None` over plain HTTP.
    pub tls_us: Option<u32>,
    /// Writing the request.
    pub send_us: Option<u32>,
    /// From the written request to the first byte of the answer.
    pub wait_us: Option<u32>,
    /// From the first byte to the end of the answer, or to the point where reading stopped.
    pub receive_us: Option<u32>,
}

/// The result of one probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// What the check says about the target.
    pub outcome: Outcome,
    /// Why, from a closed list.
    #[serde(rename = "reason_code")]
    pub reason: ReasonCode,
    /// Why, as a plain sentence for people. Holds no address that is not public.
    pub message: String,
    /// The status code of the last answer, redirects included.
    pub status_code: Option<u16>,
    /// The phases of the last hop.
    pub timings: Timings,
    /// The whole check over all hops, without waiting for other checks of the same host.
    pub duration_us: u32,
    /// The addresses that were connected to, in order.
    pub addresses: Vec<IpAddr>,
}
