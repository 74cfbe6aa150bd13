//! What comes in and goes out as JSON. Rules of fields are the model's, where they are told all at once.

mod input;
mod names;
mod view;

pub use input::{
    CreateEndpoint, ListEndpointsQuery, ListResultsQuery, SummaryQuery, TryEndpoint,
    UpdateEndpoint, WindowQuery,
};
pub use view::{CheckResult, EndpointPage, EndpointView, LatencyView, ResultPage, SummaryView};
