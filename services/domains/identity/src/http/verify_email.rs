//! `POST /auth/verify-email`: the link of a mail was opened.

use actix_web::web::Json;
use actix_web::{HttpRequest, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};
use secrecy::ExposeSecret;

use super::dto::device;
use super::dto::verification::{Verified, VerifyEmail};
use crate::service;

/// Proves an e-mail address by the token that was mailed to it.
///
/// A token works once and for 48 hours. It signs nobody in.
///
/// Errors: `token_expired` (400), `token_not_found` (404: unknown, used, or replaced by a newer one).
#[utoipa::path(
    tag = "identity",
    request_body = VerifyEmail,
    responses((status = 200, body = Verified), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/verify-email")]
pub async fn verify_email(
    request: HttpRequest,
    visitor: Visitor,
    body: ValidJson<VerifyEmail>,
) -> ApiResult<Json<Verified>> {
    let device = device(&request);
    let user = visitor
        .write(async |tx| service::verify(tx, body.0.token.expose_secret(), &device).await)
        .await??;
    Ok(Json(user.into()))
}
