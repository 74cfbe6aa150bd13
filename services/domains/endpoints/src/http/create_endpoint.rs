//! `POST /endpoints`: something new to watch.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{Answer, ApiResult, IdempotencyKey, Problems, Tenant, ValidJson, etag};
use kernel::roles::EndpointsWrite;

use super::dto::{CreateEndpoint, EndpointView};
use crate::error::Error;
use crate::service::Endpoints;

/// Begins to watch something. Its first check is due at once.
///
/// Errors: `validation_failed` (400), with `blocked_target` at `/url` for an address that is not public;
/// `plan_limit` (403, with `limit` and `upgrade_url`); `endpoint_exists` (409, with `existing_id`).
#[utoipa::path(
    tag = "endpoints",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt: the same key with the same body gets the same answer.")),
    request_body = CreateEndpoint,
    responses(
        (status = 201, body = EndpointView, headers(
            ("Location" = String, description = "Where the endpoint is."),
            ("ETag" = String, description = "Its version, for If-Match."),
        )),
        (status = 422, description = "The idempotency key came with another body.",
            body = gateway::Problem, content_type = "application/problem+json"),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_write")))
)]
#[post("/endpoints")]
pub async fn create_endpoint(
    tenant: Tenant<EndpointsWrite>,
    endpoints: Data<Endpoints>,
    key: IdempotencyKey,
    input: ValidJson<CreateEndpoint>,
) -> ApiResult<HttpResponse> {
    tenant
        .write_once(&key, async |tx| {
            let endpoint = endpoints.create(tx, input.0.into()).await?;
            let place = format!("/api/v1/endpoints/{}", endpoint.id);
            let tag = etag(endpoint.revision);
            let view = EndpointView::from(endpoint);
            Ok::<_, Error>(Answer::created(place, &view).with_etag(&tag))
        })
        .await
}
