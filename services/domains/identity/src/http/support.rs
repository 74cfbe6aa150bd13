//! `/auth/support` and `/settings/support`: an operator comes in, and an organisation says whether they may.

use actix_web::web::Json;
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gateway::{ApiResult, Problems, Tenant, ValidJson, Visitor};
use jiff::{SignedDuration, Timestamp};
use kernel::roles::{OrganizationManage, Recent};
use serde::{Deserialize, Serialize};
use tenancy::support::{self as accesses, Access};
use utoipa::ToSchema;
use validator::Validate;

use super::dto::device;
use crate::error::Error;
use crate::model::later;
use crate::service::support;

/// The code of an operator's link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportCode {
    /// What stands behind `#code=` in the link. Works once, for a minute.
    #[validate(length(min = 1, max = 200, message = "Open the link again."))]
    #[schema(min_length = 1, max_length = 200)]
    code: String,
}

/// That an operator is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportSession {
    /// When they are out again, at the latest.
    ends_at: Timestamp,
}

/// Exchanges an operator's code for a session that looks and changes nothing.
///
/// Errors: `support_code_not_found` (404), `support_not_allowed` (403).
#[utoipa::path(
    tag = "identity",
    request_body = SupportCode,
    responses(
        (status = 200, body = SupportSession, headers(("Set-Cookie" = String, description = "The session."))),
        Problems
    ),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/support")]
pub async fn begin_support(
    request: HttpRequest,
    visitor: Visitor,
    body: ValidJson<SupportCode>,
) -> ApiResult<HttpResponse> {
    let (tenant, origin) = (visitor.organization(), visitor.origin());
    let device = device(&request);
    let begun = visitor
        .write_platform(async |tx| support::begin(tx, tenant, origin, &body.0.code, &device).await)
        .await?;
    let life = begun.ends_at.duration_since(visitor.now()).unsigned_abs();
    let cookie = visitor.session_cookie(begun.session, &begun.secret, life);
    Ok(HttpResponse::Ok().cookie(cookie).json(SupportSession {
        ends_at: begun.ends_at,
    }))
}

/// For how long operators may look.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportAllowance {
    /// Not at all; whoever looks is out at once.
    Off,
    /// For 24 hours.
    Day,
    /// For 7 days.
    Week,
    /// Until it is switched off.
    Open,
}

/// Whether operators may look.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSupport {
    allow: SupportAllowance,
}

/// One look.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportLook {
    /// The operator's name.
    #[schema(example = "Ada")]
    operator: String,
    reason: String,
    ticket: Option<String>,
    began_at: Timestamp,
    /// At the latest.
    ends_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl From<Access> for SupportLook {
    fn from(access: Access) -> Self {
        Self {
            operator: access.operator,
            reason: access.reason,
            ticket: access.ticket,
            began_at: access.began_at,
            ends_at: access.ends_at,
            ended_at: access.ended_at,
        }
    }
}

/// Whether operators may look, and who has.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportSettings {
    /// Whether they may now.
    allowed: bool,
    /// Until when; none where they may not, or may until it is switched off.
    until: Option<Timestamp>,
    /// The last 20, the newest first.
    looks: Vec<SupportLook>,
}

impl SupportSettings {
    fn new(until: Option<Timestamp>, looks: Vec<Access>) -> Self {
        Self {
            allowed: until.is_some(),
            until: until.filter(|until| *until < accesses::open_end()),
            looks: looks.into_iter().map(SupportLook::from).collect(),
        }
    }
}

/// Tells whether operators may look at this organisation, and which of them have.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = SupportSettings), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_manage")))
)]
#[get("/settings/support")]
pub async fn show_support(tenant: Tenant<OrganizationManage>) -> ApiResult<Json<SupportSettings>> {
    let id = tenant.organization().id();
    let (until, looks) = tenant
        .write_platform(async |tx, _| {
            let until = accesses::read_consent(tx, id).await?;
            Ok::<_, Error>((until, accesses::list(tx, id).await?))
        })
        .await?;
    Ok(Json(SupportSettings::new(until, looks)))
}

/// Lets operators look, for a time or until it is switched off. Off ends running looks at once.
///
/// Errors: `reauthentication_required` (403).
#[utoipa::path(
    tag = "identity",
    request_body = ChangeSupport,
    responses((status = 200, body = SupportSettings), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_manage")), ("x-recent" = json!(true)))
)]
#[put("/settings/support")]
pub async fn change_support(
    tenant: Tenant<Recent<OrganizationManage>>,
    body: ValidJson<ChangeSupport>,
) -> ApiResult<Json<SupportSettings>> {
    let hours = |hours| Some(later(tenant.now(), SignedDuration::from_hours(hours)));
    let until = match body.0.allow {
        SupportAllowance::Off => None,
        SupportAllowance::Day => hours(24),
        SupportAllowance::Week => hours(7 * 24),
        SupportAllowance::Open => Some(accesses::open_end()),
    };
    let (organization, origin) = (tenant.organization(), tenant.origin());
    let looks = tenant
        .write_platform(async |tx, caller| {
            support::set_consent(tx, organization, origin, caller.user, until).await?;
            Ok::<_, Error>(accesses::list(tx, organization.id()).await?)
        })
        .await?;
    Ok(Json(SupportSettings::new(until, looks)))
}
