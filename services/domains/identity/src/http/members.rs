//! `/members`: who belongs to the organisation, and as what.

use actix_web::web::Json;
use actix_web::{HttpResponse, delete, get, patch, post};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidJson, ValidQuery};
use kernel::id::UserId;
use kernel::roles::{MembersManage, MembersRead, Permission, Recent};

use super::dto::members::{ChangeMember, ListMembersQuery, MemberPage, MemberView, RoleTable};
use crate::error::Error;
use crate::model::people::ListMembers;
use crate::service;

/// Lists who belongs to the organisation, by address.
///
/// Whether somebody has a second factor is told to those who manage members; to others `second_factor` is
/// null. A cursor belongs to the list it came from.
#[utoipa::path(
    tag = "people",
    params(ListMembersQuery),
    responses((status = 200, body = MemberPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_read")))
)]
#[get("/members")]
pub async fn list_members(
    tenant: Tenant<MembersRead>,
    query: ValidQuery<ListMembersQuery>,
) -> ApiResult<Json<MemberPage>> {
    let wanted = ListMembers::from(query.0);
    let (page, caller) = tenant
        .read(async |tx| {
            let page = service::list_members(tx, &wanted).await?;
            Ok::<_, Error>((page, tenant.caller()?))
        })
        .await?;
    let manages = caller.allowed.contains(Permission::MembersManage);
    Ok(Json(MemberPage::new(page, caller.user, manages)))
}

/// Gives a member another role. It applies from their very next request on, to their keys as well, and
/// they are told by mail. Idempotent.
///
/// Nobody gives or changes a role above their own, and nobody is made an owner by it. Errors:
/// `member_not_found` (404), `role_too_high` (403), `last_owner` (409), `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    params(("id" = UserId, Path, description = "The member.")),
    request_body = ChangeMember,
    responses((status = 200, body = MemberView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_manage")), ("x-recent" = json!(true)))
)]
#[patch("/members/{id}")]
pub async fn change_member(
    tenant: Tenant<Recent<MembersManage>>,
    id: PathId<UserId>,
    body: ValidJson<ChangeMember>,
) -> ApiResult<Json<MemberView>> {
    let member = tenant
        .write(async |tx| service::change_role(tx, tenant.caller()?, id.0, body.0.role).await)
        .await?;
    Ok(Json(MemberView::changed(member, tenant.caller()?.user)))
}

/// Switches a member's account off: their sessions and sockets end at once, their API keys do nothing, and
/// invitations they sent work no more. They keep their place in the plan. Idempotent.
///
/// Errors: `member_not_found` (404), `role_too_high` (403), `last_owner`, `own_account` (409),
/// `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    params(("id" = UserId, Path, description = "The member.")),
    responses((status = 200, body = MemberView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_manage")), ("x-recent" = json!(true)))
)]
#[post("/members/{id}/deactivate")]
pub async fn deactivate_member(
    tenant: Tenant<Recent<MembersManage>>,
    id: PathId<UserId>,
) -> ApiResult<Json<MemberView>> {
    let member = tenant
        .write(async |tx| service::deactivate(tx, tenant.caller()?, id.0).await)
        .await?;
    Ok(Json(MemberView::changed(member, tenant.caller()?.user)))
}

/// Lets a member in again whose account was switched off. Sessions stay over, API keys work. Idempotent.
///
/// Errors: `member_not_found` (404), `role_too_high` (403), `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    params(("id" = UserId, Path, description = "The member.")),
    responses((status = 200, body = MemberView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_manage")), ("x-recent" = json!(true)))
)]
#[post("/members/{id}/reactivate")]
pub async fn reactivate_member(
    tenant: Tenant<Recent<MembersManage>>,
    id: PathId<UserId>,
) -> ApiResult<Json<MemberView>> {
    let member = tenant
        .write(async |tx| service::reactivate(tx, tenant.caller()?, id.0).await)
        .await?;
    Ok(Json(MemberView::changed(member, tenant.caller()?.user)))
}

/// Removes a member: their account, sessions, keys and every way to sign in are gone, and their place in the
/// plan is free. What they did stays in the audit log.
///
/// Errors: `member_not_found` (404), `role_too_high` (403), `last_owner`, `own_account` (409),
/// `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    params(("id" = UserId, Path, description = "The member.")),
    responses((status = 204, description = "They belong no more."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_manage")), ("x-recent" = json!(true)))
)]
#[delete("/members/{id}")]
pub async fn remove_member(
    tenant: Tenant<Recent<MembersManage>>,
    id: PathId<UserId>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::remove(tx, tenant.caller()?, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What each role may do, strongest role first.
#[utoipa::path(
    tag = "people",
    responses((status = 200, body = RoleTable), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_read")))
)]
#[get("/roles")]
pub async fn list_roles(tenant: Tenant<MembersRead>) -> ApiResult<Json<RoleTable>> {
    let session = tenant.session_id();
    tenant
        .read(async |tx| service::fetch_user_of(tx, session).await)
        .await
        .map_err(Error::from)?;
    Ok(Json(RoleTable::new()))
}
