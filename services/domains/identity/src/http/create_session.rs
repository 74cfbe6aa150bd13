//! `POST /auth/session`: a browser signs in.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};

use super::dto::{SessionView, SignIn, device};
use super::let_in::let_in;
use crate::service::Identity;

/// Signs a browser in: the session is in the cookie that comes with the answer.
///
/// A second cookie, `__Host-device`, lets the browser be known again: from one that is not, the person is told
/// by mail, and one that is has an allowance of failures of its own. It signs nobody in.
///
/// At most 10 failures an hour for a network. After a failure, and with every further one for longer, the
/// same network's next attempt at the same account is looked at when `Retry-After` is over; from the fifth on
/// that is a quarter of an hour to a day. Whether there is such an account makes no difference. Errors:
/// `invalid_credentials` (401), `email_unverified` (403, for the right password only), `rate_limited` (429).
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
    Ok(let_in(&visitor, session))
}
