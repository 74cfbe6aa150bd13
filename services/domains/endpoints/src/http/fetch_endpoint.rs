//! `GET /endpoints/{id}`: one of them, with its version.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use gateway::{ApiResult, PathId, Problems, Tenant};
use kernel::id::EndpointId;
use kernel::roles::EndpointsRead;

use super::answer;
use super::dto::EndpointView;
use crate::service::Endpoints;

/// Shows an endpoint. What is in the bin is not shown here.
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
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_read")))
)]
#[get("/endpoints/{id}")]
pub async fn fetch_endpoint(
    tenant: Tenant<EndpointsRead>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
) -> ApiResult<HttpResponse> {
    let endpoint = tenant
        .read(async |tx| endpoints.fetch(tx, id.0).await)
        .await?;
    Ok(answer(endpoint))
}
