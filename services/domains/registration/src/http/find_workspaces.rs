//! `POST /auth/find-workspaces`: a list, by mail.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, Problems, Root, ValidJson};

use super::dto::{FindWorkspaces, SearchAccepted};
use crate::service::{Registration, typed_address};

/// Mails somebody the list of their workspaces.
///
/// Answers the same for every address: whoever asks learns nothing about who is registered. At most 3 an
/// hour for an address, and for a network.
#[utoipa::path(
    tag = "registration",
    request_body = FindWorkspaces,
    responses((status = 202, body = SearchAccepted), Problems),
    extensions(("x-host" = json!("root")))
)]
#[post("/auth/find-workspaces")]
pub async fn find_workspaces(
    root: Root,
    registration: Data<Registration>,
    body: ValidJson<FindWorkspaces>,
) -> ApiResult<HttpResponse> {
    let typed = typed_address(&body.0.email)?;
    registration.note_search(&root, &typed).await?;
    Ok(HttpResponse::Accepted().json(SearchAccepted::new()))
}
