//! What lists are searched by: text that a row holds, and a span of time.

use jiff::{SignedDuration, Timestamp};

use crate::error::FieldError;
use crate::text::{self, TextFault};

/// Characters of a search.
const MAX_CHARS: usize = 200;
/// The longest span of time.
const MAX_SPAN: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A pattern of `ILIKE` for whatever holds `text`, signs of the pattern's own included.
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// The same for what somebody typed into the parameter `q`; `None` for white space. Errors: too long,
/// control characters.
pub fn pattern(typed: Option<&str>) -> Result<Option<String>, FieldError> {
    match typed.map(|text| text::line(text, MAX_CHARS)) {
        None | Some(Err(TextFault::Empty)) => Ok(None),
        Some(Ok(text)) => Ok(Some(containing(&text))),
        Some(Err(TextFault::TooLong | TextFault::Control)) => {
            let message =
                format!("Search for at most {MAX_CHARS} characters, without control characters.");
            Err(FieldError::new("q", "search", message))
        }
    }
}

/// A span of time; open at an end that nobody named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

impl Span {
    /// Reads the parameters `from` and `to`. Errors: no instant, an end that is not later than the beginning, or
    /// by more than 400 days.
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, FieldError> {
        let span = Self {
            from: from.map(|text| instant("from", text)).transpose()?,
            until: to.map(|text| instant("to", text)).transpose()?,
        };
        if let (Some(from), Some(until)) = (span.from, span.until) {
            let length = until.duration_since(from);
            if length <= SignedDuration::ZERO || length > MAX_SPAN {
                let message = "Later than from, by 400 days at the most.";
                return Err(FieldError::new("to", "range", message));
            }
        }
        Ok(span)
    }
}

fn instant(name: &str, text: &str) -> Result<Timestamp, FieldError> {
    let message = "An instant like 2026-11-20T12:00:00Z.";
    text.parse()
        .map_err(|_| FieldError::new(name, "timestamp", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_means_what_it_says() {
        let found = |typed| pattern(Some(typed)).expect("it can be searched for");
        assert_eq!(found(" 100%_ \\ ").as_deref(), Some("%100\\%\\_ \\\\%"));
        assert_eq!(found("Café").as_deref(), Some("%Café%"));
        assert_eq!(found("  "), None);
        assert_eq!(pattern(None), Ok(None));
        for refused in ["a\0b", &"a".repeat(201)] {
            let fault = pattern(Some(refused)).expect_err("it cannot");
            assert_eq!((&*fault.pointer, &*fault.code), ("/q", "search"));
        }
    }

    #[test]
    fn a_span_has_two_instants_in_order_and_an_end() {
        let (now, long_ago) = ("2026-11-20T12:00:00Z", "2025-01-01T00:00:00Z");
        let refused = |from, to| {
            let fault = Span::parse(from, to).expect_err("it makes no sense");
            (fault.pointer, fault.code)
        };
        let said = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(refused(Some("yesterday"), None), said("/from", "timestamp"));
        assert_eq!(refused(None, Some("2026")), said("/to", "timestamp"));
        assert_eq!(refused(Some(now), Some(now)), said("/to", "range"));
        assert_eq!(refused(Some(now), Some(long_ago)), said("/to", "range"));
        assert_eq!(refused(Some(long_ago), Some(now)), said("/to", "range"));
        let span = Span::parse(Some("2026-11-19T12:00:00Z"), Some(now)).expect("a day");
        assert_eq!(span.until, now.parse().ok());
        assert_eq!(Span::parse(None, None), Ok(Span::default()));
    }
}
