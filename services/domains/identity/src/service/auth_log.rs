//! The log of attempts: everybody's own, and the organisation's for whoever reads its logs.

use db::TenantTx;
use kernel::error::FieldError;
use kernel::id::{SessionId, UserId};
use kernel::page::{self, Page};
use kernel::search::{self, Span};
use uuid::Uuid;

use crate::error::Error;
use crate::model::{LogFilter, Logged};
use crate::store::attempts;

/// Rows of a piece of an export.
const PIECE: i64 = 500;

/// What somebody asks for, as it came.
#[derive(Clone, Debug, Default)]
pub struct WantedLog {
    /// What became of it, or `refused` for whatever got nowhere.
    pub outcome: Option<String>,
    /// A person's id.
    pub person: Option<String>,
    /// From this instant on.
    pub from: Option<String>,
    /// Before this instant.
    pub to: Option<String>,
    /// Text in the person, the address or the device.
    pub search: Option<String>,
}

fn fault(name: &str, code: &str, message: impl Into<String>) -> Error {
    Error::Field(FieldError::new(name, code, message))
}

impl WantedLog {
    /// Reads it. Errors: the parameter that makes no sense.
    pub fn filter(&self) -> Result<LogFilter, Error> {
        let refused = self.outcome.as_deref() == Some("refused");
        let outcome = self.outcome.as_deref().filter(|_| !refused);
        let span = Span::parse(self.from.as_deref(), self.to.as_deref())?;
        Ok(LogFilter {
            outcome: outcome.map(word).transpose()?,
            refused,
            person: self.person.as_deref().map(person).transpose()?,
            from: span.from,
            until: span.until,
            pattern: search::pattern(self.search.as_deref())?,
        })
    }
}

fn word(text: &str) -> Result<String, Error> {
    let fits = |letter: u8| matches!(letter, b'a'..=b'z' | b'_');
    if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    let message = "What became of it, like wrong_password, or refused.";
    Err(fault("outcome", "outcome", message))
}

fn person(text: &str) -> Result<UserId, Error> {
    text.parse()
        .map_err(|_| fault("person", "id", "The id of a person."))
}

/// A page of the attempts of whoever comes by `session`, the newest first. Errors: a cursor of another list.
pub async fn list_sign_ins(
    tx: &TenantTx,
    session: SessionId,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Logged>, Error> {
    let scope = format!("sign-ins {}", tx.tenant().id());
    let before = page::read(&scope, cursor)?;
    let rows = attempts::list_own(tx, session, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |last| last.id))
}

/// A page of everybody's, the newest first. Errors: a filter that makes no sense, a cursor of another list.
pub async fn list_auth_log(
    tx: &TenantTx,
    wanted: &WantedLog,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Logged>, Error> {
    let filter = wanted.filter()?;
    let scope = format!("auth-log {} {filter:?}", tx.tenant().id());
    let before = page::read(&scope, cursor)?;
    let rows = attempts::list(tx, &filter, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |last| last.id))
}

/// An export that has begun: a piece at a time, so that no transaction is open while a slow reader reads.
#[derive(Debug)]
pub struct LogExport {
    filter: LogFilter,
    before: Option<Uuid>,
    /// Whether nothing is left.
    pub done: bool,
}

impl LogExport {
    /// Begins one. Errors: a filter that makes no sense.
    pub fn begin(wanted: &WantedLog) -> Result<Self, Error> {
        Ok(Self {
            filter: wanted.filter()?,
            before: None,
            done: false,
        })
    }

    /// The next rows.
    pub async fn piece(&mut self, tx: &TenantTx) -> Result<Vec<Logged>, Error> {
        let rows = attempts::list(tx, &self.filter, self.before, PIECE).await?;
        self.done = i64::try_from(rows.len()) != Ok(PIECE);
        self.before = rows.last().map(|last| last.id).or(self.before);
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::error::DomainError;

    fn refused(wanted: &WantedLog) -> String {
        let error = wanted.filter().expect_err("it makes no sense");
        error.fields().remove(0).pointer
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        let bad = |change: fn(&mut WantedLog)| {
            let mut wanted = WantedLog::default();
            change(&mut wanted);
            refused(&wanted)
        };
        assert_eq!(bad(|it| it.outcome = Some("Wrong%".into())), "/outcome");
        assert_eq!(bad(|it| it.outcome = Some(String::new())), "/outcome");
        assert_eq!(bad(|it| it.person = Some("ann".into())), "/person");
        assert_eq!(bad(|it| it.from = Some("yesterday".into())), "/from");
        assert_eq!(bad(|it| it.to = Some("2026".into())), "/to");
        assert_eq!(bad(|it| it.search = Some("a\0".into())), "/q");
        let backwards = WantedLog {
            from: Some("2026-11-20T12:00:00Z".into()),
            to: Some("2026-11-20T12:00:00Z".into()),
            ..WantedLog::default()
        };
        assert_eq!(refused(&backwards), "/to");
    }

    #[test]
    fn refused_stands_for_whatever_got_nowhere() {
        let wanted = |outcome: &str| WantedLog {
            outcome: Some(outcome.into()),
            search: Some(" 50%_ ".into()),
            ..WantedLog::default()
        };
        let all = wanted("refused").filter().expect("it can be asked for");
        assert_eq!((all.refused, all.outcome), (true, None));
        assert_eq!(all.pattern.as_deref(), Some("%50\\%\\_%"));
        let one = wanted("wrong_code").filter().expect("it can be asked for");
        assert_eq!(
            (one.refused, one.outcome.as_deref()),
            (false, Some("wrong_code"))
        );
    }
}
