//! The refusals that any operation may answer with, for its description.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::problem::Problem;

/// All common refusals as `application/problem+json`, for `responses(…, Problems)`.
pub struct Problems;

const COMMON: [(&str, &str); 12] = [
    ("400", "The input breaks a rule; `errors` names each field."),
    ("401", "Nobody is signed in, or the proof is not good."),
    (
        "403",
        "Signed in, but without the permission, or beyond the plan.",
    ),
    ("404", "Not there, or not theirs, or not on this host."),
    ("409", "In conflict with what is stored."),
    ("412", "`If-Match` names another version."),
    ("413", "The body is larger than allowed."),
    ("415", "The body is not `application/json`."),
    ("428", "`If-Match` is needed and missing."),
    ("429", "Too often; `Retry-After` says when to come back."),
    ("500", "Our own fault; the request id names it in our logs."),
    (
        "503",
        "Briefly unavailable; `Retry-After` says when to come back.",
    ),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        COMMON
            .into_iter()
            .map(|(status, meaning)| {
                let content = ContentBuilder::new()
                    .schema(Some(Ref::from_schema_name(Problem::name())))
                    .build();
                let response = ResponseBuilder::new()
                    .description(meaning)
                    .content("application/problem+json", content)
                    .build();
                (status.to_owned(), RefOr::T(response))
            })
            .collect()
    }
}
