//! The log on its way out, a piece at a time: no transaction is open while a slow reader reads.

use db::TenantTx;

use super::list::Wanted;
use crate::error::Error;
use crate::model::csv;
use crate::store::chain;
use crate::store::list::{Filter, Shown, list_sealed};

/// Rows of a piece.
const PIECE: i64 = 500;

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For spreadsheets.
    Csv,
    /// For programs: a JSON object a line.
    JsonLines,
}

/// An export that has begun.
#[derive(Debug)]
pub struct Export {
    filter: Filter,
    format: Format,
    /// The last row that was written.
    after: i64,
    /// The last sealed row when it began.
    until: i64,
    /// Whether nothing is left.
    pub done: bool,
}

impl Export {
    /// Begins one of what is sealed now: rows of the last seconds are in the next. Errors: a filter that
    /// makes no sense.
    pub async fn begin(tx: &TenantTx, wanted: &Wanted, format: Format) -> Result<Self, Error> {
        let filter = wanted.filter()?;
        let standing = chain::standing(tx).await?;
        Ok(Self {
            filter,
            format,
            after: 0,
            until: standing.last.map_or(0, |(seq, _)| seq),
            done: false,
        })
    }

    /// The next piece.
    pub async fn piece(&mut self, tx: &TenantTx) -> Result<String, Error> {
        let mut text = String::new();
        if self.format == Format::Csv && self.after == 0 {
            csv::write_header(&mut text);
        }
        let rows = list_sealed(tx, &self.filter, self.after, self.until, PIECE).await?;
        for (row, shown) in &rows {
            match self.format {
                Format::Csv => csv::write_row(&mut text, row, &actor_name(shown)),
                Format::JsonLines => text.push_str(&row.to_line()),
            }
            self.after = row.seq;
        }
        self.done = i64::try_from(rows.len()) != Ok(PIECE);
        Ok(text)
    }
}

/// What people call whoever acted.
pub fn actor_name(shown: &Shown) -> String {
    match (&shown.actor, shown.entry.actor_kind.as_str()) {
        (Some((Some(name), _)), _) => name.clone(),
        (Some((None, email)), _) => email.clone(),
        (None, "user") => "Former member".to_owned(),
        (None, "key") => "Former key".to_owned(),
        (None, "operator") => "Signalbox support".to_owned(),
        (None, "worker") => "Signalbox".to_owned(),
        (None, _) => "Nobody signed in".to_owned(),
    }
}
