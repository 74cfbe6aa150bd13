//! Schemas as they are made, migrated and described, on a real Postgres.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

mod archive;
mod dropping;
mod killed;
mod migrations;
mod pool;
mod reaping;
mod switches;
mod verbs;
mod whole;
