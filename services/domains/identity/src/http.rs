//! The operations of identity on a tenant's host: parse, one call, one conversion.

mod account;
mod auth_log;
mod codes;
mod create_session;
mod create_token;
mod discord;
mod dto;
mod email;
mod end_session;
mod identities;
mod invitations;
mod keys;
mod let_in;
mod members;
mod passkeys;
mod passwords;
mod policy;
mod reauthenticate;
mod recovery;
mod refresh_token;
mod resend_verification;
mod sessions;
mod show_me;
mod show_organization;
mod support;
mod transfers;
mod verify_email;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_organization::show_organization)
        .service(verify_email::verify_email)
        .service(resend_verification::resend_verification)
        .service(create_session::create_session)
        .service(end_session::end_session)
        .service(reauthenticate::reauthenticate)
        .service(sessions::list_sessions)
        .service(sessions::revoke_sessions)
        .service(sessions::revoke_session)
        .service(auth_log::list_sign_ins)
        .service(auth_log::list_auth_log)
        .service(auth_log::export_auth_log)
        .service(create_token::create_token)
        .service(refresh_token::refresh_token)
        .service(show_me::show_me)
        .service(account::export_account)
        .service(account::delete_account)
        .service(passwords::forgot_password)
        .service(passwords::reset_password)
        .service(passwords::change_password)
        .service(passwords::set_password)
        .service(passwords::disown_change)
        .service(email::request_email_change)
        .service(email::confirm_email)
        .service(codes::show_security)
        .service(codes::start_codes)
        .service(codes::confirm_codes)
        .service(codes::remove_codes)
        .service(codes::replace_recovery_codes)
        .service(discord::start_discord)
        .service(discord::finish_discord)
        .service(discord::exchange_discord);
    more_routes(config);
}

fn more_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(passkeys::ask_for_passkey)
        .service(passkeys::use_passkey)
        .service(passkeys::list_passkeys)
        .service(passkeys::ask_for_new_passkey)
        .service(passkeys::add_passkey)
        .service(passkeys::rename_passkey)
        .service(passkeys::remove_passkey)
        .service(identities::list_identities)
        .service(identities::link_identity)
        .service(identities::unlink_identity)
        .service(identities::list_guilds)
        .service(support::begin_support)
        .service(support::show_support)
        .service(support::change_support)
        .service(keys::create_api_key)
        .service(keys::list_api_keys)
        .service(keys::revoke_api_key);
    of_people(config);
}

/// Who belongs to the organisation, by which rules, and who owns it.
fn of_people(config: &mut ServiceConfig<'_>) {
    config
        .service(members::list_members)
        .service(members::change_member)
        .service(members::deactivate_member)
        .service(members::reactivate_member)
        .service(members::remove_member)
        .service(members::list_roles)
        .service(invitations::create_invitation)
        .service(invitations::list_invitations)
        .service(invitations::resend_invitation)
        .service(invitations::revoke_invitation)
        .service(invitations::preview_invitation)
        .service(invitations::accept_invitation)
        .service(policy::show_sign_in_policy)
        .service(policy::preview_sign_in_policy)
        .service(policy::replace_sign_in_policy)
        .service(transfers::offer_ownership)
        .service(transfers::show_ownership_transfer)
        .service(transfers::end_ownership_transfer)
        .service(transfers::accept_ownership)
        .service(recovery::show_recovery)
        .service(recovery::stop_recovery)
        .service(recovery::recover_ownership);
}
