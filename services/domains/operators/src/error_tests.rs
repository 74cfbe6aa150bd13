//! Every refusal of operators, with its code.

use super::*;

#[test]
fn every_refusal_has_its_code() {
    let field = FieldError::new("email", "email", "x");
    let codes = [
        Error::InvalidCredentials,
        Error::SignedOut,
        Error::Forbidden(Permission::AuditRead),
        Error::WrongPassword,
        Error::PasswordRefused(Vec::new()),
        Error::Field(field),
        Error::EmailTaken,
        Error::OperatorNotFound,
        Error::SessionNotFound,
        Error::LastAdministrator,
        Error::OwnAccount,
        Error::TenantNotFound,
        Error::NotConfirmed("acme".to_owned()),
        Error::Rehearsed,
        Error::Seed(Unreadable),
        PasswordsError::CutShort.into(),
        DbError::Missing.into(),
    ]
    .map(|error| (error.code(), error.kind()));
    assert_eq!(
        codes,
        [
            ("invalid_credentials", ErrorKind::Unauthenticated),
            ("unauthenticated", ErrorKind::Unauthenticated),
            ("forbidden", ErrorKind::Forbidden),
            ("validation_failed", ErrorKind::Invalid),
            ("validation_failed", ErrorKind::Invalid),
            ("validation_failed", ErrorKind::Invalid),
            ("email_taken", ErrorKind::Conflict),
            ("operator_not_found", ErrorKind::NotFound),
            ("session_not_found", ErrorKind::NotFound),
            ("last_administrator", ErrorKind::Conflict),
            ("own_account", ErrorKind::Conflict),
            ("tenant_not_found", ErrorKind::NotFound),
            ("not_confirmed", ErrorKind::Invalid),
            ("internal", ErrorKind::Internal),
            ("internal", ErrorKind::Internal),
            ("internal", ErrorKind::Internal),
            ("internal", ErrorKind::Internal),
        ]
    );
}

#[test]
fn every_refusal_about_tokens_networks_requests_and_support_has_its_code() {
    let codes = [
        Error::TokenLacks(Permission::AuditRead),
        Error::SessionNeeded,
        Error::NotProven,
        Error::TokenNotFound,
        Error::TokenLimit { max: 1 },
        Error::NetworkNotFound,
        Error::NetworkLimit { max: 1 },
        Error::ApprovalNotFound,
        Error::ApprovalOver("approved"),
        Error::OwnApproval,
        Error::RequesterGone,
        Error::SupportNotAllowed,
        Error::SupportUnavailable("deleting"),
    ]
    .map(|error| (error.code(), error.kind()));
    assert_eq!(
        codes,
        [
            ("forbidden", ErrorKind::Forbidden),
            ("session_needed", ErrorKind::Forbidden),
            ("not_proven", ErrorKind::Forbidden),
            ("token_not_found", ErrorKind::NotFound),
            ("token_limit", ErrorKind::Conflict),
            ("network_not_found", ErrorKind::NotFound),
            ("network_limit", ErrorKind::Conflict),
            ("approval_not_found", ErrorKind::NotFound),
            ("approval_over", ErrorKind::Conflict),
            ("own_approval", ErrorKind::Conflict),
            ("requester_gone", ErrorKind::Conflict),
            ("support_not_allowed", ErrorKind::Conflict),
            ("support_unavailable", ErrorKind::Conflict),
        ]
    );
}
