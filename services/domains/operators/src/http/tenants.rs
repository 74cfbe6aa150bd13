//! `/tenants`: organisations, one by one and several at once.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use gateway::{ApiResult, PathId, Problems, ValidJson, ValidQuery};
use kernel::id::TenantId;
use tenancy::life::Verb;
use tenancy::verbs::Changed;

use super::dto::approvals::ApprovalAsked;
use super::dto::bulk::{BulkItem, BulkResult};
use super::dto::tenants::{
    Because, ChangeTenants, DeleteTenant, TenantChanged, TenantDetail, TenantPage, TenantsQuery,
};
use crate::approval::Request;
use crate::door::Operator;
use crate::error::Error;
use crate::roles::{TenantsManage, TenantsRead};
use crate::service::approvals::{self, Asked, Wish};
use crate::service::{Operators, tenants};

/// Lists organisations, by slug unless asked otherwise.
#[utoipa::path(
    tag = "tenants",
    params(TenantsQuery),
    responses((status = 200, body = TenantPage), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/tenants")]
pub async fn list_tenants(
    operator: Operator<TenantsRead>,
    query: ValidQuery<TenantsQuery>,
) -> ApiResult<Json<TenantPage>> {
    let (filter, limit) = (query.0.filter(), query.0.limit());
    let cursor = query.0.cursor.as_deref();
    let page = operator
        .act(async |tx, _| tenants::list(tx, &filter, cursor, limit).await)
        .await?;
    Ok(Json(page.into()))
}

/// Shows one organisation: where it answers, and what was done to it.
///
/// Errors: `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    responses((status = 200, body = TenantDetail), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/tenants/{id}")]
pub async fn fetch_tenant(
    operator: Operator<TenantsRead>,
    id: PathId<TenantId>,
) -> ApiResult<Json<TenantDetail>> {
    let dossier = operator
        .act(async |tx, _| tenants::fetch(tx, id.0).await)
        .await?;
    Ok(Json(dossier.into()))
}

/// Does one verb to several organisations, each in a transaction of its own: one that is refused does not
/// stop the others. `delete` needs every slug in `confirm`. Where a second operator has to approve, `delete`,
/// `suspend` and `freeze` answer 202 with a request instead.
#[utoipa::path(
    tag = "tenants",
    request_body = ChangeTenants,
    responses(
        (status = 200, body = BulkResult),
        (status = 202, body = ApprovalAsked, description = "Waits for a second operator."),
        Problems
    ),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/bulk")]
pub async fn change_tenants(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    body: ValidJson<ChangeTenants>,
) -> ApiResult<HttpResponse> {
    operator.caller().await?;
    let asked = body.0;
    if !asked.dry_run && operators.approval().is_needed(asked.verb.into(), true) {
        let ids: Vec<TenantId> = asked.ids.iter().copied().map(TenantId::from).collect();
        let wish = Wish {
            verb: asked.verb.into(),
            tenants: &ids,
            confirmed: &asked.confirm,
            reason: asked.reason,
        };
        let Asked { request, answered } = ask(&operator, &wish).await?;
        let items: Vec<_> = answered
            .into_iter()
            .map(|(id, result)| BulkItem::new(id.uuid(), result))
            .collect();
        return Ok(match request {
            Some(request) => accepted(request, items),
            None => HttpResponse::Ok().json(BulkResult::new(items)),
        });
    }
    let change = Change {
        verb: asked.verb.into(),
        reason: asked.reason,
        confirmed: asked.confirm,
        dry_run: asked.dry_run,
    };
    let mut items = Vec::with_capacity(asked.ids.len());
    for id in asked.ids {
        let result = change.carry_out(&operator, &operators, id.into()).await;
        items.push(BulkItem::new(id, result));
    }
    Ok(HttpResponse::Ok().json(BulkResult::new(items)))
}

async fn ask(operator: &Operator<TenantsManage>, wish: &Wish<'_>) -> Result<Asked, Error> {
    operator
        .act(async |tx, caller| approvals::ask(tx, caller, wish).await)
        .await
}

fn accepted(request: Request, answered: Vec<BulkItem>) -> HttpResponse {
    HttpResponse::Accepted().json(ApprovalAsked {
        approval: request.into(),
        answered,
    })
}

/// Begins an organisation's 30 days of grace, after which everything of it is dropped. Where a second operator
/// has to approve, it answers 202 with a request instead.
///
/// Errors: `not_confirmed` (400), `not_allowed` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = DeleteTenant,
    responses(
        (status = 200, body = TenantChanged),
        (status = 202, body = ApprovalAsked, description = "Waits for a second operator."),
        Problems
    ),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/delete")]
pub async fn delete_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<DeleteTenant>,
) -> ApiResult<HttpResponse> {
    let DeleteTenant {
        reason,
        confirm,
        dry_run,
    } = body.0;
    if !dry_run && operators.approval().is_needed(Verb::Delete, false) {
        let wish = Wish {
            verb: Verb::Delete,
            tenants: &[id.0],
            confirmed: &[confirm],
            reason,
        };
        let Asked { request, answered } = ask(&operator, &wish).await?;
        if let Some(request) = request {
            return Ok(accepted(request, Vec::new()));
        }
        let (_, answer) = answered.into_iter().next().ok_or(Error::TenantNotFound)?;
        return Ok(HttpResponse::Ok().json(TenantChanged::from(answer?)));
    }
    let change = Change {
        verb: Verb::Delete,
        reason,
        confirmed: vec![confirm],
        dry_run,
    };
    let changed = change.carry_out(&operator, &operators, id.0).await?;
    Ok(HttpResponse::Ok().json(TenantChanged::from(changed)))
}

