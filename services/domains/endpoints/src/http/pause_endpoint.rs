//! `POST /endpoints/{id}/pause`: nobody looks any more.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, PathId, Problems, Tenant};
use kernel::id::EndpointId;
use kernel::roles::EndpointsWrite;

use super::answer;
use super::dto::EndpointView;
use crate::service::Endpoints;

/// Pauses an endpoint. Checks stop at once; history is kept. Idempotent.
///
/// Errors: `endpoint_not_found` (404).
#[utoipa::path(
    tag = "endpoints",
    params(("id" = EndpointId, Path, description = "The endpoint.")),
    responses(
        (status = 200, body = EndpointView, headers(("ETag" = String, description = "Its version, for If-Match."))),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_write")))
)]
#[post("/endpoints/{id}/pause")]
pub async fn pause_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
) -> ApiResult<HttpResponse> {
    let endpoint = tenant
        .write(async |tx| endpoints.pause(tx, id.0).await)
        .await?;
    Ok(answer(endpoint))
}
