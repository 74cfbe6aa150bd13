//! `/ownership/recovery` and `/auth/recovery`: what becomes of an owner who lost access.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use gateway::{ApiResult, Problems, Tenant, ValidJson, Visitor};
use kernel::roles::{Myself, Recent};
use passwords::Password;
use secrecy::ExposeSecret;

use super::dto::credentials::{PasswordReset, ResetPassword};
use super::dto::device;
use super::dto::recovery::RecoveryStatus;
use crate::error::Error;
use crate::service::{Identity, recovery};

/// Tells every member whether operators are about to give the owner another way in, when, and to which address.
#[utoipa::path(
    tag = "people",
    responses((status = 200, body = RecoveryStatus), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/ownership/recovery")]
pub async fn show_recovery(tenant: Tenant<Myself>) -> ApiResult<Json<RecoveryStatus>> {
    let id = tenant.organization().id();
    let open = tenant
        .write_platform(async |tx, _| tenancy::recovery::find(tx, id).await.map_err(Error::from))
        .await?;
    Ok(Json(RecoveryStatus::new(open)))
}

/// Stops it, by an owner: the waiting time ends, and a link that was sent is worth nothing. Every member is told.
///
/// Errors: `recovery_not_found` (404), `forbidden`, `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    responses((status = 204, description = "It is stopped."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/ownership/recovery")]
pub async fn stop_recovery(tenant: Tenant<Recent<Myself>>) -> ApiResult<HttpResponse> {
    let (organization, origin) = (tenant.organization(), tenant.origin());
    tenant
        .write_platform(async |tx, caller| recovery::object(tx, organization, origin, caller).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Chooses another password by the link that operators sent to the owner's new address, which is theirs from now
/// on. Everything else that let the owner in ends with it: codes, passkeys, Discord, API keys, sessions, links.
/// Nobody is signed in.
///
/// Counts with links to a new password, at most 10 an hour for a network. Errors: `token_not_found` (404, whatever
/// is wrong with the link), `validation_failed` (400, at `/password`).
#[utoipa::path(
    tag = "identity",
    request_body = ResetPassword,
    responses((status = 200, body = PasswordReset), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/recovery")]
pub async fn recover_ownership(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<ResetPassword>,
) -> ApiResult<Json<PasswordReset>> {
    let (token, password) = (body.0.token, body.0.password);
    let chosen = Password::new(password.expose_secret());
    let user = identity
        .recover(&visitor, token.expose_secret(), &chosen, &device(&request))
        .await?;
    Ok(Json(user.into()))
}
