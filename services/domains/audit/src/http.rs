//! The operations on a tenant's host: parse, one use case, one conversion.

mod dto;
mod export_audit;
mod list_audit;
mod verify_audit;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_audit::list_audit)
        .service(export_audit::export_audit)
        .service(verify_audit::verify_audit);
}
