//! `GET /audit/verification`: whether the log is what was sealed.

use actix_web::get;
use actix_web::web::Json;
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::AuditRead;

use super::dto::{AuditVerification, VerifyAuditQuery};
use crate::service::verification::{self, STRETCH};

/// Recomputes the chain of hashes, at most 10,000 rows a call, and compares its end with the platform's note.
///
/// `next_after` is where the next call goes on; none when the end was reached.
#[utoipa::path(
    tag = "audit",
    params(VerifyAuditQuery),
    responses((status = 200, body = AuditVerification), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("audit_read")))
)]
#[get("/audit/verification")]
pub async fn verify_audit(
    tenant: Tenant<AuditRead>,
    query: ValidQuery<VerifyAuditQuery>,
) -> ApiResult<Json<AuditVerification>> {
    let after = query.0.after();
    let report = tenant
        .read(async |tx| verification::stretch(tx, after, STRETCH).await)
        .await?;
    Ok(Json(report.into()))
}
