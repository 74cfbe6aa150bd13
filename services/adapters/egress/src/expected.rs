//! The status codes a check accepts, written as `200-299,301`. Pure.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// At most this many codes and ranges in one list.
const MAX_PARTS: usize = 20;
/// The codes HTTP knows.
const CODES: std::ops::RangeInclusive<u16> = 100..=599;

/// A set of expected status codes.
///
/// Kept sorted, without overlaps and with neighbours joined, so that equal sets have equal text:
/// `301, 200-250,240-299` reads back as `200-299,301`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExpectedCodes {
    ranges: Vec<(u16, u16)>,
}

/// Why a list of expected codes was not accepted; each text says what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedCodesError {
    /// Nothing was given.
    #[error("must name at least one status code, such as 200-299")]
    Empty,
    /// More than twenty parts.
    #[error("must have at most {MAX_PARTS} codes or ranges")]
    TooManyParts,
    /// A part is neither a code nor a range.
    #[error("must be codes and ranges of three digits, such as 200-299,301")]
    Malformed,
    /// A code is outside 100 to 599.
    #[error("must be status codes from 100 to 599")]
    OutOfRange,
    /// A range ends before it begins.
    #[error("must have ranges that rise, such as 200-299")]
    Reversed,
}

impl ExpectedCodes {
    /// Tells whether `code` is among the expected ones.
    #[must_use]
    pub fn contains(&self, code: u16) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&code))
    }

    fn from_ranges(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(previous) if first <= previous.1 + 1 => previous.1 = previous.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        Self { ranges: joined }
    }
}

impl Default for ExpectedCodes {
    /// `200-299`.
    fn default() -> Self {
        Self {
            ranges: vec![(200, 299)],
        }
    }
}

impl FromStr for ExpectedCodes {
    type Err = ExpectedCodesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(ExpectedCodesError::Empty);
        }
        let mut ranges = Vec::new();
        for part in text.split(',') {
            if ranges.len() == MAX_PARTS {
                return Err(ExpectedCodesError::TooManyParts);
            }
            ranges.push(parse_part(part)?);
        }
        Ok(Self::from_ranges(ranges))
    }
}

fn parse_part(part: &str) -> Result<(u16, u16), ExpectedCodesError> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (parse_code(first)?, parse_code(last)?);
    if first > last {
        return Err(ExpectedCodesError::Reversed);
    }
    Ok((first, last))
}

fn parse_code(text: &str) -> Result<u16, ExpectedCodesError> {
    let text = text.trim();
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ExpectedCodesError::Malformed);
    }
    let code = text.parse().map_err(|_| ExpectedCodesError::Malformed)?;
    if CODES.contains(&code) {
        Ok(code)
    } else {
        Err(ExpectedCodesError::OutOfRange)
    }
}

impl fmt::Display for ExpectedCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if first == last {
                write!(f, "{first}")?;
            } else {
                write!(f, "{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for ExpectedCodes {
    type Error = ExpectedCodesError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ExpectedCodes> for String {
    fn from(codes: ExpectedCodes) -> Self {
        codes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{ExpectedCodes, ExpectedCodesError};
    use proptest::prelude::*;

    fn codes(text: &str) -> ExpectedCodes {
        text.parse().unwrap()
    }

    #[test]
    fn a_list_holds_its_codes_and_its_ranges_with_both_ends() {
        let codes = codes("200-299,301,404");
        for code in [200, 250, 299, 301, 404] {
            assert!(codes.contains(code), "{code}");
        }
        for code in [0, 100, 199, 300, 302, 403, 405, 999] {
            assert!(!codes.contains(code), "{code}");
        }
    }

    #[test]
    fn the_text_is_canonical() {
        for (given, canonical) in [
            ("200", "200"),
            ("200-200", "200"),
            (" 301 , 200 - 299 ", "200-299,301"),
            ("200,201,202", "200-202"),
            ("200-250,240-299,300", "200-300"),
            ("100-599,200", "100-599"),
            ("404,200,404", "200,404"),
        ] {
            assert_eq!(codes(given).to_string(), canonical, "{given:?}");
        }
        assert_eq!(ExpectedCodes::default().to_string(), "200-299");
    }

    #[test]
    fn what_is_wrong_is_named() {
        use ExpectedCodesError::{Empty, Malformed, OutOfRange, Reversed, TooManyParts};
        let long = vec!["200"; 21].join(",");
        for (given, error) in [
            ("", Empty),
            ("  ", Empty),
            (",", Malformed),
            ("200,", Malformed),
            ("2xx", Malformed),
            ("20", Malformed),
            ("0200", Malformed),
            ("+20", Malformed),
            ("-200", Malformed),
            ("200-", Malformed),
            ("200-250-299", Malformed),
            ("２００", Malformed),
            ("099", OutOfRange),
            ("600", OutOfRange),
            ("200-999", OutOfRange),
            ("299-200", Reversed),
            (long.as_str(), TooManyParts),
        ] {
            assert_eq!(given.parse::<ExpectedCodes>(), Err(error), "{given:?}");
        }
        assert!(vec!["200"; 20].join(",").parse::<ExpectedCodes>().is_ok());
    }

    #[test]
    fn json_is_the_text() {
        let json = serde_json::to_string(&codes("301,200-299")).unwrap();
        assert_eq!(json, "\"200-299,301\"");
        assert_eq!(
            serde_json::from_str::<ExpectedCodes>(&json).unwrap(),
            codes("200-299,301")
        );
        assert!(serde_json::from_str::<ExpectedCodes>("\"nope\"").is_err());
    }

    proptest! {
        #[test]
        fn the_canonical_text_keeps_the_set(
            parts in prop::collection::vec((100_u16..=599, 0_u16..60), 1..=20),
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(a, n)| (a, (a + n).min(599))).collect();
            let text = parts.iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>().join(",");
            let read = codes(&text);
            for code in 0..=700 {
                let expected = parts.iter().any(|(a, b)| (*a..=*b).contains(&code));
                prop_assert_eq!(read.contains(code), expected, "{} in {}", code, text);
            }
            prop_assert_eq!(codes(&read.to_string()), read);
        }

        #[test]
        fn no_text_is_a_crash(text: String) {
            if let Ok(codes) = text.parse::<ExpectedCodes>() {
                prop_assert_eq!(codes.to_string().parse(), Ok(codes));
            }
        }
    }
}
