//! Pages of the log, the newest row first.

use db::TenantTx;
use kernel::event::Actor;
use kernel::page::{self, Page};
use kernel::search::{self, Span};
use uuid::Uuid;

use crate::error::Error;
pub use crate::store::list::Shown;
use crate::store::list::{Filter, list_newest};

/// What somebody asks for, as it came.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A person's id, or a sort of actor.
    pub actor: Option<String>,
    /// An action, or how it begins.
    pub action: Option<String>,
    /// A thing's id, or a sort of thing.
    pub target: Option<String>,
    /// From this instant on.
    pub from: Option<String>,
    /// Before this instant.
    pub to: Option<String>,
    /// Text anywhere in a row.
    pub search: Option<String>,
}

impl Wanted {
    /// Reads it. Errors: the parameter that makes no sense.
    pub fn filter(&self) -> Result<Filter, Error> {
        let span = Span::parse(self.from.as_deref(), self.to.as_deref())?;
        let mut filter = Filter {
            action: self.action.as_deref().map(action).transpose()?,
            from: span.from,
            until: span.until,
            pattern: search::pattern(self.search.as_deref())?,
            ..Filter::default()
        };
        if let Some(actor) = &self.actor {
            match Uuid::try_parse(actor) {
                Ok(id) => filter.actor_id = Some(id),
                Err(_) if Actor::KINDS.contains(&actor.as_str()) => {
                    filter.actor_kind = Some(actor.clone());
                }
                Err(_) => {
                    let message = format!("A person's id, or one of {}.", Actor::KINDS.join(", "));
                    return Err(Error::field("actor", "actor", message));
                }
            }
        }
        if let Some(target) = &self.target {
            match Uuid::try_parse(target) {
                Ok(id) => filter.target_id = Some(id),
                Err(_) if is_word(target) => filter.target_kind = Some(target.clone()),
                Err(_) => {
                    let message = "The id of what was changed, or its sort, like endpoint.";
                    return Err(Error::field("target", "target", message));
                }
            }
        }
        Ok(filter)
    }
}

/// Words of ours: small letters, underscores and dots.
fn is_word(text: &str) -> bool {
    let fits = |letter: u8| matches!(letter, b'a'..=b'z' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

fn action(text: &str) -> Result<String, Error> {
    if is_word(text) {
        return Ok(text.to_owned());
    }
    let message = "An action like endpoint.created, or how it begins, like endpoint.";
    Err(Error::field("action", "action", message))
}

/// A page of the log. Errors: a filter that makes no sense, a cursor of another list.
pub async fn list(
    tx: &TenantTx,
    wanted: &Wanted,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Shown>, Error> {
    let filter = wanted.filter()?;
    let scope = format!("audit {} {filter:?}", tx.tenant().id());
    let before: Option<Uuid> = page::read(&scope, cursor)?;
    let rows = list_newest(tx, &filter, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |last| last.entry.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::error::DomainError;

    fn refused(wanted: Wanted) -> String {
        let error = wanted.filter().expect_err("it makes no sense");
        error.fields().remove(0).pointer
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        let bad = |change: fn(&mut Wanted)| {
            let mut wanted = Wanted::default();
            change(&mut wanted);
            refused(wanted)
        };
        assert_eq!(bad(|it| it.actor = Some("root".into())), "/actor");
        assert_eq!(bad(|it| it.action = Some("Drop%".into())), "/action");
        assert_eq!(bad(|it| it.action = Some(String::new())), "/action");
        assert_eq!(bad(|it| it.target = Some("a b".into())), "/target");
        assert_eq!(bad(|it| it.from = Some("yesterday".into())), "/from");
        assert_eq!(bad(|it| it.to = Some("2026".into())), "/to");
        assert_eq!(bad(|it| it.search = Some("a\0".into())), "/q");
        let range = |from: &str, to: &str| Wanted {
            from: Some(from.into()),
            to: Some(to.into()),
            ..Wanted::default()
        };
        let (now, long_ago) = ("2026-11-20T12:00:00Z", "2025-01-01T00:00:00Z");
        assert_eq!(refused(range(now, now)), "/to");
        assert_eq!(refused(range(long_ago, now)), "/to");
        assert!(range("2026-11-19T12:00:00Z", now).filter().is_ok());
    }

    #[test]
    fn ids_and_kinds_are_told_apart() {
        let id = Uuid::from_u128(5);
        let wanted = Wanted {
            actor: Some(id.to_string()),
            target: Some("endpoint".into()),
            search: Some(" 100%_ ".into()),
            ..Wanted::default()
        };
        let filter = wanted.filter().expect("it can be asked for");
        assert_eq!((filter.actor_id, filter.actor_kind), (Some(id), None));
        assert_eq!(filter.target_kind.as_deref(), Some("endpoint"));
        assert_eq!(filter.pattern.as_deref(), Some("%100\\%\\_%"));
    }
}
