//! `GET /audit`: what was done here, by whom.

use actix_web::get;
use actix_web::web::Json;
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::AuditRead;

use super::dto::{AuditLogPage, AuditLogQuery};
use crate::service::list;

/// Lists what was done, the newest first.
#[utoipa::path(
    tag = "audit",
    params(AuditLogQuery),
    responses((status = 200, body = AuditLogPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("audit_read")))
)]
#[get("/audit")]
pub async fn list_audit(
    tenant: Tenant<AuditRead>,
    query: ValidQuery<AuditLogQuery>,
) -> ApiResult<Json<AuditLogPage>> {
    let (limit, cursor) = (query.0.limit(), query.0.cursor.clone());
    let wanted = query.0.into();
    let page = tenant
        .read(async |tx| list::list(tx, &wanted, cursor.as_deref(), limit).await)
        .await?;
    Ok(Json(page.into()))
}
