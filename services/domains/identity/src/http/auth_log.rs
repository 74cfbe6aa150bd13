//! Attempts to sign in: one's own, and everybody's for whoever reads the organisation's logs.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Json};
use actix_web::{HttpResponse, get};
use futures_util::stream;
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::{AuditRead, Myself};

use super::dto::auth_log::{
    AuthLogExportQuery, AuthLogPage, AuthLogQuery, SignInPage, SignInsQuery, csv,
};
use crate::error::Error;
use crate::service;

/// Lists how somebody tried to get into the caller's account, and got in, the newest first. Refreshed
/// tokens are left out.
///
/// The address is without its end, and gone after 30 days.
#[utoipa::path(
    tag = "identity",
    params(SignInsQuery),
    responses((status = 200, body = SignInPage), Problems),
    security(("session_cookie" = []), ("access_token" = [])),
    extensions(("x-host" = json!("tenant")))
)]
#[get("/me/sign-ins")]
pub async fn list_sign_ins(
    tenant: Tenant<Myself>,
    query: ValidQuery<SignInsQuery>,
) -> ApiResult<Json<SignInPage>> {
    let session = tenant.session_id();
    let (limit, cursor) = (query.0.limit(), query.0.cursor());
    let page = tenant
        .read(async |tx| service::list_sign_ins(tx, session, cursor, limit).await)
        .await?;
    Ok(Json(SignInPage::new(page, session)))
}

/// Lists how anybody tried to get into the organisation, the newest first.
///
/// Refreshed tokens are left out unless they are asked for. Addresses are known for 30 days.
#[utoipa::path(
    tag = "audit",
    params(AuthLogQuery),
    responses((status = 200, body = AuthLogPage), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("audit_read")))
)]
#[get("/auth-log")]
pub async fn list_auth_log(
    tenant: Tenant<AuditRead>,
    query: ValidQuery<AuthLogQuery>,
) -> ApiResult<Json<AuthLogPage>> {
    let (limit, cursor) = (query.0.limit(), query.0.cursor.clone());
    let wanted = query.0.into();
    let page = tenant
        .read(async |tx| service::list_auth_log(tx, &wanted, cursor.as_deref(), limit).await)
        .await?;
    Ok(Json(page.into()))
}

/// Downloads the same as CSV, the newest first.
///
/// A cell that a spreadsheet would run has an apostrophe in front.
#[utoipa::path(
    tag = "audit",
    params(AuthLogExportQuery),
    responses(
        (status = 200, description = "The rows.", body = String, content_type = "text/csv"),
        Problems,
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("audit_read")))
)]
#[get("/auth-log/export")]
pub async fn export_auth_log(
    tenant: Tenant<AuditRead>,
    query: ValidQuery<AuthLogExportQuery>,
) -> ApiResult<HttpResponse> {
    let wanted = query.0.into();
    let (export, first) = tenant
        .read(async |tx| {
            let mut export = service::LogExport::begin(&wanted)?;
            let first = export.piece(tx).await?;
            Ok::<_, Error>((export, first))
        })
        .await?;
    let day = tenant.now().strftime("%Y-%m-%d");
    let slug = tenant.organization().slug();
    let name = format!("attachment; filename=\"sign-ins-{slug}-{day}.csv\"");
    let first = format!("{}{}", csv::header(), csv::rows(&first));
    let pieces = stream::try_unfold(
        (tenant, export, Some(first)),
        async |(tenant, mut export, first)| {
            let text = match first {
                Some(first) => first,
                None if export.done => return Ok(None),
                // Asks again who is asking: a session that ends, ends the file.
                None => csv::rows(&tenant.read(async |tx| export.piece(tx).await).await?),
            };
            Ok::<_, Error>(Some((Bytes::from(text), (tenant, export, None))))
        },
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces))
}
