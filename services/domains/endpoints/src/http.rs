//! The operations on a tenant's host: parse, one use case, one conversion.

mod check_endpoint;
mod create_endpoint;
mod delete_endpoint;
mod dto;
mod fetch_endpoint;
mod list_endpoints;
mod list_results;
mod pause_endpoint;
mod replace_endpoint;
mod restore_endpoint;
mod resume_endpoint;
mod show_latency;
mod summarize_endpoints;
mod try_endpoint;
mod update_endpoint;

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::model::endpoint::Endpoint;

/// Registers every operation; fixed paths before ids.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(summarize_endpoints::summarize_endpoints)
        .service(try_endpoint::try_endpoint)
        .service(list_endpoints::list_endpoints)
        .service(create_endpoint::create_endpoint)
        .service(fetch_endpoint::fetch_endpoint)
        .service(replace_endpoint::replace_endpoint)
        .service(update_endpoint::update_endpoint)
        .service(delete_endpoint::delete_endpoint)
        .service(restore_endpoint::restore_endpoint)
        .service(pause_endpoint::pause_endpoint)
        .service(resume_endpoint::resume_endpoint)
        .service(check_endpoint::check_endpoint)
        .service(list_results::list_results)
        .service(show_latency::show_latency);
}

/// 200 with an endpoint and its entity tag.
fn answer(endpoint: Endpoint) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((ETAG, gateway::etag(endpoint.revision)))
        .json(dto::EndpointView::from(endpoint))
}
