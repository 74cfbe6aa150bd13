//! `POST /endpoints/{id}/restore`: out of the bin.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, PathId, Problems, Tenant};
use kernel::id::EndpointId;
use kernel::roles::EndpointsWrite;

use super::answer;
use super::dto::EndpointView;
use crate::service::Endpoints;

/// Takes an endpoint out of the bin: paused if it was, else `pending` with a check due at once. Idempotent.
///
/// Errors: `plan_limit` (403), `endpoint_not_found` (404), `endpoint_exists` (409) where its address is
/// watched again by now.
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
#[post("/endpoints/{id}/restore")]
pub async fn restore_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
) -> ApiResult<HttpResponse> {
    let endpoint = tenant
        .write(async |tx| endpoints.restore(tx, id.0).await)
        .await?;
    Ok(answer(endpoint))
}
