//! The files that make schemas: numbered without gaps, and nothing in a tenant's that would tie
//! it to its neighbours or to this database.

use crate::sql_lexer::{Lexeme, lex};
use crate::{Offence, Repository, SourceFile};

/// Objects that a tenant schema must not own: they break moving it, sharing prepared statements,
/// or the reader's right to see every effect in the code.
const FOREIGN: [&str; 11] = [
    "type",
    "domain",
    "trigger",
    "function",
    "procedure",
    "extension",
    "schema",
    "rule",
    "aggregate",
    "materialized",
    "event",
];

/// Words after which a table, index or sequence is named.
const NAMES_FOLLOW: [&str; 14] = [
    "table",
    "references",
    "on",
    "into",
    "from",
    "join",
    "update",
    "index",
    "exists",
    "view",
    "sequence",
    "only",
    "to",
    "schema",
];

/// File names that break the chain `V1__name.sql, V2__…`, in both chains.
pub fn chain_offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for folder in ["migrations", "tenant-templates"] {
        let mut versions = Vec::new();
        for file in sql_files(repo, folder).filter(|file| file.name() != "schema.sql") {
            match version(file.name()) {
                Some(version) => versions.push((version, file)),
                None => found.push(Offence::of(
                    &file.path,
                    "is called V<number>__<snake_case>.sql",
                )),
            }
        }
        versions.sort_by_key(|(version, _)| *version);
        if versions.is_empty() {
            found.push(Offence::of(folder, "has no migration"));
        }
        for (expected, (version, file)) in (1_u32..).zip(versions) {
            if version != expected {
                found.push(Offence::of(
                    &file.path,
                    format!("follows as V{expected}: no gap, no twin"),
                ));
            }
        }
    }
    found
}

/// What a tenant's migration or snapshot must not contain, and tables that nothing justifies.
pub fn tenant_offences(repo: &Repository) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in sql_files(repo, "tenant-templates") {
        let lexemes = lex(&file.text);
        let refusals = forbidden(&lexemes).into_iter().chain(qualified(&lexemes));
        found.extend(refusals.map(|(line, message)| Offence::at(&file.path, line, message)));
        if !file.generated() {
            found.extend(unjustified(file, &lexemes));
        }
    }
    found
}

fn sql_files<'a>(repo: &'a Repository, folder: &'a str) -> impl Iterator<Item = &'a SourceFile> {
    repo.files.iter().filter(move |file| {
        file.path.split('/').next() == Some(folder) && file.extension() == "sql"
    })
}

fn version(name: &str) -> Option<u32> {
    let (number, title) = name
        .strip_prefix('V')?
        .strip_suffix(".sql")?
        .split_once("__")?;
    let snake = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    (!title.is_empty() && title.chars().all(snake)).then(|| number.parse().ok())?
}

fn forbidden(lexemes: &[Lexeme]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut creating = false;
    for lexeme in lexemes {
        let word = lexeme.text.as_str();
        let modifier = matches!(
            word,
            "or" | "replace" | "constraint" | "if" | "not" | "exists"
        );
        if creating && FOREIGN.contains(&word) {
            found.push((
                lexeme.line,
                format!("CREATE {} has no place in a tenant", word.to_uppercase()),
            ));
        }
        creating = word == "create" || creating && modifier;
        if matches!(word, "inherits" | "partition") {
            found.push((
                lexeme.line,
                format!("{} has no place in a tenant", word.to_uppercase()),
            ));
        }
        if word == "public" {
            found.push((lexeme.line, "public is empty and stays empty".to_owned()));
        }
    }
    found
}

fn qualified(lexemes: &[Lexeme]) -> Vec<(usize, String)> {
    let text = |index: usize| lexemes.get(index).map_or("", |it| it.text.as_str());
    let mut found = Vec::new();
    for (index, lexeme) in lexemes.iter().enumerate().skip(1) {
        let named = NAMES_FOLLOW.contains(&text(index - 1)) || lexeme.text == "platform";
        if named && text(index + 1) == "." {
            let message = format!(
                "{}.{}: a tenant's files name no schema",
                lexeme.text,
                text(index + 2)
            );
            found.push((lexeme.line, message));
        }
    }
    found
}

/// A table is paid for by every tenant: the comment that opens its migration says by name why.
fn unjustified(file: &SourceFile, lexemes: &[Lexeme]) -> Vec<Offence> {
    let opening: String = file
        .text
        .lines()
        .take_while(|line| line.starts_with("--"))
        .collect();
    let text = |index: usize| lexemes.get(index).map_or("", |it| it.text.as_str());
    let mut found = Vec::new();
    for (index, lexeme) in lexemes.iter().enumerate() {
        if lexeme.text != "create" || text(index + 1) != "table" {
            continue;
        }
        let name = if text(index + 2) == "if" {
            text(index + 5)
        } else {
            text(index + 2)
        };
        let mentioned = opening
            .split(|it: char| !it.is_alphanumeric() && it != '_')
            .any(|it| it == name);
        if !mentioned {
            let message = format!("the opening comment does not say what table {name} is for");
            found.push(Offence::at(&file.path, lexeme.line, message));
        }
    }
    found
}
