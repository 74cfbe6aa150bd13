//! What people decide about an endpoint, parsed once: after this, nothing checks it again.

use egress::{ExpectedCodes, HttpMethod, Target, TargetPolicy};
use kernel::error::FieldError;
use kernel::text::{self, TextFault};
use serde_json::{Map, Value, json};

/// Characters of a name.
pub const MAX_NAME_CHARS: usize = 120;
/// Unless somebody says otherwise.
const DEFAULT_INTERVAL_SECONDS: i32 = 60;
/// 31 days.
pub const MAX_INTERVAL_SECONDS: i32 = 31 * 86_400;
/// Unless somebody says otherwise; less where the interval is shorter.
const DEFAULT_TIMEOUT_MS: i32 = 10_000;
/// Below this, the network alone decides.
pub const MIN_TIMEOUT_MS: i32 = 100;
/// Below the lease of a claimed check, with room for writing the result.
pub const MAX_TIMEOUT_MS: i32 = 60_000;

/// What sort of check it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// An HTTP request and its answer.
    #[default]
    Http,
}

impl Kind {
    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::Http.as_str()).then_some(Self::Http)
    }
}

/// What is watched, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// What sort of check.
    pub kind: Kind,
    /// Its address, normalised.
    pub url: String,
    /// How to ask.
    pub method: HttpMethod,
    /// Which answers mean "up".
    pub expected_codes: ExpectedCodes,
    /// How often it is checked.
    pub interval_seconds: i32,
    /// How long a check may take.
    pub timeout_ms: i32,
}

/// The same as somebody sent it: whatever is missing keeps its value, or gets the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// See [`Settings::name`].
    pub name: Option<String>,
    /// See [`Settings::kind`].
    pub kind: Option<Kind>,
    /// See [`Settings::url`].
    pub url: Option<String>,
    /// See [`Settings::method`].
    pub method: Option<HttpMethod>,
    /// See [`Settings::expected_codes`].
    pub expected_codes: Option<String>,
    /// See [`Settings::interval_seconds`].
    pub interval_seconds: Option<i64>,
    /// See [`Settings::timeout_ms`].
    pub timeout_ms: Option<i64>,
}

/// What the installation and the plan allow.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Which addresses may be contacted.
    pub policy: &'a TargetPolicy,
    /// The shortest interval.
    pub min_interval_seconds: i32,
}

impl Settings {
    /// Parses `draft`. Where a field is missing, `base` has it, or the default holds. All faults at once.
    pub fn parse(
        draft: Draft,
        base: Option<&Self>,
        rules: Rules<'_>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut faults = Faults::default();
        let name = faults.take(given(draft.name, base, |b| &b.name, parse_name));
        let url = faults.take(given(
            draft.url,
            base,
            |b| &b.url,
            |text| parse_target(&text, rules.policy).map(|target| target.as_str().to_owned()),
        ));
        let expected_codes = match draft.expected_codes {
            Some(text) => faults.take(parse_codes(&text)),
            None => Some(base.map(|b| b.expected_codes.clone()).unwrap_or_default()),
        };
        let interval_seconds = match draft.interval_seconds {
            Some(seconds) => faults.take(parse_interval(seconds, rules)),
            None => Some(base.map_or(DEFAULT_INTERVAL_SECONDS, |b| b.interval_seconds)),
        };
        let longest_ms = longest_timeout_ms(interval_seconds);
        let timeout_ms = match (draft.timeout_ms, base) {
            (Some(ms), _) => faults.take(parse_timeout(ms, longest_ms)),
            (None, Some(base)) => faults.take(parse_timeout(base.timeout_ms.into(), longest_ms)),
            (None, None) => Some(DEFAULT_TIMEOUT_MS.min(longest_ms)),
        };
        match (name, url, expected_codes, interval_seconds, timeout_ms) {
            (
                Some(name),
                Some(url),
                Some(expected_codes),
                Some(interval_seconds),
                Some(timeout_ms),
            ) => Ok(Self {
                name,
                kind: draft.kind.or(base.map(|b| b.kind)).unwrap_or_default(),
                url,
                method: draft.method.or(base.map(|b| b.method)).unwrap_or_default(),
                expected_codes,
                interval_seconds,
                timeout_ms,
            }),
            _ => Err(faults.0),
        }
    }

