//! Rule 4: inside a domain, `http -> service -> {model, store}` and nothing else.
//!
//! Judged by names per file: rules do not know the web, handlers do not know SQL.

use crate::{Offence, Repository, RustSource};

/// Every use of the web in `model` or `service`, and of SQL or the store in `http`.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for (file, rust) in repo.rust_files() {
        let Some((layer, path)) = layer(&file.path) else {
            continue;
        };
        let lines = match layer {
            "model" | "service" => web_lines(rust),
            "http" => sql_lines(rust),
            _ => continue,
        };
        let message = match layer {
            "http" => "a handler calls its service; SQL and the store are below it",
            _ => "rules and use cases do not know actix or utoipa",
        };
        found.extend(
            lines
                .into_iter()
                .map(|line| Offence::at(path, line, message)),
        );
    }
    found
}

fn layer(path: &str) -> Option<(&str, &str)> {
    let (_, inside) = path
        .strip_prefix("services/domains/")?
        .split_once("/src/")?;
    let layer = inside.split(['/', '.']).next()?;
    Some((layer, path))
}

fn web_lines(rust: &RustSource) -> Vec<usize> {
    let web = |text: &str| text.starts_with("actix") || text.starts_with("utoipa");
    lines(rust, |index| web(rust.text(index)))
}

fn sql_lines(rust: &RustSource) -> Vec<usize> {
    lines(rust, |index| match rust.text(index) {
        "Sql" | "PlatformSql" => true,
        "sql" | "platform_sql" => rust.text(index + 1) == "!",
        "store" => {
            let imported = rust
                .tokens
                .get(index)
                .is_some_and(|it| it.imported_from.is_some());
            imported || rust.text(index + 1) == ":" && rust.text(index + 2) == ":"
        }
        _ => false,
    })
}

fn lines(rust: &RustSource, bad: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut lines: Vec<usize> = (0..rust.tokens.len())
        .filter(|index| bad(*index))
        .map(|index| rust.line(index))
        .collect();
    lines.dedup();
    lines
}
