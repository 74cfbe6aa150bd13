//! The prober against servers on loopback that answer well, badly or not at all.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails here"
)]

mod canary;
mod dns;
mod guard;
mod hosts;
mod http;
mod redirects;
mod server;
mod timeouts;
mod tls;

use egress::{ExpectedCodes, HttpMethod, HttpProbe, Prober, ProberOptions, Target, TargetPolicy};
use std::time::Duration;

/// May contact loopback and, by the public rule, nothing a test names.
fn loopback() -> TargetPolicy {
    policy(&["127.0.0.0/8", "::1/128"])
}

fn policy(networks: &[&str]) -> TargetPolicy {
    TargetPolicy::allowing(networks.iter().map(|text| text.parse().unwrap()).collect())
}

fn prober() -> Prober {
    Prober::new(loopback(), ProberOptions::default()).unwrap()
}

/// A GET that expects 200-299 and has far more time than it needs.
fn get(url: &str) -> HttpProbe {
    HttpProbe {
        target: Target::parse(url).unwrap(),
        method: HttpMethod::Get,
        expected: ExpectedCodes::default(),
        timeout: Duration::from_secs(20),
    }
}

/// The same with a time that runs out.
fn hasty(url: &str) -> HttpProbe {
    HttpProbe {
        timeout: Duration::from_millis(200),
        ..get(url)
    }
}
