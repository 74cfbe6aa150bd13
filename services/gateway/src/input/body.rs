//! `ValidJson<T>`: a JSON body that has the structure of `T` and keeps its rules.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use validator::Validate;

use super::{fault, key, strict};
use crate::context::RequestContext;
use crate::problem::ApiError;

/// Bytes of a body at the most.
const MAX_BYTES: usize = 64 * 1024;

/// A JSON body. `T` denies unknown fields itself (`#[serde(deny_unknown_fields)]`); control characters in
/// texts are for the domain to refuse, which knows what each text is for.
///
/// Errors: 415, 413, and 400 `validation_failed` with a pointer for each fault.
#[derive(Debug)]
pub struct ValidJson<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for ValidJson<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            check_headers(request.headers())?;
            let body = read(payload).await?;
            if key::is_sent(&request) {
                let context = RequestContext::of(&request)?;
                // Set once: a request has one body.
                let _ = context.body_hash.set(Sha256::digest(&body).into());
            }
            parse(&body).map(Self)
        })
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut types = headers.get_all(CONTENT_TYPE);
    let named = types.next().and_then(|value| value.to_str().ok());
    if !named.is_some_and(is_json) || types.next().is_some() {
        return Err(unsupported("Send the body as application/json in UTF-8."));
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(unsupported("Send the body without Content-Encoding."));
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(too_large());
    }
    Ok(())
}

/// `application/json`, with no parameter but `charset=utf-8`.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| {
            parameter.is_empty()
                || parameter.eq_ignore_ascii_case("charset=utf-8")
                || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

fn unsupported(detail: &'static str) -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    )
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "The body may have at most 64 KiB.",
    )
}

async fn read(mut payload: Payload) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "body_incomplete",
                "The body ended before it was complete.",
            )
        })?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn parse<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<T, ApiError> {
    let document = strict::parse(body).map_err(|fault| ApiError::invalid(vec![fault]))?;
    let input: T = serde_path_to_error::deserialize(document).map_err(|error| {
        let fault = fault::structural(error.path(), &error.inner().to_string());
        ApiError::invalid(vec![fault])
    })?;
    input
        .validate()
        .map_err(|errors| ApiError::invalid(fault::rules(&errors)))?;
    Ok(input)
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
