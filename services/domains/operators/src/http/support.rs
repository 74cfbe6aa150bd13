//! `/tenants/{id}/support`: looking at an organisation that lets operators look.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, PathId, Problems, ValidJson};
use kernel::id::TenantId;

use super::dto::support::{RequestSupport, SupportLink};
use crate::door::Operator;
use crate::roles::SupportAccess;
use crate::service::{Operators, support};

/// Makes a link to an organisation's console, good once and for a minute: whoever opens it sees for at most a
/// quarter of an hour what a viewer sees, and changes nothing. The organisation reads who looked, and why.
///
/// Errors: `support_not_allowed`, `support_unavailable` (409), `tenant_not_found` (404).
#[utoipa::path(
    tag = "tenants",
    params(("id" = TenantId, Path)),
    request_body = RequestSupport,
    responses((status = 201, body = SupportLink), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("support_access")))
)]
#[post("/tenants/{id}/support")]
pub async fn request_support(
    operator: Operator<SupportAccess>,
    operators: Data<Operators>,
    id: PathId<TenantId>,
    body: ValidJson<RequestSupport>,
) -> ApiResult<HttpResponse> {
    let (reason, ticket) = (body.0.reason()?, body.0.ticket()?);
    let granted = operator
        .act(async |tx, caller| support::ask(tx, caller, id.0, &reason, ticket.as_deref()).await)
        .await?;
    let console = operators.console_of(&granted.host);
    Ok(HttpResponse::Created().json(SupportLink {
        // Behind the hash: it is sent to no server, and stands in no log.
        url: format!("{console}/support#code={}", granted.code),
        expires_at: granted.expires_at,
    }))
}