/// Leaves an organisation its sign-in only; checks and jobs pause, nothing is lost.
///
/// Errors: `not_allowed` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = Because,
    responses((status = 200, body = TenantChanged), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/suspend")]
pub async fn suspend_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<Because>,
) -> ApiResult<Json<TenantChanged>> {
    let change = Change::because(Verb::Suspend, body.0);
    let changed = change.carry_out(&operator, &operators, id.0).await?;
    Ok(Json(changed.into()))
}

/// Lets an organisation be read only.
///
/// Errors: `not_allowed` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = Because,
    responses((status = 200, body = TenantChanged), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/freeze")]
pub async fn freeze_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<Because>,
) -> ApiResult<Json<TenantChanged>> {
    let change = Change::because(Verb::Freeze, body.0);
    let changed = change.carry_out(&operator, &operators, id.0).await?;
    Ok(Json(changed.into()))
}

/// Serves everything of an organisation again.
///
/// Errors: `not_allowed` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = Because,
    responses((status = 200, body = TenantChanged), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/resume")]
pub async fn resume_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<Because>,
) -> ApiResult<Json<TenantChanged>> {
    let change = Change::because(Verb::Resume, body.0);
    let changed = change.carry_out(&operator, &operators, id.0).await?;
    Ok(Json(changed.into()))
}

/// Ends the days of grace of an organisation: back to what it was.
///
/// Errors: `not_allowed` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = Because,
    responses((status = 200, body = TenantChanged), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/undelete")]
pub async fn undelete_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<Because>,
) -> ApiResult<Json<TenantChanged>> {
    let change = Change::because(Verb::Undelete, body.0);
    let changed = change.carry_out(&operator, &operators, id.0).await?;
    Ok(Json(changed.into()))
}

/// A verb as it was asked for.
struct Change {
    verb: Verb,
    reason: Option<String>,
    confirmed: Vec<String>,
    dry_run: bool,
}

impl Change {
    fn because(verb: Verb, because: Because) -> Self {
        Self {
            verb,
            reason: because.reason,
            confirmed: Vec::new(),
            dry_run: because.dry_run,
        }
    }

    /// Does the verb, and tells the processes that run once it is committed.
    async fn carry_out(
        &self,
        operator: &Operator<TenantsManage>,
        operators: &Operators,
        id: TenantId,
    ) -> Result<Changed, Error> {
        let changed = operator
            .rehearse(self.dry_run, async |tx, caller| {
                let mandate = caller.mandate(self.reason.clone());
                tenants::change_state(tx, id, self.verb, &self.confirmed, &mandate).await
            })
            .await?;
        if changed.changed && !self.dry_run {
            operators.tell(&changed.subject.hosts);
        }
        Ok(changed)
    }
}
