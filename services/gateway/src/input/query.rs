//! `ValidQuery<T>`: the query string, as strictly as a body.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use kernel::error::FieldError;
use serde::de::value::MapDeserializer;
use serde::de::{
    self, DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
};
use validator::Validate;

use super::fault;
use super::strict::push_member;
use crate::problem::ApiError;

/// Parameters at the most.
const MAX_PARAMETERS: usize = 32;

/// The query string as a `T`, whose fields are texts, numbers, booleans and plain enums, optional or with
/// a default. Errors: 400 `validation_failed` with `/limit` for the parameter `limit`.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for ValidQuery<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned + Validate>(query: &str) -> Result<T, ApiError> {
    let parameters = split(query).map_err(|fault| ApiError::invalid(vec![fault]))?;
    let reader = MapDeserializer::<_, Fault>::new(
        parameters
            .into_iter()
            .map(|(name, value)| (name, Text(value))),
    );
    let input: T = serde_path_to_error::deserialize(reader).map_err(|error| {
        let fault = fault::structural(error.path(), &error.inner().to_string());
        ApiError::invalid(vec![fault])
    })?;
    input
        .validate()
        .map_err(|errors| ApiError::invalid(fault::rules(&errors)))?;
    Ok(input)
}

type Parameter<'q> = (Cow<'q, str>, Cow<'q, str>);

/// Name and value of each parameter (WHATWG URL, 5.1), refusing what that standard repairs silently.
fn split(query: &str) -> Result<Vec<Parameter<'_>>, FieldError> {
    let mut seen = HashSet::new();
    let mut parameters = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(|| bad_encoding(String::new()))?;
        let mut pointer = String::new();
        push_member(&mut pointer, &name);
        let Some(value) = decode(value) else {
            return Err(bad_encoding(pointer));
        };
        if !seen.insert(name.clone()) {
            return Err(FieldError {
                pointer,
                code: "duplicate".into(),
                message: "This parameter stands here twice.".into(),
            });
        }
        parameters.push((name, value));
        if parameters.len() > MAX_PARAMETERS {
            return Err(FieldError {
                pointer: String::new(),
                code: "too_many".into(),
                message: format!("At most {MAX_PARAMETERS} parameters."),
            });
        }
    }
    Ok(parameters)
}

fn bad_encoding(pointer: String) -> FieldError {
    FieldError {
        pointer,
        code: "encoding".into(),
        message: "Percent-encoding of UTF-8 text is expected.".into(),
    }
}

/// Percent-decoding that refuses broken escapes and what is not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// An error in the words that [`fault::structural`] reads.
#[derive(Debug)]
struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The text of one parameter, read as whatever its field is.
struct Text<'q>(Cow<'q, str>);

impl<'q> IntoDeserializer<'q, Fault> for Text<'q> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                // The value stays out of the error: the fault says only what is expected.
                Err(_) => Err(Fault::invalid_value(Unexpected::Other("text"), &visitor)),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Fault;

    parsed! {
        deserialize_bool => visit_bool,
        deserialize_i8 => visit_i8,
        deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
        deserialize_u8 => visit_u8,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let text: &str = &self.0;
        IntoDeserializer::<Fault>::into_deserializer(text).deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
