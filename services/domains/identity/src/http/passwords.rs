//! Forgetting a password, and choosing another.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, Responder, post, put};
use gateway::{ApiResult, Problems, Tenant, ValidJson, Visitor};
use kernel::email::EmailAddress;
use kernel::roles::{Myself, Recent};
use passwords::Password;
use secrecy::ExposeSecret;

use super::dto::credentials::{
    ChangePassword, DisownChange, ForgottenPassword, PasswordReset, ResetPassword, SetPassword,
};
use super::dto::{Accepted, device};
use crate::service::{self, Identity};

/// Asks for a link to a new password. Answers the same whether the address is known or not.
///
/// At most 10 an hour for a network and 3 for an address. The link works once, for an hour.
#[utoipa::path(
    tag = "identity",
    request_body = ForgottenPassword,
    responses((status = 202, body = Accepted), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/forgot-password")]
pub async fn forgot_password(
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<ForgottenPassword>,
) -> ApiResult<impl Responder> {
    let typed: EmailAddress = body.0.try_into()?;
    identity.request_reset(&visitor, &typed).await?;
    Ok((Json(Accepted::new()), StatusCode::ACCEPTED))
}

/// Chooses another password by the token that was mailed. Every session ends; nobody is signed in, and an
/// account that asks for a code goes on asking for it.
///
/// Errors: `token_expired` (400), `token_not_found` (404: unknown, used, or replaced by a newer one),
/// `validation_failed` (400, at `/password`).
#[utoipa::path(
    tag = "identity",
    request_body = ResetPassword,
    responses((status = 200, body = PasswordReset), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/reset-password")]
pub async fn reset_password(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<ResetPassword>,
) -> ApiResult<Json<PasswordReset>> {
    let (token, password) = (body.0.token, body.0.password);
    let chosen = Password::new(password.expose_secret());
    let user = identity
        .reset_password(&visitor, token.expose_secret(), &chosen, &device(&request))
        .await?;
    Ok(Json(user.into()))
}

/// Changes the password of whoever is signed in. Every other session of theirs ends.
///
/// At most 10 wrong ones an hour. Errors: `validation_failed` (400, at `/current_password` or
/// `/password`), `no_password` (409).
#[utoipa::path(
    tag = "identity",
    request_body = ChangePassword,
    responses((status = 204, description = "Changed."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[put("/me/password")]
pub async fn change_password(
    tenant: Tenant<Myself>,
    identity: Data<Identity>,
    body: ValidJson<ChangePassword>,
) -> ApiResult<HttpResponse> {
    let present = Password::new(body.0.current_password.expose_secret());
    let chosen = Password::new(body.0.password.expose_secret());
    identity.change_password(&tenant, &present, &chosen).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a first password to whoever signs in without one. Needs a recent proof of who they are.
///
/// Errors: `has_password` (409), `validation_failed` (400, at `/password`).
#[utoipa::path(
    tag = "identity",
    request_body = SetPassword,
    responses((status = 204, description = "Set."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/password")]
pub async fn set_password(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
    body: ValidJson<SetPassword>,
) -> ApiResult<HttpResponse> {
    let chosen = Password::new(body.0.password.expose_secret());
    identity.set_password(&tenant, &chosen).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Says, by the token of a mail that told of a change, that it was somebody else: every session ends, the
/// password opens nothing any more, what was added to the account in the last 72 hours is taken away, and
/// a link to a new password is mailed.
///
/// Errors: `token_expired` (400), `token_not_found` (404).
#[utoipa::path(
    tag = "identity",
    request_body = DisownChange,
    responses((status = 202, body = Accepted), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/not-me")]
pub async fn disown_change(
    request: HttpRequest,
    visitor: Visitor,
    body: ValidJson<DisownChange>,
) -> ApiResult<impl Responder> {
    let device = device(&request);
    visitor
        .write(async |tx| service::disown(tx, body.0.token.expose_secret(), &device).await)
        .await??;
    Ok((Json(Accepted::new()), StatusCode::ACCEPTED))
}
