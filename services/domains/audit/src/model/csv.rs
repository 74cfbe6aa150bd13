//! The log as comma-separated values (RFC 4180), written so that no spreadsheet runs a cell, and read back.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::canonical::{self, Hash};
use super::entry::SealedEntry;
use super::file::Row;

/// The columns. `actor` is for people: nothing of it is sealed.
pub const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "action",
    "actor_kind",
    "actor_id",
    "actor",
    "address",
    "request_id",
    "target_kind",
    "target_id",
    "before",
    "after",
    "id",
    "hash",
];

/// The columns that hold JSON.
const JSON: [&str; 2] = ["before", "after"];

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Appends the first line.
pub fn write_header(out: &mut String) {
    out.push_str(&COLUMNS.join(","));
    out.push_str("\r\n");
}

/// Appends a row. `actor` is what people call whoever acted.
pub fn write_row(out: &mut String, row: &SealedEntry, actor: &str) {
    let mut members = row.entry.members(row.seq);
    members.insert("actor".to_owned(), Value::from(actor));
    members.insert(
        "hash".to_owned(),
        Value::from(row.hash.map(|hash| hash.to_string())),
    );
    for (index, column) in COLUMNS.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let value = members.get(*column).unwrap_or(&Value::Null);
        write_cell(out, &text_of(column, value));
    }
    out.push_str("\r\n");
}

fn text_of(column: &str, value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Null => {}
        Value::String(plain) if !JSON.contains(&column) => text.push_str(plain),
        json => canonical::write(&mut text, json),
    }
    text
}

/// One cell, quoted where it has to be. An apostrophe in front keeps a spreadsheet from running it.
fn write_cell(out: &mut String, text: &str) {
    let text = if text.starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    };
    if text.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(&text);
    }
}

/// Reads the row whose cells these are. Errors: the name of the column that cannot be read.
pub fn read_row(columns: &[String], cells: &[String]) -> Result<Row, String> {
    if columns.len() != cells.len() {
        return Err(format!(
            "{} cells where there are {} columns",
            cells.len(),
            columns.len()
        ));
    }
    let mut members = Map::new();
    let mut hash = None;
    for (column, cell) in columns.iter().zip(cells) {
        let value = match column.as_str() {
            "actor" => continue,
            "hash" => {
                hash = Some(cell.parse::<Hash>().map_err(|()| column.clone())?);
                continue;
            }
            "seq" => Value::from(cell.parse::<i64>().map_err(|_| column.clone())?),
            _ if cell.is_empty() => Value::Null,
            json if JSON.contains(&json) => {
                let text = cell.strip_prefix('\'').unwrap_or(cell);
                serde_json::from_str(text).map_err(|_| column.clone())?
            }
            _ => Value::from(cell.as_str()),
        };
        members.insert(column.clone(), value);
    }
    Row::of(members, hash)
}

/// Takes the next record off `text`, with what stands after it. `None` where it is not complete yet.
pub fn take_record(text: &str) -> Option<(Vec<String>, &str)> {
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, text.char_indices().peekable());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if quoted && letters.peek().is_some_and(|(_, next)| *next == '"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                if cell.ends_with('\r') {
                    cell.pop();
                }
                cells.push(cell);
                return Some((cells, text.get(at + 1..).unwrap_or_default()));
            }
            other => cell.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells_of(texts: &[String]) -> Vec<String> {
        let mut line = String::new();
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                line.push(',');
            }
            write_cell(&mut line, text);
        }
        line.push_str("\r\n");
        let (cells, rest) = take_record(&line).expect("a record");
        assert_eq!(rest, "");
        cells
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in FORMULA {
            let evil = format!("{start}cmd|' /C calc'!A0");
            let mut line = String::new();
            write_cell(&mut line, &evil);
            let bare = line.trim_start_matches('"');
            assert!(bare.starts_with('\''), "{line}");
        }
        let mut plain = String::new();
        write_cell(&mut plain, "owner@acme.example");
        assert_eq!(plain, "owner@acme.example");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(texts in proptest::collection::vec("[^=+@\t\r\n-].*|", 1..6)) {
            prop_assert_eq!(cells_of(&texts), texts);
        }
    }
}
