//! `/networks`: which networks are trusted, and which are blocked.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use gateway::{ApiResult, PathId, Problems, ValidJson, ValidQuery};
use kernel::id::NetworkId;

use super::dto::networks::{NetworkPage, NetworkSet, NetworksQuery, SetNetwork};
use crate::door::Operator;
use crate::roles::{NetworksManage, TenantsRead};
use crate::service::{Operators, networks};

/// Lists networks in order. With an address in `q`, those that hold it: the most specific first, and of those in
/// force it is the first that `decides`.
#[utoipa::path(
    tag = "networks",
    params(NetworksQuery),
    responses((status = 200, body = NetworkPage), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/networks")]
pub async fn list_networks(
    operator: Operator<TenantsRead>,
    query: ValidQuery<NetworksQuery>,
) -> ApiResult<Json<NetworkPage>> {
    let (filter, limit) = (query.0.filter(), query.0.limit());
    let cursor = query.0.cursor.as_deref();
    let page = operator
        .act(async |tx, _| networks::list(tx, &filter, cursor, limit).await)
        .await?;
    Ok(Json(page.into()))
}

/// Trusts or blocks a network, from the next request on. What was said of the same network before, makes way; said
/// again, nothing changes. Whoever is blocked gets 403 `network_blocked` on every organisation's host and on the
/// root host; whoever is trusted is not counted by limits that count by address.
///
/// Errors: `validation_failed` (400) at `network` where it is none, too wide, or a block would shut out the machine
/// itself, the proxies in front of it, or you; at `until` where it is over; `network_limit` (409).
#[utoipa::path(
    tag = "networks",
    request_body = SetNetwork,
    responses((status = 200, body = NetworkSet), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("networks_manage")))
)]
#[post("/networks")]
pub async fn set_network(
    operator: Operator<NetworksManage>,
    operators: Data<Operators>,
    body: ValidJson<SetNetwork>,
) -> ApiResult<Json<NetworkSet>> {
    let ruling = body.0.ruling()?;
    let SetNetwork {
        reason, dry_run, ..
    } = body.0;
    let author = operator.office().address();
    let (listed, changed) = operator
        .rehearse(dry_run, async |tx, caller| {
            let mandate = caller.mandate(Some(reason));
            operators.set_network(tx, &ruling, author, &mandate).await
        })
        .await?;
    if changed && !dry_run {
        operators.tell_of_switches();
    }
    Ok(Json(NetworkSet {
        network: listed.into(),
        changed,
    }))
}

/// Thinks nothing of a network any more, from the next request on. A wider one that holds it decides then.
///
/// Errors: `network_not_found` (404).
#[utoipa::path(
    tag = "networks",
    params(("id" = NetworkId, Path)),
    responses((status = 204, description = "Removed."), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("networks_manage")))
)]
#[delete("/networks/{id}")]
pub async fn remove_network(
    operator: Operator<NetworksManage>,
    operators: Data<Operators>,
    id: PathId<NetworkId>,
) -> ApiResult<HttpResponse> {
    operator
        .act(async |tx, caller| networks::remove(tx, id.0, &caller.mandate(None)).await)
        .await?;
    operators.tell_of_switches();
    Ok(HttpResponse::NoContent().finish())
}
