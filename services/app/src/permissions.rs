//! Who may do what, as a page for people: `deploy/security/permissions.md`, made from the roles' table and the
//! description of the API.

use std::collections::BTreeMap;
use std::fmt::Write;

use kernel::roles::{Permission, Role};
use serde_json::Value;

use crate::api;

const HEAD: &str = "# Who may do what

Made by `signalbox permissions`; a test holds it against the code. Every organisation has these five roles. The
gate reads the caller's role from the row of their session on every request, so a change of role applies to the
very next one. A program's key does what it was made for, as long as whoever made it may do that too.
";

const OPERATIONS: &str = "
## Operations

*Asks for* is the permission; `signed in` is anybody of the organisation, `nobody` wants no proof of who is
calling. *Recent* wants a proof of the last ten minutes. *Key* says whether a program with a key may call it;
what a program may not do is for people themselves.
";

/// The page.
pub fn page() -> anyhow::Result<String> {
    let mut text = HEAD.to_owned();
    roles(&mut text)?;
    permissions(&mut text)?;
    operations(&mut text, &serde_json::to_value(api::document())?)?;
    Ok(text)
}

fn roles(text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n## Roles\n\n| role | what it is for |\n|---|---|")?;
    for role in Role::ALL {
        writeln!(text, "| `{}` | {} |", role.as_str(), role.describe())?;
    }
    Ok(())
}

fn permissions(text: &mut String) -> std::fmt::Result {
    let names = Role::ALL.map(Role::as_str).join(" | ");
    let line = "|---".repeat(Role::ALL.len() + 2);
    writeln!(
        text,
        "\n## Permissions\n\n| permission | {names} | what it allows |\n{line}|"
    )?;
    for permission in Permission::ALL {
        let cells = Role::ALL.map(|role| mark(role.allows(permission)));
        let (name, words) = (permission.as_str(), permission.describe());
        writeln!(text, "| `{name}` | {} | {words} |", cells.join(" | "))?;
    }
    Ok(())
}

fn operations(text: &mut String, document: &Value) -> std::fmt::Result {
    text.push_str(OPERATIONS);
    let mut by_tag: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str);
            let row = row(path, method, operation);
            by_tag.entry(tag.unwrap_or("other")).or_default().push(row);
        }
    }
    for (tag, rows) in by_tag {
        writeln!(text, "\n### {tag}\n")?;
        writeln!(text, "| request | operation | asks for | recent | key |")?;
        writeln!(text, "|---|---|---|---|---|")?;
        for row in rows {
            writeln!(text, "{row}")?;
        }
    }
    Ok(())
}

fn row(path: &str, method: &str, operation: &Value) -> String {
    let takes = |scheme: &str| {
        let schemes = operation["security"].as_array();
        schemes.is_some_and(|all| all.iter().any(|one| one.get(scheme).is_some()))
    };
    let asks = match operation["x-permission"].as_str() {
        Some(permission) => format!("`{permission}`"),
        None if takes(gateway::COOKIE_SCHEME) => "signed in".to_owned(),
        None => "nobody".to_owned(),
    };
    let recent = mark(operation["x-recent"] == true);
    let key = mark(takes(gateway::KEY_SCHEME));
    let (method, id) = (method.to_uppercase(), &operation["operationId"]);
    let id = id.as_str().unwrap_or_default();
    format!("| `{method} {path}` | `{id}` | {asks} | {recent} | {key} |")
}

const fn mark(yes: bool) -> &'static str {
    if yes { "yes" } else { "–" }
}
