//! `/approvals`: what one operator asked for and another one decides about.

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use gateway::{ApiResult, PathId, Problems, ValidQuery};
use kernel::id::ApprovalId;

use super::dto::approvals::{ApprovalPage, ApprovalView, ApprovalsQuery};
use crate::door::Operator;
use crate::roles::{TenantsDecide, TenantsRead};
use crate::service::{Operators, approvals};

/// Lists requests, the newest first; those that wait, unless asked otherwise.
#[utoipa::path(
    tag = "approvals",
    params(ApprovalsQuery),
    responses((status = 200, body = ApprovalPage), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/approvals")]
pub async fn list_approvals(
    operator: Operator<TenantsRead>,
    query: ValidQuery<ApprovalsQuery>,
) -> ApiResult<Json<ApprovalPage>> {
    let (open, limit) = (query.0.open(), query.0.limit());
    let cursor = query.0.cursor.as_deref();
    let page = operator
        .act(async |tx, _| approvals::list(tx, open, cursor, limit).await)
        .await?;
    Ok(Json(page.into()))
}

/// Approves another operator's request: it is done at once, and once. What cannot be done any more says so
/// in `outcome`.
///
/// Errors: `approval_not_found` (404), `own_approval`, `approval_over`, `requester_gone` (409).
#[utoipa::path(
    tag = "approvals",
    params(("id" = ApprovalId, Path)),
    responses((status = 200, body = ApprovalView), Problems),
    security(("operator_cookie" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/approvals/{id}/approve")]
pub async fn approve_request(
    operator: Operator<TenantsDecide>,
    operators: Data<Operators>,
    id: PathId<ApprovalId>,
) -> ApiResult<Json<ApprovalView>> {
    let (request, changed) = operator
        .act(async |tx, caller| approvals::approve(tx, caller, operators.recoveries(), id.0).await)
        .await?;
    let moved = changed.iter().filter(|it| it.changed);
    operators.tell(moved.flat_map(|it| &it.subject.hosts));
    Ok(Json(request.into()))
}

/// Rejects a request. Whoever asked takes it back so.
///
/// Errors: `approval_not_found` (404), `approval_over` (409).
#[utoipa::path(
    tag = "approvals",
    params(("id" = ApprovalId, Path)),
    responses((status = 200, body = ApprovalView), Problems),
    security(("operator_cookie" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/approvals/{id}/reject")]
pub async fn reject_request(
    operator: Operator<TenantsDecide>,
    id: PathId<ApprovalId>,
) -> ApiResult<Json<ApprovalView>> {
    let request = operator
        .act(async |tx, caller| approvals::reject(tx, caller, id.0).await)
        .await?;
    Ok(Json(request.into()))
}
