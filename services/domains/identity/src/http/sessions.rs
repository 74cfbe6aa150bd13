//! `/auth/sessions`: the sessions somebody has, and ending them.

use actix_web::web::Json;
use actix_web::{HttpResponse, delete, get};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidQuery};
use kernel::id::SessionId;
use kernel::roles::{Myself, Recent};

use super::dto::sessions::{OpenSessions, RevokeSessions, Revoked};
use crate::service;

/// Lists the sessions of whoever asks: where they are signed in, and when they were last there.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = OpenSessions), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/auth/sessions")]
pub async fn list_sessions(tenant: Tenant<Myself>) -> ApiResult<Json<OpenSessions>> {
    let session = tenant.session_id();
    let all = tenant
        .read(async |tx| service::list_sessions(tx, session).await)
        .await?;
    Ok(Json(OpenSessions::new(all, session)))
}

/// Ends one session of whoever asks: with its sockets and its tokens, from the next request on.
///
/// Errors: `session_not_found` (404), `reauthentication_required` (403).
#[utoipa::path(
    tag = "identity",
    params(("id" = SessionId, Path, description = "The session.")),
    responses((status = 204, description = "It is over."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/auth/sessions/{id}")]
pub async fn revoke_session(
    tenant: Tenant<Recent<Myself>>,
    id: PathId<SessionId>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::revoke_session(tx, tenant.caller()?, id.0).await)
        .await?;
    let mut response = HttpResponse::NoContent();
    if id.0 == tenant.session_id() {
        response.cookie(tenant.clear_cookie());
    }
    Ok(response.finish())
}

/// Ends all sessions of whoever asks, or all but the one they come by.
///
/// Errors: `reauthentication_required` (403).
#[utoipa::path(
    tag = "identity",
    params(RevokeSessions),
    responses((status = 200, body = Revoked), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/auth/sessions")]
pub async fn revoke_sessions(
    tenant: Tenant<Recent<Myself>>,
    ValidQuery(query): ValidQuery<RevokeSessions>,
) -> ApiResult<HttpResponse> {
    let kept = query.except.map(|_| tenant.session_id());
    let ended = tenant
        .write(async |tx| service::revoke_sessions(tx, tenant.caller()?, kept).await)
        .await?;
    let mut response = HttpResponse::Ok();
    if kept.is_none() {
        response.cookie(tenant.clear_cookie());
    }
    Ok(response.json(Revoked::new(ended)))
}
