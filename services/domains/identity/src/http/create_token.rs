//! `POST /auth/token`: a program signs in.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};

use super::dto::{SignIn, TokenView, device};
use crate::service::Identity;

/// Signs a program in: an access token for ten minutes, and a refresh token for the next pair.
///
/// At most 10 failures an hour for a network. After a failure, and with every further one for longer, the
/// same network's next attempt at the same account is looked at when `Retry-After` is over; from the fifth on
/// that is a quarter of an hour to a day. Whether there is such an account makes no difference. Errors:
/// `invalid_credentials` (401), `email_unverified` (403, for the right password only), `rate_limited` (429).
#[utoipa::path(
    tag = "identity",
    request_body = SignIn,
    responses((status = 200, body = TokenView), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/token")]
pub async fn create_token(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<SignIn>,
) -> ApiResult<Json<TokenView>> {
    let device = device(&request);
    let session = identity
        .sign_in_program(&visitor, &body.0.try_into()?, &device)
        .await?;
    let access_token = identity.access_token(&visitor, &session);
    Ok(Json(TokenView::new(access_token, session)))
}
