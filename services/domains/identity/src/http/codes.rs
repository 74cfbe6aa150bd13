//! One-time codes: an authenticator app, and the recovery codes.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, Problems, Tenant, ValidJson};
use kernel::roles::{Enrolling, Myself, Recent};

use super::dto::credentials::{EnrollmentView, RecoveryCodesView, SecurityView, ShownCode};
use crate::service::{self, Identity};

/// Tells what the caller has to prove who they are.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = SecurityView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me/security")]
pub async fn show_security(tenant: Tenant<Enrolling>) -> ApiResult<Json<SecurityView>> {
    let session = tenant.session_id();
    let security = tenant
        .read(async |tx| service::fetch_security(tx, session).await)
        .await?;
    Ok(Json(security.into()))
}

/// Makes a secret for the caller's authenticator app. It is shown once; nothing asks for its codes until
/// one was shown (`confirm_codes`). Needs a recent proof of who the caller is.
///
/// Whoever owes a second factor and has one shows that first. Errors: `has_codes` (409),
/// `second_factor_due` (403).
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = EnrollmentView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/totp")]
pub async fn start_codes(
    tenant: Tenant<Recent<Enrolling>>,
    identity: Data<Identity>,
) -> ApiResult<Json<EnrollmentView>> {
    Ok(Json(identity.start_codes(&tenant).await?.into()))
}

/// Shows a code of the app: from now on signing in asks for one. Answers ten recovery codes, shown once.
///
/// At most 10 attempts an hour. Errors: `validation_failed` (400, at `/code`), `no_codes` (409),
/// `has_codes` (409), `second_factor_due` (403).
#[utoipa::path(
    tag = "identity",
    request_body = ShownCode,
    responses((status = 200, body = RecoveryCodesView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/totp/confirm")]
pub async fn confirm_codes(
    tenant: Tenant<Recent<Enrolling>>,
    identity: Data<Identity>,
    body: ValidJson<ShownCode>,
) -> ApiResult<Json<RecoveryCodesView>> {
    let codes = identity.confirm_codes(&tenant, &body.0.code).await?;
    Ok(Json(codes.into()))
}

/// Signing in asks for no code any more. Needs a recent proof of who the caller is.
///
/// Errors: `no_codes` (409), `last_second_factor` (409) where the organisation asks for one.
#[utoipa::path(
    tag = "identity",
    responses((status = 204, description = "Removed."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/me/totp")]
pub async fn remove_codes(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
) -> ApiResult<HttpResponse> {
    identity.remove_codes(&tenant).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes ten new recovery codes, shown once; the ones before are worth nothing more. Needs a recent proof
/// of who the caller is.
///
/// Errors: `no_codes` (409).
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = RecoveryCodesView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/recovery-codes")]
pub async fn replace_recovery_codes(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
) -> ApiResult<Json<RecoveryCodesView>> {
    Ok(Json(identity.replace_recovery_codes(&tenant).await?.into()))
}
