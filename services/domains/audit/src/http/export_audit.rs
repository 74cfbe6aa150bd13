//! `GET /audit/export`: the sealed log as a file.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use futures_util::stream;
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::AuditRead;

use super::dto::ExportAuditQuery;
use crate::error::Error;
use crate::service::export::{Export, Format};

/// Downloads what is sealed, the oldest first, as CSV or JSON lines.
///
/// A row is sealed some seconds after it was written. Without a filter the file can be verified by itself:
/// `signalbox audit verify --file`. In CSV, a cell that a spreadsheet would run has an apostrophe in front.
#[utoipa::path(
    tag = "audit",
    params(ExportAuditQuery),
    responses(
        (status = 200, description = "The rows.", body = String, content_type = "text/csv"),
        Problems,
    ),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("audit_read")))
)]
#[get("/audit/export")]
pub async fn export_audit(
    tenant: Tenant<AuditRead>,
    query: ValidQuery<ExportAuditQuery>,
) -> ApiResult<HttpResponse> {
    let format = query.0.format();
    let wanted = query.0.into();
    let (export, first) = tenant
        .read(async |tx| {
            let mut export = Export::begin(tx, &wanted, format).await?;
            let first = export.piece(tx).await?;
            Ok::<_, Error>((export, first))
        })
        .await?;
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/x-ndjson", "jsonl"),
    };
    let day = tenant.now().strftime("%Y-%m-%d");
    let name = format!(
        "attachment; filename=\"audit-{}-{day}.{ending}\"",
        tenant.organization().slug()
    );
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
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces))
}
