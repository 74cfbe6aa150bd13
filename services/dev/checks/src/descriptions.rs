//! Rule 13: the description of an operation names the permission that its handler's signature asks for.
//!
//! Owns comparing `x-permission` and `x-recent` with the policy in `Tenant<…>`. Judged by names: whether a
//! permission exists says the page of permissions, which is made from the types.

use crate::{Offence, Repository, RustSource};

/// Policies that ask for no permission.
const WITHOUT: [&str; 5] = ["SignedIn", "Recognized", "Myself", "Enrolling", "Leaving"];

/// Every operation whose description says something else than its signature.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for (file, rust) in repo.rust_files() {
        if !file.path.starts_with("services/domains/") {
            continue;
        }
        for index in rust.find(&["utoipa", ":", ":", "path", "("]) {
            let Some(operation) = Operation::at(rust, index) else {
                continue;
            };
            if operation.described == operation.asked {
                continue;
            }
            let (described, asked) = (operation.described, operation.asked);
            let message = format!(
                "{} asks for {}, and its description says {}",
                operation.name,
                asked.words(),
                described.words()
            );
            found.push(Offence::at(&file.path, rust.line(index), message));
        }
    }
    found
}

/// What an operation wants of whoever calls it.
#[derive(Debug, PartialEq, Eq)]
struct Ask {
    permission: Option<String>,
    recent: bool,
}

impl Ask {
    fn words(&self) -> String {
        let permission = self.permission.as_deref().unwrap_or("no permission");
        let recent = if self.recent { ", recently proven" } else { "" };
        format!("{permission}{recent}")
    }
}

/// A described handler of a tenant's host.
struct Operation {
    name: String,
    described: Ask,
    asked: Ask,
}

impl Operation {
    /// The one whose description begins at `index`; `None` for one that takes no `Tenant<…>`.
    fn at(rust: &RustSource, index: usize) -> Option<Self> {
        let end = rust.closing(index + 4);
        let function = (end..rust.tokens.len()).find(|at| rust.text(*at) == "fn")?;
        let open = (function..rust.tokens.len()).find(|at| rust.text(*at) == "(")?;
        let tenant = (open..rust.closing(open))
            .find(|at| rust.text(*at) == "Tenant" && rust.text(at + 1) == "<")?;
        let recent = rust.text(tenant + 2) == "Recent";
        let policy = rust.text(if recent { tenant + 4 } else { tenant + 2 });
        let value = |name: &str| {
            let quoted = format!("\"{name}\"");
            let at = (index..end).find(|at| rust.text(*at) == quoted)?;
            // `"x-permission" = json!("members_read")`
            Some(rust.text(at + 5).trim_matches('"').to_owned())
        };
        Some(Self {
            name: rust.text(function + 1).to_owned(),
            described: Ask {
                permission: value("x-permission"),
                recent: value("x-recent").as_deref() == Some("true"),
            },
            asked: Ask {
                permission: (!WITHOUT.contains(&policy)).then(|| snake(policy)),
                recent,
            },
        })
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
