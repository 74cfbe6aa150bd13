//! Pages of endpoints and of results.

use db::TenantTx;
use egress::Outcome;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::{EndpointId, ResultId};
use kernel::page::{self, Page};
use kernel::text;

use super::{Endpoints, live};
use crate::error::Error;
use crate::model::check::CheckResult;
use crate::model::endpoint::Endpoint;
use crate::model::health::State;
use crate::store::list::{After, Filter, list_first, list_page};
use crate::store::{endpoints, results};

/// Characters of a search.
const MAX_SEARCH_CHARS: usize = 200;

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
            let after = wanted
                .cursor
                .as_deref()
                .map(|cursor| read_cursor(&scope, cursor))
                .transpose()?;
            let filter = Filter {
                deleted: wanted.deleted,
                pattern: wanted.search.as_deref().map(pattern).transpose()?.flatten(),
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
        let after = match cursor {
            Some(cursor) => {
                let key: Option<(Timestamp, ResultId)> = page::decode(&scope, cursor);
                let (checked_at, id) = key.ok_or_else(bad_cursor)?;
                Some(results::After { checked_at, id })
            }
            None => None,
        };
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

fn read_cursor(scope: &str, cursor: &str) -> Result<After, Error> {
    let (key, id): (String, EndpointId) = page::decode(scope, cursor).ok_or_else(bad_cursor)?;
    // A forged one may hold what no row does, and what Postgres does not take as text.
    if key.contains('\0') {
        return Err(bad_cursor());
    }
    Ok(After { key, id })
}

fn bad_cursor() -> Error {
    Error::field(FieldError::new(
        "cursor",
        "cursor",
        "This cursor does not belong to this list. Begin again without it.",
    ))
}

/// A search as a pattern of `ILIKE` in which nothing but the text itself matches; `None` for white space.
fn pattern(search: &str) -> Result<Option<String>, Error> {
    match text::line(search, MAX_SEARCH_CHARS) {
        Ok(text) => {
            let mut pattern = String::with_capacity(text.len() + 2);
            pattern.push('%');
            for c in text.chars() {
                if matches!(c, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(c);
            }
            pattern.push('%');
            Ok(Some(pattern))
        }
        Err(text::TextFault::Empty) => Ok(None),
        Err(text::TextFault::TooLong | text::TextFault::Control) => {
            Err(Error::field(FieldError::new(
                "q",
                "search",
                format!(
                    "Search for at most {MAX_SEARCH_CHARS} characters, without control characters."
                ),
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_means_what_it_says() {
        let found = |search| pattern(search).expect("it can be searched for");
        assert_eq!(found(" shop ").as_deref(), Some("%shop%"));
        assert_eq!(found("100%_\\").as_deref(), Some("%100\\%\\_\\\\%"));
        assert_eq!(found("  "), None);
        assert!(pattern("a\0b").is_err());
        assert!(pattern(&"a".repeat(201)).is_err());
    }
}
