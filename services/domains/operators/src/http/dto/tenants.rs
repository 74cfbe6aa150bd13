//! Organisations as operators see them, and what is asked of them, as JSON.

use jiff::Timestamp;
use kernel::id::TenantId;
use kernel::page::{DEFAULT_LIMIT, Page};
use serde::{Deserialize, Serialize};
use tenancy::life::Verb;
use tenancy::roster::{Entry, Filter, Order};
use tenancy::support;
use tenancy::verbs::Changed;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::names::HostView;
use super::{DeedView, readable};
use crate::service::tenants::Dossier;

/// In which order.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By slug.
    #[default]
    Slug,
    /// The largest first.
    Size,
    /// By plan.
    Plan,
    /// By state.
    State,
    /// The oldest schema first.
    Version,
    /// The newest first.
    Created,
    /// Whoever was seen last comes first.
    Active,
}

/// Where an organisation is in its life.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifeState {
    /// Everything works.
    Active,
    /// Reads only.
    ReadOnly,
    /// Sign-in only.
    Suspended,
    /// In its days of grace.
    Deleting,
    /// Gone; the row remains.
    Deleted,
}

impl LifeState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReadOnly => "read_only",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}

/// Which organisations to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TenantsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only those with this text in their slug or name, whatever its case.
    #[validate(length(max = 200), custom(function = "readable"))]
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<LifeState>,
    /// Only those with this plan.
    #[validate(length(max = 40), custom(function = "readable"))]
    #[param(max_length = 40)]
    plan: Option<String>,
    /// Only those whose schema is below this version.
    below_version: Option<i32>,
    /// The order; by slug unless it says otherwise.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
}

impl TenantsQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Which, and in which order.
    pub fn filter(&self) -> Filter {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Filter {
            search: given(&self.q),
            state: self.state.map(|state| state.as_str().to_owned()),
            plan: given(&self.plan),
            below_version: self.below_version,
            order: match self.sort {
                Sort::Slug => Order::Slug,
                Sort::Size => Order::Size,
                Sort::Plan => Order::Plan,
                Sort::State => Order::State,
                Sort::Version => Order::Version,
                Sort::Created => Order::Created,
                Sort::Active => Order::Active,
            },
        }
    }
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantItem)]
pub struct TenantView {
    id: TenantId,
    /// None once it is deleted, like its name and host.
    #[schema(example = "acme")]
    slug: Option<String>,
    #[schema(example = "Acme Rockets")]
    name: Option<String>,
    #[schema(example = "acme.signalbox.example")]
    host: Option<String>,
    /// `active`, `read_only`, `suspended`, `deleting` or `deleted`.
    #[schema(example = "active")]
    state: String,
    /// Why it is not active.
    state_reason: Option<String>,
    /// The end of its days of grace.
    purge_at: Option<Timestamp>,
    #[schema(example = "free")]
    plan: String,
    schema_version: i32,
    created_at: Option<Timestamp>,
    /// When its first owner proved their address.
    verified_at: Option<Timestamp>,
    /// When somebody signed in last, to the hour.
    last_active_at: Option<Timestamp>,
    /// As measured at `sized_at`.
    size_bytes: Option<i64>,
    sized_at: Option<Timestamp>,
}

impl From<Entry> for TenantView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            slug: entry.slug,
            name: entry.name,
            host: entry.host,
            state: entry.state,
            state_reason: entry.state_reason,
            purge_at: entry.purge_at,
            plan: entry.plan,
            schema_version: entry.schema_version,
            created_at: entry.created_at,
            verified_at: entry.verified_at,
            last_active_at: entry.last_active_at,
            size_bytes: entry.size_bytes,
            sized_at: entry.sized_at,
        }
    }
}

/// A page of organisations.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantPage {
    items: Vec<TenantView>,
    /// Ask for the next page with it; `null` on the last one.
    next_cursor: Option<String>,
}

impl From<Page<Entry>> for TenantPage {
    fn from(page: Page<Entry>) -> Self {
        let page = page.map(TenantView::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// One organisation, from all sides.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantDetail {
    tenant: TenantView,
    hosts: Vec<HostView>,
    /// What was done to it, the newest first; the last 50.
    timeline: Vec<DeedView>,
    /// Whether it lets operators look at it now.
    support_allowed: bool,
    /// Until when; none where it does not, or does until it is switched off.
    support_until: Option<Timestamp>,
}

impl From<Dossier> for TenantDetail {
    fn from(dossier: Dossier) -> Self {
        Self {
            tenant: dossier.entry.into(),
            hosts: dossier.hosts.into_iter().map(HostView::from).collect(),
            timeline: dossier.timeline.into_iter().map(DeedView::from).collect(),
            support_allowed: dossier.consent.is_some(),
            support_until: dossier.consent.filter(|until| *until < support::open_end()),
        }
    }
}

/// Why something is done.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// For the audit log, and for the organisation's people.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(example = "Three unpaid invoices.", max_length = 500)]
    pub reason: Option<String>,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

/// A deletion, confirmed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteTenant {
    /// For the audit log, and for the organisation's people.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// The organisation's slug again.
    #[schema(example = "acme")]
    pub confirm: String,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

/// What can be done to several.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkVerb {
    /// Leaves sign-in only.
    Suspend,
    /// Lets them be read only.
    Freeze,
    /// Serves everything again.
    Resume,
    /// Begins their days of grace.
    Delete,
    /// Ends them.
    Undelete,
}

impl From<BulkVerb> for Verb {
    fn from(verb: BulkVerb) -> Self {
        match verb {
            BulkVerb::Suspend => Self::Suspend,
            BulkVerb::Freeze => Self::Freeze,
            BulkVerb::Resume => Self::Resume,
            BulkVerb::Delete => Self::Delete,
            BulkVerb::Undelete => Self::Undelete,
        }
    }
}

/// One verb for several organisations.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeTenants {
    /// What to do.
    pub verb: BulkVerb,
    /// To whom.
    #[validate(length(min = 1, max = 200, message = "From 1 to 200 organisations."))]
    #[schema(min_items = 1, max_items = 200)]
    pub ids: Vec<Uuid>,
    /// For the audit log, and for the organisations' people.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// For `delete`: the slug of each organisation again.
    #[serde(default)]
    #[validate(length(max = 200, message = "At most 200 slugs."))]
    #[schema(max_items = 200)]
    pub confirm: Vec<String>,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a verb did.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantChanged {
    id: TenantId,
    slug: Option<String>,
    /// The state it is in now.
    #[schema(example = "suspended")]
    state: String,
    /// Whether anything had to be done.
    changed: bool,
    /// The end of its days of grace.
    purge_at: Option<Timestamp>,
}

impl From<Changed> for TenantChanged {
    fn from(changed: Changed) -> Self {
        Self {
            id: changed.subject.id,
            slug: changed.subject.slug,
            state: changed.state.as_str().to_owned(),
            changed: changed.changed,
            purge_at: changed.purge_at,
        }
    }
}
