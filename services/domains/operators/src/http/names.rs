//! `/tenants/{id}/…`: what an organisation is called, where it answers, and which plan it has.

use actix_web::post;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, PathId, Problems, ValidJson};
use kernel::id::TenantId;
use tenancy::verbs::Plan;

use super::dto::names::{
    ChangePlan, HostList, HostView, NameHost, PlanChanged, RenameTenant, TenantRenamed,
};
use crate::door::Operator;
use crate::error::Error;
use crate::roles::TenantsManage;
use crate::service::{Operators, names, tenants};

/// Gives an organisation another address, and another name. The old address redirects for 90 days.
///
/// Errors: `validation_failed` (400) at `slug` where it is no slug, or somebody else's; `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = RenameTenant,
    responses((status = 200, body = TenantRenamed), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/rename")]
pub async fn rename_tenant(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<RenameTenant>,
) -> ApiResult<Json<TenantRenamed>> {
    let name = body.0.name()?;
    let RenameTenant {
        slug,
        reason,
        dry_run,
        ..
    } = body.0;
    let renamed = operator
        .rehearse(dry_run, async |tx, caller| {
            let asked = (slug.as_str(), name.as_deref());
            let mandate = caller.mandate(reason);
            operators.rename(tx, id.0, asked, &mandate).await
        })
        .await?;
    if renamed.changed && !dry_run {
        operators.tell(renamed.subject.hosts.iter().chain([&renamed.host]));
    }
    Ok(Json(renamed.into()))
}

/// Gives an organisation a plan, and how many endpoints go with it.
///
/// Errors: `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = ChangePlan,
    responses((status = 200, body = PlanChanged), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/plan")]
pub async fn change_tenant_plan(
    operator: Operator<TenantsManage>,
    id: PathId<TenantId>,
    body: ValidJson<ChangePlan>,
) -> ApiResult<Json<PlanChanged>> {
    let ChangePlan {
        plan,
        endpoints,
        reason,
        dry_run,
    } = body.0;
    let limits = Vec::from_iter(endpoints.map(|max| ("endpoints", max)));
    let changed = operator
        .rehearse(dry_run, async |tx, caller| {
            let asked = Plan {
                name: plan.as_str(),
                limits: &limits,
            };
            names::set_plan(tx, id.0, &asked, &caller.mandate(reason)).await
        })
        .await?;
    Ok(Json(PlanChanged {
        id: id.0,
        plan,
        changed,
    }))
}

/// Adds a domain of an organisation's own. It is served once the record in the answer was seen in DNS.
///
/// Errors: `validation_failed` (400) at `host` where it is no domain, ours, somebody else's or one too many;
/// `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = NameHost,
    responses((status = 200, body = HostView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/domains")]
pub async fn add_tenant_domain(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<NameHost>,
) -> ApiResult<Json<HostView>> {
    let NameHost {
        host,
        reason,
        dry_run,
    } = body.0;
    let added = operator
        .rehearse(dry_run, async |tx, caller| {
            let mandate = caller.mandate(reason);
            operators.add_domain(tx, id.0, &host, &mandate).await
        })
        .await?;
    Ok(Json(added.into()))
}

/// Lets a domain go. It is dead at once. Answers the hosts that are left.
///
/// Errors: `validation_failed` (400) at `host` where the organisation has no such domain; `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = NameHost,
    responses((status = 200, body = HostList), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/domains/remove")]
pub async fn remove_tenant_domain(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<NameHost>,
) -> ApiResult<Json<HostList>> {
    change_hosts(&operator, &operators, id.0, body.0, Verb::Remove).await
}

/// Makes a proven domain, or the own address again, the host where the console signs in; the others redirect.
/// Answers the hosts.
///
/// Errors: `validation_failed` (400) at `host` where it is not proven; `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = NameHost,
    responses((status = 200, body = HostList), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_manage")))
)]
#[post("/tenants/{id}/domains/use")]
pub async fn use_tenant_domain(
    operator: Operator<TenantsManage>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<NameHost>,
) -> ApiResult<Json<HostList>> {
    change_hosts(&operator, &operators, id.0, body.0, Verb::Use).await
}

/// What is done to a host that is there.
#[derive(Clone, Copy)]
enum Verb {
    Remove,
    Use,
}

async fn change_hosts(
    operator: &Operator<TenantsManage>,
    operators: &Operators,
    id: TenantId,
    asked: NameHost,
    verb: Verb,
) -> ApiResult<Json<HostList>> {
    let NameHost {
        host,
        reason,
        dry_run,
    } = asked;
    let (subject, hosts) = operator
        .rehearse(dry_run, async |tx, caller| {
            let mandate = caller.mandate(reason);
            let subject = match verb {
                Verb::Remove => names::remove_domain(tx, id, &host, &mandate).await?,
                Verb::Use => names::use_domain(tx, id, &host, &mandate).await?,
            };
            let left = tenants::list_hosts(tx, id).await?;
            Ok::<_, Error>((subject, left))
        })
        .await?;
    if !dry_run {
        operators.tell(&subject.hosts);
    }
    let items = hosts.into_iter().map(HostView::from).collect();
    Ok(Json(HostList { items }))
}
