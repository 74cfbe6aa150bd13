//! What comes in: bodies and query parameters.

use kernel::error::FieldError;
use kernel::page;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::names::{EndpointState, Kind, Method, Outcome, Sort, Window};
use crate::error::Error;
use crate::model::settings::Draft;
use crate::service::checks::TrialDraft;
use crate::service::list::ListEndpoints;

/// A value that may be left out, but is not `null`: absence and emptiness would mean two things.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    input: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

/// What to watch, and how.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEndpoint {
    /// What people call it.
    #[schema(example = "Shop", min_length = 1, max_length = 120)]
    name: String,
    /// Its address. Only public addresses are contacted.
    #[schema(example = "https://example.com/health", max_length = 2048)]
    url: String,
    /// What sort of check.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = "http")]
    kind: Option<Kind>,
    /// How often it is checked; the plan may ask for more than 10.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = 60, minimum = 10, maximum = 2_678_400)]
    interval_seconds: Option<i64>,
    /// How long a check may take: not longer than the interval.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = 10_000, minimum = 100, maximum = 60_000)]
    timeout_ms: Option<i64>,
    /// How to ask.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = "GET")]
    method: Option<Method>,
    /// Which status codes mean that it is up: codes and ranges.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = "200-299", example = "200-299,301")]
    expected_codes: Option<String>,
}

impl From<CreateEndpoint> for Draft {
    fn from(input: CreateEndpoint) -> Self {
        Self {
            name: Some(input.name),
            kind: input.kind.map(Into::into),
            url: Some(input.url),
            method: input.method.map(Into::into),
            expected_codes: input.expected_codes,
            interval_seconds: input.interval_seconds,
            timeout_ms: input.timeout_ms,
        }
    }
}

/// What to change. What is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEndpoint {
    /// What people call it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, example = "Shop", min_length = 1, max_length = 120)]
    name: Option<String>,
    /// Its address.
    #[serde(default, deserialize_with = "present")]
    #[schema(
        nullable = false,
        example = "https://example.com/health",
        max_length = 2048
    )]
    url: Option<String>,
    /// What sort of check.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    kind: Option<Kind>,
    /// How often it is checked.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 10, maximum = 2_678_400)]
    interval_seconds: Option<i64>,
    /// How long a check may take: not longer than the interval.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 100, maximum = 60_000)]
    timeout_ms: Option<i64>,
    /// How to ask.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    method: Option<Method>,
    /// Which status codes mean that it is up: codes and ranges.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, example = "200-299,301")]
    expected_codes: Option<String>,
}

impl From<UpdateEndpoint> for Draft {
    fn from(input: UpdateEndpoint) -> Self {
        Self {
            name: input.name,
            kind: input.kind.map(Into::into),
            url: input.url,
            method: input.method.map(Into::into),
            expected_codes: input.expected_codes,
            interval_seconds: input.interval_seconds,
            timeout_ms: input.timeout_ms,
        }
    }
}

/// What to try before it is saved.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryEndpoint {
    /// Where to ask. Only public addresses are contacted.
    #[schema(example = "https://example.com/health", max_length = 2048)]
    url: String,
    /// How to ask.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = "GET")]
    method: Option<Method>,
    /// How long it may take.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = 10_000, minimum = 100, maximum = 10_000)]
    timeout_ms: Option<i64>,
    /// Which status codes mean that it is up: codes and ranges.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, default = "200-299", example = "200-299,301")]
    expected_codes: Option<String>,
}

impl From<TryEndpoint> for TrialDraft {
    fn from(input: TryEndpoint) -> Self {
        Self {
            url: input.url,
            method: input.method.map(Into::into),
            expected_codes: input.expected_codes,
            timeout_ms: input.timeout_ms,
        }
    }
}

/// Which endpoints to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEndpointsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those with this text in their name or address, whatever its case.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<EndpointState>,
    /// The order; by name unless it says otherwise.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// Those in the bin instead.
    #[serde(default)]
    #[param(default = false)]
    deleted: bool,
}

impl From<ListEndpointsQuery> for ListEndpoints {
    fn from(query: ListEndpointsQuery) -> Self {
        Self {
            limit: query.limit.unwrap_or(page::DEFAULT_LIMIT),
            cursor: query.cursor,
            search: query.q,
            state: query.state.map(Into::into),
            sort: query.sort.into(),
            deleted: query.deleted,
        }
    }
}

/// Which results to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListResultsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only those with this outcome.
    #[param(inline)]
    pub outcome: Option<Outcome>,
}

impl ListResultsQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT)
    }
}

/// Which window of time.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// How far back to look; 24 hours unless it says otherwise.
    #[serde(default = "day")]
    #[param(inline)]
    pub window: Window,
}

fn day() -> Window {
    Window::Day
}

/// Which endpoints to sum up.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// How far back to look; 24 hours unless it says otherwise.
    #[serde(default = "day")]
    #[param(inline)]
    pub window: Window,
    /// At most 200 ids, separated by commas. Left out: the first 200 by name.
    ids: Option<String>,
}

impl SummaryQuery {
    /// The ids. Errors: one that is none.
    pub fn ids(&self) -> Result<Option<Vec<Uuid>>, Error> {
        let Some(ids) = &self.ids else {
            return Ok(None);
        };
        ids.split(',')
            .map(|id| Uuid::try_parse(id.trim()))
            .collect::<Result<_, _>>()
            .map(Some)
            .map_err(|_| {
                let message = "Separate the ids of endpoints by commas.";
                FieldError::new("ids", "uuid", message).into()
            })
    }
}
