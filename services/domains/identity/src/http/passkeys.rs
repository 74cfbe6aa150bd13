//! Passkeys: signing in by one, and the caller's own.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use gateway::{ApiResult, PathId, Problems, Tenant, ValidJson, Visitor};
use kernel::id::PasskeyId;
use kernel::roles::{Enrolling, Myself, Recent};

use super::dto::passkeys::{
    AddPasskey, PasskeyOptions, PasskeyView, PasskeysView, RenamePasskey, UsePasskey,
};
use super::dto::{SessionView, device};
use super::let_in::let_in;
use crate::service::{self, Identity};

/// Asks a browser for a passkey of this host, to sign in by or to prove again who is signed in. The answer is
/// the same for everybody.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/passkeys/options")]
pub async fn ask_for_passkey(
    visitor: Visitor,
    identity: Data<Identity>,
) -> ApiResult<Json<PasskeyOptions>> {
    Ok(Json(identity.ask_for_passkey(&visitor).await?.into()))
}

/// Signs a browser in by a passkey: the session is in the cookie that comes with the answer. No one-time code
/// is asked for: whoever uses a passkey has it and has unlocked it.
///
/// The options are used up, whatever comes of it. At most 10 failures an hour for a network. Errors:
/// `invalid_passkey` (401), `email_unverified` (403), `rate_limited` (429), and where the organisation's rules
/// say so `network_not_allowed` and `sign_in_method_off` (403).
#[utoipa::path(
    tag = "identity",
    request_body = UsePasskey,
    responses(
        (status = 200, body = SessionView, headers(("Set-Cookie" = String, description = "The session."))),
        Problems
    ),
    extensions(("x-host" = json!("tenant")))
)]
#[post("/auth/passkeys/session")]
pub async fn use_passkey(
    request: HttpRequest,
    visitor: Visitor,
    identity: Data<Identity>,
    body: ValidJson<UsePasskey>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    let session = identity
        .sign_in_by_passkey(&visitor, &body.0.try_into()?, &device)
        .await?;
    Ok(let_in(&visitor, session))
}

/// Lists the caller's passkeys, the oldest first. One that was made on another host of the organisation works
/// there and not here.
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = PasskeysView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me/passkeys")]
pub async fn list_passkeys(tenant: Tenant<Enrolling>) -> ApiResult<Json<PasskeysView>> {
    let session = tenant.session_id();
    let passkeys = tenant
        .read(async |tx| service::list_passkeys(tx, session).await)
        .await?;
    let host = tenant.organization().host();
    Ok(Json(PasskeysView::new(passkeys, host)))
}

/// Asks the caller's browser to make a passkey for this host. Needs a recent proof of who the caller is.
///
/// Whoever owes a second factor and has one shows that first. Errors: `passkey_limit` (409),
/// `second_factor_due` (403).
#[utoipa::path(
    tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/passkeys/options")]
pub async fn ask_for_new_passkey(
    tenant: Tenant<Recent<Enrolling>>,
    identity: Data<Identity>,
) -> ApiResult<Json<PasskeyOptions>> {
    Ok(Json(identity.ask_for_new_passkey(&tenant).await?.into()))
}

/// Adds the passkey that the caller's browser made: they sign in by it from now on, and are told by mail. The
/// options are good once. Needs a recent proof of who the caller is.
///
/// Errors: `passkey_not_added` (400), `passkey_known` (409), `passkey_limit` (409), `second_factor_due` (403).
#[utoipa::path(
    tag = "identity",
    request_body = AddPasskey,
    responses((status = 201, body = PasskeyView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/passkeys")]
pub async fn add_passkey(
    tenant: Tenant<Recent<Enrolling>>,
    identity: Data<Identity>,
    body: ValidJson<AddPasskey>,
) -> ApiResult<HttpResponse> {
    let added = identity.add_passkey(&tenant, &body.0.try_into()?).await?;
    let host = tenant.organization().host();
    Ok(HttpResponse::Created().json(PasskeyView::new(added, host)))
}

/// Calls a passkey of the caller's something else.
///
/// Errors: `passkey_not_found` (404).
#[utoipa::path(
    tag = "identity",
    params(("id" = PasskeyId, Path)),
    request_body = RenamePasskey,
    responses((status = 200, body = PasskeyView), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[patch("/me/passkeys/{id}")]
pub async fn rename_passkey(
    tenant: Tenant<Myself>,
    identity: Data<Identity>,
    id: PathId<PasskeyId>,
    body: ValidJson<RenamePasskey>,
) -> ApiResult<Json<PasskeyView>> {
    let name = body.0.name()?;
    let renamed = identity.rename_passkey(&tenant, id.0, name).await?;
    let host = tenant.organization().host();
    Ok(Json(PasskeyView::new(renamed, host)))
}

/// Takes a passkey of the caller's away: nobody signs in by it any more, and they are told by mail. Needs a
/// recent proof of who the caller is.
///
/// Errors: `passkey_not_found` (404), `last_way_in` (409), `last_second_factor` (409) where the organisation
/// asks for one.
#[utoipa::path(
    tag = "identity",
    params(("id" = PasskeyId, Path)),
    responses((status = 204, description = "Taken away."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[delete("/me/passkeys/{id}")]
pub async fn remove_passkey(
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
    id: PathId<PasskeyId>,
) -> ApiResult<HttpResponse> {
    identity.remove_passkey(&tenant, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
