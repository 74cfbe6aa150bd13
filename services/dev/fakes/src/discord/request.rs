//! One request, as far as this stand-in reads it.

use std::collections::HashMap;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request that waits for its answer.
pub(super) struct Request {
    stream: TcpStream,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) authorization: String,
    body: String,
}

/// The pairs of a query or a form.
pub(super) fn query_of(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

impl Request {
    pub(super) async fn read(mut stream: TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let header = |name: &str| {
                    let lines = head.lines().filter_map(|line| line.split_once(':'));
                    let mut found = lines.filter(|(it, _)| it.eq_ignore_ascii_case(name));
                    found.next().map(|(_, value)| value.trim().to_owned())
                };
                let length = header("content-length").and_then(|it| it.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    let target = head.split_whitespace().nth(1)?;
                    let (path, query) = target.split_once('?').unwrap_or((target, ""));
                    return Some(Self {
                        path: path.to_owned(),
                        query: query.to_owned(),
                        authorization: header("authorization").unwrap_or_default(),
                        body: body.to_owned(),
                        stream,
                    });
                }
            }
            match stream.read(&mut chunk).await {
                Ok(read) if read > 0 => bytes.extend_from_slice(chunk.get(..read)?),
                _ => return None,
            }
        }
    }

    pub(super) fn form(&self) -> HashMap<String, String> {
        query_of(&self.body)
    }

    pub(super) async fn reply(&mut self, status: u16, body: &Value) {
        let location = body["location"].as_str();
        let location = location.map_or_else(String::new, |it| format!("location: {it}\r\n"));
        let text = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status} Fake\r\n{location}content-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        // A client that hung up has its answer.
        let _ = self.stream.write_all(answer.as_bytes()).await;
    }
}
