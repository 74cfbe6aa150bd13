//! `POST /auth/logout`: whoever is signed in signs out.

use actix_web::{HttpRequest, HttpResponse, post};
use db::DbError;
use gateway::{ApiResult, Problems, Tenant};
use kernel::roles::Leaving;
use tenancy::audit::OperatorActor;

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
pub async fn end_session(request: HttpRequest, tenant: Tenant<Leaving>) -> ApiResult<HttpResponse> {
    let device = device(&request);
    let caller = tenant
        .write(async |tx| {
            let caller = tenant.caller()?;
            if caller.operator.is_none() {
                service::sign_out(tx, caller.session, caller.user, &device).await?;
            }
            Ok::<_, DbError>(caller)
        })
        .await?;
    if let Some(operator) = caller.operator {
        // Both logs tell of it, in one transaction.
        let (organization, origin) = (tenant.organization(), tenant.origin());
        let actor = OperatorActor::Operator(operator.uuid());
        tenant
            .write_platform(async |tx, caller| {
                service::support::end(tx, organization, origin, caller.session, &actor).await
            })
            .await?;
    }
    Ok(HttpResponse::NoContent()
        .cookie(tenant.clear_cookie())
        .finish())
}
