//! `POST /endpoints/{id}/check`: a check out of turn.

use actix_web::post;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, PathId, Problems, Tenant};
use kernel::id::EndpointId;
use kernel::roles::ChecksRun;

use super::dto::CheckResult;
use crate::service::Endpoints;

/// Checks an endpoint now and records the result like any other; the schedule goes on from here. A paused
/// one is checked too and stays paused.
///
/// Errors: `endpoint_not_found` (404), `precondition_failed` (412) where somebody changed its target while
/// it was being checked.
#[utoipa::path(
    tag = "endpoints",
    params(("id" = EndpointId, Path, description = "The endpoint.")),
    responses((status = 200, body = CheckResult), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("checks_run")))
)]
#[post("/endpoints/{id}/check")]
pub async fn check_endpoint(
    tenant: Tenant<ChecksRun>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
) -> ApiResult<Json<CheckResult>> {
    // Read, ask, write: no transaction is open while the target takes its time.
    let planned = tenant
        .read(async |tx| endpoints.plan_check(tx, id.0).await)
        .await?;
    let probed = endpoints.probe(&planned).await;
    let result = tenant
        .write(async |tx| endpoints.record_check(tx, planned, probed).await)
        .await?;
    Ok(Json(result.into()))
}
