//! `/me/export` and `/me/deletion`: one's own account as a whole.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get, post};
use futures_util::stream;
use gateway::{ApiResult, Problems, Tenant, ValidJson};
use kernel::roles::{Myself, Recent};

use super::dto::account::DeleteAccount;
use super::dto::device;
use crate::error::Error;
use crate::service::{self, Export, Identity};

/// Downloads everything this organisation keeps about the caller: profile, sessions, sign-ins, devices,
/// passkeys, identities, keys, links, invitations, mails, and what the audit log says of them. Secrets are in
/// none of it.
///
/// The log of sign-ins notes it. At most 10 an hour. Errors: `reauthentication_required` (403).
#[utoipa::path(
    tag = "identity",
    responses(
        (status = 200, description = "A JSON object with a list for each kind.", body = Object, content_type = "application/json"),
        Problems,
    ),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[get("/me/export")]
pub async fn export_account(
    request: HttpRequest,
    tenant: Tenant<Recent<Myself>>,
    identity: Data<Identity>,
) -> ApiResult<HttpResponse> {
    let device = device(&request);
    identity.take_export(&tenant).await?;
    let mut export = tenant
        .write(async |tx| Export::begin(tx, tenant.caller()?, &device).await)
        .await?;
    let first = tenant.read(async |tx| export.piece(tx).await).await?;
    let day = tenant.now().strftime("%Y-%m-%d");
    let slug = tenant.organization().slug();
    let name = format!("attachment; filename=\"account-{slug}-{day}.json\"");
    let pieces = stream::try_unfold(
        (tenant, export, Some(first)),
        async |(tenant, mut export, first)| {
            let text = match first {
                Some(first) => first,
                None if export.done => return Ok(None),
                // Asks again who is asking: a session that ends, ends the file.
                None => tenant.read(async |tx| export.piece(tx).await).await?,
            };
            Ok::<_, Error>(Some((Bytes::from(text), (tenant, export, None))))
        },
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces))
}

/// Ends the caller's account here: every session and key, every way to sign in and where they signed in from
/// are gone, at once and for good. What they did stays in the audit log by an id that is nobody's any more. A
/// farewell goes to their address.
///
/// Errors: `validation_failed` (400, at `/email`: it is not the caller's), `last_owner` (409: hand the
/// organisation over first), `reauthentication_required` (403).
#[utoipa::path(
    tag = "identity",
    request_body = DeleteAccount,
    responses((status = 204, description = "The account is gone."), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")), ("x-recent" = json!(true)))
)]
#[post("/me/deletion")]
pub async fn delete_account(
    tenant: Tenant<Recent<Myself>>,
    body: ValidJson<DeleteAccount>,
) -> ApiResult<HttpResponse> {
    tenant
        .write(async |tx| service::delete_account(tx, tenant.caller()?, &body.0.email).await)
        .await?;
    Ok(HttpResponse::NoContent()
        .cookie(tenant.clear_cookie())
        .finish())
}
