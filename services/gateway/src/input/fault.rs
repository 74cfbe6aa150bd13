//! From what serde and validator say to faults of fields: what is expected, never what was sent.

use kernel::error::FieldError;
use serde_path_to_error::{Path, Segment};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::strict::push_member;

/// The fault of a document that has another structure than its type. `text` is serde's own, which quotes
/// the value: only the parts that we wrote ourselves are taken from it.
pub(super) fn structural(path: &Path, text: &str) -> FieldError {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => push_member(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_member(&mut pointer, key),
            Segment::Enum { variant } => push_member(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    if let Some(field) = quoted(text, "missing field `") {
        push_member(&mut pointer, field);
        return fault(pointer, "required", "This field is required.".into());
    }
    if let Some(field) = quoted(text, "unknown field `") {
        // The path may or may not reach down to the field itself.
        let mut member = String::new();
        push_member(&mut member, field);
        if !pointer.ends_with(&member) {
            pointer.push_str(&member);
        }
        return fault(pointer, "unknown", "There is no such field here.".into());
    }
    if let Some(field) = quoted(text, "duplicate field `") {
        let mut member = String::new();
        push_member(&mut member, field);
        if !pointer.ends_with(&member) {
            pointer.push_str(&member);
        }
        return fault(
            pointer,
            "duplicate",
            "This member stands here twice.".into(),
        );
    }
    if text.starts_with("UUID parsing failed") {
        return fault(pointer, "type", "Expected a UUID.".into());
    }
    let known = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ];
    let expected = known
        .iter()
        .any(|start| text.starts_with(start))
        .then(|| text.rsplit_once(", expected "))
        .flatten()
        .map(|(_, expected)| expected);
    match expected {
        Some(expected) if text.starts_with("unknown variant ") => {
            let names = expected.trim_start_matches("one of ").replace('`', "");
            let names = names.replace(" or ", ", ");
            fault(pointer, "choice", format!("Expected one of: {names}."))
        }
        Some(expected) => fault(pointer, "type", format!("Expected {}.", in_words(expected))),
        None => fault(pointer, "value", "This value does not fit here.".into()),
    }
}

fn fault(pointer: String, code: &str, message: String) -> FieldError {
    FieldError {
        pointer,
        code: code.to_owned(),
        message,
    }
}

/// The name between `start` and the next backtick that ends a word. Names of unknown fields come from the
/// client; they stand in the pointer, which names places and not values.
fn quoted<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(start)?;
    let end = rest
        .find("`, expected ")
        .or_else(|| rest.find("`, there are no fields"))
        .or_else(|| rest.rfind('`'))?;
    rest.get(..end)
}

/// Names of Rust's types, for people who write JSON.
fn in_words(expected: &str) -> String {
    let range = match expected {
        "u8" => Some((0, i64::from(u8::MAX))),
        "u16" => Some((0, i64::from(u16::MAX))),
        "u32" => Some((0, i64::from(u32::MAX))),
        "i8" => Some((i64::from(i8::MIN), i64::from(i8::MAX))),
        "i16" => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        "i32" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        _ => None,
    };
    if let Some((min, max)) = range {
        return format!("a whole number from {min} to {max}");
    }
    match expected {
        "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "string" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "unit" => "null".to_owned(),
        other if other.starts_with("struct ") || other.starts_with("internally tagged") => {
            "an object".to_owned()
        }
        "a formatted UUID string" => "a UUID".to_owned(),
        other => other.replace('`', ""),
    }
}

/// All faults of the rules, in the order of their pointers.
pub(super) fn rules(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut faults = Vec::new();
    collect(errors, &mut String::new(), &mut faults);
    faults.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    faults
}

fn collect(errors: &ValidationErrors, pointer: &mut String, faults: &mut Vec<FieldError>) {
    let base = pointer.len();
    for (field, kind) in errors.errors() {
        // A rule about the whole document is noted under this name.
        if field != "__all__" {
            push_member(pointer, field);
        }
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, pointer, faults),
            ValidationErrorsKind::List(elements) => {
                let list = pointer.len();
                for (index, inner) in elements {
                    push_member(pointer, &index.to_string());
                    collect(inner, pointer, faults);
                    pointer.truncate(list);
                }
            }
            ValidationErrorsKind::Field(broken) => {
                faults.extend(broken.iter().map(|error| FieldError {
                    pointer: pointer.clone(),
                    code: error.code.to_string(),
                    message: message(error),
                }));
            }
        }
        pointer.truncate(base);
    }
}

fn message(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let number = |name: &str| error.params.get(name).filter(|value| value.is_number());
    let bounds = (number("min"), number("max"), number("equal"));
    match (error.code.as_ref(), bounds) {
        ("length", (_, _, Some(equal))) => format!("Exactly {equal} characters or elements."),
        ("length", (Some(min), Some(max), _)) => {
            format!("Between {min} and {max} characters or elements.")
        }
        ("length", (Some(min), None, _)) => format!("At least {min} characters or elements."),
        ("length", (None, Some(max), _)) => format!("At most {max} characters or elements."),
        ("range", (Some(min), Some(max), _)) => format!("A number from {min} to {max}."),
        ("range", (Some(min), None, _)) => format!("At least {min}."),
        ("range", (None, Some(max), _)) => format!("At most {max}."),
        ("email", _) => "Enter an e-mail address, like name@example.com.".to_owned(),
        ("url", _) => "Enter a whole address, like https://example.com.".to_owned(),
        ("must_match", _) => "Both must be the same.".to_owned(),
        _ => "This value breaks a rule.".to_owned(),
    }
}
