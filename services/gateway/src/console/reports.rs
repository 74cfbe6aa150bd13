//! What browsers report about the policy: logged, a few a minute, and never in full.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use actix_web::web::{Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpResponse, guard, web};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;

/// Bytes of a report at the most.
const MAX_BYTES: usize = 8 * 1024;
/// Reports logged a minute.
const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Characters kept of each part.
const KEPT: usize = 200;

/// Registers `/csp`.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/csp")
            .guard(guard::Post())
            .app_data(PayloadConfig::new(MAX_BYTES))
            .to(take_report),
    );
}

/// A report in the form that `report-uri` sends (CSP level 2).
#[derive(Deserialize)]
struct Report {
    #[serde(rename = "csp-report")]
    inner: Violation,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Violation {
    #[serde(default)]
    violated_directive: String,
    #[serde(default)]
    blocked_uri: String,
    #[serde(default)]
    source_file: String,
}

async fn take_report(body: Bytes) -> HttpResponse {
    static LIMIT: OnceLock<DefaultDirectRateLimiter> = OnceLock::new();
    let limit = LIMIT.get_or_init(|| RateLimiter::direct(Quota::per_minute(PER_MINUTE)));
    if let Ok(Report { inner }) = serde_json::from_slice(&body)
        && limit.check().is_ok()
    {
        tracing::warn!(
            target: "csp",
            directive = kept(&inner.violated_directive),
            blocked = kept(without_query(&inner.blocked_uri)),
            source = kept(without_query(&inner.source_file)),
            "a browser refused something of ours"
        );
    }
    HttpResponse::NoContent().finish()
}

/// Addresses without what may be secret in them.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

fn kept(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(KEPT)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_kept_of_a_report() {
        assert_eq!(without_query("https://x/y?token=1#z"), "https://x/y");
        assert_eq!(kept(&"ä".repeat(300)).chars().count(), KEPT);
        assert_eq!(kept("short"), "short");
    }
}
