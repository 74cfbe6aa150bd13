//! `PATCH /endpoints/{id}`: some settings anew.

use actix_web::web::Data;
use actix_web::{HttpResponse, patch};
use gateway::{ApiResult, IfMatch, PathId, Problems, Tenant, ValidJson};
use kernel::id::EndpointId;
use kernel::roles::EndpointsWrite;

use super::answer;
use super::dto::{EndpointView, UpdateEndpoint};
use crate::service::Endpoints;

/// Changes some of an endpoint's settings. `If-Match` is honoured where it is sent.
///
/// With another address, method or other expected codes it is `pending` until its next check, which is
/// due at once. Errors: `validation_failed` (400), `endpoint_not_found` (404), `endpoint_exists` (409),
/// `precondition_failed` (412).
#[utoipa::path(
    tag = "endpoints",
    params(
        ("id" = EndpointId, Path, description = "The endpoint."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to change.", example = "\"3\""),
    ),
    request_body = UpdateEndpoint,
    responses(
        (status = 200, body = EndpointView, headers(("ETag" = String, description = "Its new version."))),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_write")))
)]
#[patch("/endpoints/{id}")]
pub async fn update_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    id: PathId<EndpointId>,
    version: IfMatch,
    input: ValidJson<UpdateEndpoint>,
) -> ApiResult<HttpResponse> {
    let revisions = version.optional();
    let endpoint = tenant
        .write(async |tx| endpoints.update(tx, id.0, revisions, input.0.into()).await)
        .await?;
    Ok(answer(endpoint))
}
