//! `GET /organization`: whose host this is.

use actix_web::get;
use actix_web::web::Json;
use gateway::{ApiResult, Problems, Visitor};

use super::dto::OrganizationCard;

/// Tells whose host this is, for the sign-in page.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = OrganizationCard), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/organization")]
pub async fn show_organization(visitor: Visitor) -> ApiResult<Json<OrganizationCard>> {
    let card = OrganizationCard::new(visitor.organization(), visitor.url());
    Ok(Json(card))
}
