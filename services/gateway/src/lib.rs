//! The gateway: everything between the wire and a use case.
//!
//! It turns a host into a tenant, proof into a session, input into values and refusals into problem
//! documents; it counts, limits, logs, and carries live updates. It knows no business rule and no table of
//! a domain; `sessions`, `api_keys` and `idempotency_keys` are the three it reads itself.
//!
//! # How a domain writes an operation
//!
//! ```ignore
//! use actix_web::web::{Data, Json};
//! use actix_web::{HttpResponse, get, post};
//! use gateway::{Answer, ApiResult, IdempotencyKey, PathId, Problems, Tenant, ValidJson, ValidQuery, etag};
//! use kernel::roles::{EndpointsRead, EndpointsWrite};
//!
//! /// Lists endpoints.
//! #[utoipa::path(
//!     tag = "endpoints",
//!     params(ListEndpoints),                                   // derive(IntoParams), into_params(parameter_in = Query)
//!     responses((status = 200, body = EndpointPage), Problems),
//!     security(("session_cookie" = []), ("access_token" = [])),   // left out for Visitor and Root
//!     extensions(("x-host" = json!("tenant")))                 // "root" for Root, "any" for either
//! )]
//! #[get("/endpoints")]
//! pub async fn list_endpoints(
//!     tenant: Tenant<EndpointsRead>,                           // always first: 401 and 403 before 400
//!     ValidQuery(query): ValidQuery<ListEndpoints>,
//! ) -> ApiResult<Json<EndpointPage>> {
//!     let page = tenant.read(async |tx| service::list(tx, query).await).await?;
//!     Ok(Json(page.into()))
//! }
//!
//! /// Adds an endpoint.
//! #[utoipa::path(
//!     tag = "endpoints",
//!     params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt.")),
//!     request_body = CreateEndpoint,
//!     responses((status = 201, body = EndpointView), Problems),
//!     security(("session_cookie" = []), ("access_token" = [])),
//!     extensions(("x-host" = json!("tenant")))
//! )]
//! #[post("/endpoints")]
//! pub async fn create_endpoint(
//!     tenant: Tenant<EndpointsWrite>,
//!     key: IdempotencyKey,
//!     ValidJson(input): ValidJson<CreateEndpoint>,             // serde(deny_unknown_fields) + validator::Validate
//! ) -> ApiResult<HttpResponse> {
//!     let new = NewEndpoint::try_from(input)?;                 // a domain's error: impl DomainError
//!     tenant
//!         .write_once(&key, async |tx| {
//!             let endpoint = service::create(tx, new).await?;
//!             let tag = etag(endpoint.revision);
//!             let place = format!("/api/v1/endpoints/{}", endpoint.id);
//!             Ok::<_, Error>(Answer::created(place, &EndpointView::from(endpoint)).with_etag(&tag))
//!         })
//!         .await
//! }
//!
//! pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
//!     config.service(list_endpoints).service(create_endpoint);    // fixed paths before `{id}`
//! }
//! ```
//!
//! * Paths are written without `/api/v1`. The function's name is the operationId. `#[utoipa::path]` stands
//!   above `#[get]`; an id in a path is `{id}`, read by `PathId<EndpointId>` and described by
//!   `params(("id" = EndpointId, Path))`.
//! * A domain's error implements [`kernel::error::DomainError`] and `From<db::DbError>`; the variant that
//!   holds a `DbError` answers `kind()` and `code()` by asking it. `?` does the rest.
//! * In a `read`, the caller is known after the first statement: [`Tenant::session_id`] is there before.
//! * State of a domain travels as `web::Data<Service>`, registered by `app` beside its routes.

mod auth;
mod config;
mod console;
mod context;
mod cors;
mod forwarded;
mod front;
mod gateway;
mod headers;
mod health;
mod host;
#[cfg(test)]
mod http_tests;
mod idempotency;
mod input;
mod limits;
mod live;
mod notice;
mod observe;
mod office;
mod openapi;
mod problem;
mod problems;
mod routes;
mod tenant;
mod visitor;

pub use auth::{
    ACCESS_TOKEN_SECONDS, AccessClaims, Caller, Keys, ProgramKey, Sealed, SessionSecret,
    TokenFault, Unreadable, WeakSecret,
};
pub use config::{ApiLimits, Audience, ConfigError, GatewayConfig};
pub use context::HostKind;
pub use cors::{BadOrigin, CorsOrigin};
pub use gateway::{Gateway, Parts};
pub use health::{Check, CheckState, Readiness};
pub use host::HostDirectory;
pub use idempotency::{Answer, NamedAttempt, key_reused};
pub use input::{IdempotencyKey, IfMatch, PathId, ValidJson, ValidQuery, etag};
pub use limits::{Buckets, Limit, LimitSubject, Limiter, RateHeaders, Source, Waits, sweep_limits};
pub use live::{Hub, RoomRule};
pub use office::Office;
pub use openapi::{
    BEARER_SCHEME, COOKIE_SCHEME, KEY_SCHEME, OPERATOR_SCHEME, OPERATOR_TOKEN_SCHEME,
};
pub use problem::{ApiError, ApiResult, Problem};
pub use problems::Problems;
pub use tenant::Tenant;
pub use visitor::{Root, Visitor, device_cookie};
