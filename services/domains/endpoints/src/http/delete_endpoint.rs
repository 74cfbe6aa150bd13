//! `DELETE /endpoints/{id}`: into the bin.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gateway::{ApiResult, PathId, Problems, Tenant};
use kernel::id::EndpointId;
use kernel::roles::EndpointsWrite;

use crate::service::Endpoints;

/// Puts an endpoint into the bin, from which it can be restored for seven days. Idempotent.
///
/// Checks stop, and its place in the plan and its address are free at once. Errors:
/// `endpoint_not_found` (404).
#[utoipa::path(
    tag = "endpoints",
    params(("id" = EndpointId, Path, description = "The endpoint.")),
    responses((status = 204, description = "It is in the bin."), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_write")))
)]
#[delete("/endpoints/{id}")]
pub async fn delete_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| endpoints.delete(tx, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
