//! What operators have to say to everybody, for the console to show.

use actix_web::web::Json;
use actix_web::{HttpRequest, get};
use serde::Serialize;
use tenancy::switches::RegistrationSwitch;

use crate::context::RequestContext;
use crate::problem::ApiResult;
use crate::problems::Problems;

/// Who may register an organisation.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// Everybody.
    Open,
    /// Whoever was invited.
    Invitation,
    /// Nobody.
    Closed,
}

/// What everybody is told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeView {
    /// A sentence for the top of the page; null where there is nothing to say.
    #[schema(
        required = true,
        example = "Upgrades on Sunday from 02:00 to 02:30 UTC."
    )]
    banner: Option<String>,
    /// Who may register an organisation.
    registration: RegistrationState,
}

/// Tells what operators have to say to everybody, and whether organisations can be registered.
#[utoipa::path(
    tag = "api",
    responses((status = 200, body = NoticeView), Problems),
    extensions(("x-host" = json!("any")))
)]
#[get("/notice")]
pub(crate) async fn show_notice(request: HttpRequest) -> ApiResult<Json<NoticeView>> {
    let context = RequestContext::of(&request)?;
    Ok(Json(NoticeView {
        banner: context.switches.banner.clone(),
        registration: match context.switches.registration {
            RegistrationSwitch::Open => RegistrationState::Open,
            RegistrationSwitch::Invitation => RegistrationState::Invitation,
            RegistrationSwitch::Closed => RegistrationState::Closed,
        },
    }))
}
