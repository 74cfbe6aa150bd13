//! `POST /auth/token/refresh`: a program goes on.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, post};
use gateway::{ApiResult, Problems, ValidJson, Visitor};
use secrecy::ExposeSecret;

use super::dto::{RefreshToken, TokenView, device};
use crate::service::{self, Identity};

/// Exchanges a refresh token for a new pair. Each works once.
///
/// One that comes again within a minute, while nobody has used its child, gets another child: the answer
/// was lost. Otherwise it was stolen, and its session ends. Errors: `invalid_token` (401).
#[utoipa::path(
    tag = "identity",
    request_body = RefreshToken,
    responses((status = 200, body = TokenView), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/token/refresh")]
pub async fn refresh_token(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<RefreshToken>,
) -> ApiResult<Json<TokenView>> {
    let device = device(&request);
    let session = visitor
        .write(async |tx| service::refresh(tx, body.0.refresh_token.expose_secret(), &device).await)
        .await??;
    let access_token = identity.access_token(&visitor, &session);
    Ok(Json(TokenView::new(access_token, session)))
}
