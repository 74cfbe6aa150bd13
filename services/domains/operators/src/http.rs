//! The operations of operators, on their own listener: parse, one call, one conversion.

mod accounts;
mod approvals;
mod audit;
mod dto;
mod names;
mod networks;
mod overview;
mod recovery;
mod session;
mod support;
mod tenants;
mod tokens;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(session::create_session)
        .service(session::show_session)
        .service(session::end_session)
        .service(session::change_password)
        .service(session::list_sessions)
        .service(session::revoke_session)
        .service(overview::show_overview)
        .service(tenants::list_tenants)
        .service(tenants::change_tenants)
        .service(tenants::fetch_tenant)
        .service(tenants::suspend_tenant)
        .service(tenants::freeze_tenant)
        .service(tenants::resume_tenant)
        .service(tenants::delete_tenant)
        .service(tenants::undelete_tenant)
        .service(names::rename_tenant)
        .service(names::change_tenant_plan)
        .service(names::add_tenant_domain)
        .service(names::remove_tenant_domain)
        .service(names::use_tenant_domain)
        .service(accounts::list_operators)
        .service(accounts::create_operator)
        .service(accounts::enable_operator)
        .service(accounts::disable_operator)
        .service(accounts::change_operator_role)
        .service(accounts::reset_operator_totp)
        .service(networks::list_networks)
        .service(networks::set_network)
        .service(networks::remove_network)
        .service(audit::list_audit)
        .service(support::request_support)
        .service(recovery::request_recovery)
        .service(recovery::show_recovery)
        .service(recovery::stop_recovery)
        .service(tokens::create_token)
        .service(tokens::list_tokens)
        .service(tokens::revoke_token)
        .service(approvals::list_approvals)
        .service(approvals::approve_request)
        .service(approvals::reject_request);
}
