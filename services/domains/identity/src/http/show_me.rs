//! `GET /me`: who is signed in.

use actix_web::get;
use actix_web::web::Json;
use db::DbError;
use gateway::{ApiResult, Problems, Tenant};
use kernel::roles::Recognized;

use super::dto::Me;
use crate::service;

/// Tells who is signed in, where, and what they may do. A program with a key is told of whoever made it, and
/// what the key may do.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = Me), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me")]
pub async fn show_me(tenant: Tenant<Recognized>) -> ApiResult<Json<Me>> {
    let session = tenant.session_id();
    let (user, offered, recovery) = tenant
        .read(async |tx| {
            let user = service::fetch_user_of(tx, session).await?;
            let offered = service::is_ownership_offered(tx, session).await?;
            let recovery = service::recovery::is_under_way(tx).await?;
            Ok::<_, DbError>((user, offered, recovery))
        })
        .await?;
    let id = tenant.organization().id();
    let caller = tenant.caller()?;
    let me = Me::new(user, caller, tenant.organization(), tenant.url());
    let me = me.with_offer(offered).with_recovery(recovery);
    if caller.operator.is_none() {
        return Ok(Json(me));
    }
    let look = tenant
        .write_platform(async |tx, _| tenancy::support::find(tx, id, session).await)
        .await?;
    Ok(Json(me.seen_by_support(look)))
}
