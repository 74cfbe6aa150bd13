//! `GET /endpoints/summary`: bars and percentiles for a list.

use actix_web::get;
use actix_web::web::{Data, Json};
use gateway::{ApiResult, Problems, Tenant, ValidQuery};
use kernel::roles::EndpointsRead;

use super::dto::{SummaryQuery, SummaryView};
use crate::service::Endpoints;

/// Sums endpoints up: how many are in each state, and for each one bars, uptime and a percentile.
///
/// A window has bars of half an hour (24h), two hours (7d), eight hours (30d) or a day (90d). Uptime is
/// the share of successes among the results that say anything.
#[utoipa::path(
    tag = "endpoints",
    params(SummaryQuery),
    responses((status = 200, body = SummaryView), Problems),
    security(("session_cookie" = []), ("access_token" = []), ("api_key" = [])),
    extensions(("x-host" = json!("tenant")), ("x-permission" = json!("endpoints_read")))
)]
#[get("/endpoints/summary")]
pub async fn summarize_endpoints(
    tenant: Tenant<EndpointsRead>,
    endpoints: Data<Endpoints>,
    query: ValidQuery<SummaryQuery>,
) -> ApiResult<Json<SummaryView>> {
    let window = query.0.window;
    let summary = tenant
        .read(async |tx| {
            let ids = query.0.ids()?;
            endpoints.summarize(tx, window.into(), ids.as_deref()).await
        })
        .await?;
    Ok(Json(SummaryView::new(window, summary)))
}
