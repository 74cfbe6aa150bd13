//! `POST /auth/session`: a browser signs in.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};

use super::dto::{SessionView, SignIn, device};
use crate::model::BROWSER_SESSION;
use crate::service::Identity;

/// Signs a browser in: the session is in the cookie that comes with the answer.
///
/// At most 10 failures an hour for a network. Errors: `invalid_credentials` (401), `email_unverified`
/// (403, for the right password only), `rate_limited` (429).
#[utoipa::path(
    tag = "identity",
    request_body = SignIn,
    responses(
        (status = 200, body = SessionView, headers(("Set-Cookie" = String, description = "The session."))),
        Problems
    ),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/session")]
pub async fn create_session(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<SignIn>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    let session = identity
        .sign_in_browser(&visitor, &body.0.try_into()?, &device)
        .await?;
    let cookie =
        visitor.session_cookie(session.id, &session.secret, BROWSER_SESSION.unsigned_abs());
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .json(SessionView::from(session)))
}