    /// The interval in milliseconds.
    pub fn interval_ms(&self) -> i64 {
        i64::from(self.interval_seconds) * 1_000
    }

    /// The settings by name, as the audit log keeps them.
    pub fn by_name(&self) -> Map<String, Value> {
        [
            ("name", json!(self.name)),
            ("kind", json!(self.kind.as_str())),
            ("url", json!(self.url)),
            ("method", json!(self.method)),
            ("expected_codes", json!(self.expected_codes)),
            ("interval_seconds", json!(self.interval_seconds)),
            ("timeout_ms", json!(self.timeout_ms)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// What differs in `new`: as it is here, and as it is there.
    pub fn changes(&self, new: &Self) -> (Map<String, Value>, Map<String, Value>) {
        let (mut before, mut after) = (self.by_name(), new.by_name());
        before.retain(|name, value| after.get(name) != Some(value));
        after.retain(|name, _| before.contains_key(name));
        (before, after)
    }

    /// Whether a result under these settings says something about `other`'s target too.
    pub fn same_target(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.url == other.url
            && self.method == other.method
            && self.expected_codes == other.expected_codes
    }
}

/// Parses an address that is about to be contacted. Errors: the fault, at `/url`.
pub fn parse_target(text: &str, policy: &TargetPolicy) -> Result<Target, FieldError> {
    Target::parse_allowed(text, policy)
        .map_err(|error| FieldError::new("url", error.code(), format!("The address {error}.")))
}

/// Parses status codes. Errors: the fault, at `/expected_codes`.
pub fn parse_codes(text: &str) -> Result<ExpectedCodes, FieldError> {
    text.parse().map_err(|error| {
        let message = format!("The expected codes {error}.");
        FieldError::new("expected_codes", "expected_codes", message)
    })
}

/// Parses a timeout. Errors: the fault, at `/timeout_ms`.
pub fn parse_timeout(ms: i64, longest_ms: i32) -> Result<i32, FieldError> {
    range("timeout_ms", ms, MIN_TIMEOUT_MS, longest_ms, || {
        format!(
            "The timeout must be from {MIN_TIMEOUT_MS} to {longest_ms} milliseconds, and not longer than the interval."
        )
    })
}

fn longest_timeout_ms(interval_seconds: Option<i32>) -> i32 {
    interval_seconds.map_or(MAX_TIMEOUT_MS, |seconds| {
        seconds.saturating_mul(1_000).min(MAX_TIMEOUT_MS)
    })
}

fn parse_interval(seconds: i64, rules: Rules<'_>) -> Result<i32, FieldError> {
    let shortest = rules.min_interval_seconds;
    range(
        "interval_seconds",
        seconds,
        shortest,
        MAX_INTERVAL_SECONDS,
        || {
            format!(
                "The interval must be from {shortest} to {MAX_INTERVAL_SECONDS} seconds (31 days)."
            )
        },
    )
}

fn parse_name(text: String) -> Result<String, FieldError> {
    text::line(&text, MAX_NAME_CHARS).map_err(|fault| {
        let (code, message) = match fault {
            TextFault::Empty => ("required", "Give it a name.".to_owned()),
            TextFault::TooLong => (
                "too_long",
                format!("The name must be at most {MAX_NAME_CHARS} characters long."),
            ),
            TextFault::Control => (
                "control_characters",
                "The name must not contain control characters.".to_owned(),
            ),
        };
        FieldError::new("name", code, message)
    })
}

fn range(
    field: &str,
    value: i64,
    least: i32,
    most: i32,
    message: impl FnOnce() -> String,
) -> Result<i32, FieldError> {
    i32::try_from(value)
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| FieldError::new(field, "range", message()))
}

/// What was sent, parsed; else what is there already; else an empty text, for the parser to refuse.
fn given(
    sent: Option<String>,
    base: Option<&Settings>,
    field: impl FnOnce(&Settings) -> &String,
    parse: impl FnOnce(String) -> Result<String, FieldError>,
) -> Result<String, FieldError> {
    match (sent, base) {
        (Some(text), _) => parse(text),
        (None, Some(base)) => Ok(field(base).clone()),
        (None, None) => parse(String::new()),
    }
}

/// Gathers faults, so that all are told at once.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn take<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|fault| self.0.push(fault)).ok()
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
