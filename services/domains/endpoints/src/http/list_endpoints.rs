//! `GET /endpoints`: a page of what is watched, or of the bin.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::EndpointsRead;

use super::dto::{EndpointPage, ListEndpointsQuery};
use crate::service::Endpoints;

/// Lists endpoints, by name unless asked otherwise.
///
/// `total` counts all that pass the filter. A cursor belongs to the list it came from.
#[utoipa::path(
    tag = "endpoints",
    params(ListEndpointsQuery),
    responses((status = 200, body = EndpointPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_read")))
)]
#[get("/endpoints")]
pub async fn list_endpoints(
    tenant: Tenant<EndpointsRead>,
    endpoints: Data<Endpoints>,
    query: ValidQuery<ListEndpointsQuery>,
) -> ApiResult<Json<EndpointPage>> {
    let page = tenant
        .read(async |tx| endpoints.list(tx, query.0.into()).await)
        .await?;
    Ok(Json(page.into()))
}
