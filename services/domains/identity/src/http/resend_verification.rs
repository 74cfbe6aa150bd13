//! `POST /auth/resend-verification`: another link, please.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};

use super::dto::Accepted;
use super::dto::verification::ResendVerification;
use crate::service::Identity;

/// Mails a new verification link. Older links stop working.
///
/// Answers the same for every address: whoever asks learns nothing about who is registered here.
/// At most 3 an hour for an address, and for a network.
#[utoipa::path(
    tag = "identity",
    request_body = ResendVerification,
    responses((status = 202, body = Accepted), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/resend-verification")]
pub async fn resend_verification(
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<ResendVerification>,
) -> ApiResult<HttpResponse> {
    identity
        .request_verification(&visitor, &body.0.try_into()?)
        .await?;
    Ok(HttpResponse::Accepted().json(Json(Accepted::new())))
}
