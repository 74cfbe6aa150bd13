//! Who the caller is elsewhere.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidJson};
use kernel::roles::{Myself, Recent};
use uuid::Uuid;

use super::dto::identities::{GuildsView, HandedOver, IdentitiesView, IdentityView};
use crate::service::{self, Identity};

/// Lists who the caller is elsewhere.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = IdentitiesView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me/identities")]
pub async fn list_identities(
    tenant: Tenant<Myself>,
    identity: Data<Identity>,
) -> ApiResult<Json<IdentitiesView>> {
    let session = tenant.session_id();
    let linked = tenant
        .read(async |tx| service::list_identities(tx, session).await)
        .await?;
    Ok(Json(IdentitiesView::new(linked, identity.has_discord())))
}

/// Links the caller to the Discord account they came back from: they sign in by it from now on. Needs a
/// recent proof of who the caller is.
///
/// Errors: `invalid_hand_over` (401), `identity_taken` (409), `has_identity` (409), `discord_off` (404).
#[utoipa::path(
    tag = "identity",
    request_body = HandedOver,
    responses((status = 201, body = IdentityView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/identities")]
pub async fn link_identity(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
    body: ValidJson<HandedOver>,
) -> ApiResult<HttpResponse> {
    let linked = identity.link_discord(&tenant, &body.0.try_into()?).await?;
    Ok(HttpResponse::Created().json(IdentityView::from(linked)))
}

/// Takes a link away: nobody signs in by it any more. Needs a recent proof of who the caller is.
///
/// Errors: `identity_not_found` (404), `last_way_in` (409).
#[utoipa::path(
    tag = "identity",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Taken away."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/me/identities/{id}")]
pub async fn unlink_identity(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
    id: PathId<Uuid>,
) -> ApiResult<HttpResponse> {
    identity.unlink(&tenant, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the Discord servers that the caller owns or administers, at most five minutes old.
///
/// Errors: `identity_not_found` (404), `identity_ended` (409), `provider_unreached` (502).
#[utoipa::path(
    tag = "identity",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = GuildsView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me/identities/{id}/guilds")]
pub async fn list_guilds(
    tenant: Tenant<Myself>,
    identity: Data<Identity>,
    id: PathId<Uuid>,
) -> ApiResult<Json<GuildsView>> {
    Ok(Json(identity.list_guilds(&tenant, id.0).await?.into()))
}
