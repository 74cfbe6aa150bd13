//! `/sign-in-policy`: the organisation's rules for signing in.

use actix_web::http::header::ETAG;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post, put};
use gateway::{ApiResult, IfMatch, Problems, Tenant, ValidJson, etag};
use kernel::roles::{OrganizationManage, Policy, Recent};

use super::dto::policy::{SignInPolicyEffects, SignInPolicyView, SignInRules};
use crate::model::policy::{Rules, SignInPolicy};
use crate::service::{self, Identity};

fn answer<P: Policy>(
    tenant: &Tenant<P>,
    identity: &Identity,
    policy: SignInPolicy,
) -> HttpResponse {
    let available = identity.usable_methods(&Rules::default());
    HttpResponse::Ok()
        .insert_header((ETAG, etag(policy.revision)))
        .json(SignInPolicyView::new(
            policy,
            tenant.origin().address,
            available,
        ))
}

/// Shows the organisation's rules for signing in, and from where you ask.
#[utoipa::path(
    tag = "organization",
    responses(
        (status = 200, body = SignInPolicyView, headers(("ETag" = String, description = "Its version, for If-Match."))),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_manage")))
)]
#[get("/sign-in-policy")]
pub async fn show_sign_in_policy(
    tenant: Tenant<OrganizationManage>,
    identity: Data<Identity>,
) -> ApiResult<HttpResponse> {
    let policy = tenant
        .read(async |tx| service::fetch_policy(tx).await)
        .await?;
    Ok(answer(&tenant, &identity, policy))
}

/// Replaces the rules for signing in. Needs `If-Match`, and a recent proof of who the caller is.
///
/// They apply to every session and key from its very next request on. Sessions that they allow no more end,
/// but for the caller's. Networks are answered in one spelling each: what lies in another one of its list is
/// left out. Refused is what would shut its author, an owner, or everybody who is invited out
/// (`locks_you_out`, `locks_owner_out`, `locks_newcomers_out`, at the field). Errors: `validation_failed`
/// (400), `precondition_failed` (412), `precondition_required` (428), `reauthentication_required` (403).
#[utoipa::path(
    tag = "organization",
    params(("If-Match" = String, Header, description = "The ETag of the version to change.", example = "\"3\"")),
    request_body = SignInRules,
    responses(
        (status = 200, body = SignInPolicyView, headers(("ETag" = String, description = "Its new version."))),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_manage")), ("x-recent" = json!(true)))
)]
#[put("/sign-in-policy")]
pub async fn replace_sign_in_policy(
    tenant: Tenant<Recent<OrganizationManage>>,
    identity: Data<Identity>,
    version: IfMatch,
    input: ValidJson<SignInRules>,
) -> ApiResult<HttpResponse> {
    let revisions = version.required()?;
    let rules = input.0.try_into()?;
    let policy = tenant
        .write(async |tx| {
            let caller = tenant.caller()?;
            identity.change_policy(tx, caller, revisions, &rules).await
        })
        .await?;
    Ok(answer(&tenant, &identity, policy))
}

/// Tells what such a change would do at this moment, and writes nothing. It is refused for what the change
/// would be refused for.
///
/// Errors: `validation_failed` (400).
#[utoipa::path(
    tag = "organization",
    request_body = SignInRules,
    responses((status = 200, body = SignInPolicyEffects), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_manage")))
)]
#[post("/sign-in-policy/preview")]
pub async fn preview_sign_in_policy(
    tenant: Tenant<OrganizationManage>,
    identity: Data<Identity>,
    input: ValidJson<SignInRules>,
) -> ApiResult<Json<SignInPolicyEffects>> {
    let rules = input.0.try_into()?;
    // Not a read of this kind: who is calling is known before its first statement.
    let effects = tenant
        .write(async |tx| identity.preview_policy(tx, tenant.caller()?, &rules).await)
        .await?;
    Ok(Json(effects.into()))
}
