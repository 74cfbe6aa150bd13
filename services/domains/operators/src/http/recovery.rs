//! `/tenants/{id}/recovery`: another way in for an owner who lost access.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, PathId, Problems, ValidJson};
use kernel::id::TenantId;
use tenancy::recovery::Wanted;

use super::dto::approvals::ApprovalAsked;
use super::dto::recovery::{RecoveryStatus, RecoveryView, RequestRecovery};
use crate::door::Operator;
use crate::roles::{TenantsDecide, TenantsManage, TenantsRead};
use crate::service::{Operators, approvals, recovery};

/// Begins the recovery of an organisation's only owner: every member is told at once, and after the waiting time
/// a link to a new password goes to `email`. Where a second operator has to approve, it answers 202 with a request
/// instead, and nobody is told before.
///
/// Errors: `not_confirmed`, `validation_failed` (400, at its field; `mail_domain` at `/email` where the organisation
/// takes other domains only), `other_owner`, `no_owner`, `recovery_open`, `address_taken`, `password_off`,
/// `recovery_unavailable` (409: nobody signs in in its state), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = RequestRecovery,
    responses(
        (status = 201, body = RecoveryView),
        (status = 202, body = ApprovalAsked, description = "Waits for a second operator."),
        Problems
    ),
    security(("operator_cookie" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/recovery")]
pub async fn request_recovery(
    operator: Operator<TenantsDecide>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<RequestRecovery>,
) -> ApiResult<HttpResponse> {
    let asked = body.0.parsed()?;
    let wanted = Wanted {
        tenant: id.0,
        email: &asked.email,
        proof: &asked.proof,
    };
    let (confirm, reason, dry_run) = (&asked.confirm, asked.reason.clone(), asked.dry_run);
    let recoveries = operators.recoveries();
    if !dry_run && operators.approval().is_needed_to_recover() {
        let request = operator
            .act(async |tx, caller| {
                approvals::ask_recovery(tx, caller, recoveries, &wanted, confirm, reason).await
            })
            .await?;
        return Ok(HttpResponse::Accepted().json(ApprovalAsked {
            approval: request.into(),
            answered: Vec::new(),
        }));
    }
    let begun = operator
        .rehearse(dry_run, async |tx, caller| {
            recovery::begin(tx, caller, recoveries, &wanted, confirm, reason).await
        })
        .await?;
    Ok(HttpResponse::Created().json(RecoveryView::from(begun)))
}

/// Tells of the recovery that is under way, or waits for a second operator.
///
/// Errors: `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    responses((status = 200, body = RecoveryStatus), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/tenants/{id}/recovery")]
pub async fn show_recovery(
    operator: Operator<TenantsRead>,
    id: PathId<TenantId>,
) -> ApiResult<Json<RecoveryStatus>> {
    let open = operator
        .act(async |tx, _| recovery::find(tx, id.0).await)
        .await?;
    Ok(Json(open.into()))
}

/// Stops it: the waiting time ends, and a link that was sent is worth nothing. Every member who was told is told.
///
/// Errors: `recovery_not_found`, `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    responses((status = 204, description = "It is stopped."), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[delete("/tenants/{id}/recovery")]
pub async fn stop_recovery(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
) -> ApiResult<HttpResponse> {
    let recoveries = operators.recoveries();
    operator
        .act(async |tx, caller| recovery::stop(tx, caller, recoveries, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
