//! `/tokens`: keys of the caller's programs.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, PathId, Problems, ValidJson};
use kernel::id::OperatorTokenId;

use super::dto::tokens::{CreateToken, TokenCreated, TokenList, TokenView};
use crate::door::Operator;
use crate::roles::InPerson;
use crate::service::{Operators, tokens};

/// Makes a token for a program. The answer holds it, once. Takes password and code again.
///
/// Errors: `not_proven` (403), `token_limit` (409), `validation_failed` (400), `rate_limited` (429).
#[utoipa::path(
    tag = "tokens",
    request_body = CreateToken,
    responses((status = 201, body = TokenCreated), Problems),
    security(("operator_cookie" = []))
)]
#[post("/tokens")]
pub async fn create_token(
    operator: Operator<InPerson>,
    operators: Data<Operators>,
    body: ValidJson<CreateToken>,
) -> ApiResult<HttpResponse> {
    // Nobody who may not do it makes the house hash.
    operator.caller().await?;
    let new = body.0.try_into()?;
    let (token, secret) = operators.create_token(&operator, &new).await?;
    let made = TokenCreated {
        secret: secret.expose(),
        token: token.into(),
    };
    Ok(HttpResponse::Created().json(made))
}

/// Lists the caller's tokens that work.
#[utoipa::path(
    tag = "tokens",
    responses((status = 200, body = TokenList), Problems),
    security(("operator_cookie" = []))
)]
#[get("/tokens")]
pub async fn list_tokens(operator: Operator<InPerson>) -> ApiResult<Json<TokenList>> {
    let all = operator
        .act(async |tx, caller| tokens::list(tx, caller).await)
        .await?;
    let items = all.into_iter().map(TokenView::from).collect();
    Ok(Json(TokenList { items }))
}

/// Revokes one of the caller's tokens. It works no more from the next request on.
///
/// Errors: `token_not_found` (404).
#[utoipa::path(
    tag = "tokens",
    params(("id" = OperatorTokenId, Path)),
    responses((status = 204, description = "Revoked."), Problems),
    security(("operator_cookie" = []))
)]
#[delete("/tokens/{id}")]
pub async fn revoke_token(
    operator: Operator<InPerson>,
    id: PathId<OperatorTokenId>,
) -> ApiResult<HttpResponse> {
    operator
        .act(async |tx, caller| tokens::revoke(tx, caller, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
