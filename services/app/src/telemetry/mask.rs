//! The last filter before text leaves the process: what looks like a secret is starred out.
//!
//! Secrets have no `Display` to begin with; this catches the one that came in through a library's
//! message or a person's header.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// What stands where a secret stood.
pub const STARS: &str = "***";

/// Names whose values are secrets, whatever they look like.
const NAMES: &str = "authorization|cookie|password|passwd|secret|token|api[_-]?key|csrf";

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Headers and fields by name: the value up to the end of the quoted text, or of the word (two for
        // "Bearer x").
        (format!(r#"(?i)([\w-]*(?:{NAMES})[\w-]*)(\\?"?\s*[:=]\s*)\\?"[^"\\]*"#), r#"$1$2"***"#),
        (format!(r#"(?i)([\w-]*(?:{NAMES})[\w-]*)(\s*[:=]\s*)(?:(?:Bearer|Basic)\s+)?[^\s"',;&}}\]]+"#), "$1$2***"),
        (r"(?i)\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+".to_owned(), "$1 ***"),
        // URLs with a password.
        (r"://[^/@\s:]*:[^/@\s]+@".to_owned(), "://***@"),
        // JSON web tokens, password hashes, and 256 bits of base64url: whatever goes before them, for a hyphen
        // may be their first letter.
        (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*".to_owned(), STARS),
        (r"\$argon2[a-z]*\$\S+".to_owned(), STARS),
        (r"[A-Za-z0-9_-]{43,}".to_owned(), STARS),
    ]
    .into_iter()
    .filter_map(|(pattern, stars)| Some((Regex::new(&pattern).ok()?, stars)))
    .collect()
});

/// `text` without what looks like a secret.
pub fn mask(text: &str) -> Cow<'_, str> {
    PATTERNS
        .iter()
        .fold(
            Cow::Borrowed(text),
            |text, (pattern, stars)| match pattern.replace_all(&text, *stars) {
                Cow::Borrowed(_) => text,
                Cow::Owned(masked) => Cow::Owned(masked),
            },
        )
}

/// Masks every text in `value`, and whole values by their names.
pub fn mask_json(value: &mut Value) {
    static NAMED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("(?i)({NAMES})")).ok());
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_json),
        Value::Object(members) => {
            for (name, member) in members {
                let named = NAMED.as_ref().is_some_and(|names| names.is_match(name));
                if named && (member.is_string() || member.is_array()) {
                    *member = STARS.into();
                } else {
                    mask_json(member);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "kR7xQ2vB9mN4pL6sT8wY1zA3cE5gJ0hUiOdFqWnXbVy";

    #[test]
    fn no_planted_secret_survives() {
        for line in [
            format!("Authorization: Bearer {SECRET}"),
            format!(r#"{{"authorization":"Bearer {SECRET}"}}"#),
            format!(r#"{{"headers":"{{\"cookie\":\"session={SECRET}\"}}"}}"#),
            format!("set-cookie=__Host-session={SECRET}; Path=/"),
            format!(r#"{{"new_password": "{SECRET}", "name": "kept"}}"#),
            format!("postgresql://signalbox_app:{SECRET}@db:5432/signalbox"),
            format!("https://acme.localhost/verify-email#token={SECRET}"),
            format!("refresh_token={SECRET}&grant=x"),
            format!("x-csrf-token: {SECRET}"),
            format!("a stray {SECRET} in a sentence"),
            format!("a key, sbx_{SECRET}"),
            format!("eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1${SECRET}"),
        ] {
            let masked = mask(&line);
            assert!(!masked.contains(SECRET), "{masked}");
        }
    }

    #[test]
    fn a_secret_may_begin_with_any_letter_of_its_alphabet() {
        for first in ('a'..='z')
            .chain('A'..='Z')
            .chain('0'..='9')
            .chain(['-', '_'])
        {
            let secret = format!("{first}{}", &SECRET[1..]);
            for line in [
                format!("[Some(\"{secret}\")]"),
                format!("({secret}, {secret})"),
            ] {
                let masked = mask(&line);
                assert!(!masked.contains(&secret[1..]), "{masked}");
            }
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for line in [
            r#"{"level":"INFO","message":"listening","address":"127.0.0.1:8080"}"#,
            "request 0193a5c2-6f0e-7c3a-9d52-7f3f1f2e4b6a of acme took 3 ms",
            "https://example.com/a/b?c=d",
        ] {
            assert_eq!(mask(line), line);
        }
    }

    #[test]
    fn json_is_masked_by_name_and_by_look() {
        let mut value = serde_json::json!({
            "request": {"cookies": "a=b", "headers": [["accept", "*/*"]], "data": {"password": "p"}},
            "message": format!("lost {SECRET}"),
            "count": 3,
        });
        mask_json(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "request": {"cookies": "***", "headers": [["accept", "*/*"]], "data": {"password": "***"}},
                "message": "lost ***",
                "count": 3,
            })
        );
    }
}
