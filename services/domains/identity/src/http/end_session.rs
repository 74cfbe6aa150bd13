//! `POST /auth/logout`: whoever is signed in signs out.

use actix_web::{HttpRequest, HttpResponse, post};
use gateway::{ApiResult, Problems, Tenant};
use kernel::roles::SignedIn;

use super::dto::device;
use crate::service;

/// Signs out: the session ends everywhere, with its open sockets and its tokens.
#[utoipa::path(
    tag = "identity",
    responses((status = 204, description = "Signed out."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/logout")]
pub async fn end_session(
    request: HttpRequest,
    tenant: Tenant<SignedIn>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    tenant
        .write(async |tx| {
            let caller = tenant.caller()?;
            service::sign_out(tx, caller.session, caller.user, &device).await
        })
        .await?;
    Ok(HttpResponse::NoContent()
        .cookie(tenant.clear_cookie())
        .finish())
}
