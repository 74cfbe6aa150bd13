//! `ETag` and `If-Match`: nobody overwrites what somebody else has changed meanwhile.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};
use kernel::error::FieldError;

use crate::problem::ApiError;

/// The entity tag of a thing at `revision`.
pub fn etag(revision: i32) -> HeaderValue {
    // Digits between quotes are always a header's value.
    HeaderValue::from_str(&format!("\"{revision}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The header `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Condition);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Absent,
    Any,
    Revisions(Vec<i32>),
}

impl IfMatch {
    /// The revisions that may be changed, or `None` for any of them: without the header, or with `*`.
    pub fn optional(&self) -> Option<&[i32]> {
        match &self.0 {
            Condition::Absent | Condition::Any => None,
            Condition::Revisions(revisions) => Some(revisions),
        }
    }

    /// The same where the header must be there. Errors: 428 `precondition_required`.
    pub fn required(&self) -> Result<Option<&[i32]>, ApiError> {
        if self.0 == Condition::Absent {
            return Err(ApiError::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "Send If-Match with the ETag of what you have read.",
            ));
        }
        Ok(self.optional())
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.headers()).map(Self).ok_or_else(malformed))
    }
}

fn malformed() -> ApiError {
    ApiError::invalid(vec![FieldError {
        pointer: "/If-Match".into(),
        code: "header".into(),
        message: "Expected `*` or entity tags in quotes, separated by commas.".into(),
    }])
}

/// RFC 9110, 13.1.1. A weak tag and one that is not ours never match, so they are left out.
fn parse(headers: &HeaderMap) -> Option<Condition> {
    let mut revisions = Vec::new();
    let mut sent = false;
    for line in headers.get_all(IF_MATCH) {
        let line = line.to_str().ok()?.trim();
        if line == "*" {
            return (!sent).then_some(Condition::Any);
        }
        sent = true;
        for tag in line.split(',').map(str::trim) {
            let (weak, tag) = match tag.strip_prefix("W/") {
                Some(tag) => (true, tag),
                None => (false, tag),
            };
            let text = tag.strip_prefix('"')?.strip_suffix('"')?;
            if text.contains('"') {
                return None;
            }
            if !weak && let Ok(revision) = text.parse() {
                revisions.push(revision);
            }
        }
    }
    Some(if sent {
        Condition::Revisions(revisions)
    } else {
        Condition::Absent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static str]) -> Option<Condition> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, HeaderValue::from_static(line));
        }
        parse(&headers)
    }

    #[test]
    fn tags_of_ours_are_read_and_others_never_match() {
        let revisions = |list: &[i32]| Some(Condition::Revisions(list.to_vec()));
        assert_eq!(read(&[]), Some(Condition::Absent));
        assert_eq!(read(&["*"]), Some(Condition::Any));
        assert_eq!(read(&["\"3\""]), revisions(&[3]));
        assert_eq!(read(&["\"3\", \"4\""]), revisions(&[3, 4]));
        assert_eq!(read(&["\"3\"", "\"4\""]), revisions(&[3, 4]));
        assert_eq!(read(&["W/\"3\", \"abc\""]), revisions(&[]));
    }

    #[test]
    fn what_is_not_a_tag_is_refused() {
        for wrong in ["3", "", "\"3", "\"3\" \"4\"", "\"3\",", "*, \"3\""] {
            assert_eq!(read(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn a_tag_reads_back() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, etag(7));
        assert_eq!(parse(&headers), Some(Condition::Revisions(vec![7])));
    }
}
