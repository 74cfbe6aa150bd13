//! `GET /endpoints/{id}/latency`: how long checks took, for a plot.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidQuery};
use kernel::id::EndpointId;
use kernel::roles::EndpointsRead;

use super::dto::{LatencyView, WindowQuery};
use crate::service::Endpoints;

/// Shows how long successful checks took: by ten minutes for 24 hours, by the hour beyond.
///
/// Percentiles by the hour are right within 5 %. Errors: `endpoint_not_found` (404).
#[utoipa::path(
    tag = "endpoints",
    params(("id" = EndpointId, Path, description = "The endpoint."), WindowQuery),
    responses((status = 200, body = LatencyView), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_read")))
)]
#[get("/endpoints/{id}/latency")]
pub async fn show_latency(
    tenant: Tenant<EndpointsRead>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
    query: ValidQuery<WindowQuery>,
) -> ApiResult<Json<LatencyView>> {
    let window = query.0.window;
    let latency = tenant
        .read(async |tx| endpoints.latency(tx, id.0, window.into()).await)
        .await?;
    Ok(Json(LatencyView::new(window, latency)))
}
