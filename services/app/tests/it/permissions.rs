//! The page that says who may do what, and the description it is made from.

use std::path::Path;

use kernel::roles::{Permission, Role};

use crate::isolation::table::{Access, TABLE};

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "writing the page is asked for by the environment"
)]
fn the_page_of_permissions_is_made_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/security/permissions.md");
    let page = app::permissions::page().expect("a page");
    if std::env::var_os("SIGNALBOX_ACCEPT").is_some() {
        std::fs::write(&path, &page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(&path).expect("the page is kept");
    assert!(
        kept == page,
        "signalbox permissions > deploy/security/permissions.md"
    );
    for permission in Permission::ALL {
        let row = format!("| `{}` | yes |", permission.as_str());
        assert!(kept.contains(&row), "{row}: owners may do all");
    }
}

/// Whom the isolation suite sees refused is whom the description refuses.
#[test]
fn a_described_permission_is_one_that_the_refused_role_lacks() {
    let document = serde_json::to_value(app::api::document()).expect("a description");
    let mut seen = 0;
    for methods in document["paths"].as_object().expect("paths").values() {
        for operation in methods.as_object().expect("methods").values() {
            let id = operation["operationId"].as_str().expect("an id");
            let row = TABLE.iter().find(|row| row.id == id).expect("a row");
            let named = operation.get("x-permission").map(|it| {
                let name = it.as_str().expect("a name");
                Permission::parse(name).unwrap_or_else(|| panic!("{id}: {name} is no permission"))
            });
            match (row.access, named) {
                (Access::Anyone, named) => assert!(named.is_none(), "{id} asks nobody"),
                (Access::Needs(role), Some(named)) => assert!(!role.allows(named), "{id}"),
                (Access::Needs(_), None) => {
                    panic!("{id} does not say which permission it asks for")
                }
                (Access::SignedIn, named) => {
                    let all = named.is_none_or(|it| Role::ALL.iter().all(|role| role.allows(it)));
                    assert!(all, "{id} is not for everybody");
                }
            }
            seen += usize::from(named.is_some());
        }
    }
    assert!(seen > 30, "{seen} operations name a permission");
}
