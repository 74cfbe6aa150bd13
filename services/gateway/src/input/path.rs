//! `PathId<I>`: an id in a path. What is not an id names nothing, so it answers 404.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::problem::ApiError;

/// The id in the route's `{id}`.
#[derive(Clone, Copy, Debug)]
pub struct PathId<I>(pub I);

impl<I: From<Uuid>> FromRequest for PathId<I> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(parse);
        ready(id.map(|id| Self(id.into())).ok_or_else(ApiError::not_found))
    }
}

/// The hyphenated form only: one thing has one address.
fn parse(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = "0193ae5c-3f60-7000-8000-000000000001";
        assert_eq!(parse(id).map(|id| id.to_string()).as_deref(), Some(id));
        for wrong in [
            "",
            "1",
            "0193ae5c3f6070008000000000000001",
            "{0193ae5c-3f60-7000-8000-000000000001}",
            "urn:uuid:0193ae5c-3f60-7000-8000-000000000001",
            "0193ae5c-3f60-7000-8000-00000000000g",
            "' OR 1=1 --",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
