//! Rule 9: what `sql!` and `platform_sql!` may say.
//!
//! Owns finding every statement in the source, also for the test that prepares them all. What
//! Postgres itself would refuse is left to Postgres.

use crate::sql_lexer::{Lexeme, TableName, lex, tables};
use crate::{Offence, Repository};

/// One `sql!` or `platform_sql!` literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Path from the root.
    pub file: String,
    /// Line of the macro's name.
    pub line: usize,
    /// Which macro, and so which transaction runs it.
    pub kind: Kind,
    /// The SQL.
    pub text: String,
}

/// Whose statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `sql!`: runs inside one tenant's schema under its role.
    Tenant,
    /// `platform_sql!`: runs on schema `platform` under the app's login.
    Platform,
}

/// The platform tables that row security opens to a tenant.
const OPEN_TO_TENANTS: [&str; 3] = ["work", "check_schedule", "audit_anchors"];

/// Time and chance come from the transaction, so that tests and replays see the same.
const IMPURE: [&str; 15] = [
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtimestamp",
    "localtime",
    "random",
    "gen_random_uuid",
    "gen_random_bytes",
    "uuid_generate_v4",
    "uuidv7",
];

const VERBS: [&str; 6] = ["select", "insert", "update", "delete", "with", "merge"];

/// Every statement of the shipped code, in the order of files and lines. Tests are left out: they
/// write wrong statements on purpose.
pub fn statements(repo: &Repository) -> Vec<Statement> {
    scan(repo).0
}

/// Every statement that says what it must not, and every macro call without a plain literal.
pub fn offences(repo: &Repository) -> Vec<Offence> {
    let (statements, mut found) = scan(repo);
    for statement in &statements {
        let lexemes = lex(&statement.text);
        let mut refusals = shape(&lexemes);
        refusals.extend(match statement.kind {
            Kind::Tenant => tenant(&lexemes),
            Kind::Platform => platform(&lexemes),
        });
        for (line, message) in refusals {
            found.push(Offence::at(
                &statement.file,
                statement.line + line - 1,
                message,
            ));
        }
    }
    found
}

fn scan(repo: &Repository) -> (Vec<Statement>, Vec<Offence>) {
    let mut statements = Vec::new();
    let mut found = Vec::new();
    let shipped = repo.rust_files().filter(|(file, _)| {
        !file.test()
            && file.path.starts_with("services/")
            && !file.path.starts_with("services/dev/")
    });
    for (file, rust) in shipped {
        for (name, kind) in [("sql", Kind::Tenant), ("platform_sql", Kind::Platform)] {
            for index in rust.find(&[name, "!"]) {
                let line = rust.line(index);
                let literal = syn::parse_str::<syn::LitStr>(rust.text(index + 3));
                match literal {
                    _ if rust.in_test(line) => {}
                    Ok(literal) => {
                        let line = rust.line(index + 3);
                        let text = literal.value();
                        statements.push(Statement {
                            file: file.path.clone(),
                            line,
                            kind,
                            text,
                        });
                    }
                    // The macros pass their argument on to each other inside `db`.
                    Err(_) if rust.text(index + 3) == "$" => {}
                    Err(_) => {
                        let message = format!("{name}! takes one string literal");
                        found.push(Offence::at(&file.path, line, message));
                    }
                }
            }
        }
    }
    statements.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    (statements, found)
}

fn shape(lexemes: &[Lexeme]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let first = lexemes.first().map_or("", |it| it.text.as_str());
    if !VERBS.contains(&first) {
        let message = format!("`{first}` is no query: sessions and transactions belong to db");
        found.push((1, message));
    }
    let mut before = "";
    for lexeme in lexemes {
        let star = lexeme.text == "*"
            && matches!(
                before,
                "select" | "returning" | "distinct" | "all" | "," | "."
            );
        if star {
            found.push((lexeme.line, "columns are listed".to_owned()));
        }
        if matches!(lexeme.text.as_str(), ";" | "set_config") {
            found.push((
                lexeme.line,
                format!("`{}` has no place in a statement", lexeme.text),
            ));
        }
        before = &lexeme.text;
    }
    found
}

fn tenant(lexemes: &[Lexeme]) -> Vec<(usize, String)> {
    let impure = lexemes
        .iter()
        .filter(|it| IMPURE.contains(&it.text.as_str()))
        .map(|it| {
            (
                it.line,
                format!("`{}`: time and chance come from the transaction", it.text),
            )
        });
    let open = |table: &TableName| match &table.schema {
        Some(schema) => schema == "platform" && OPEN_TO_TENANTS.contains(&table.name.as_str()),
        None => true,
    };
    let closed = tables(lexemes)
        .into_iter()
        .filter(move |table| !open(table))
        .map(|table| {
            let schema = table.schema.unwrap_or_default();
            (
                table.line,
                format!(
                    "{schema}.{} is not a tenant's: write tables without a schema",
                    table.name
                ),
            )
        });
    impure.chain(closed).collect()
}

fn platform(lexemes: &[Lexeme]) -> Vec<(usize, String)> {
    let ours =
        |table: &TableName| matches!(table.schema.as_deref(), Some("platform" | "pg_catalog"));
    tables(lexemes)
        .into_iter()
        .filter(|table| !ours(table))
        .map(|table| {
            (
                table.line,
                format!("write platform.{}, always with the schema", table.name),
            )
        })
        .collect()
}
