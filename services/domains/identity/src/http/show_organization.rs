//! `GET /organization`: whose host this is.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Visitor};

use super::dto::OrganizationCard;
use crate::service::{self, Identity};

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
    let policy = visitor
        .read(async |tx| service::fetch_policy(tx).await)
        .await?;
    let methods = identity.usable_methods(&policy.rules);
    let card = OrganizationCard::new(visitor.organization(), visitor.url(), &methods);
    Ok(Json(card))
}
