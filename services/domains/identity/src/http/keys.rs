//! `/api-keys`: keys of the organisation's programs.

use actix_web::web::Json;
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidJson, ValidQuery};
use kernel::id::ApiKeyId;
use kernel::roles::{KeysManage, Recent};

use super::dto::keys::{ApiKeyCreated, ApiKeyPage, ApiKeyView, CreateApiKey, ListApiKeys};
use crate::service;

/// Makes a key for a program. The answer holds it, once.
///
/// It may do what its scopes say, as long as the role of whoever made it allows that too. Errors:
/// `validation_failed` (400), `api_key_limit` (409), `reauthentication_required` (403), `person_required` (403).
#[utoipa::path(
    tag = "api_keys",
    request_body = CreateApiKey,
    responses((status = 201, body = ApiKeyCreated), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("keys_manage")), ("x-recent" = json!(true)))
)]
#[post("/api-keys")]
pub async fn create_api_key(
    tenant: Tenant<Recent<KeysManage>>,
    body: ValidJson<CreateApiKey>,
) -> ApiResult<HttpResponse> {
    let new = body.0.try_into()?;
    let (key, secret) = tenant
        .write(async |tx| service::create_key(tx, tenant.caller()?, new).await)
        .await?;
    let made = ApiKeyCreated::new(ApiKeyView::new(key, tenant.now()), &secret);
    Ok(HttpResponse::Created().json(made))
}

/// Lists the organisation's keys, the newest first.
#[utoipa::path(
    tag = "api_keys",
    params(ListApiKeys),
    responses((status = 200, body = ApiKeyPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("keys_manage")))
)]
#[get("/api-keys")]
pub async fn list_api_keys(
    tenant: Tenant<KeysManage>,
    ValidQuery(query): ValidQuery<ListApiKeys>,
) -> ApiResult<Json<ApiKeyPage>> {
    let (cursor, limit) = (query.cursor.as_deref(), query.limit());
    let page = tenant
        .read(async |tx| service::list_keys(tx, query.ended, cursor, limit).await)
        .await?;
    Ok(Json(ApiKeyPage::new(page, tenant.now())))
}

/// Ends a key. It works no more from the next request on, and its sockets close.
///
/// Errors: `api_key_not_found` (404).
#[utoipa::path(
    tag = "api_keys",
    params(("id" = ApiKeyId, Path, description = "The key.")),
    responses((status = 204, description = "It works no more."), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("keys_manage")))
)]
#[delete("/api-keys/{id}")]
pub async fn revoke_api_key(
    tenant: Tenant<KeysManage>,
    id: PathId<ApiKeyId>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::revoke_key(tx, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
