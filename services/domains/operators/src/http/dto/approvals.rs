//! What one operator asks for and another one decides about, as JSON.

use jiff::Timestamp;
use kernel::id::{ApprovalId, OperatorId, TenantId};
use kernel::page::{DEFAULT_LIMIT, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::bulk::BulkItem;
use crate::approval::{Item, Person, Request};

/// Which requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those that wait.
    #[default]
    Pending,
    /// All.
    All,
}

/// Which requests to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Those that wait, unless it says otherwise.
    #[serde(default)]
    #[param(inline)]
    state: Which,
}

impl ApprovalsQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Whether only those that wait are asked for.
    pub fn open(&self) -> bool {
        self.state == Which::Pending
    }
}

/// An operator, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorName)]
pub struct PersonView {
    id: OperatorId,
    name: String,
    email: String,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            name: person.name,
            email: person.email,
        }
    }
}

/// One organisation of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalTenant {
    id: TenantId,
    /// As it was when it was asked for; none once the organisation is dropped.
    slug: Option<String>,
    /// `done`, or the code of the refusal; none until it was tried.
    #[schema(example = "done")]
    outcome: Option<String>,
}

impl From<Item> for ApprovalTenant {
    fn from(item: Item) -> Self {
        Self {
            id: item.tenant,
            slug: item.slug,
            outcome: item.outcome,
        }
    }
}

/// What one operator asks for and another one decides about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub struct ApprovalView {
    id: ApprovalId,
    /// `delete`, `suspend`, `freeze` or `recover`.
    #[schema(example = "delete")]
    verb: &'static str,
    reason: Option<String>,
    /// `pending`, `approved`, `rejected` or `expired`.
    #[schema(example = "pending")]
    state: &'static str,
    requested_by: PersonView,
    requested_at: Timestamp,
    /// Until when it waits.
    expires_at: Timestamp,
    decided_by: Option<PersonView>,
    decided_at: Option<Timestamp>,
    tenants: Vec<ApprovalTenant>,
}

impl From<Request> for ApprovalView {
    fn from(request: Request) -> Self {
        Self {
            id: request.id,
            verb: request.deed.as_str(),
            reason: request.reason,
            state: request.state.as_str(),
            requested_by: request.requested_by.into(),
            requested_at: request.requested_at,
            expires_at: request.expires_at,
            decided_by: request.decided_by.map(PersonView::from),
            decided_at: request.decided_at,
            tenants: request.items.into_iter().map(Into::into).collect(),
        }
    }
}

/// A request that waits now, and what was answered at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalAsked {
    pub approval: ApprovalView,
    /// Organisations of which nothing is asked: refused, or there already.
    pub answered: Vec<BulkItem>,
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalPage {
    /// The newest first.
    items: Vec<ApprovalView>,
    /// Ask for the next page with it; `null` on the last one.
    next_cursor: Option<String>,
}

impl From<Page<Request>> for ApprovalPage {
    fn from(page: Page<Request>) -> Self {
        let page = page.map(ApprovalView::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}
