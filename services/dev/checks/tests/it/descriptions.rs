//! Rule 13 on this repository and on wrong descriptions.

use checks::descriptions;

use crate::{blames, clean, house, tree};

#[test]
fn descriptions_name_the_permission_of_the_signature() {
    clean(descriptions::offences(house()));
}

#[test]
fn a_description_that_says_something_else_is_named() {
    let handler = |extensions: &str, policy: &str| {
        format!(
            "#[utoipa::path(extensions((\"x-host\" = json!(\"tenant\")){extensions}))]\n\
             #[get(\"/x\")]\n\
             pub async fn show_x(tenant: Tenant<{policy}>) -> Answer {{ answer() }}"
        )
    };
    let permission = ", (\"x-permission\" = json!(\"keys_manage\"))";
    let both = format!("{permission}, (\"x-recent\" = json!(true))");
    let path = |name: &str| format!("services/domains/x/src/http/{name}.rs");
    let files = [
        (path("right"), handler(permission, "KeysManage")),
        (path("recent"), handler(&both, "Recent<KeysManage>")),
        (path("none"), handler("", "SignedIn")),
        (path("missing"), handler("", "KeysManage")),
        (path("stale"), handler(permission, "Recent<KeysManage>")),
        (path("other"), handler(permission, "AuditRead")),
        (path("too_much"), handler(permission, "Myself")),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    blames(
        descriptions::offences(&tree(&files)),
        &[
            "services/domains/x/src/http/missing.rs:1: show_x asks for keys_manage, and",
            "services/domains/x/src/http/other.rs:1: show_x asks for audit_read, and",
            "services/domains/x/src/http/stale.rs:1: show_x asks for keys_manage, recently proven, and",
            "services/domains/x/src/http/too_much.rs:1: show_x asks for no permission, and",
        ],
    );
}
