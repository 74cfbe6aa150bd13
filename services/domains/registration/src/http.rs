//! The operations of registration on the root host: parse, one call, one conversion.

mod dto;
mod find_workspaces;
mod preview_slug;
mod register_organization;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(preview_slug::preview_slug)
        .service(register_organization::register_organization)
        .service(find_workspaces::find_workspaces);
}
