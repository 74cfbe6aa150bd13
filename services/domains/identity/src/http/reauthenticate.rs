//! `POST /auth/reauthenticate`: whoever is signed in proves again who they are.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gateway::{ApiResult, Problems, Tenant, ValidJson};
use kernel::roles::Enrolling;

use super::dto::device;
use super::dto::sessions::Reauthenticate;
use crate::model::BROWSER_SESSION;
use crate::service::Identity;

/// Proves again who is signed in: for ten minutes, what answers `reauthentication_required` is allowed.
///
/// By a password, a one-time code or a passkey: `GET /me/security` tells which. A browser's cookie has another
/// secret afterwards. Counted like an attempt to sign in. Errors: `wrong_password`, `wrong_code`,
/// `wrong_passkey` (403), `no_codes` (409), `rate_limited` (429).
#[utoipa::path(
    tag = "identity",
    request_body = Reauthenticate,
    responses((status = 204, description = "Proven."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/reauthenticate")]
pub async fn reauthenticate(
    request: HttpRequest,
    tenant: Tenant<Enrolling>,
    identity: Data<Identity>,
    body: ValidJson<Reauthenticate>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    let secret = identity
        .reauthenticate(&tenant, &body.0.try_into()?, &device)
        .await?;
    let mut response = HttpResponse::NoContent();
    if let Some(cookie) = tenant.renewed_cookie(&secret, BROWSER_SESSION.unsigned_abs()) {
        response.cookie(cookie);
    }
    Ok(response.finish())
}
