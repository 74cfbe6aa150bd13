//! SQL as words and signs: enough to see which tables a statement names.
//!
//! Owns lexing and table names. It is no parser: whether a statement is right is asked of Postgres.

/// One word, literal or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexeme {
    /// Line counted from 1.
    pub line: usize,
    /// Words in lower case, signs as they are, literals as `'`.
    pub text: String,
}

/// A table that a statement reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    /// Line counted from 1.
    pub line: usize,
    /// The part before the dot.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

/// Words that end a list of tables, and therefore are no alias.
const AFTER_TABLE: [&str; 31] = [
    "as",
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "on",
    "using",
    "group",
    "order",
    "limit",
    "offset",
    "for",
    "set",
    "values",
    "select",
    "returning",
    "union",
    "having",
    "window",
    "with",
    "default",
    "overriding",
    "fetch",
    "except",
    "intersect",
    "when",
    "tablesample",
];

/// Functions whose arguments contain the word FROM.
const FUNCTIONS_WITH_FROM: [&str; 5] = ["extract", "substring", "trim", "overlay", "position"];

/// Splits SQL into lexemes; comments are dropped, every literal becomes one `'`.
pub fn lex(sql: &str) -> Vec<Lexeme> {
    let mut lexemes = Vec::new();
    let mut rest = sql;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, text) = match first {
            _ if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), None)
            }
            '\'' | '"' => {
                let end = rest.char_indices().skip(1).find(|(_, it)| *it == first);
                let length = end.map_or(rest.len(), |(index, it)| index + it.len_utf8());
                let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
                (
                    length,
                    Some(if first == '"' {
                        inner.to_owned()
                    } else {
                        "'".to_owned()
                    }),
                )
            }
            '$' if rest.starts_with("$$") => {
                let end = rest.get(2..).and_then(|body| body.find("$$"));
                (end.map_or(rest.len(), |end| end + 4), Some("'".to_owned()))
            }
            _ if word(first) => {
                let length = rest.find(|it| !word(it)).unwrap_or(rest.len());
                (
                    length,
                    Some(rest.get(..length).unwrap_or_default().to_ascii_lowercase()),
                )
            }
            _ => (
                first.len_utf8(),
                (!first.is_whitespace()).then(|| first.to_string()),
            ),
        };
        let (taken, left) = rest.split_at(length.max(1));
        if let Some(text) = text {
            lexemes.push(Lexeme { line, text });
        }
        line += taken.matches('\n').count();
        rest = left;
    }
    lexemes
}

fn word(it: char) -> bool {
    it.is_alphanumeric() || it == '_' || it == '$'
}

/// The tables named after FROM, JOIN, INTO, UPDATE and USING; functions and names of WITH are not.
pub fn tables(lexemes: &[Lexeme]) -> Vec<TableName> {
    let text = |index: usize| lexemes.get(index).map_or("", |it| it.text.as_str());
    let before = |index: usize| index.checked_sub(1).map_or("", text);
    let mut found = Vec::new();
    let mut brackets = Vec::new();
    for index in 0..lexemes.len() {
        let list = match text(index) {
            "(" => {
                brackets.push(FUNCTIONS_WITH_FROM.contains(&before(index)));
                continue;
            }
            ")" => {
                brackets.pop();
                continue;
            }
            "from" => before(index) != "distinct" && brackets.last() != Some(&true),
            "using" => text(index + 1) != "(",
            "join" | "into" => true,
            "update" => !matches!(before(index), "for" | "key" | "do"),
            _ => continue,
        };
        if list {
            let calls = text(index) != "into";
            found.extend(table_list(lexemes, index + 1, calls));
        }
    }
    let named = names_of_with(lexemes);
    found.retain(|table| table.schema.is_some() || !named.contains(&table.name));
    found
}

fn table_list(lexemes: &[Lexeme], start: usize, calls: bool) -> Vec<TableName> {
    let text = |index: usize| lexemes.get(index).map_or("", |it| it.text.as_str());
    let mut found = Vec::new();
    let mut index = start;
    loop {
        while matches!(text(index), "only" | "lateral") {
            index += 1;
        }
        if text(index) == "(" {
            index = after_bracket(lexemes, index);
        } else {
            let Some(first) = lexemes.get(index) else {
                return found;
            };
            let schema = (text(index + 1) == ".").then(|| first.text.clone());
            index += if schema.is_some() { 2 } else { 0 };
            let name = text(index).to_owned();
            index += 1;
            if calls && text(index) == "(" {
                index = after_bracket(lexemes, index);
            } else {
                found.push(TableName {
                    line: first.line,
                    schema,
                    name,
                });
            }
        }
        if text(index) == "with" && text(index + 1) == "ordinality" {
            index += 2;
        }
        if text(index) == "as" {
            index += 1;
        }
        if !AFTER_TABLE.contains(&text(index)) && text(index).starts_with(word) {
            index += 1;
        }
        if text(index) == "(" && calls {
            index = after_bracket(lexemes, index);
        }
        if text(index) != "," {
            return found;
        }
        index += 1;
    }
}

/// Index behind the bracket that closes the one at `open`.
fn after_bracket(lexemes: &[Lexeme], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, lexeme) in lexemes.iter().enumerate().skip(open) {
        match lexeme.text.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    lexemes.len()
}

/// Names that WITH gives to subqueries: `name [(columns)] AS [NOT] [MATERIALIZED] (`.
fn names_of_with(lexemes: &[Lexeme]) -> Vec<String> {
    let text = |index: usize| lexemes.get(index).map_or("", |it| it.text.as_str());
    let mut found = Vec::new();
    for index in 1..lexemes.len() {
        if !matches!(text(index - 1), "with" | "recursive" | ",") {
            continue;
        }
        let mut next = index + 1;
        if text(next) == "(" {
            next = after_bracket(lexemes, next);
        }
        if text(next) != "as" {
            continue;
        }
        next += 1;
        while matches!(text(next), "not" | "materialized") {
            next += 1;
        }
        if text(next) == "(" {
            found.push(text(index).to_owned());
        }
    }
    found
}
