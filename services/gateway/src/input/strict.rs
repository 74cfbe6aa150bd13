//! JSON, read more strictly than serde does: no duplicate member at any depth, no depth beyond the cap.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use kernel::error::FieldError;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Arrays and objects inside each other, at the most.
pub(super) const MAX_DEPTH: usize = 32;

/// Reads a whole document. Errors: the first fault, with its pointer.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, FieldError> {
    let text = std::str::from_utf8(bytes).map_err(|_| FieldError {
        pointer: String::new(),
        code: "utf8".into(),
        message: "The body must be UTF-8 text.".into(),
    })?;
    let walk = Walk::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = walk
        .node(0)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| walk.fault(&error))
}

/// Where the reader is, and what it has found to be wrong by our rules.
#[derive(Default)]
struct Walk {
    path: RefCell<Vec<Step>>,
    fault: RefCell<Option<FieldError>>,
}

enum Step {
    Member(String),
    Element(usize),
}

impl Walk {
    fn node(&self, depth: usize) -> Node<'_> {
        Node { walk: self, depth }
    }

    fn at<T>(&self, step: Step, read: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(step);
        let result = read();
        self.path.borrow_mut().pop();
        result
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in self.path.borrow().iter() {
            match step {
                Step::Member(name) => push_member(&mut pointer, name),
                Step::Element(index) => push_member(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }

    /// Notes our own fault at the present place; the reader's error then only ends the reading.
    fn note<E: serde::de::Error>(&self, code: &str, message: String) -> E {
        *self.fault.borrow_mut() = Some(FieldError {
            pointer: self.pointer(),
            code: code.to_owned(),
            message,
        });
        E::custom(code)
    }

    fn fault(&self, error: &serde_json::Error) -> FieldError {
        self.fault
            .borrow_mut()
            .take()
            .unwrap_or_else(|| FieldError {
                pointer: String::new(),
                code: "json".into(),
                message: format!(
                    "The body is not valid JSON: see line {}, column {}.",
                    error.line(),
                    error.column()
                ),
            })
    }
}

/// Appends a reference token (RFC 6901, section 3).
pub(super) fn push_member(pointer: &mut String, name: &str) {
    pointer.push('/');
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

#[derive(Clone, Copy)]
struct Node<'w> {
    walk: &'w Walk,
    depth: usize,
}

impl Node<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            let message = format!("At most {MAX_DEPTH} levels of nesting.");
            return Err(self.walk.note("too_deep", message));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        loop {
            let step = Step::Element(list.len());
            match self.walk.at(step, || elements.next_element_seed(inner))? {
                Some(element) => list.push(element),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::new();
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = self.walk.at(Step::Member(name.clone()), || {
                if !seen.insert(name.clone()) {
                    let message = "This member stands here twice.".to_owned();
                    return Err(self.walk.note("duplicate", message));
                }
                members.next_value_seed(inner)
            })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn refused(text: &str) -> (String, String) {
        let fault = parse(text.as_bytes()).expect_err("it is refused");
        (fault.pointer, fault.code)
    }

    #[test]
    fn a_duplicate_member_is_refused_at_any_depth() {
        assert_eq!(
            refused(r#"{"a":1,"a":2}"#),
            ("/a".into(), "duplicate".into())
        );
        assert_eq!(
            refused(r#"{"x":[{},{"a/b":1,"~":2,"a/b":3}]}"#),
            ("/x/1/a~1b".into(), "duplicate".into())
        );
        // The same name written in another way is the same name.
        assert_eq!(
            refused(r#"{"a":1,"\u0061":2}"#),
            ("/a".into(), "duplicate".into())
        );
    }

    #[test]
    fn nesting_ends_at_the_cap() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)).1, "too_deep");
        assert_eq!(refused(&nested(50_000)).1, "too_deep");
        let objects = format!("{}1{}", r#"{"a":"#.repeat(33), "}".repeat(33));
        assert_eq!(refused(&objects).1, "too_deep");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "{}x",
            "{} {}",
            "{'a':1}",
            "[1,]",
            "NaN",
            "\u{feff}{}",
            r#""\ud800""#,
        ] {
            assert_eq!(refused(text), (String::new(), "json".into()), "{text}");
        }
        let fault = parse(b"\"\xff\"").expect_err("it is refused");
        assert_eq!(fault.code, "utf8");
    }

    #[test]
    fn a_good_document_comes_out_as_it_is() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x\u0000"],"b":{"c":18446744073709551615}}"#;
        let expected = json!({"a": [1, -2, 3.5, true, null, "x\0"], "b": {"c": u64::MAX}});
        assert_eq!(parse(text.as_bytes()), Ok(expected));
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in r#"[\[\]{}:,"a0-9 .eE+\\u-]{0,40}"#) {
            let theirs = serde_json::from_str::<Value>(&text).ok();
            let ours = parse(text.as_bytes());
            match ours {
                Ok(value) => prop_assert_eq!(Some(value), theirs),
                Err(fault) if fault.code == "json" => prop_assert_eq!(theirs, None),
                Err(fault) => prop_assert_eq!(fault.code, "duplicate"),
            }
        }
    }
}
