//! `POST /auth/register`: an organisation comes into being.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gateway::{ApiResult, IdempotencyKey, Problems, Root, ValidJson};

use super::dto::{RegisterOrganization, RegisteredView};
use crate::service::Registration;

/// Registers an organisation and its owner, and mails the owner a link to prove their address.
///
/// The address is made from the name, with a number behind it where somebody has it, or chosen as `slug`.
/// Nobody is signed in. With `Idempotency-Key` the same request can be sent again for a day.
///
/// At most 5 an hour for a network, and 60 refused ones. Errors: `validation_failed` and `reserved_name`
/// (400), `registration_closed` (403), `slug_taken` (409, a chosen one only), `idempotency_key_reused` (422), `rate_limited` (429),
/// `no_workspace_ready` (503).
#[utoipa::path(
    tag = "registration",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt, 1 to 255 characters.")),
    request_body = RegisterOrganization,
    responses(
        (status = 201, body = RegisteredView),
        (status = 422, description = "The idempotency key came with another body.",
            body = gateway::Problem, content_type = "application/problem+json"),
        Problems
    ),
    extensions(("x-host" = json!("root")))
)]
#[post("/auth/register")]
pub async fn register_organization(
    root: Root,
    registration: Data<Registration>,
    key: IdempotencyKey,
    body: ValidJson<RegisterOrganization>,
) -> ApiResult<HttpResponse> {
    let answered = registration
        .register(&root, body.0.into(), root.attempt(&key))
        .await?;
    let mut response = HttpResponse::Created();
    if answered.replayed {
        response.insert_header(("idempotency-replayed", "true"));
    }
    Ok(response.json(RegisteredView::from(answered.organization)))
}
