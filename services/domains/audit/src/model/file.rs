//! An export that somebody kept, verified without the house that wrote it.

use std::io::{self, BufRead};

use serde::Serialize;
use serde_json::{Map, Value};

use super::canonical::Hash;
use super::chain::{Fault, Walk};
use super::csv;

/// Bytes of one row at the most: far beyond what a row can hold.
const MAX_ROW: usize = 4 * 1024 * 1024;

/// A row of an export.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Its place.
    pub seq: i64,
    /// All that its hash covers.
    pub members: Map<String, Value>,
    /// Its hash.
    pub hash: Option<Hash>,
}

impl Row {
    /// A row of these members. Errors: what is missing.
    pub fn of(members: Map<String, Value>, hash: Option<Hash>) -> Result<Self, String> {
        let seq = members.get("seq").and_then(Value::as_i64);
        let Some(seq) = seq else {
            return Err("seq".to_owned());
        };
        if hash.is_none() {
            return Err("hash".to_owned());
        }
        Ok(Self { seq, members, hash })
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// Rows in it.
    pub rows: u64,
    /// The last one's place, 0 for none.
    pub last_seq: i64,
    /// The last one's hash, to be compared with one that was written down elsewhere.
    pub last_hash: Option<String>,
    /// What does not hold.
    pub faults: Vec<Fault>,
}

/// Why a file cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no export of an audit log.
    #[error("line {line} is no row of an export: {what}")]
    Format {
        /// The line.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Verifies an export, CSV or JSON lines, that begins with the first row of the log.
pub fn verify_file(mut file: impl BufRead) -> Result<FileReport, FileError> {
    let begins_with = file.fill_buf()?.first().copied();
    let mut walk = Walk::start();
    if matches!(begins_with, Some(b'{')) {
        json_lines(file, &mut walk)?;
    } else if begins_with.is_some() {
        comma_separated(file, &mut walk)?;
    }
    Ok(FileReport {
        rows: walk.rows,
        last_seq: walk.seq,
        last_hash: (walk.seq > 0).then(|| walk.hash.to_string()),
        faults: walk.faults,
    })
}

fn step(walk: &mut Walk, row: Result<Row, String>, line: u64) -> Result<(), FileError> {
    let row = row.map_err(|what| FileError::Format { line, what })?;
    walk.step(row.seq, &row.members, row.hash);
    Ok(())
}

fn json_lines(file: impl BufRead, walk: &mut Walk) -> Result<(), FileError> {
    for (line, text) in (1..).zip(file.lines()) {
        step(walk, read_object(&text?), line)?;
    }
    Ok(())
}

fn read_object(text: &str) -> Result<Row, String> {
    let mut members: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let hash = members.remove("hash");
    let hash = hash.as_ref().and_then(Value::as_str);
    Row::of(members, hash.and_then(|hash| hash.parse().ok()))
}

fn comma_separated(mut file: impl BufRead, walk: &mut Walk) -> Result<(), FileError> {
    let mut columns: Option<Vec<String>> = None;
    let (mut text, mut line) = (String::new(), 0);
    loop {
        let read = file.read_line(&mut text)?;
        line += 1;
        let format = |what: &str| FileError::Format {
            line,
            what: what.to_owned(),
        };
        if read == 0 {
            return match (text.is_empty(), &columns) {
                (true, Some(_)) => Ok(()),
                _ => Err(format("it ends in the middle of a row")),
            };
        }
        if text.len() > MAX_ROW {
            return Err(format("no row is that long"));
        }
        // A quoted line break: the row goes on.
        let Some((cells, _)) = csv::take_record(&text) else {
            continue;
        };
        match &columns {
            None if csv::COLUMNS
                .iter()
                .all(|it| cells.iter().any(|cell| cell == it)) =>
            {
                columns = Some(cells);
            }
            None => {
                return Err(format(
                    "the first line does not name the columns of an export",
                ));
            }
            Some(columns) => step(walk, csv::read_row(columns, &cells), line)?,
        }
        text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Entry, SealedEntry};
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn rows() -> Vec<SealedEntry> {
        let mut hash = Hash::START;
        (1_i64..=4)
            .map(|seq| {
                let entry = Entry {
                    id: Uuid::from_u128(seq.unsigned_abs().into()),
                    at: "2026-11-20T12:00:00.1234Z".parse().expect("an instant"),
                    action: "endpoint.changed".to_owned(),
                    actor_kind: "user".to_owned(),
                    actor_id: (seq > 1).then(|| Uuid::from_u128(7)),
                    address: (seq > 2).then(|| "2001:db8::7".parse().expect("an address")),
                    request_id: Uuid::from_u128(9),
                    target_kind: "endpoint".to_owned(),
                    target_id: Uuid::from_u128(11),
                    before: Some(json!({"name": "=1+1", "note": "a \"b\",\nc"})),
                    after: None,
                };
                hash = hash.next(&entry.members(seq));
                SealedEntry {
                    entry,
                    seq,
                    hash: Some(hash),
                }
            })
            .collect()
    }

    fn csv_of(rows: &[SealedEntry]) -> String {
        let mut text = String::new();
        csv::write_header(&mut text);
        for row in rows {
            csv::write_row(&mut text, row, "=HYPERLINK(\"x\")");
        }
        text
    }

    fn lines_of(rows: &[SealedEntry]) -> String {
        rows.iter().map(SealedEntry::to_line).collect()
    }

    #[test]
    fn both_kinds_of_export_hold_and_say_where_they_end() {
        let rows = rows();
        let end = rows.last().and_then(|row| row.hash).expect("a hash");
        for text in [csv_of(&rows), lines_of(&rows)] {
            let report = verify_file(text.as_bytes()).expect("an export");
            assert_eq!(
                report,
                FileReport {
                    rows: 4,
                    last_seq: 4,
                    last_hash: Some(end.to_string()),
                    faults: Vec::new(),
                },
                "{text}"
            );
        }
        assert_eq!(verify_file(&b""[..]).expect("nothing").rows, 0);
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_row_are_found_in_both() {
        for write in [csv_of, lines_of] {
            let faults = |rows: &[SealedEntry]| {
                let report = verify_file(write(rows).as_bytes());
                report.expect("an export").faults
            };
            let mut changed = rows();
            changed[1].entry.target_id = Uuid::nil();
            assert_eq!(faults(&changed), [Fault::Changed { seq: 2 }]);
            let mut missing = rows();
            missing.remove(1);
            assert_eq!(faults(&missing), [Fault::Missing { seq: 1, next: 3 }]);
            let mut swapped = rows();
            swapped.swap(2, 3);
            assert!(!faults(&swapped).is_empty());
        }
    }

    #[test]
    fn what_is_no_export_is_said_to_be_none() {
        for text in [
            "name,url\r\nA,B\r\n",
            "{\"seq\":1}\n",
            "{oops\n",
            "seq,\"at",
        ] {
            assert!(verify_file(text.as_bytes()).is_err(), "{text}");
        }
    }
}
