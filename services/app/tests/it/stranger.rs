//! What a stranger sees of an answer, to compare two that must not differ.

use serde_json::{Value, json};
use testkit::Answer;

/// Status, headers and body, without what is different in every answer: the date and the request's id.
pub fn visible(answer: &Answer) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    if body["request_id"].is_string() {
        body["request_id"] = json!("[id]");
    }
    format!("{} {headers:?} {body} {}", answer.status, answer.text.len())
}
