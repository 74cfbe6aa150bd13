//! Networks that are trusted or blocked, as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::NetworkId;
use kernel::network::Network;
use kernel::page::{DEFAULT_LIMIT, Page};
use serde::{Deserialize, Serialize};
use tenancy::networks::{Ruling, Verdict};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::readable;
use crate::service::networks::{Filter, Listed, Search};

/// What is thought of whoever comes from a network.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkVerdict {
    /// Limits that count by address do not count them.
    Trusted,
    /// They get 403 `network_blocked`.
    Blocked,
}

impl From<NetworkVerdict> for Verdict {
    fn from(verdict: NetworkVerdict) -> Self {
        match verdict {
            NetworkVerdict::Trusted => Self::Trusted,
            NetworkVerdict::Blocked => Self::Blocked,
        }
    }
}

impl From<Verdict> for NetworkVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Trusted => Self::Trusted,
            Verdict::Blocked => Self::Blocked,
        }
    }
}

/// Which networks to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworksQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only those of which this is thought.
    #[param(inline)]
    verdict: Option<NetworkVerdict>,
    /// Only those that hold this address; or, where it is none, those with this text in their network, reason or
    /// author, whatever its case.
    #[validate(length(max = 200), custom(function = "readable"))]
    #[param(max_length = 200, example = "203.0.113.7")]
    q: Option<String>,
}

impl NetworksQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Which.
    pub fn filter(&self) -> Filter {
        Filter {
            verdict: self.verdict.map(Verdict::from),
            search: self.q.as_deref().and_then(Search::of),
        }
    }
}

/// A network to be trusted or blocked.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetNetwork {
    /// A network, or one address. At the widest /8 of IPv4 and /16 of IPv6.
    #[schema(example = "203.0.113.0/24", max_length = 49)]
    network: String,
    /// What is thought of it.
    verdict: NetworkVerdict,
    /// From when on it means nothing any more; without it, it holds until it is removed.
    until: Option<Timestamp>,
    /// Why: for the next operator who asks, and for the audit log.
    #[validate(
        length(min = 1, max = 500, message = "Say why, in at most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(example = "scans us since Monday", min_length = 1, max_length = 500)]
    pub reason: String,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

impl SetNetwork {
    /// What is to be thought of which network. Errors: 400 with a pointer to it.
    pub fn ruling(&self) -> Result<Ruling, ApiError> {
        let network = Network::parse(&self.network).ok_or_else(|| {
            let words = "This is no network. Enter one like 203.0.113.0/24 or 2001:db8::/32, or an address.";
            ApiError::invalid(vec![FieldError::new("network", "network", words)])
        })?;
        Ok(Ruling {
            network,
            verdict: self.verdict.into(),
            until: self.until,
        })
    }
}

/// A network that is trusted or blocked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Network)]
pub struct NetworkView {
    id: NetworkId,
    /// In the one spelling that each network has.
    #[schema(example = "203.0.113.0/24")]
    network: String,
    verdict: NetworkVerdict,
    reason: String,
    /// From when on it means nothing any more. A day later it is not listed any more.
    until: Option<Timestamp>,
    /// Whether it means anything now.
    in_force: bool,
    /// Whether it is the one that decides for the address in `q`.
    decides: bool,
    /// Since when it stands as it does.
    created_at: Timestamp,
    /// `cli:<user of the machine>` or `operator:<id>`.
    #[schema(example = "cli:ada")]
    created_by: String,
    /// The operator's address, where it was one.
    created_by_email: Option<String>,
}

impl From<Listed> for NetworkView {
    fn from(listed: Listed) -> Self {
        let entry = listed.entry;
        Self {
            id: entry.id,
            network: entry.ruling.network.to_string(),
            verdict: entry.ruling.verdict.into(),
            reason: entry.reason,
            until: entry.ruling.until,
            in_force: listed.in_force,
            decides: listed.decides,
            created_at: entry.created_at,
            created_by: entry.created_by,
            created_by_email: listed.author_email,
        }
    }
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NetworkSet {
    /// As it stands now.
    pub network: NetworkView,
    /// Whether anything had to be done.
    pub changed: bool,
}

/// A page of networks.
#[derive(Debug, Serialize, ToSchema)]
pub struct NetworkPage {
    /// In order; with an address in `q`, the most specific first.
    items: Vec<NetworkView>,
    /// Ask for the next page with it; `null` on the last one.
    next_cursor: Option<String>,
}

impl From<Page<Listed>> for NetworkPage {
    fn from(page: Page<Listed>) -> Self {
        let page = page.map(NetworkView::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}
