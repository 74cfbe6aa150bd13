//! `GET /auth/slug`: the address of a name.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Root, ValidQuery};

use super::dto::{PreviewSlug, SlugPreview};
use crate::service::Registration;

/// Shows the address a name leads to, while it is being typed. Keeps nothing for anybody.
#[utoipa::path(
    tag = "registration",
    params(PreviewSlug),
    responses((status = 200, body = SlugPreview), Problems),
    extensions(("x-host" = json!("root")))
)]
#[get("/auth/slug")]
pub async fn preview_slug(
    root: Root,
    registration: Data<Registration>,
    query: ValidQuery<PreviewSlug>,
) -> ApiResult<Json<SlugPreview>> {
    let preview = registration.preview(&root, &query.0.name).await?;
    Ok(Json(SlugPreview::new(preview, &root)))
}
