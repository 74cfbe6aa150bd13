//! Pages of endpoints and of results.

use db::TenantTx;
use egress::Outcome;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::{EndpointId, ResultId};
use kernel::page::{self, Page};
use kernel::search;

use super::{Endpoints, live};
use crate::error::Error;
use crate::model::check::CheckResult;
use crate::model::endpoint::Endpoint;
use crate::model::health::State;
use crate::store::list::{After, Filter, list_first, list_page};
use crate::store::{endpoints, results};

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortKey,
    /// The last first.
    pub descending: bool,
}

/// What a list is sorted by; the id decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The state's name.
    State,
    /// When it was made.
    CreatedAt,
}

impl SortKey {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state",
            Self::CreatedAt => "created_at",
        }
    }
}

/// Which endpoints somebody wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEndpoints {
    /// How many at the most.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Text in the name or the address.
    pub search: Option<String>,
    /// Only those in this state.
    pub state: Option<State>,
    /// In which order.
    pub sort: Sort,
    /// What is in the bin instead.
    pub deleted: bool,
}

impl Endpoints {
    /// A page of endpoints, and how many there are on all pages. Errors: a cursor of another list, a
    /// search with control characters.
    pub async fn list(
        &self,
        tx: &TenantTx,
        wanted: ListEndpoints,
    ) -> Result<(Page<Endpoint>, i64), Error> {
        let scope = scope(tx, &wanted);
        let more = i64::from(wanted.limit) + 1;
        let plain = ListEndpoints {
            limit: wanted.limit,
            ..ListEndpoints::default()
        };
        let listed = if wanted == plain {
            list_first(tx, more).await?
        } else {
            let after = read_cursor(&scope, wanted.cursor.as_deref())?;
            let filter = Filter {
                deleted: wanted.deleted,
                pattern: search::pattern(wanted.search.as_deref())?,
                state: wanted.state.map(State::as_str),
                sort: wanted.sort.by.as_str(),
                descending: wanted.sort.descending,
            };
            list_page(tx, &filter, after.as_ref(), more).await?
        };
        let page = Page::cut(listed.rows, wanted.limit, &scope, |last| {
            (last.key.clone(), last.endpoint.id)
        });
        Ok((page.map(|listed| listed.endpoint), listed.total))
    }

    /// A page of an endpoint's results, newest first. Errors: `endpoint_not_found`, a cursor of another
    /// list.
    pub async fn list_results(
        &self,
        tx: &TenantTx,
        id: EndpointId,
        outcome: Option<Outcome>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<CheckResult>, Error> {
        live(endpoints::find(tx, id).await?, id)?;
        let tenant = tx.tenant().id();
        let filter = outcome.map_or("", Outcome::as_str);
        let scope = format!("results {tenant} {id} {filter}");
        let after: Option<(Timestamp, ResultId)> = page::read(&scope, cursor)?;
        let after = after.map(|(checked_at, id)| results::After { checked_at, id });
        let rows = results::list_page(tx, id, outcome, after, i64::from(limit) + 1).await?;
        Ok(Page::cut(rows, limit, &scope, |last| {
            (last.checked_at, last.id)
        }))
    }
}

/// What a cursor is bound to.
fn scope(tx: &TenantTx, wanted: &ListEndpoints) -> String {
    format!(
        "endpoints {} {} {} {} {} {}",
        tx.tenant().id(),
        wanted.sort.by.as_str(),
        wanted.sort.descending,
        wanted.deleted,
        wanted.state.map_or("", State::as_str),
        wanted.search.as_deref().unwrap_or_default(),
    )
}

fn read_cursor(scope: &str, cursor: Option<&str>) -> Result<Option<After>, FieldError> {
    let after: Option<(String, EndpointId)> = page::read(scope, cursor)?;
    // A forged one may hold what no row does, and what Postgres does not take as text.
    if after.as_ref().is_some_and(|(key, _)| key.contains('\0')) {
        return Err(page::bad_cursor());
    }
    Ok(after.map(|(key, id)| After { key, id }))
}
