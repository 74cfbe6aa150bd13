//! `POST /endpoints/try`: a check before anything is saved.

use actix_web::post;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Tenant, ValidJson};
use kernel::roles::EndpointsWrite;

use super::dto::{CheckResult, TryEndpoint};
use crate::error::Error;
use crate::service::Endpoints;

/// Checks something once, before it is saved. Nothing is kept.
///
/// Takes at most 10 seconds; four at once for an organisation. Errors: `validation_failed` (400), with
/// `blocked_target` at `/url` for an address that is not public; `rate_limited` (429).
#[utoipa::path(
    tag = "endpoints",
    request_body = TryEndpoint,
    responses((status = 200, body = CheckResult), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_write")))
)]
#[post("/endpoints/try")]
pub async fn try_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    input: ValidJson<TryEndpoint>,
) -> ApiResult<Json<CheckResult>> {
    // There is nothing to read, but nobody is contacted before the gate has opened.
    tenant.read(async |_| Ok::<_, Error>(())).await?;
    let probe = endpoints.plan_trial(input.0.into())?;
    let result = endpoints
        .try_out(tenant.organization().id(), &probe, tenant.now())
        .await?;
    Ok(Json(result.into()))
}
