//! Changing one's address: asking for it, and proving either one.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, Responder, post};
use gateway::{ApiResult, Problems, Tenant, ValidJson, Visitor};
use kernel::email::EmailAddress;
use kernel::roles::{Myself, Recent};
use secrecy::ExposeSecret;

use super::dto::credentials::{ConfirmEmail, EmailStep, WantedEmail};
use super::dto::{Accepted, device};
use crate::service::{self, Identity};

/// Asks for another address: a link goes to each of the two, and the address changes once both were opened.
/// Needs a recent proof of who the caller is. Asking again makes earlier links worth nothing.
///
/// Errors: `validation_failed` (400, at `/email`), `email_taken` (409).
#[utoipa::path(
    tag = "identity",
    request_body = WantedEmail,
    responses((status = 202, body = Accepted), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/email")]
pub async fn request_email_change(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
    body: ValidJson<WantedEmail>,
) -> ApiResult<impl Responder> {
    let wanted: EmailAddress = body.0.try_into()?;
    identity.request_email_change(&tenant, &wanted).await?;
    Ok((Json(Accepted::new()), StatusCode::ACCEPTED))
}

/// Proves one of the two addresses of a change by the token that was mailed to it. The second one changes
/// the address.
///
/// Errors: `token_expired` (400), `token_not_found` (404), `email_taken` (409).
#[utoipa::path(
    tag = "identity",
    request_body = ConfirmEmail,
    responses((status = 200, body = EmailStep), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/confirm-email")]
pub async fn confirm_email(
    request: HttpRequest,
    visitor: Visitor,
    body: ValidJson<ConfirmEmail>,
) -> ApiResult<Json<EmailStep>> {
    let device = device(&request);
    let step = visitor
        .write(async |tx| service::confirm_email(tx, body.0.token.expose_secret(), &device).await)
        .await??;
    Ok(Json(step.into()))
}
