//! The operators' operations: as the description has them, and as the table of this suite has them.

use std::collections::BTreeSet;

use operators::Permission;
use reqwest::Method;
use serde_json::Value;

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Anyone,
    /// Somebody who is signed in.
    SignedIn,
    /// A role that allows it.
    Needs(Permission),
}

/// An operation, and how the suite calls it: `{id}` in its path is the organisation's, the other operator's, the
/// other session's, the token's, the network's or the request's; `{code}` in its body is one of the caller's app.
pub struct Operation {
    pub id: &'static str,
    pub access: Access,
    pub body: Option<&'static str>,
    /// The status for whoever may.
    pub answer: u16,
    /// What it leaves in the audit log.
    pub audited: Option<&'static str>,
}

const fn row(
    id: &'static str,
    access: Access,
    body: Option<&'static str>,
    answer: u16,
    audited: Option<&'static str>,
) -> Operation {
    Operation {
        id,
        access,
        body,
        answer,
        audited,
    }
}

use Access::{Anyone, Needs, SignedIn};
use Permission::{
    AccountsManage, AuditRead, NetworksManage, SupportAccess, TenantsManage, TenantsRead,
};

const WHY: Option<&str> = Some(r#"{"reason":"a test"}"#);

/// Every operation, in an order in which each can be done after those before it.
pub const TABLE: [Operation; 40] = [
    row(
        "create_session",
        Anyone,
        Some(r#"{"email":"nobody@example.com","password":"x","code":"1"}"#),
        401,
        Some("operator.sign_in_refused"),
    ),
    row("show_session", SignedIn, None, 200, None),
    row("list_sessions", SignedIn, None, 200, None),
    row("show_overview", Needs(TenantsRead), None, 200, None),
    row("list_tenants", Needs(TenantsRead), None, 200, None),
    row("fetch_tenant", Needs(TenantsRead), None, 200, None),
    row("list_networks", Needs(TenantsRead), None, 200, None),
    row(
        "set_network",
        Needs(NetworksManage),
        Some(r#"{"network":"203.0.113.0/24","verdict":"blocked","reason":"a test"}"#),
        200,
        Some("network.blocked"),
    ),
    row(
        "remove_network",
        Needs(NetworksManage),
        None,
        204,
        Some("network.removed"),
    ),
    row("list_audit", Needs(AuditRead), None, 200, None),
    row(
        "request_support",
        Needs(SupportAccess),
        Some(r#"{"reason":"a test","ticket":"HELP-1"}"#),
        201,
        Some("support.requested"),
    ),
    row(
        "request_recovery",
        Needs(TenantsManage),
        Some(
            r#"{"email":"new@elsewhere.example","proof":"a register extract","reason":"a test","confirm":"acme"}"#,
        ),
        201,
        Some("recovery.began"),
    ),
    row("show_recovery", Needs(TenantsRead), None, 200, None),
    row(
        "stop_recovery",
        Needs(TenantsManage),
        None,
        204,
        Some("recovery.stopped"),
    ),
    row(
        "suspend_tenant",
        Needs(TenantsManage),
        WHY,
        200,
        Some("tenant.suspended"),
    ),
    row(
        "freeze_tenant",
        Needs(TenantsManage),
        WHY,
        200,
        Some("tenant.frozen"),
    ),
    row(
        "resume_tenant",
        Needs(TenantsManage),
        WHY,
        200,
        Some("tenant.resumed"),
    ),
    row(
        "delete_tenant",
        Needs(TenantsManage),
        Some(r#"{"confirm":"acme"}"#),
        200,
        Some("tenant.deletion_began"),
    ),
    row(
        "undelete_tenant",
        Needs(TenantsManage),
        WHY,
        200,
        Some("tenant.deletion_undone"),
    ),
    row(
        "add_tenant_domain",
        Needs(TenantsManage),
        Some(r#"{"host":"status.acme.example"}"#),
        200,
        Some("domain.added"),
    ),
    row(
        "remove_tenant_domain",
        Needs(TenantsManage),
        Some(r#"{"host":"status.acme.example"}"#),
        200,
        Some("domain.removed"),
    ),
    row(
        "use_tenant_domain",
        Needs(TenantsManage),
        Some(r#"{"host":"acme.localhost"}"#),
        200,
        Some("domain.made_canonical"),
    ),
    row(
        "change_tenant_plan",
        Needs(TenantsManage),
        Some(r#"{"plan":"pro","endpoints":50}"#),
        200,
        Some("tenant.plan_changed"),
    ),
    row(
        "rename_tenant",
        Needs(TenantsManage),
        Some(r#"{"slug":"acme-two","name":"Acme Two"}"#),
        200,
        Some("tenant.renamed"),
    ),
    row(
        "change_tenants",
        Needs(TenantsManage),
        Some(r#"{"verb":"suspend","ids":["{tenant}"]}"#),
        200,
        Some("tenant.suspended"),
    ),
    row("list_approvals", Needs(TenantsRead), None, 200, None),
    row(
        "approve_request",
        Needs(TenantsManage),
        None,
        200,
        Some("approval.approved"),
    ),
    row(
        "reject_request",
        Needs(TenantsManage),
        None,
        200,
        Some("approval.rejected"),
    ),
    row(
        "create_token",
        SignedIn,
        Some(
            r#"{"name":"nightly","permissions":["tenants_read"],"valid_days":365,"password":"correct horse battery staple 9","code":"{code}"}"#,
        ),
        201,
        Some("token.created"),
    ),
    row("list_tokens", SignedIn, None, 200, None),
    row("revoke_token", SignedIn, None, 204, Some("token.revoked")),
    row("list_operators", Needs(AccountsManage), None, 200, None),
    row(
        "create_operator",
        Needs(AccountsManage),
        Some(
            r#"{"email":"new@example.com","name":"New","role":"support","password":"tangerine plinth oboe"}"#,
        ),
        201,
        Some("operator.created"),
    ),
    row(
        "change_operator_role",
        Needs(AccountsManage),
        Some(r#"{"role":"operator"}"#),
        200,
        Some("operator.role_changed"),
    ),
    row(
        "reset_operator_totp",
        Needs(AccountsManage),
        None,
        200,
        Some("operator.totp_reset"),
    ),
    row(
        "disable_operator",
        Needs(AccountsManage),
        None,
        200,
        Some("operator.disabled"),
    ),
    row(
        "enable_operator",
        Needs(AccountsManage),
        None,
        200,
        Some("operator.enabled"),
    ),
    row(
        "change_password",
        SignedIn,
        Some(
            r#"{"current_password":"correct horse battery staple 9","password":"tangerine plinth oboe"}"#,
        ),
        204,
        Some("operator.password_changed"),
    ),
    row(
        "revoke_session",
        SignedIn,
        None,
        204,
        Some("operator.session_revoked"),
    ),
    row(
        "end_session",
        SignedIn,
        None,
        204,
        Some("operator.signed_out"),
    ),
];

/// An operation as the description has it.
pub struct Described {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub access: Access,
    /// Whether a program's token does, too.
    pub by_token: bool,
}

/// Every described operation, in the order of the table.
pub fn described() -> Vec<Described> {
    let document = serde_json::to_value(app::api::operator_document()).expect("a description");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            all.push(Described {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                access: access(operation),
                by_token: names(operation, "operator_token"),
            });
        }
    }
    all.sort_by_key(|operation| TABLE.iter().position(|row| row.id == operation.id));
    all
}

fn names(operation: &Value, scheme: &str) -> bool {
    let schemes = operation["security"].as_array();
    schemes.is_some_and(|all| all.iter().any(|one| one.get(scheme).is_some()))
}

fn access(operation: &Value) -> Access {
    let permission = operation["x-permission"].as_str();
    let signed_in = names(operation, "operator_cookie");
    match (signed_in, permission) {
        (false, None) => Anyone,
        (true, None) => SignedIn,
        (true, Some(name)) => {
            let named = serde_json::from_value(Value::String(name.to_owned()));
            Needs(named.expect("a permission"))
        }
        (false, Some(name)) => panic!("{name} without security"),
    }
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations = described();
    let ids: BTreeSet<&str> = operations.iter().map(|it| it.id.as_str()).collect();
    let listed: BTreeSet<&str> = TABLE.iter().map(|row| row.id).collect();
    assert_eq!(ids, listed);
    for (operation, row) in operations.iter().zip(&TABLE) {
        assert_eq!(operation.access, row.access, "{}", operation.id);
        assert_eq!(
            operation.method == Method::GET,
            row.audited.is_none(),
            "{}",
            row.id
        );
    }
}

#[test]
fn the_description_is_the_one_that_is_checked_in() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../openapi/operator.v1.json"
    );
    let kept = std::fs::read_to_string(path).expect("it is checked in");
    let made = app::api::printed(true).expect("JSON");
    assert_eq!(
        kept.trim_end(),
        made,
        "signalbox openapi --operator > openapi/operator.v1.json"
    );
}
