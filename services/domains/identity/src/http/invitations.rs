//! `/invitations`: asking people to join, and joining.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use gateway::{
    Answer, ApiResult, IdempotencyKey, PathId, Problems, Tenant, ValidJson, ValidQuery, Visitor,
};
use kernel::id::InvitationId;
use kernel::roles::MembersInvite;
use secrecy::ExposeSecret;

use super::dto::device;
use super::dto::members::{
    AcceptInvitation, CreateInvitation, InvitationPage, InvitationPreview, InvitationToken,
    InvitationView, Joined, ListInvitationsQuery,
};
use crate::error::Error;
use crate::model::people::NewInvitation;
use crate::service::{self, Identity};

/// Invites somebody by mail. The link works once, for seven days, for this address and role only.
///
/// Whoever manages members invites up to their own role, managers members and viewers; nobody is invited as
/// an owner. At most 60 an hour. Errors: `validation_failed` (400), with `mail_domain` at `/email` where the
/// organisation's rules allow other domains only; `role_too_high`, `plan_limit` (403); `already_member`,
/// `already_invited` (409).
#[utoipa::path(
    tag = "people",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt: the same key with the same body gets the same answer.")),
    request_body = CreateInvitation,
    responses(
        (status = 201, body = InvitationView, headers(("Location" = String, description = "Where the invitation is."))),
        (status = 422, description = "The idempotency key came with another body.",
            body = gateway::Problem, content_type = "application/problem+json"),
        Problems
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_invite")))
)]
#[post("/invitations")]
pub async fn create_invitation(
    tenant: Tenant<MembersInvite>,
    identity: Data<Identity>,
    key: IdempotencyKey,
    body: ValidJson<CreateInvitation>,
) -> ApiResult<HttpResponse> {
    let new: NewInvitation = body.0.try_into()?;
    identity.take_invitation(&tenant).await?;
    tenant
        .write_once(&key, async |tx| {
            let made = service::invite(tx, tenant.caller()?, &new).await?;
            let place = format!("/api/v1/invitations/{}", made.id);
            Ok::<_, Error>(Answer::created(place, &InvitationView::from(made)))
        })
        .await
}

/// Lists invitations that nobody has accepted or taken back, newest first, also those whose time is over.
#[utoipa::path(
    tag = "people",
    params(ListInvitationsQuery),
    responses((status = 200, body = InvitationPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_invite")))
)]
#[get("/invitations")]
pub async fn list_invitations(
    tenant: Tenant<MembersInvite>,
    query: ValidQuery<ListInvitationsQuery>,
) -> ApiResult<Json<InvitationPage>> {
    let (cursor, limit) = (query.0.cursor.as_deref(), query.0.limit());
    let page = tenant
        .read(async |tx| service::list_invitations(tx, cursor, limit).await)
        .await?;
    Ok(Json(page.into()))
}

/// Mails an invitation again, with another link and seven more days. The link before works no more.
///
/// Errors: `invitation_not_found` (404), `role_too_high` (403), `validation_failed` (400) where the rules allow
/// the domain no more.
#[utoipa::path(
    tag = "people",
    params(("id" = InvitationId, Path, description = "The invitation.")),
    responses((status = 200, body = InvitationView), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_invite")))
)]
#[post("/invitations/{id}/resend")]
pub async fn resend_invitation(
    tenant: Tenant<MembersInvite>,
    identity: Data<Identity>,
    id: PathId<InvitationId>,
) -> ApiResult<Json<InvitationView>> {
    identity.take_invitation(&tenant).await?;
    let renewed = tenant
        .write(async |tx| service::resend_invitation(tx, tenant.caller()?, id.0).await)
        .await?;
    Ok(Json(renewed.into()))
}

/// Takes an invitation back: its link works no more.
///
/// Errors: `invitation_not_found` (404), `role_too_high` (403).
#[utoipa::path(
    tag = "people",
    params(("id" = InvitationId, Path, description = "The invitation.")),
    responses((status = 204, description = "Its link works no more."), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("members_invite")))
)]
#[delete("/invitations/{id}")]
pub async fn revoke_invitation(
    tenant: Tenant<MembersInvite>,
    id: PathId<InvitationId>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::revoke_invitation(tx, tenant.caller()?, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Says what an invitation's link is for, to whoever holds it. Uses nothing up.
///
/// Errors: `token_expired` (400), `token_not_found` (404).
#[utoipa::path(
    tag = "people",
    request_body = InvitationToken,
    responses((status = 200, body = InvitationPreview), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/invitation")]
pub async fn preview_invitation(
    visitor: Visitor,
    body: ValidJson<InvitationToken>,
) -> ApiResult<Json<InvitationPreview>> {
    let invited = visitor
        .read(async |tx| service::find_invitation(tx, body.0.token.expose_secret()).await)
        .await?;
    Ok(Json(InvitationPreview::new(
        invited,
        visitor.organization().name(),
    )))
}

/// Joins by an invitation's link, which proves the address: sign in afterwards. Takes one of the plan's
/// places.
///
/// Errors: `validation_failed` (400), `token_expired` (400), `token_not_found` (404), `already_member` (409),
/// `plan_limit` (403; the link keeps working), `mail_domain_not_allowed` (403; likewise).
#[utoipa::path(
    tag = "people",
    request_body = AcceptInvitation,
    responses((status = 200, body = Joined), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/accept-invitation")]
pub async fn accept_invitation(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<AcceptInvitation>,
) -> ApiResult<Json<Joined>> {
    let device = device(&request);
    let (token, chosen) = body.0.into_parts();
    let member = identity
        .accept_invitation(&visitor, token.expose_secret(), &chosen, &device)
        .await?;
    Ok(Json(member.into()))
}
