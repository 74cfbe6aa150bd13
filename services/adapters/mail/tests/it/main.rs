//! What mails say, and how they arrive at a server on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails here"
)]

mod outbox;
mod smtp;
mod templates;
