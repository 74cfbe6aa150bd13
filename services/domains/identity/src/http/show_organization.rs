//! `GET /organization`: whose host this is.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Visitor};

use super::dto::OrganizationCard;
use crate::service::Identity;

/// Tells whose host this is, for the sign-in page.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = OrganizationCard), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/organization")]
pub async fn show_organization(
    visitor: Visitor,
    identity: Data<Identity>,
) -> ApiResult<Json<OrganizationCard>> {
    let ways = identity.ways_beside_password();
    let card = OrganizationCard::new(visitor.organization(), visitor.url(), ways);
    Ok(Json(card))
}
