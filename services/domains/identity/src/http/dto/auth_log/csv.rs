//! Attempts as comma-separated values (RFC 4180), written so that no spreadsheet runs a cell.

use std::borrow::Cow;

use crate::model::Logged;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// The first line.
pub const fn header() -> &'static str {
    "at,outcome,person_id,person,method,browser,system,address,id\r\n"
}

/// A line for each.
pub fn rows(all: &[Logged]) -> String {
    let mut text = String::new();
    for it in all {
        let cells = [
            it.at.to_string(),
            it.outcome.clone(),
            it.person
                .as_ref()
                .map_or_else(String::new, |it| it.id.to_string()),
            it.person.as_ref().map_or_else(String::new, super::name_of),
            it.method.clone().unwrap_or_default(),
            it.device.browser().unwrap_or_default(),
            it.device.system().unwrap_or_default().to_owned(),
            it.address.map_or_else(String::new, |it| it.to_string()),
            it.id.to_string(),
        ];
        text.push_str(&cells.each_ref().map(|text| cell(text)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// One cell, quoted where it has to be. An apostrophe in front keeps a spreadsheet from running it.
fn cell(text: &str) -> String {
    let text = if text.starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_one() {
        for start in FORMULA {
            let cell = cell(&format!("{start}cmd|' /C calc'!A0"));
            assert!(cell.trim_start_matches('"').starts_with('\''), "{cell}");
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("Firefox"), "Firefox");
    }
}
