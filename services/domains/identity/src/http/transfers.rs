//! `/ownership-transfer`: handing the organisation over.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{Answer, ApiResult, IdempotencyKey, Problems, Tenant, ValidJson};
use kernel::roles::{Myself, OrganizationOwn, Recent};
use secrecy::ExposeSecret;

use super::dto::transfers::{AcceptOwnership, OfferOwnership, OfferView, TransferStatus};
use crate::error::Error;
use crate::service::{self, Identity};

/// Offers the organisation to a member: once they accept, they own it and the caller is an administrator.
/// They get a mail with a link, the caller one that says so. Good for seven days; one offer at a time.
///
/// Counts with invitations, at most 60 an hour. Errors: `member_not_found` (404); `own_account`,
/// `already_owner`, `member_inactive`, `transfer_open` (409); `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt: the same key with the same body gets the same answer.")),
    request_body = OfferOwnership,
    responses(
        (status = 201, body = OfferView, headers(("Location" = String, description = "Where the offer is."))),
        (status = 422, description = "The idempotency key came with another body.",
            body = gateway::Problem, content_type = "application/problem+json"),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("organization_own")), ("x-recent" = json!(true)))
)]
#[post("/ownership-transfer")]
pub async fn offer_ownership(
    tenant: Tenant<Recent<OrganizationOwn>>,
    identity: Data<Identity>,
    key: IdempotencyKey,
    body: ValidJson<OfferOwnership>,
) -> ApiResult<HttpResponse> {
    identity.take_invitation(&tenant).await?;
    tenant
        .write_once(&key, async |tx| {
            let caller = tenant.caller()?;
            let offer = service::offer_ownership(tx, caller, body.0.member_id).await?;
            let place = "/api/v1/ownership-transfer".to_owned();
            let view = OfferView::new(offer, caller.user);
            Ok::<_, Error>(Answer::created(place, &view))
        })
        .await
}

/// Tells whether the organisation is being handed over: to owners, and to whom it is offered. For everybody
/// else `offer` is null.
#[utoipa::path(
    tag = "people",
    responses((status = 200, body = TransferStatus), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/ownership-transfer")]
pub async fn show_ownership_transfer(tenant: Tenant<Myself>) -> ApiResult<Json<TransferStatus>> {
    let (offer, caller) = tenant
        .read(async |tx| {
            let found = service::find_offer(tx).await?;
            // Known once the gate has answered, with the first statement.
            let caller = tenant.caller()?;
            Ok::<_, Error>((service::shown_offer(found, caller), caller))
        })
        .await?;
    Ok(Json(TransferStatus::new(offer, caller.user)))
}

/// Takes the offer back, by an owner, or declines it, by whom it is made to. The other is told by mail.
///
/// Errors: `transfer_not_found` (404).
#[utoipa::path(
    tag = "people",
    responses((status = 204, description = "The offer is over."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[delete("/ownership-transfer")]
pub async fn end_ownership_transfer(tenant: Tenant<Myself>) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::end_offer(tx, tenant.caller()?).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Accepts the offer made to the caller: they own the organisation, whoever offered it is an administrator,
/// both from their very next request on. Both are told by mail.
///
/// An offer is void once its maker is no owner any more. Errors: `transfer_not_found` (404: none that still
/// holds), `token_not_found` (404: a token of another offer), `reauthentication_required` (403).
#[utoipa::path(
    tag = "people",
    request_body = AcceptOwnership,
    responses((status = 204, description = "The caller is the owner."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/ownership-transfer/accept")]
pub async fn accept_ownership(
    tenant: Tenant<Recent<Myself>>,
    body: ValidJson<AcceptOwnership>,
) -> ApiResult<HttpResponse> {
    let token = body.0.token.as_ref().map(ExposeSecret::expose_secret);
    tenant
        .write(async |tx| service::accept_ownership(tx, tenant.caller()?, token).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
