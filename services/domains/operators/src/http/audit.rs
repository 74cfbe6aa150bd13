//! `GET /audit`: what operators, and the platform on its own, did.

use actix_web::get;
use actix_web::web::Json;
use gateway::{ApiResult, Problems, ValidQuery};

use super::dto::{AuditPage, AuditQuery, DeedView};
use crate::door::Operator;
use crate::roles::AuditRead;
use crate::service::audit::{self, AuditFilter};

/// Lists what was done, the newest first.
#[utoipa::path(
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = AuditPage), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("audit_read")))
)]
#[get("/audit")]
pub async fn list_audit(
    operator: Operator<AuditRead>,
    query: ValidQuery<AuditQuery>,
) -> ApiResult<Json<AuditPage>> {
    let filter = AuditFilter {
        tenant: query.0.tenant.map(Into::into),
        actor: query.0.actor.map(Into::into),
        search: query.0.search(),
    };
    let (cursor, limit) = (query.0.cursor.as_deref(), query.0.limit());
    let page = operator
        .act(async |tx, _| audit::list(tx, &filter, cursor, limit).await)
        .await?
        .map(DeedView::from);
    Ok(Json(AuditPage {
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}
