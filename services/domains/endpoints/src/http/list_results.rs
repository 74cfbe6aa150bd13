//! `GET /endpoints/{id}/results`: every check as it was measured.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidQuery};
use kernel::id::EndpointId;
use kernel::roles::EndpointsRead;

use super::dto::{ListResultsQuery, ResultPage};
use crate::service::Endpoints;

/// Lists an endpoint's results, newest first.
///
/// Errors: `endpoint_not_found` (404).
#[utoipa::path(
    tag = "endpoints",
    params(("id" = EndpointId, Path, description = "The endpoint."), ListResultsQuery),
    responses((status = 200, body = ResultPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_read")))
)]
#[get("/endpoints/{id}/results")]
pub async fn list_results(
    tenant: Tenant<EndpointsRead>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
    query: ValidQuery<ListResultsQuery>,
) -> ApiResult<Json<ResultPage>> {
    let (limit, outcome) = (query.0.limit(), query.0.outcome.map(Into::into));
    let cursor = query.0.cursor.as_deref();
    let page = tenant
        .read(async |tx| {
            endpoints
                .list_results(tx, id.0, outcome, cursor, limit)
                .await
        })
        .await?;
    Ok(Json(page.into()))
}
